"""Where what a script downloads comes to lie: among the sources that a build may take in, or apart from them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.closure.steps.release_steps import ReleaseStep
from diagnosis.closure.steps.watched_script import Ran
from diagnosis.steps.repository_files import path_in
from diagnosis.steps.tools.call import option

_UNPACKERS = frozenset({"tar", "bsdtar", "unzip", "7z", "cpio"})
_INTO = re.compile(r"-[A-Za-z]*[Cd]")
_OUTSIDE = re.compile(
    r"(?:/(?!github/workspace)|~|\$\{?(?:HOME|RUNNER_TEMP|RUNNER_TOOL_CACHE|TMPDIR)\b|\$\{\{\s*runner\.)"
)
"""Folders that no checkout lies in."""
_INSTALLERS = frozenset({"mv", "install", "cp", "ln"})
_ARCHIVE = re.compile(r"\.(?:zip|tar|tgz|tbz2?|txz|gz|bz2|xz|zst|7z)$", re.IGNORECASE)


def lands_among_sources(ran: Ran, address: str, step: ReleaseStep) -> bool:
    """Return whether a download may become a part of what is built.

    One that lies outside the workspace does not. Nor does a tool: a single file at the workspace's root that the commit does not
    hold, or an archive that is unpacked there and of which a file is then put where programs lie.
    """
    seen = step.watched
    if ran.folder is None and _has_gone_outside(ran, step):
        return False
    behind = [each for each in seen.ran if each.place > ran.place]
    piped = next((each for each in behind if each.program in _UNPACKERS), None) if ran.piped_to else None
    if piped is not None and set(ran.piped_to) & _UNPACKERS:
        return _unpacks_sources(piped, behind)
    for name in _written(ran, address, step):
        if _OUTSIDE.match(name):
            continue
        unpacked = next((each for each in behind if each.program in _UNPACKERS and name in each.tail), None)
        if unpacked is not None and _unpacks_sources(unpacked, behind):
            return True
        landed = path_in(ran.folder, name)
        if landed is None:
            # One that stays packed is no source.
            return not _ARCHIVE.search(name)
        if "/" in landed or step.job.files.text(landed) is not None:
            return unpacked is None and not _ARCHIVE.search(name)
    return False


def _has_gone_outside(ran: Ran, step: ReleaseStep) -> bool:
    """Return whether the script was last told to go to a folder outside the workspace."""
    gone = [each for each in step.watched.ran if each.program in ("cd", "pushd") and each.place < ran.place]
    return bool(gone and gone[-1].tail and _OUTSIDE.match(gone[-1].tail[-1]))


def _written(ran: Ran, address: str, step: ReleaseStep) -> Iterator[str]:
    """Yield the files that a download is written to."""
    named = option(ran.tail, "-o", "--output", "-O", "--output-document") if ran.program != "curl" else None
    if ran.program == "curl":
        named = option(ran.tail, "-o", "--output") or _behind_short_options(ran, "o")
    if named and named not in ("-", "/dev/null"):
        yield named
    elif named is None and (ran.program in ("wget", "aria2c") or _behind_short_options(ran, "O") is not None):
        yield address.partition("?")[0].rpartition("/")[2]
    for wrote in step.watched.wrote:
        if wrote.ran is ran and not wrote.target.startswith("/dev/"):
            yield wrote.target


def _behind_short_options(ran: Ran, letter: str) -> str | None:
    """Return the word behind short options that end with a letter (``-sLo``); empty where none follows."""
    for at, word in enumerate(ran.tail):
        if re.fullmatch(rf"-[A-Za-z]*{letter}[A-Za-z]*", word) and (letter == "O" or word.endswith(letter)):
            return "".join(ran.tail[at + 1 : at + 2])
    return "" if letter == "O" and "--remote-name" in ran.tail else None


def _unpacks_sources(unpacks: Ran, behind: list[Ran]) -> bool:
    folder = _folder_of(unpacks)
    if folder is not None and _OUTSIDE.match(folder):
        return False
    if folder is None and unpacks.folder is None:
        # The script has gone to a folder that is not known.
        return True
    if folder not in (None, ".", "./"):
        return True
    after = [each for each in behind if each.place > unpacks.place]
    return not any(each.program in _INSTALLERS and _OUTSIDE.match(each.tail[-1]) for each in after if each.tail)


def _folder_of(unpacks: Ran) -> str | None:
    """Return the folder that an archive is unpacked into; None for the one that the script is in."""
    named = option(unpacks.tail, "-C", "--directory", "-d", "-D")
    if named is not None:
        return named
    for at, word in enumerate(unpacks.tail[:-1]):
        if _INTO.fullmatch(word):
            return unpacks.tail[at + 1]
    return None

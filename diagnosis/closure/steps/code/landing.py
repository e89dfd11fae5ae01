"""Where what a script downloads comes to lie: among the sources that a build may take in, or apart from them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from diagnosis.closure.steps.release_steps import ReleaseStep
from diagnosis.closure.steps.watched_script import Ran
from diagnosis.steps.repository_files import path_in
from diagnosis.steps.tools.call import options

_UNPACKERS = frozenset({"tar", "bsdtar", "unzip", "7z", "7za", "cpio"})
_INTO = re.compile(r"-[A-Za-z]*[Cd]")
_OUTSIDE = re.compile(
    r"(?:/(?!github/workspace|home/runner/work|__w)|~/(?!work)|\$\{?(?:HOME|RUNNER_TEMP|RUNNER_TOOL_CACHE|TMPDIR)\b(?!\}?/work)"
    r"|\$\(mktemp\b|\$\{\{\s*runner\.(?:temp|tool_cache)\b)"
)
"""Folders that no checkout lies in."""
_INSTALLERS = frozenset({"mv", "install", "cp", "ln"})
_READERS_NAMED = """
jq yq grep egrep fgrep head tail wc cut tr sort uniq cat sed awk tee xargs gunzip gzip base64 sha256sum sha512sum shasum
md5sum gpg apt-key openssl cosign diff cmp file stat ls test [ [[ chmod chown rm echo printf sh bash zsh dash
dpkg apt apt-get rpm yum dnf apk
"""
_READERS = frozenset(_READERS_NAMED.split())
"""Programs that put nothing of what they are given among the sources but where their output is sent to."""
_ARCHIVE = re.compile(r"\.(?:zip|tar|tgz|tbz2?|txz|gz|bz2|xz|zst|7z)$", re.IGNORECASE)
_APART, _SOMEWHERE = object(), object()


def lands_among_sources(ran: Ran, address: str, step: ReleaseStep) -> bool:
    """Return whether a download may become a part of what is built.

    One that lies outside the workspace does not. Nor does a tool: a single file at the workspace's root that the commit does not
    hold and no Dockerfile names, or an archive that is unpacked there and of which a file is then put where programs lie.
    """
    behind = _behind(ran, step)
    if set(ran.piped_to) & _UNPACKERS or ("sudo" in ran.piped_to and behind and behind[0].program in _UNPACKERS):
        unpacks = next((each for each in behind if each.program in _UNPACKERS), None)
        return unpacks is None or _unpacks_sources(unpacks, step)
    if any(program not in _READERS | {"sudo"} for program in ran.piped_to) or (
        "sudo" in ran.piped_to and not (behind and behind[0].program in _READERS)
    ):
        return True
    if _sends_into_sources(frozenset(ran.piped_to) - {"sudo"}, ran, step):
        return True
    if "sudo" in ran.piped_to and behind[0].program == "tee":
        copies = (word for word in behind[0].tail if not word.startswith("-"))
        return any(_is_of_the_sources(_where(word, behind[0], step), step) for word in copies)
    return any(_is_source(name, ran, step, behind) for name in _written(ran, address, step))


def _behind(ran: Ran, step: ReleaseStep) -> list[Ran]:
    """Return what the job runs after a command, in its own step and in those that follow."""
    own = [each for each in step.watched.ran if each.place > ran.place]
    later = [each for other in step.job.steps if other.place > step.place for each in other.watched.ran]
    # What a wrapper runs stands beside it.
    return [each for each in (*own, *later) if each.program != "sudo"]


def _where(path: str, ran: Ran, step: ReleaseStep) -> object:
    """Return a path from the workspace's root, or that it lies apart from it, or that nobody can tell."""
    landed = path_in(ran.folder, path)
    if landed is not None:
        return landed
    relative = not path.startswith(("/", "~", "$"))
    if ".." in path.split("/") or path.startswith("/proc/"):
        return _SOMEWHERE
    return _APART if _OUTSIDE.match(path) or (relative and _has_gone_outside(ran, step)) else _SOMEWHERE


def _has_gone_outside(ran: Ran, step: ReleaseStep) -> bool:
    """Return whether the script was last told to go to a folder outside the workspace."""
    gone = [each for each in step.watched.ran if each.program in ("cd", "pushd", "popd") and each.place < ran.place]
    return ran.folder is None and bool(gone and gone[-1].tail and _OUTSIDE.match(gone[-1].tail[-1]))


def _sends_into_sources(programs: frozenset[str], ran: Ran, step: ReleaseStep) -> bool:
    """Return whether what one of these programs prints after a command becomes a file of the sources."""
    return any(
        wrote.ran is not None
        and wrote.place > ran.place
        and wrote.ran.program in programs
        and not wrote.target.startswith("/dev/")
        and _is_of_the_sources(_where(wrote.target, wrote.ran, step), step)
        for wrote in step.watched.wrote
    )


def _is_of_the_sources(where: object, step: ReleaseStep) -> bool:
    """Return whether a place is in a folder of the workspace, or is a file at its root that a build is known to take in."""
    if where is _APART:
        return False
    landed = "" if where is _SOMEWHERE else str(where)
    files = step.job.files
    return "/" in landed or not landed or files.text(landed) is not None or landed in (files.text("Dockerfile") or "")


def _is_source(name: str, ran: Ran, step: ReleaseStep, behind: Sequence[Ran]) -> bool:
    where = _where(name, ran, step)
    base = name.rpartition("/")[2]
    used = [each for each in behind if {name, base, f"./{base}"} & set(each.tail)]
    if any(each.program == "patch" or (each in used and _takes_into_sources(each, step)) for each in behind):
        return True
    # An archive that is unpacked elsewhere is no source itself, nor is one that stays packed.
    unpacked = any(each.program in _UNPACKERS for each in used)
    packed = isinstance(where, str) and "/" in where and (unpacked or _ARCHIVE.search(base))
    return _is_of_the_sources(where, step) and not packed


def _takes_into_sources(use: Ran, step: ReleaseStep) -> bool:
    """Return whether a command may put a downloaded file that it names, or what is in it, among the sources."""
    if use.program in _UNPACKERS:
        return _unpacks_sources(use, step)
    if use.program in _INSTALLERS:
        target = _where(use.tail[-1], use, step)
        return (use.tail[-1].endswith("/") and target is not _APART) or _is_of_the_sources(target, step)
    return use.program not in _READERS or _sends_into_sources(frozenset({use.program}), use, step)


def _written(ran: Ran, address: str, step: ReleaseStep) -> Iterator[str]:
    """Yield the files that a download is written to."""
    named: list[str] = []
    folder = ""
    by_address = ran.program in ("wget", "aria2c")
    match ran.program:
        case "curl":
            named = options(ran.tail, "-o", "--output") or _behind_joined(ran, "o")
            folder = next(iter(options(ran.tail, "--output-dir")), "")
            if has_short(ran.tail, "J") or "--remote-header-name" in ran.tail:
                # The server says what the file is called.
                yield "$"
            by_address = has_short(ran.tail, "O") or any(word.startswith("--remote-name") for word in ran.tail)
        case "wget":
            named = options(ran.tail, "-O", "--output-document") or _behind_joined(ran, "O")
            folder = next(iter(options(ran.tail, "-P", "--directory-prefix")), "")
        case _:
            named = options(ran.tail, "-o", "--out", "--output")
            folder = next(iter(options(ran.tail, "-d", "--dir")), "")
    for name in named or ([address.partition("?")[0].rpartition("/")[2]] if by_address else []):
        if name not in ("-", "/dev/null", "/dev/stdout", "/dev/stderr"):
            yield f"{folder.rstrip('/')}/{name}" if folder and not name.startswith("/") else name
    for wrote in step.watched.wrote:
        if wrote.ran is ran and not wrote.target.startswith("/dev/"):
            yield wrote.target


def has_short(words: Sequence[str], letter: str) -> bool:
    """Return whether one of these words is a short option, alone or among others (``-sLO``)."""
    return any(word[:1] == "-" and word[1:].isalpha() and letter in word for word in words)


def _behind_joined(ran: Ran, letter: str) -> list[str]:
    """Return the words behind short options that end with a letter (``-sLo``), or what is joined to it (``-qO-``)."""
    found = []
    for at, word in enumerate(ran.tail):
        options_before, joined, value = word.partition(letter)
        if joined and options_before[:1] == "-" and options_before[1:2] != "-":
            found.append(value or "".join(ran.tail[at + 1 : at + 2]))
    return found


def _unpacks_sources(unpacks: Ran, step: ReleaseStep) -> bool:
    folder = _folder_of(unpacks)
    where = _where(folder if folder is not None else ".", unpacks, step)
    if where is _APART:
        return False
    if where != "":
        return True
    # At the root it is a tool of which a file is then put where programs lie.
    after = (each for each in step.watched.ran if each.place > unpacks.place)
    return not any(each.program in _INSTALLERS and _OUTSIDE.match(each.tail[-1]) for each in after if each.tail)


def _folder_of(unpacks: Ran) -> str | None:
    """Return the folder that an archive is unpacked into; None for the one that the script is in."""
    named = options(unpacks.tail, "-C", "--directory", "-d", "-D", "--cd")
    named += [word[2:] for word in unpacks.tail if unpacks.program.startswith("7z") and re.match(r"-o.", word)]
    for at, word in enumerate(unpacks.tail[:-1]):
        if not named and _INTO.fullmatch(word):
            return unpacks.tail[at + 1]
    return named[-1] if named else None

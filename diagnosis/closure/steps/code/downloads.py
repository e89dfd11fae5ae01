"""Judge what a script downloads: a repository's files are other code, a tool's release or an answer of an API is none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.closure.steps.code.code_move import CodeMove
from diagnosis.closure.steps.code.landing import has_short, lands_among_sources
from diagnosis.closure.steps.code.own_code import Whose
from diagnosis.closure.steps.release_steps import ReleaseStep
from diagnosis.closure.steps.watched_script import Ran
from diagnosis.facts.runs import Attempt
from diagnosis.steps.tools.call import option
from diagnosis.steps.variables import is_legible

_RAW = re.compile(r"//raw\.githubusercontent\.com/([^/\s]+/[^/\s]+)/([^/\s]+)/")
_RELEASES = re.compile(r"//github\.com/([^/\s]+/[^/\s]+)/releases/")
_ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst", ".bundle", ".git")
_BARE = re.compile(r"[\w-]+(?:\.[\w-]+)+(?::\d{1,5})?/\S*")
"""An address without its scheme, which programs add themselves."""
_LISTS_OF_ADDRESSES = {"curl": ("K", "--config"), "wget": ("i", "--input-file"), "aria2c": ("i", "--input-file")}
"""Options that name a file of addresses and outputs, short and long."""
_TAKE_IT_IN = frozenset({"docker", "podman", "buildah", "nerdctl", "patch"})
"""Programs that make what is piped into them a part of the image or of its sources, and never a tool."""
_OTHER_MACHINE = re.compile(r"(?:[\w.-]+@)?[\w.-]+:(?!//).*|(?:rsync|sftp|scp)://.*")
UNPACKS = frozenset({"tar", "unzip", "bsdtar", "cpio", "patch", "sh", "bash", "docker", "git", "zsh", "dash"})
"""Programs that make files of what is piped into them, or run it."""


def _is_source(address: str) -> bool:
    """Return whether an address hands out the files of a repository."""
    server, _, path = address.partition("://")[2].partition("/")
    parts = path.split("/")
    match server.rpartition("@")[2].lower():
        case "codeload.github.com":
            return True
        case "github.com" | "www.github.com":
            return parts[2:3] in (["archive"], ["tarball"], ["zipball"])
        case "api.github.com":
            return parts[:1] == ["repos"] and parts[3:4] in (["tarball"], ["zipball"])
        case "bitbucket.org":
            return parts[2:3] == ["get"]
        case _:
            return "/-/archive/" in path


def fetched(ran: Ran, attempt: Attempt, step: ReleaseStep) -> Iterator[CodeMove]:
    """Judge a download: the files of a repository are code, a tool or an answer of an API is none of the run's.

    What comes to lie among the sources may be either.
    """
    words = (word.removeprefix("--url=") for word in ran.tail)
    addresses = [word for word in words if "://" in word and not word.startswith("-")]
    full = attempt.repository.full_name.lower()
    unpacked = bool(set(ran.piped_to) & UNPACKS)
    for address in addresses:
        if _is_source(address):
            own = f"/{full}/" in address.lower() and attempt.head_sha and attempt.head_sha in address
            yield CodeMove(Whose.OWN if own else Whose.OTHER, f"{ran.program} {address}"[:150])
            continue
        raw, release = _RAW.search(address), _RELEASES.search(address)
        if raw and raw[1].lower() == full and raw[2] != attempt.head_sha:
            yield CodeMove(Whose.OTHER, f"{ran.program} {address}"[:150])
        elif set(ran.piped_to) & _TAKE_IT_IN:
            yield CodeMove(Whose.UNKNOWN, f"{ran.program} {address} into a build"[:150])
        elif (release and release[1].lower() == full) or (
            "$" in address.partition("://")[2].partition("/")[0] and unpacked
        ):
            yield CodeMove(Whose.UNKNOWN, f"{ran.program} {address}"[:150])
        elif lands_among_sources(ran, address, step):
            yield CodeMove(Whose.UNKNOWN, f"{ran.program} {address} into the sources"[:150])
    if addresses:
        return
    computed = [word for word in ran.tail if word.startswith("$") and not word.startswith("$((")]
    bare = [word for word in ran.tail if _BARE.fullmatch(word)]
    if (computed and unpacked) or _is_told_by_a_file(ran):
        yield CodeMove(Whose.UNKNOWN, f"{ran.program} of an address that is not legible"[:150])
    elif any(lands_among_sources(ran, word, step) for word in (*computed, *bare)):
        yield CodeMove(Whose.UNKNOWN, f"{ran.shown} into the sources"[:150])


def _is_told_by_a_file(ran: Ran) -> bool:
    """Return whether a file says what is downloaded, and to where."""
    short, long = _LISTS_OF_ADDRESSES.get(ran.program, ("", ""))
    return bool(short) and (has_short(ran.tail, short) or any(word.startswith(long) for word in ran.tail))


def from_machine(ran: Ran) -> Iterator[CodeMove]:
    """Judge a copy from another machine (``rsync``, ``scp``, ``sftp``): what lies there is no code of the run's commit."""
    named = [word for word in ran.tail if not word.startswith("-")]
    sources = named if ran.program == "sftp" else named[:-1]
    if any(_OTHER_MACHINE.fullmatch(word) for word in sources):
        yield CodeMove(Whose.UNKNOWN, ran.shown)


def from_bucket(ran: Ran) -> Iterator[CodeMove]:
    """Judge what is brought from a bucket: a folder or an archive may hold any code."""
    # A lone `-` is the standard output, of which the next command takes it.
    words = [word for word in ran.tail if word == "-" or not word.startswith("-")]
    if "s3api" in words and "get-object" in words:
        key = option(ran.tail, "--key") or ""
        if not is_legible(key) or key.endswith(_ARCHIVES):
            yield CodeMove(Whose.UNKNOWN, ran.shown)
    if "s3" not in words:
        return
    verb, *named = words[words.index("s3") + 1 :] or [""]
    if verb not in ("cp", "sync", "mv") or len(named) < 2 or not named[0].startswith("s3://") or "://" in named[1]:
        return
    if verb == "sync" or "--recursive" in ran.tail or named[0].endswith(_ARCHIVES):
        yield CodeMove(Whose.UNKNOWN, ran.shown)

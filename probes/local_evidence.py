"""Read evidence and decision logs from the local disk: below one folder, bounded, and through no symbolic link."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from diagnosis.facts.closure_facts import DecisionLog, EvidenceFile, EvidenceRoot
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.logs.scrubbed_names import scrub_name, scrub_words


@dataclass(frozen=True, slots=True)
class LocalLimits:
    """How much of a folder is read at most."""

    files: int = 200
    folders: int = 200
    file_bytes: int = 16_000_000
    total_bytes: int = 64_000_000
    text_bytes: int = 512_000
    log_bytes: int = 4_000_000


LIMITS = LocalLimits()
_HOW = "name a narrower folder, or look at the file itself"


def read_local_root(base: Path | None, stated: str, limits: LocalLimits = LIMITS) -> Reading[EvidenceRoot]:
    """Return the files of a folder that a case names, relative to where the case file lies."""
    what = f"the local evidence {stated}"
    folder = _below(base, stated, what)
    if not isinstance(folder, Path):
        return folder
    try:
        if not folder.is_dir():
            return Absent(f"folder {stated}")
        files, complete = _files(folder, limits)
    except OSError as error:
        return Unreadable(
            what, f"it could not be read ({error.strerror or 'an error of the disk'})", "make it readable"
        )
    return Known(EvidenceRoot(stated, files, complete))


def read_local_log(base: Path | None, stated: str, limits: LocalLimits = LIMITS) -> Reading[DecisionLog]:
    """Return a decision log that lies on the disk, relative to where the case file lies."""
    what = f"the decision log {stated}"
    place = _below(base, stated, what)
    if not isinstance(place, Path):
        return place
    try:
        body = _bytes(place, limits.log_bytes)
    except FileNotFoundError:
        return Absent(f"file {stated}")
    except OSError as error:
        return Unreadable(
            what, f"it could not be read ({error.strerror or 'an error of the disk'})", "make it readable"
        )
    if body is None:
        return Unreadable(what, f"it is larger than {limits.log_bytes // 1000} kB, or no file", _HOW, lasting=True)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Unreadable(what, "it is no text in UTF-8", _HOW, lasting=True)
    digest = hashlib.sha256(body).hexdigest()
    return Known(DecisionLog(stated, None, scrub_words(text), digest, read_at=datetime.now(UTC)))


def _below(base: Path | None, stated: str, what: str) -> Path | Unreadable:
    """Return a path below the folder; a case file may come from anybody, so it leads nowhere else."""
    if base is None:
        return Unreadable(what, "it was not read", "name the case file (--case) beside which it lies", lasting=True)
    path = PurePosixPath(stated)
    inside = (
        not path.is_absolute()
        and ".." not in path.parts
        and "\\" not in stated
        and "\0" not in stated
        and ":" not in stated
    )
    try:
        root = base.resolve(strict=True)
        found = (root / path).resolve() if inside else None
    except (OSError, ValueError, RuntimeError):
        found = None
    if found is None or not found.is_relative_to(root):
        return Unreadable(
            what, "it leads out of the folder of the case file", "name a path below that folder", lasting=True
        )
    return found


def _files(folder: Path, limits: LocalLimits) -> tuple[tuple[EvidenceFile, ...], bool]:
    found: list[EvidenceFile] = []
    total = 0
    walk = _walk(folder, limits)
    for place, size, modified in walk:
        if place is None or len(found) >= limits.files:
            return tuple(found), False
        name = scrub_name(place.relative_to(folder).as_posix())
        total += size
        if size > limits.file_bytes or total > limits.total_bytes:
            gap = Unreadable(f"the file {name}", "it is too large to be read here", _HOW, lasting=True)
            found.append(EvidenceFile(name, size, modified, gap, gap))
        else:
            found.append(_file(place, name, modified, limits))
    return tuple(found), True


def _walk(folder: Path, limits: LocalLimits) -> Iterator[tuple[Path | None, int, datetime | None]]:
    """Yield the regular files below a folder, by name; None as place where there are too many folders."""
    waiting, folders = [folder], 0
    while waiting:
        here = waiting.pop(0)
        folders += 1
        if folders > limits.folders:
            yield None, 0, None
            return
        with os.scandir(here) as entries:
            listed = sorted(
                (entry for _, entry in zip(range(limits.files * 10), entries, strict=False)), key=lambda each: each.name
            )
        for entry in listed:
            # No link is followed: it may lead anywhere, or in a circle.
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                about = entry.stat(follow_symlinks=False)
                yield Path(entry.path), about.st_size, datetime.fromtimestamp(about.st_mtime, UTC)


def _file(place: Path, name: str, modified: datetime | None, limits: LocalLimits) -> EvidenceFile:
    what = f"the file {name}"
    try:
        body = _bytes(place, limits.file_bytes)
    except OSError as error:
        gap = Unreadable(what, f"it could not be read ({error.strerror or 'an error of the disk'})", "make it readable")
        return EvidenceFile(name, 0, modified, gap, gap)
    if body is None:
        gap = Unreadable(what, "it is no file of that size", _HOW, lasting=True)
        return EvidenceFile(name, 0, modified, gap, gap)
    return EvidenceFile(
        name, len(body), modified, Known(hashlib.sha256(body).hexdigest()), _text(name, body, what, limits)
    )


def _text(name: str, body: bytes, what: str, limits: LocalLimits) -> Reading[str]:
    if not name.lower().endswith(".json") or len(body) > limits.text_bytes:
        return Unreadable(what, "it is no small JSON file", _HOW, lasting=True)
    try:
        return Known(scrub_words(body.decode("utf-8-sig")))
    except UnicodeDecodeError:
        return Unreadable(what, "it is no text in UTF-8", _HOW, lasting=True)


def _bytes(place: Path, most: int) -> bytes | None:
    """Read a regular file whole; None for a larger one, and for what is none: a pipe would be waited for."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(place, flags)
    with os.fdopen(handle, "rb") as opened:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        body = opened.read(most + 1)
    return body if len(body) <= most else None

"""Read what lies in a folder or a zip file that is said to be a packet: hostile until it is proved, and nothing is unpacked.

Nothing outside of it is read, no link is followed, no pipe or device waited for, and of no file more than a packet can have.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from diagnosis.documents.exit_code import ExitCode
from diagnosis.documents.redaction import leaks
from tui.packet.archive import LARGEST_ARCHIVE, ArchiveFault, unpacked
from tui.packet.files import EVER_WRITTEN, MANIFEST, OLDER_SUMS, PAGES, PacketProblem

LARGEST_FILE = 8_000_000
"""Bytes; the packet of a hundred attempts has less than a few million."""
_LARGEST = {MANIFEST: 4_000, OLDER_SUMS: 4_000}
_TOO_LARGE = "is larger than a file of a packet can be"
_BEGINNING = 100_000
"""Bytes of a file that is no part of a packet: they are searched for secrets; that it is there is a fault anyway."""
_MOST_OTHERS = 20
"""Files that are no part of a packet are named and searched up to this number."""
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Lying:
    """What was found: the files that could be read, and what is wrong with how they lie there."""

    files: Mapping[str, bytes]
    """Of the names that a packet has."""
    others: Mapping[str, bytes]
    """The beginnings of those that are no part of one."""
    names: tuple[str, ...]
    """All that a packet has and that lies there, whether it could be read or not."""
    faults: tuple[str, ...] = ()

    def text(self, name: str) -> str | None:
        """Return a file as text; None where there is none that could be read."""
        return self.files[name].decode("utf-8", errors="replace") if name in self.files else None


def lying_at(place: Path) -> Lying:
    """Return what lies there. Raises PacketProblem for what is neither a folder nor a file with anything of a packet."""
    if not os.path.lexists(place):
        raise PacketProblem(f"There is no {place}: name the folder or the zip file of a packet.")
    found = _in_folder(place) if place.is_dir() else _in_archive(place)
    if MANIFEST not in found.names and OLDER_SUMS not in found.names:
        # A packet without its sums is broken; a folder without anything of a packet was not meant.
        code = ExitCode.BROKEN if any(name in found.names for name in PAGES) else ExitCode.USAGE
        raise PacketProblem(f"{place} holds no {MANIFEST}: it is not a planescope packet.", code)
    return found


def shown(name: str) -> str:
    """Return a foreign name of a file for a sentence: not longer than a line, and without a secret that it may hold."""
    short = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
    # Bytes of a name that are no UTF-8 came as lone surrogates, which no output can encode.
    short = short.encode("utf-8", "backslashreplace").decode()
    return "A file whose name holds a secret" if leaks({"": name}) else short


def _in_archive(place: Path) -> Lying:
    body, why = _read(place, LARGEST_ARCHIVE)
    if body is None:
        raise PacketProblem(f"{place} {why}: name the folder or the zip file of a packet.")
    try:
        files = unpacked(body, EVER_WRITTEN)
    except ArchiveFault as fault:
        # What does not even begin like one was not meant, unless its name says that it is.
        meant = body.startswith(b"PK") or place.suffix.lower() == ".zip"
        raise PacketProblem(
            f"{place} {fault}. It was not read any further.", ExitCode.BROKEN if meant else ExitCode.USAGE
        ) from None
    fit = {name: body for name, body in files.items() if len(body) <= _LARGEST.get(name, LARGEST_FILE)}
    wrong = [f"{name} {_TOO_LARGE}." for name in files if name not in fit]
    wrong += [f"{name} {why}." for name, body in fit.items() if (why := _unlike_text(body))]
    return Lying(fit, {}, tuple(files), tuple(wrong))


def _in_folder(place: Path) -> Lying:
    names, complete = _names(place)
    others = [name for name in names if name not in EVER_WRITTEN]
    faults = [f"{shown(name)} is not part of the packet." for name in others[:_MOST_OTHERS]]
    if len(others) > _MOST_OTHERS or not complete:
        faults.append("The folder holds more files that are not part of the packet.")
    files: dict[str, bytes] = {}
    for name in (each for each in EVER_WRITTEN if each in names):
        body, why = _read(place / name, _LARGEST.get(name, LARGEST_FILE))
        why = why or (_unlike_text(body) if body is not None else "")
        if why:
            faults.append(f"{name} {why}.")
        if body is not None:
            files[name] = body
    beginnings: dict[str, bytes] = {}
    for name in others[:_MOST_OTHERS]:
        body, why = _read(place / name, _BEGINNING, cut=True)
        beginnings[name] = body or b""
        faults += [f"{shown(name)} {why}."] if why else []
    return Lying(files, beginnings, tuple(name for name in EVER_WRITTEN if name in names), tuple(faults))


def _names(directory: Path) -> tuple[list[str], bool]:
    """Return what the folder holds, sorted, and whether that is all."""
    names: list[str] = []
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                if len(names) > _MOST_OTHERS * 10:
                    # Enough to say what it is not; its own files are looked for by name.
                    own = [name for name in EVER_WRITTEN if os.path.lexists(directory / name) and name not in names]
                    return sorted(names) + own, False
                names.append(entry.name)
    except OSError as error:
        raise PacketProblem(f"{directory} cannot be read: {error.strerror or error}.") from None
    return sorted(names), True


def _read(path: Path, most: int, *, cut: bool = False) -> tuple[bytes | None, str]:
    """Read a file, or its beginning; nothing that a link leads to, that never ends, or that waits for somebody."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return None, "is no file, but a link, a folder, a pipe or a device"
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return None, "is no file"
            body = file.read(most + 1)
    except OSError as error:
        return None, f"cannot be read ({error.strerror or error})"
    if len(body) > most and not cut:
        return None, _TOO_LARGE
    return body[:most], ""


def _unlike_text(body: bytes) -> str:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"is not UTF-8 text (byte {error.start})"
    return ""

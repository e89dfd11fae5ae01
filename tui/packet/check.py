"""Check a packet offline: that its folder holds its files and no others, and that they agree with each other.

That is all that can be shown without asking anybody. Whoever can change the files can change the sums as well, so a packet
that agrees with itself says nothing about who made it, and nothing about GitHub or AWS.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from diagnosis.documents.exit_code import ExitCode
from diagnosis.documents.redaction import leaks
from tui.packet.files import EVERY_FILE, PAGES, SUMS, PacketProblem
from tui.packet.from_json import NotAPacketError, packet_of
from tui.packet.pages import pages_of

LARGEST_FILE = 4_000_000
"""Bytes; the packet of a hundred attempts has less than one million."""
_LARGEST = {SUMS: 4_000}
_BEGINNING = 100_000
"""Bytes of a file that is no part of a packet: they are searched for secrets; that it is there is a fault anyway."""
_MOST_OTHERS = 20
"""Files that are no part of a packet are named and searched up to this number."""
_LONGEST_NAME = 80
_SUM = re.compile(r"([0-9a-f]{64}) [ *](.+)")


@dataclass(frozen=True, slots=True)
class _File:
    """A file that was looked at: its bytes, or why there are none."""

    body: bytes | None
    why: str = ""

    @property
    def text(self) -> str:
        return (self.body or b"").decode("utf-8", errors="replace")


def verify(directory: Path) -> tuple[str, ...]:
    """Check a packet and return what is wrong, as sentences; empty for one that agrees with itself. Asks nobody.

    Raises PacketProblem for what is no packet at all. Nothing outside of the folder is read, no pipe or device, and of no
    file more than :data:`LARGEST_FILE`. Names and words of a packet come from elsewhere: they may hold any character.
    """
    names, complete = _names(directory)
    if SUMS not in names:
        # A packet without its sums is broken; a folder without anything of a packet was not meant.
        code = ExitCode.BROKEN if any(name in names for name in PAGES) else ExitCode.USAGE
        raise PacketProblem(f"{directory} holds no {SUMS}: it is not a planescope packet.", code)
    others = [name for name in names if name not in EVERY_FILE]
    read = {name: _read(directory / name, _LARGEST.get(name, LARGEST_FILE)) for name in EVERY_FILE if name in names}
    read |= {name: _read(directory / name, _BEGINNING, cut=True) for name in others[:_MOST_OTHERS]}
    wrong = [f"{shown(name)} is not part of the packet." for name in others[:_MOST_OTHERS]]
    if len(others) > _MOST_OTHERS or not complete:
        wrong.append("The folder holds more files that are not part of the packet.")
    wrong += [f"{shown(name)} {file.why}." for name, file in read.items() if file.why]
    wrong += _wrong_sums(read)
    wrong += _wrong_pages(read)
    for name, file in read.items():
        # A name can hold a secret as well; it is looked at, and not repeated as one.
        wrong += [f"{leak.file} line {leak.line} holds {leak.what}." for leak in leaks({shown(name): file.text})]
    return tuple(dict.fromkeys(wrong))


def shown(name: str) -> str:
    """Return a foreign name of a file for a sentence: not longer than a line, and without a secret that it may hold."""
    short = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
    # Bytes of a name that are no UTF-8 came as lone surrogates, which no output can encode.
    short = short.encode("utf-8", "backslashreplace").decode()
    return "A file whose name holds a secret" if leaks({"": name}) else short


def _names(directory: Path) -> tuple[list[str], bool]:
    """Return what the folder holds, sorted, and whether that is all."""
    if not directory.exists():
        raise PacketProblem(f"There is no folder {directory}: name that of a packet.")
    names: list[str] = []
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                if len(names) > _MOST_OTHERS * 10:
                    # Enough to say what it is not; its own files are looked for by name.
                    own = [name for name in EVERY_FILE if os.path.lexists(directory / name) and name not in names]
                    return sorted(names) + own, False
                names.append(entry.name)
    except NotADirectoryError:
        raise PacketProblem(f"{directory} is no folder: name that of a packet.") from None
    except OSError as error:
        raise PacketProblem(f"{directory} cannot be read: {error.strerror or error}.") from None
    return sorted(names), True


def _read(path: Path, most: int, *, cut: bool = False) -> _File:
    """Read a file of the folder, or its beginning; nothing that a link leads to, that never ends, or that waits for somebody."""
    try:
        if stat.S_ISREG(path.lstat().st_mode):
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
            with os.fdopen(handle, "rb") as file:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    return _File(None, "is no file")
                body = file.read(most + 1)
        else:
            return _File(None, "is no file, but a link, a folder, a pipe or a device")
    except OSError as error:
        return _File(None, f"cannot be read ({error.strerror or error})")
    if cut:
        return _File(body[:most])
    if len(body) > most:
        return _File(None, "is larger than a file of a packet can be")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        return _File(body, f"is not UTF-8 text (byte {error.start})")
    return _File(body)


def _wrong_sums(read: dict[str, _File]) -> list[str]:
    """Compare the sums, each page exactly once."""
    wrong: list[str] = []
    listed: list[str] = []
    if read[SUMS].body is None:
        return []
    lines = read[SUMS].text.removesuffix("\n").split("\n")
    for number, line in enumerate(lines[: len(PAGES) + 1], 1):
        match = _SUM.fullmatch(line)
        if match is None or match[2] not in PAGES or match[2] in listed:
            named = match[2] if match else line
            wrong.append(f"{SUMS} line {number} is not the sum of a page of the packet: {shown(named)!s}")
            continue
        listed.append(match[2])
        file = read.get(match[2])
        if file is not None and file.body is not None and hashlib.sha256(file.body).hexdigest() != match[1]:
            wrong.append(f"{match[2]} was changed after the packet was made.")
    if len(lines) > len(PAGES):
        wrong.append(f"{SUMS} holds more lines than a packet has pages.")
    wrong += [f"{name} is missing." for name in PAGES if name not in read]
    return wrong + [f"{SUMS} holds no sum of {name}." for name in PAGES if name not in listed]


def _wrong_pages(read: dict[str, _File]) -> list[str]:
    """Read the JSON, and compare the other pages with those that are made of it."""
    page = read.get("packet.json")
    if page is None or page.body is None or page.why:
        return []
    try:
        made = pages_of(packet_of(page.text))
    except NotAPacketError as fault:
        return [f"packet.json {fault}."]
    written = {name: file.body for name, file in read.items() if name in made and name != "packet.json"}
    return [
        f"{name} is not the page that this version of planescope makes of packet.json: one of them was changed."
        for name, body in written.items()
        if body is not None and body != made[name].encode("utf-8", "replace")
    ]

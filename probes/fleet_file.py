"""The file of a fleet: written repository by repository, so that a run that was stopped goes on where it stood.

Each repository is one piece of lines that ends with the line of the repository itself, written at once. What a kill or a
full disk left of a piece is dropped when the file is taken up again, and that repository is read once more. When all are
read, the whole is written anew beside it and takes its place: sorted, judged over all repositories, with the totals.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from diagnosis.documents.fleet import SCHEMA, Header, header_object
from diagnosis.documents.fleet_lines import read_header
from diagnosis.documents.json_values import Object
from diagnosis.json_members import JsonFault, JsonMembers
from diagnosis.policy.language.strict_json import json_text
from probes.stages import stage_in
from probes.whole_writes import settle, signals_held, write_new_pieces

LARGEST_LINE = 8_000_000
"""Bytes: a workflow's line holds some hundred needs, a role's the documents of its policies."""
LARGEST_FILE = 2_000_000_000
_FIRST = f'{{"schema": "{SCHEMA}"'.encode()
"""How every file begins."""
_END = ("repository", "totals")
"""Kinds of lines behind which a piece is whole."""


class FleetFileError(Exception):
    """A file that cannot be used, as a sentence with the way out."""

    def __init__(self, sentence: str, way_out: str) -> None:
        super().__init__(f"{sentence} {way_out}")
        self.sentence, self.way_out = sentence, way_out


@dataclass(frozen=True, slots=True)
class FleetLines:
    """What stands in a file."""

    header: Header
    lines: tuple[JsonMembers, ...]
    """Behind the header, whole pieces only."""
    whole_bytes: int
    """How far the whole pieces reach."""
    finished: bool
    """Whether it ends with the totals."""
    torn: bool
    """Whether something behind them was cut off."""


def read_fleet_file(path: Path) -> FleetLines:
    """Read a file as far as it is whole. Raises FleetFileError for one that is none of a fleet, OSError."""
    if path.stat().st_size > LARGEST_FILE:
        raise FleetFileError(f"{path} is larger than a fleet's file can be.", "Name another file.")
    header: Header | None = None
    kept: list[JsonMembers] = []
    piece: list[JsonMembers] = []
    whole, at, finished, torn = 0, 0, False, False
    for number, (raw, ended) in enumerate(_raw_lines(path), 1):
        at += len(raw) + ended
        try:
            line = JsonMembers.parse(raw.decode("utf-8"))
            if header is None:
                header = read_header(line)
                whole = at if ended else 0
                continue
            kind = line.text("kind")
        except (JsonFault, UnicodeDecodeError) as fault:
            if header is None:
                why = f" ({fault})" if isinstance(fault, JsonFault) else ""
                raise FleetFileError(
                    f"{path} is no file of planescope fleet{why}.", "Name one that --output has written."
                ) from None
            if ended and _follows(path, at):
                raise FleetFileError(f"Line {number} of {path} is damaged ({fault}).", "Begin a new file.") from None
            torn = True
            break
        if not ended:
            torn = True
            break
        piece.append(line)
        if kind in _END:
            kept += piece
            piece, whole, finished = [], at, kind == "totals"
    if header is None:
        raise FleetFileError(f"{path} is empty.", "Remove it, or name another file.")
    return FleetLines(header, tuple(kept), whole, finished, torn or bool(piece))


def holds_nothing(path: Path) -> bool:
    """Return whether a file is empty, or holds no more than a part of its first line: it was killed as it began. Raises OSError."""
    with path.open("rb") as file:
        begun = file.readline(LARGEST_LINE + 1)
    return not begun.endswith(b"\n") and (begun.startswith(_FIRST) or _FIRST.startswith(begun))


def _raw_lines(path: Path) -> Iterator[tuple[bytes, bool]]:
    """Yield each line without its end, and whether it had one."""
    with path.open("rb") as file:
        while raw := file.readline(LARGEST_LINE + 1):
            if len(raw) > LARGEST_LINE:
                raise FleetFileError(f"{path} has a line that is longer than planescope reads.", "Begin a new file.")
            ended = raw.endswith(b"\n")
            yield raw.removesuffix(b"\n"), ended


def _follows(path: Path, at: int) -> bool:
    return path.stat().st_size > at


class FleetJournal:
    """A file that grows piece by piece. To be used from one thread; close it when done."""

    def __init__(self, path: Path, descriptor: int, whole: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._whole = whole

    @classmethod
    def begin(cls, path: Path, header: Header) -> Self:
        """Begin a new file, for the user alone. Raises FileExistsError where something is there, OSError."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        journal = cls(path, os.open(path, flags, 0o600), 0)
        _lock(path, journal._descriptor)
        try:
            journal.append([header_object(header)])
        except OSError:
            journal.close()
            with contextlib.suppress(OSError):
                path.unlink()
            raise
        return journal

    @classmethod
    def take_up(cls, path: Path, found: FleetLines) -> Self:
        """Go on with a file; what was cut off at its end is dropped. Raises FleetFileError where another run writes it, OSError."""
        descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_BINARY", 0))
        _lock(path, descriptor)
        try:
            os.ftruncate(descriptor, found.whole_bytes)
            os.lseek(descriptor, found.whole_bytes, os.SEEK_SET)
        except OSError:
            os.close(descriptor)
            raise
        return cls(path, descriptor, found.whole_bytes)

    def append(self, lines: Iterable[Object]) -> None:
        """Write a piece; where that fails, the file is again as it was before. Raises OSError."""
        body = b"".join(_line(line) for line in lines)
        # No stop between the parts of a piece: what is begun is written.
        with signals_held():
            try:
                written = 0
                while written < len(body):
                    written += os.write(self._descriptor, body[written:])
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._descriptor, self._whole)
                    os.lseek(self._descriptor, self._whole, os.SEEK_SET)
                raise
        self._whole += len(body)

    def finish(self, lines: Iterable[Object]) -> None:
        """Put the finished whole in its place; until then, and where that fails, what was read stays. Raises OSError."""
        with signals_held(), stage_in(self.path.parent) as stage:
            write_new_pieces(stage / "new", map(_line, lines))
            (stage / "new").replace(self.path)
            settle(self.path.parent)
        self.close()

    def close(self) -> None:
        """Close the file. May be called again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _lock(path: Path, descriptor: int) -> None:
    """Keep other runs from the file until it is closed, or this process ends. Raises FleetFileError where one has it.

    Where the system, or the place of the file, knows no such lock there is none.
    """
    if sys.platform == "win32":
        return
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise FleetFileError(
            f"Another run of planescope writes {path}.", "Wait for its end, or name another file."
        ) from None
    except OSError:
        return


def _line(value: Object) -> bytes:
    return json_text(value).encode("utf-8") + b"\n"

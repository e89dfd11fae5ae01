"""Shorten a text to a width so that what tells it from the others stays: its end, and the place where it differs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from rich.cells import cell_len

SIGN = "…"
_LONGEST = 2_000
"""Characters of a text that are looked at: no line is wider."""
_TWO_GAPS = 16
"""Cells from which on the end stays beside the place where a text differs."""


def elide(text: str, width: int, differs_at: int = 0) -> str:
    """Return the text in at most ``width`` cells.

    Start and end stay, the end longer. Where the place at which it differs from others would fall into the gap, the start
    goes instead: what is the same in all tells nothing.
    """
    if len(text) <= width and text.isascii():
        return text
    if len(text) <= _LONGEST and cell_len(text) <= width:
        return text
    if width < 1:
        return ""
    room = width - 1
    tail = _end(text, room - room // 3)
    head = _start(text, room - cell_len(tail))
    if differs_at < len(head) or differs_at >= len(text) - len(tail):
        return f"{head}{SIGN}{tail}"
    rest = text[_word_begins(text, differs_at, room // 3) :]
    if cell_len(rest[:_LONGEST]) <= room and len(rest) <= _LONGEST:
        return SIGN + _end(text, room)
    if room < 4:
        return SIGN + _start(text[differs_at:], room)
    if room < _TWO_GAPS:
        return f"{SIGN}{_start(rest, room - 1)}{SIGN}"
    tail = _end(rest, (room - 1) // 2)
    return f"{SIGN}{_start(rest, room - 1 - cell_len(tail))}{SIGN}{tail}"


class Differences:
    """Knows for each of many texts the last place at which it begins to differ from one of the others.

    Texts come in as they are read; the cost of one grows with what it shares with its two neighbours in order alone.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._ordered: list[str] = []
        self._places: dict[str, int] = {}
        self.add(texts)

    def add(self, texts: Iterable[str]) -> None:
        """Take in further texts."""
        for text in texts:
            if text in self._places:
                continue
            place = bisect_left(self._ordered, text)
            shared = 0
            for neighbour in self._ordered[max(0, place - 1) : place + 1]:
                alike = _shared(text, neighbour)
                self._places[neighbour] = max(self._places[neighbour], alike)
                shared = max(shared, alike)
            self._places[text] = shared
            self._ordered.insert(place, text)

    def at(self, text: str) -> int:
        """Return the place for a text; the start for one that is not known."""
        return self._places.get(text, 0)


def _start(text: str, cells: int) -> str:
    """Return the longest start of at most so many cells."""
    if cells <= 0:
        return ""
    found = text[:cells]
    while cell_len(found) > cells:
        found = found[:-1]
    return found


def _end(text: str, cells: int) -> str:
    """Return the longest end of at most so many cells; it does not begin with a mark that belongs to a character before."""
    if cells <= 0:
        return ""
    found = text[-cells:]
    while found and (cell_len(found) > cells or cell_len(found[0]) == 0):
        found = found[1:]
    return found


def _word_begins(text: str, place: int, most: int) -> int:
    """Return where the word begins in which a place lies, so many characters before it at most; one of them in any case."""
    begin = place
    while begin > 0 and place - begin < most and (text[begin - 1].isalnum() or begin == place):
        begin -= 1
    return begin


def _shared(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    return next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )

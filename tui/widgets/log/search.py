"""Search a log of any length for words, slice by slice, from a line on and round the end."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from tui.widgets.log.log_index import SLICE
from tui.widgets.log.matching_lines import matching_lines
from tui.widgets.log.shown_text import Wanted

_OVERLAP = 4 * 1024
"""Characters of a line longer than a slice that are looked at twice, so that nothing is lost where it is cut."""


@dataclass
class Search:
    """A search and the lines found so far. One thread fills it, others may read meanwhile."""

    wanted: Wanted
    first: int
    """The line at which it begins."""
    after: array[int] = field(default_factory=lambda: array("q"))
    """Lines found from there on, in order."""
    before: array[int] = field(default_factory=lambda: array("q"))
    """Lines found between the beginning and there, in order."""
    fraction: float = 0.0
    complete: bool = False

    @property
    def count(self) -> int:
        """How many lines were found so far."""
        return len(self.after) + len(self.before)

    def number(self, line: int) -> int | None:
        """Return the number of a found line among all of them, from 1; None while that is not known yet."""
        places, smaller = (self.after, len(self.before)) if line >= self.first else (self.before, 0)
        place = bisect_left(places, line)
        here = place < len(places) and places[place] == line
        return smaller + place + 1 if here and (self.complete or line < self.first) else None

    def step(self, line: int, by: int) -> tuple[int | None, bool]:
        """Return the found line after (``by`` 1) or before (-1) a line, and whether it was looked for round the end."""
        if by > 0:
            later = _next(self.after, line)
            first = _next(self.before, line) if line < self.first else None
            found = first if first is not None else later
            if found is not None or not self.count:
                return found, False
            return (self.before or self.after)[0], True
        earlier = _previous(self.after, line)
        found = earlier if earlier is not None else _previous(self.before, line)
        if found is not None or not self.count:
            return found, False
        return (self.after or self.before)[-1], True

    def holds(self, line: int) -> bool:
        """Return whether a line was found."""
        places = self.after if line >= self.first else self.before
        place = bisect_left(places, line)
        return place < len(places) and places[place] == line

    def run(self, text: str, start: int) -> Iterator[None]:
        """Look at a slice with each step; ``start`` is where the first line begins."""
        for found, line, at, end in ((self.after, self.first, start, len(text)), (self.before, 0, 0, start)):
            for done in _look(text, self.wanted, found, line, at, end):
                self.fraction = (done - at + (0 if found is self.after else len(text) - start)) / max(1, len(text))
                yield
        self.fraction, self.complete = 1.0, True


def _next(places: array[int], line: int) -> int | None:
    place = bisect_right(places, line)
    return places[place] if place < len(places) else None


def _previous(places: array[int], line: int) -> int | None:
    place = bisect_left(places, line)
    return places[place - 1] if place else None


def _look(text: str, wanted: Wanted, found: array[int], line: int, at: int, end: int) -> Iterator[int]:
    """Add the lines between two places that hold the words; yield how far it is. The places are beginnings of lines."""
    size = max(SLICE, 4 * len(wanted.needle))
    overlap = max(min(_OVERLAP, size // 2), 2 * len(wanted.needle))
    while wanted.needle and at < end:
        # The line feed before which the slice ends is none of its characters.
        stop = text.rfind("\n", at, min(end, at + size))
        whole = stop >= 0
        if not whole:
            stop = min(end, at + size)
        for here in matching_lines(text[at:stop], wanted):
            if not found or found[-1] != line + here:
                found.append(line + here)
        if whole:
            line += text.count("\n", at, stop) + 1
            at = stop + 1
        elif stop < end:
            at = stop - overlap
        else:
            at = stop
        yield at

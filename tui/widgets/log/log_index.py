"""What a log holds and where: lines, groups, errors, warnings and the parts that steps wrote; found piece by piece.

The work is cut into slices, so that a thread that does it lets the screen have the processor many times a second.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from enum import StrEnum

from diagnosis.logs.left_out import lines_left_out
from tui.widgets.log.groups import Groups
from tui.widgets.log.line_offsets import BLOCK, LineOffsets
from tui.widgets.log.shown_text import STAMP

SLICE = 32 * BLOCK
"""Characters that are looked at in one go: some milliseconds of work."""

_MARKER = re.compile(r"##\[(group|endgroup|error|warning)\](Run )?")
_BEGINNINGS = ("##[", "Post job cleanup.", "Cleaning up orphan processes", "[planescope left out")
_LONGEST_STAMP = 40


class Level(StrEnum):
    """What GitHub's web page gives a colour of its own."""

    ERROR = "error"
    WARNING = "warning"


class LogIndex:
    """The places of a log's text. Lines are counted from 0; :meth:`build` fills it, others may read meanwhile."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = LineOffsets(text)
        self.groups = Groups()
        self.marked = {level: array("q") for level in Level}
        """The lines that the runner marked, by level, in order."""
        self.sections = array("q")
        """The first lines of what each step wrote, as far as the log shows it by itself."""
        self.gaps = array("q")
        """The groups that stand for lines which are not there; nothing is to be seen in them."""
        self.left_out = 0
        """Lines that are not there, since the log was too large to be held whole."""
        self.complete = False
        self._head = self._stamped = False

    @property
    def count(self) -> int:
        """How many lines are known."""
        return self.lines.count

    @property
    def fraction(self) -> float:
        """How much of the text was looked at."""
        return 1.0 if self.complete else self.lines.read / max(1, len(self.text))

    def build(self) -> Iterator[None]:
        """Look at a slice of the text with each step."""
        at = 0
        while at < len(self.text):
            end = min(len(self.text), at + SLICE)
            self.lines.look(end)
            for place, line in self._beginnings(at, end):
                self._take(place, line)
            at = end
            yield
        self.groups.finish_all(max(0, self.count - 1))
        self.complete = True

    def is_marked(self, level: Level, line: int) -> bool:
        """Return whether the runner marked a line."""
        return self.marked_between(level, line, line) > 0

    def marked_between(self, level: Level, first: int, last: int) -> int:
        """Return how many lines from one to another, both of them too, the runner marked."""
        return bisect_right(self.marked[level], last) - bisect_left(self.marked[level], first)

    def section_of(self, line: int) -> tuple[int, int]:
        """Return the first line, and the line behind the last, of the part in which a line stands."""
        place = bisect_right(self.sections, line)
        first = self.sections[place - 1] if place else 0
        return first, self.sections[place] if place < len(self.sections) else self.count

    def _beginnings(self, at: int, end: int) -> list[tuple[int, int]]:
        """Return the places at which a line begins, behind its time, with words that may matter; with the line."""
        found: list[tuple[int, int]] = []
        text = self.text
        for words in _BEGINNINGS:
            # What begins in this slice may end in the next one.
            limit = end + len(words) - 1
            place = text.find(words, at, limit)
            while place >= 0:
                start = text.rfind("\n", max(0, place - _LONGEST_STAMP), place) + 1
                if start or place < _LONGEST_STAMP:
                    stamp = STAMP.match(text, start, place)
                    if stamp is not None and stamp.end() == place:
                        found.append((place, start))
                place = text.find(words, place + 1, limit)
        return sorted(found)

    def _take(self, place: int, start: int) -> None:
        text, line = self.text, self.lines.line_at(place)
        stamped = place - start > 1
        if text[place] != "#":
            if text[place] == "[":
                self._gap(place, line)
            else:
                self._section(line)
            return
        marker = _MARKER.match(text, place)
        # In the head of a step a line without a time continues a value: a marker in it is quoted.
        if marker is None or (self._head and self._stamped and not stamped):
            return
        self._stamped = self._stamped or stamped
        name, runs = marker.groups()
        if name == "group":
            if runs:
                self._section(line)
            self._head = bool(runs)
            self.groups.begin(line)
        elif name == "endgroup":
            self._head = False
            self.groups.finish(line)
        else:
            self._head = self._head and name != "error"
            self.marked[Level(name)].append(line)

    def _section(self, line: int) -> None:
        self._head = False
        self.groups.finish_all(line - 1)
        self.sections.append(line)

    def _gap(self, place: int, line: int) -> None:
        """Take a mark of lines left out for a group, but only with as many empty lines behind it as it says."""
        missing = lines_left_out(self.text, place)
        if missing:
            self.left_out += missing
            self.gaps.append(len(self.groups))
            self.groups.begin(line)
            self.groups.finish(line + missing - 1)


def round_the_end(places: Sequence[int], line: int, by: int) -> tuple[int | None, bool]:
    """Return the place after or before a line, and whether it was looked for round the end."""
    if not places:
        return None, False
    index = bisect_right(places, line) if by > 0 else bisect_left(places, line) - 1
    return places[index % len(places)], not 0 <= index < len(places)

"""The groups of a log and which of its lines are in view while some are folded."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator


class Groups:
    """Groups in the order of their first lines, each wholly inside or wholly outside any other.

    ``start`` and ``end`` are lines, both of the group; ``parent`` is the group around it or -1; ``after`` is the first
    group that is not inside it. A group that has not ended yet has an ``end`` of -1.
    """

    def __init__(self) -> None:
        self.start, self.end = array("q"), array("q")
        self.parent, self.after = array("q"), array("q")
        self._open: list[int] = []

    def __len__(self) -> int:
        return len(self.start)

    def begin(self, line: int) -> None:
        """Take the first line of a group."""
        self.parent.append(self._open[-1] if self._open else -1)
        self._open.append(len(self.start))
        self.start.append(line)
        self.end.append(-1)
        self.after.append(-1)

    def finish(self, line: int) -> None:
        """Take the last line of the group that began last and has not ended; without one, nothing ends."""
        if self._open:
            group = self._open.pop()
            self.end[group], self.after[group] = line, len(self.start)

    def finish_all(self, line: int) -> None:
        """End all groups: their end is missing, and something begins on the next line that is in none of them."""
        while self._open:
            self.finish(line)

    def starting_at(self, line: int) -> int:
        """Return the group whose first line this is, or -1."""
        place = bisect_left(self.start, line)
        return place if place < len(self.start) and self.start[place] == line else -1

    def around(self, line: int) -> Iterator[int]:
        """Yield the groups that hold a line, the innermost first; a group's first line is in the group."""
        group = bisect_right(self.start, line) - 1
        while group >= 0:
            # One without an end yet holds all that follows.
            if not 0 <= self.end[group] < line:
                yield group
            group = self.parent[group]


class FoldedLines:
    """Which lines are in view, and in which row, for one state of the folds. It never changes."""

    def __init__(self, lines: int, groups: Groups | None = None, folded: bytes = b"") -> None:
        self.lines = lines
        self._starts, self._rows, self._hidden = array("q"), array("q"), array("q", [0])
        hidden = group = 0
        while groups is not None and (group := folded.find(1, group)) >= 0:
            start = groups.start[group]
            length = groups.end[group] - start
            if length > 0:
                self._starts.append(start)
                self._rows.append(start - hidden)
                hidden += length
                self._hidden.append(hidden)
            group = groups.after[group]
        self.rows = lines - hidden

    def line(self, row: int) -> int:
        """Return the line in a row."""
        return row + self._hidden[bisect_left(self._rows, row)]

    def row(self, line: int) -> int:
        """Return the row of a line; of one that is folded away, the row of the group that hides it."""
        place = bisect_left(self._starts, line)
        if place and line - self._starts[place - 1] <= self._hidden[place] - self._hidden[place - 1]:
            return self._rows[place - 1]
        return line - self._hidden[place]

    def hides(self, line: int) -> bool:
        """Return whether a line is folded away."""
        return self.line(self.row(line)) != line

    def folds(self, line: int) -> bool:
        """Return whether a line that is in view stands for a folded group."""
        place = bisect_left(self._starts, line)
        return place < len(self._starts) and self._starts[place] == line

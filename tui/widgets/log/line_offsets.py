"""Where the lines of a long text begin, without a list of lines: line feeds are counted by block, and found within one.

A log of 300 MB has three million lines; a list of them takes seconds to make, and as much memory again as the text.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left

BLOCK = 8 * 1024
"""Characters whose line feeds are counted together."""
_BLOCKS_KEPT = 16


class LineOffsets:
    """Lines, counted from 0, of the part of a text that was looked at; a line feed ends a line, as GitHub counts them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._before = array("q", [0])
        """Line feeds before each block; one entry more than blocks that were looked at."""
        self._found: dict[int, list[int]] = {}

    @property
    def read(self) -> int:
        """How many characters were looked at."""
        return min(len(self.text), (len(self._before) - 1) * BLOCK)

    @property
    def count(self) -> int:
        """How many lines there are as far as the text was looked at; one that is cut off there is none yet."""
        feeds, read = self._before[-1], self.read
        last = read == len(self.text) and read > 0 and self.text[-1] != "\n"
        return feeds + (1 if last else 0)

    def look(self, end: int) -> None:
        """Count on, at least up to ``end`` or to the end of the text."""
        text, before = self.text, self._before
        feeds = before[-1]
        for start in range(self.read, min(end, len(text)), BLOCK):
            feeds += text.count("\n", start, start + BLOCK)
            before.append(feeds)

    def line_at(self, offset: int) -> int:
        """Return the line in which a character stands."""
        block = offset // BLOCK
        return self._before[block] + self.text.count("\n", block * BLOCK, offset)

    def start(self, line: int) -> int:
        """Return where a line begins."""
        if line <= 0:
            return 0
        block = bisect_left(self._before, line) - 1
        return self._feeds(block)[line - self._before[block] - 1] + 1

    def raw(self, line: int, most: int | None = None) -> str:
        """Return a line without its line feed, of a long one ``most`` characters."""
        start = self.start(line)
        limit = len(self.text) if most is None else min(len(self.text), start + most)
        end = self.text.find("\n", start, limit)
        return self.text[start : limit if end < 0 else end]

    def length(self, line: int) -> int:
        """Return how many characters a line has."""
        start = self.start(line)
        end = self.text.find("\n", start)
        return (len(self.text) if end < 0 else end) - start

    def _feeds(self, block: int) -> list[int]:
        """Return where the line feeds of a block stand; those of the blocks asked for last are remembered."""
        found = self._found.get(block)
        if found is None:
            found, at, end = [], self.text.find("\n", block * BLOCK, (block + 1) * BLOCK), (block + 1) * BLOCK
            while at >= 0:
                found.append(at)
                at = self.text.find("\n", at + 1, end)
            # A new dictionary each time: another thread may be looking a line up in the old one.
            kept = self._found if len(self._found) < _BLOCKS_KEPT else {}
            self._found = {**kept, block: found}
        return found

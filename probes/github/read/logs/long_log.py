"""Condense a log that is too large to be held whole while it arrives; what replay needs stays, with its line numbers.

Of every step the beginning stays (its head with inputs, environment and script) and the end; of what lies between, the
lines that may be a finding with their neighbours, and those that give structure. Everything is scrubbed before anything
is left out, since a key without its first line would not be known for one. Nothing is written to disk.
"""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from diagnosis.failures.prefilter import interesting_lines
from diagnosis.failures.stream import AFTER, BEFORE
from diagnosis.logs.left_out import mark
from diagnosis.logs.log_text import LONGEST_LINE
from probes.github.http.errors import TooLarge

_SECTION_BEGINS = ("##[group]Run ", "Post job cleanup.", "Cleaning up orphan processes")
_KEY_BEGINS, _KEY_ENDS = "-----BEGIN ", "-----END "
_LONGEST_KEY_LINES = 200
_LONGEST_KEY = 1_000_000


@dataclass(frozen=True, slots=True)
class LongLogLimits:
    """How much of a log is kept, in characters where nothing else is said."""

    bytes: int = 1_000_000_000
    """Of the log; a larger one is not read at all."""
    lines: int = 2_000_000
    """Of the log: each takes its place, kept or not."""
    head: int = 64_000
    """Of the beginning of each step."""
    tail: int = 448_000
    """Of the end of each step."""
    between: int = 8_000_000
    """Of all findings and their neighbours together."""
    kept: int = 16_000_000
    """Of everything together. The less is left of it, the less of a step's beginning and end is kept."""
    block: int = 1_000_000
    """Looked at in one go."""

    def short_of_room(self) -> LongLogLimits:
        """Return these for a log that comes after many others."""
        return replace(self, head=self.head // 4, tail=self.tail // 8, between=self.between // 16, kept=self.kept // 16)


LIMITS = LongLogLimits()


class LongLog:
    """Takes a log's bytes in, piece by piece. ``clean`` replaces the secrets of a text line by line."""

    def __init__(self, clean: Callable[[str], str], limits: LongLogLimits = LIMITS) -> None:
        self._clean = clean
        self._limits = limits
        self._decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        self._pieces: list[str] = []
        self._size = 0
        self._out: list[str] = []
        self._lines = self._kept = self._between = self._gap = 0
        self._head_left = limits.head
        self._tail: deque[str] = deque()
        self._wanted: deque[bool] = deque()
        self._tail_size = 0
        self._after = 0

    def feed(self, piece: bytes) -> None:
        """Take the next bytes. Raises TooLarge where even what would be kept is too much."""
        text = self._decode(piece)
        self._pieces.append(text)
        self._size += len(text)
        if self._size >= self._limits.block:
            self._look("".join(self._pieces), last=False)

    def text(self) -> str:
        """Return the condensed log; call it once, when everything was fed. Raises TooLarge."""
        self._look("".join(self._pieces) + self._decode(b"", final=True), last=True)
        self._end_section()
        self._mark_gap()
        return "".join(f"{line}\n" for line in self._out)

    def _look(self, text: str, *, last: bool) -> None:
        """Read whole lines; the rest waits for the next block."""
        end = len(text) if last else _safe_end(text)
        block, rest = text[:end], text[end:]
        if not last and "\n" not in text:
            # One line without end: what is beyond its longest part is never looked at.
            rest = rest[:LONGEST_LINE]
        self._pieces, self._size = [rest], len(rest)
        if not block:
            return
        block = self._clean(block)
        at = 0
        for start, speaks in interesting_lines(block):
            self._plain(block[at:start])
            end = block.find("\n", start)
            end = len(block) if end < 0 else end
            self._line(block[start:end], speaks)
            at = end + 1
        self._plain(block[at:])

    def _plain(self, text: str) -> None:
        """Take lines that neither may be a finding nor give structure; of very many of them only the last can matter."""
        if not text:
            return
        text = text.removesuffix("\n")
        cut = text.rfind("\n", 0, max(0, len(text) - self._limits.tail)) + 1
        if cut and self._head_left <= 0 and not self._after:
            while self._tail:
                self._leave_out_or_keep()
            skipped = text.count("\n", 0, cut)
            self._count(skipped)
            self._gap += skipped
            text = text[cut:]
        for line in text.split("\n"):
            self._line(line, None)

    def _count(self, lines: int) -> None:
        self._lines += lines
        if self._lines > self._limits.lines:
            raise _too_large()

    def _line(self, line: str, speaks: bool | None) -> None:
        """Take one line; ``speaks`` is None for one that neither may be a finding nor gives structure."""
        self._count(1)
        line = line[:LONGEST_LINE]
        if speaks is not None and any(begin in line for begin in _SECTION_BEGINS):
            self._end_section()
        if self._head_left > 0:
            self._head_left -= len(line) + 1
            self._keep(line)
            return
        if speaks:
            for place in range(-1, -1 - min(BEFORE, len(self._wanted)), -1):
                self._wanted[place] = True
        self._tail.append(line)
        self._wanted.append(speaks is not None or self._after > 0)
        self._after = AFTER if speaks else max(0, self._after - 1)
        self._tail_size += len(line) + 1
        while self._tail_size > min(self._limits.tail, self._share()):
            self._leave_out_or_keep()

    def _leave_out_or_keep(self) -> None:
        """Decide on the oldest line of the end of a step, which turned out to lie in its middle."""
        line, wanted = self._tail.popleft(), self._wanted.popleft()
        self._tail_size -= len(line) + 1
        if wanted and self._between < self._limits.between:
            self._between += len(line) + 1
            self._keep(line)
        else:
            self._gap += 1

    def _end_section(self) -> None:
        for line in self._tail:
            self._keep(line)
        self._tail.clear()
        self._wanted.clear()
        self._tail_size = self._after = 0
        self._head_left = min(self._limits.head, self._share())

    def _share(self) -> int:
        """Return what one step may take of what is left, so that the last of very many large steps has something too."""
        left = self._limits.kept - self._kept
        return left if left > self._limits.kept // 2 else max(0, left // 200)

    def _mark_gap(self) -> None:
        """Say how much was left out last, at the end of a log too."""
        if self._gap:
            self._out.append(mark(self._gap))
            self._kept += len(self._out[-1])
            self._gap = 0

    def _keep(self, line: str) -> None:
        self._mark_gap()
        self._out.append(line)
        self._kept += len(line) + 1
        if self._kept > self._limits.kept:
            raise _too_large()


def _safe_end(text: str) -> int:
    """Return where whole lines end of which none belongs to a key that goes on behind them."""
    end = text.rfind("\n") + 1
    begun = text.rfind(_KEY_BEGINS, 0, end)
    if begun < 0 or text.find(_KEY_ENDS, begun, end) >= 0:
        return end
    start = text.rfind("\n", 0, begun) + 1
    held = text[start:end]
    return start if held.count("\n") <= _LONGEST_KEY_LINES and len(held) < _LONGEST_KEY else end


def _too_large() -> TooLarge:
    return TooLarge("it is too large even without what decides nothing", "download it from GitHub")

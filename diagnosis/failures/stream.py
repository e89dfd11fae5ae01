"""Reduce a log of any length to the lines that the reader needs and their neighbours, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from diagnosis.failures.prefilter import interesting_lines
from diagnosis.logs.log_text import LONGEST_LINE, LogLine, LogReader

BEFORE = 4
"""How many lines are kept before a line that may be a failure: evidence shows some of them."""
AFTER = 5
"""How many are kept after it: evidence shows some, and a sentence may go on in them."""
_BLOCK = 1 << 18
"""Characters that are searched together."""


def blocks(pieces: Iterable[str]) -> Iterator[str]:
    """Join the pieces of a text to blocks of whole lines, of some 256 thousand characters each.

    Of a line that does not end within a block only the first :data:`LONGEST_LINE` characters are kept.
    """
    kept: list[str] = []
    size = 0
    for piece in pieces:
        kept.append(piece)
        size += len(piece)
        if size < _BLOCK:
            continue
        text = "".join(kept)
        end = text.rfind("\n") + 1
        if end:
            yield text[:end]
        rest = text[end:]
        # The rest is the beginning of one line; more than the longest line of it is never looked at.
        kept, size = ([rest], len(rest)) if len(rest) <= LONGEST_LINE else ([rest[:LONGEST_LINE]], LONGEST_LINE)
    text = "".join(kept)
    if text:
        yield text


def cut(text: str) -> Iterator[str]:
    """Cut a whole text into pieces for :func:`thin`."""
    return (text[at : at + _BLOCK] for at in range(0, len(text), _BLOCK))


def thin(pieces: Iterable[str]) -> Iterator[LogLine]:
    """Read the lines that may be a failure, their neighbours, and those that tell where steps begin and end.

    ``pieces`` is the text, cut anywhere: an open file, blocks of any size. Lines keep the numbers that they have in the
    whole text. Only some lines are held at a time. Never raises.
    """
    reader = LogReader()
    number = 1  # of the line at the cursor
    wanted = 0
    tail: list[tuple[int, str]] = []
    for block in blocks(pieces):
        cursor = 0
        for start, speaks in (*interesting_lines(block), (len(block), False)):
            while cursor < start and (wanted or reader.counts_each_line):
                end = _line_end(block, cursor)
                yield reader.read(number, block[cursor:end])
                cursor, number, wanted = end + 1, number + 1, max(wanted - 1, 0)
                tail.clear()
            if start < cursor:
                wanted = AFTER if speaks else wanted
                continue
            skipped = block.count("\n", cursor, start)
            tail = _last_lines(block, cursor, start, number + skipped, tail)
            cursor, number = start, number + skipped
            if start >= len(block):
                break
            # One line before a line of structure too: that is the second line before a finding that follows it.
            for kept in tail if speaks else tail[-1:]:
                yield reader.read(*kept)
            tail.clear()
            end = _line_end(block, cursor)
            yield reader.read(number, block[cursor:end])
            cursor, number = end + 1, number + 1
            wanted = AFTER if speaks else max(wanted - 1, 0)


def _line_end(block: str, start: int) -> int:
    end = block.find("\n", start)
    return len(block) if end < 0 else end


def _last_lines(block: str, first: int, end: int, number: int, tail: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return the last lines before ``end`` (where line ``number`` begins), as far back as ``first``, then from ``tail``."""
    found: list[tuple[int, str]] = []
    while len(found) < BEFORE and end > first:
        start = block.rfind("\n", first, end - 1) + 1 or first
        number -= 1
        found.append((number, block[start : end - 1] if block[end - 1] == "\n" else block[start:end]))
        end = start
    return [*tail[len(found) - BEFORE :], *reversed(found)] if len(found) < BEFORE else found[::-1]

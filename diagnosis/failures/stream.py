"""A log of any length as the few lines around what may matter, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from diagnosis.failures.prefilter import interesting_lines
from diagnosis.logs.log_text import LONGEST_LINE, LogLine, LogReader

BEFORE = 4
"""Lines kept before a line that may matter: the context that evidence shows."""
AFTER = 5
"""Lines kept after it: context, and the rest of a sentence that was broken over lines."""
_BLOCK = 1 << 18


def blocks(pieces: Iterable[str]) -> Iterator[str]:
    """The same text in blocks of whole lines of some 256 thousand characters; endless lines are cut."""
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
    """A whole text in pieces."""
    return (text[at : at + _BLOCK] for at in range(0, len(text), _BLOCK))


def thin(pieces: Iterable[str]) -> Iterator[LogLine]:
    """The lines that may matter with their neighbours, and those that give structure, read lazily.

    ``pieces`` is the text cut anywhere: an open file, blocks of any size. Never raises.
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
    """The last lines before ``end`` (where line ``number`` begins), as far back as ``first``, then from ``tail``."""
    found: list[tuple[int, str]] = []
    while len(found) < BEFORE and end > first:
        start = block.rfind("\n", first, end - 1) + 1 or first
        number -= 1
        found.append((number, block[start : end - 1] if block[end - 1] == "\n" else block[start:end]))
        end = start
    return [*tail[len(found) - BEFORE :], *reversed(found)] if len(found) < BEFORE else found[::-1]

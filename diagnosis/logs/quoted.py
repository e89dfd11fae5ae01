"""Take quotation marks and indents off a paste that is quoted as a whole, as replies, comments in code and lists do it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

_LOOKED_AT = 40
_HEADING = re.compile(r"> \S+@\d+\.\d")
"""npm's own use of the mark: the package and its version, and below it the command."""
_MARK = re.compile(r"^[ \t]*(?:(?:>[ \t]?)*> ?|(?:#|//) ?)", re.MULTILINE)
_MARKS = (">", "# ", "// ")


_SOURCE = re.compile(r"[ \t]+(?:\d{1,5} ?\||\* )")
"""Numbered source and comment blocks, which their indent tells from what a tool printed."""
_LEAST_INDENT = 2


def _beginning(head: str) -> list[str]:
    """Return the first lines that have a text, without fences."""
    lines = head[: 1 << 16].split("\n", 4 * _LOOKED_AT)[: 4 * _LOOKED_AT]
    return [line for line in lines if line.strip() and not line.startswith("```")][:_LOOKED_AT]


def is_quoted(head: str) -> bool:
    """Return whether every line of the beginning of a text bears a quotation mark."""
    lines = _beginning(head)
    if not lines or _HEADING.match(lines[0]):
        return False
    return any(all(line.lstrip().startswith(mark) for line in lines) for mark in _MARKS)


def _below(head: str) -> re.Pattern[str] | None:
    """Return what is to be taken off each line of a text with this beginning: quotation marks, a common indent, or nothing."""
    if is_quoted(head):
        return _MARK
    lines = _beginning(head)
    if not lines or lines[0][0] not in " \t" or any(_SOURCE.match(line) for line in lines):
        return None
    indent = min(len(line) - len(line.lstrip(" \t")) for line in lines)
    if indent < _LEAST_INDENT and not all(line.startswith("\t") for line in lines):
        return None
    return re.compile(rf"^[ \t]{{1,{indent}}}", re.MULTILINE)


def unquoted_pieces(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the pieces of a text without the marks, if it is quoted as a whole; the first piece tells. Line numbers stay."""
    rest = iter(pieces)
    first = next(rest, "")
    marks = _below(first)
    for piece in chain((first,) if first else (), rest):
        yield marks.sub("", piece) if marks else piece

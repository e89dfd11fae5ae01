"""Is a paste quoted as a whole, as replies and comments in code quote it, and what stands under the marks?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

_LOOKED_AT = 40
_HEADING = re.compile(r"> \S+@\d+\.\d")
"""npm's own use of the mark: the package and its version, and below it the command."""
_MARK = re.compile(r"^[ \t]*(?:(?:>[ \t]?)*> ?|(?:#|//) ?)", re.MULTILINE)
_MARKS = (">", "# ", "// ")


def is_quoted(head: str) -> bool:
    """Whether every line of the beginning of a text bears a quotation mark."""
    lines = [line for line in head[: 1 << 16].split("\n", 4 * _LOOKED_AT)[: 4 * _LOOKED_AT] if line.strip()]
    lines = lines[:_LOOKED_AT]
    if not lines or _HEADING.match(lines[0]):
        return False
    return any(all(line.lstrip().startswith(mark) for line in lines) for mark in _MARKS)


def unquoted(text: str) -> str:
    """The text without the marks, if it is quoted as a whole; line numbers stay."""
    return _MARK.sub("", text) if is_quoted(text) else text


def unquoted_pieces(pieces: Iterable[str]) -> Iterator[str]:
    """The same for a text in pieces; the first one tells."""
    rest = iter(pieces)
    first = next(rest, "")
    if not is_quoted(first):
        yield from chain((first,) if first else (), rest)
        return
    for piece in chain((first,), rest):
        yield _MARK.sub("", piece)

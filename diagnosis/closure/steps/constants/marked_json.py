"""Read JSON that a script writes, with marks in the place of what only the run knows: ``$NAME``, ``$(…)``, ``${{ … }}``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

MARK = "\x01"
"""Stands around the source of a value that is not a constant."""
_LONGEST = 60_000
_MOST_FAILED = 100
"""Beginnings that end nowhere; behind so many nothing more is looked for."""
_NAME = re.compile(r"\$[A-Za-z_]\w*|\$[0-9@*#?!-]")
_MASKED = "***"


def read_marked(text: str) -> object | None:
    """Return the first JSON value of a text; None where it is none."""
    if len(text) > _LONGEST:
        return None
    made = "".join(_with_marks(text)).strip()
    try:
        return json.JSONDecoder(strict=False).raw_decode(made)[0]  # type: ignore[no-any-return] # any JSON value
    except (ValueError, RecursionError):
        return None


def is_constant(value: object) -> bool:
    """Return whether a scalar holds nothing that only the run knows."""
    return not (isinstance(value, str) and (MARK in value or _MASKED in value))


def sources_of(value: object) -> tuple[str, ...]:
    """Return what stands in the place of what is not known, as written."""
    return tuple(value.split(MARK)[1::2]) if isinstance(value, str) else ()


def marked(text: str) -> str:
    """Return a value that is not a constant, with its source."""
    return f"{MARK}{text.replace(MARK, '')}{MARK}"


def with_marks(text: str) -> str:
    """Return a text that is one value, with marks around what is not known."""
    return "".join(marked(piece) if unknown else piece for piece, unknown in _pieces(text))


def _with_marks(text: str) -> Iterator[str]:
    within = False
    for piece, unknown in _pieces(text):
        if unknown:
            shown = json.dumps(marked(piece))[1:-1]
            yield shown if within else f'"{shown}"'
            continue
        yield piece
        at = 0
        while at < len(piece):
            if piece[at] == "\\" and within:
                at += 1
            elif piece[at] == '"':
                within = not within
            at += 1


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Divide a text into what is written and what is filled in when it runs."""
    at = begun = failed = 0
    while at < len(text):
        end = _end_of_unknown(text, at) if text[at] == "$" and failed < _MOST_FAILED else -1
        if end < 0:
            failed += text[at] == "$"
            at += 1
            continue
        if at > begun:
            yield text[begun:at], False
        yield text[at:end], True
        at = begun = end
    if begun < len(text):
        yield text[begun:], False


def _end_of_unknown(text: str, at: int) -> int:
    for opening, close in (("${{", "}}"), ("$(", ")"), ("${", "}")):
        if text.startswith(opening, at):
            if close == "}}":
                end = text.find(close, at)
                return -1 if end < 0 else end + 2
            return _balanced(text, at + 1, opening[-1], close)
    found = _NAME.match(text, at)
    return found.end() if found else -1


def _balanced(text: str, at: int, opening: str, close: str) -> int:
    depth = 0
    for place in range(at, min(len(text), at + 2_000)):
        if text[place] == opening:
            depth += 1
        elif text[place] == close:
            depth -= 1
            if depth == 0:
                return place + 1
    return -1

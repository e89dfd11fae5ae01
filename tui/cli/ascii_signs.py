"""What is written where an output cannot encode a character: a sign of ASCII for each of ours, an escape for any other.

It is a handler of encoding errors, so it holds for every way to write, and an output that lacks a character is no error.
"""

from __future__ import annotations

import codecs
import contextlib
import io
from collections.abc import Iterator
from typing import TextIO

HANDLER = "planescope.signs"
CELLS = "planescope.cells"
"""The handler for an app: what is written takes as many cells as what was to be."""

_SIGNS = {
    "✔": "+", "✓": "+", "√": "+", "✘": "x", "✗": "x", "✖": "x", "⊘": "o", "○": "o", "●": "*", "◐": "o", "•": "*",
    "·": ".", "…": "...", "–": "-", "—": "--", "−": "-", "“": '"', "”": '"', "‘": "'", "’": "'", "ʼ": "'", "‹": "<",
    "›": ">", "⟨": "<", "⟩": ">", "→": "->", "←": "<-", "↑": "^", "↓": "v", "↪": "->", "≠": "!=", "≤": "<=", "≥": ">=",
    "×": "x", "¦": "|", "▶": ">", "▸": ">", "◂": "<", "▲": "^", "▼": "v", "▾": "v", "◆": "*", "◌": "o", "\xa0": " ",
    "\ufffd": "?",
}  # fmt: skip


def _sign(character: str) -> str:
    point = ord(character)
    if character in _SIGNS:
        return _SIGNS[character]
    if 0x2400 <= point < 0x2420:
        return f"<{point - 0x2400:02X}>"
    if point == 0x2421:
        return "<7F>"
    if 0x2500 <= point < 0x2580:
        return "-" if character in "─━╌╍┄┅┈┉═" else "|" if character in "│┃╎╏┆┇┊┋║╷╵" else "+"
    if 0x2580 <= point < 0x25A0:
        return "#"
    return ascii(character)[1:-1]


def _encoded(fault: UnicodeError) -> tuple[str, int]:
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    return "".join(map(_sign, fault.object[fault.start : fault.end])), fault.end


def _cells_encoded(fault: UnicodeError) -> tuple[str, int]:
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    return "".join(map(_of_the_same_width, fault.object[fault.start : fault.end])), fault.end


def _of_the_same_width(character: str) -> str:
    """Return a sign of as many cells as the character has: in the app, each stands in its place."""
    from rich.cells import cell_len

    width = cell_len(character)
    sign = _IN_A_CELL.get(character) or _sign(character)
    return sign if len(sign) == width else "?" * width


_IN_A_CELL = {"…": "~", "→": ">", "←": "<", "↪": ">", "—": "-", "≠": "#", "≤": "<", "≥": ">"}
"""Signs whose words are longer than their cell."""


def register() -> None:
    """Make both handlers known by their names."""
    codecs.register_error(HANDLER, _encoded)
    codecs.register_error(CELLS, _cells_encoded)


@contextlib.contextmanager
def one_for_each_cell(stream: TextIO | None) -> Iterator[None]:
    """While an app is drawn to a stream, write a sign of the same width for what its encoding lacks."""
    if not isinstance(stream, io.TextIOWrapper):
        yield
        return
    before = stream.errors or "strict"
    stream.reconfigure(errors=CELLS)
    try:
        yield
    finally:
        with contextlib.suppress(OSError, ValueError):
            stream.reconfigure(errors=before)

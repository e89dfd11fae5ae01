"""What is written where an output cannot encode a character: a sign of ASCII for each of ours, an escape for any other.

It is a handler of encoding errors, so it holds for every way to write, and an output that lacks a character is no error.
"""

from __future__ import annotations

import codecs

HANDLER = "planescope.signs"

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


def register() -> None:
    """Make the handler known by its name."""
    codecs.register_error(HANDLER, _encoded)

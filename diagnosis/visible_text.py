"""Which characters of foreign text may be shown as they are, and how every other one is made visible.

What is shown is an allow-list: letters, marks, numbers, punctuation and symbols of Unicode, and the space. Everything else
could steer a terminal, turn a line round or hide: it stands as a sign that names it, on the screen, in text, in a packet.
"""

from __future__ import annotations

import re
import unicodedata

TAB = "    "

_SHOWN = frozenset("LMNPS")
"""First letters of the general categories that are drawn; the others are separators and ``C``: control, format, surrogate,
private use, unassigned."""

_DRAWN_EMPTY = (
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0x1D159, 0x1D159),
    (0xE0000, 0xE0FFF),
)
"""Letters, marks and symbols that draw nothing: Unicode's ``Default_Ignorable_Code_Point`` as far as it has such a category
(DerivedCoreProperties.txt), the empty Braille pattern and the empty note head."""

MOST_MARKS = 8
"""Marks that are drawn over one character, which no language passes; what stands above and below it would be drawn over as well."""

_NOT_PLAIN = re.compile(r"[^\n\x20-\x7e]+")
_NOT_PLAIN_LINE = re.compile(r"[^\x20-\x7e]+")


def is_shown(character: str) -> bool:
    """Return whether a character is drawn as itself and does nothing else."""
    if character == " ":
        return True
    point = ord(character)
    if unicodedata.category(character)[0] not in _SHOWN:
        return False
    return not any(first <= point <= last for first, last in _DRAWN_EMPTY)


def sign_of(character: str) -> str:
    """Return what stands for a character that is not shown: ``␛`` and its like for C0, ``⟨202E⟩`` for any other."""
    point = ord(character)
    if character == "\t":
        return TAB
    if point < 0x20:
        return chr(0x2400 + point)
    if point == 0x7F:
        return "\u2421"
    # A surrogate by itself is what is left of a byte that could not be decoded.
    return "\ufffd" if 0xD800 <= point <= 0xDFFF else f"⟨{point:04X}⟩"


_MOST_KEPT = 10_000


class _Signs(dict[int, str]):
    """What is written for each code point, worked out when it is met first."""

    def __missing__(self, point: int) -> str:
        character = chr(point)
        written = character if is_shown(character) else sign_of(character)
        if len(self) < _MOST_KEPT:
            self[point] = written
        return written


class _Stacked(dict[int, str]):
    """``M`` for each code point that is drawn over the one before it, ``.`` for any other."""

    def __missing__(self, point: int) -> str:
        written = "M" if unicodedata.category(chr(point)) in ("Mn", "Me") else "."
        if len(self) < _MOST_KEPT:
            self[point] = written
        return written


_SIGNS = _Signs()
_SIGNS_OF_LINES = _Signs({0x0A: "\n"})
_STACKED = _Stacked()
_TOO_MANY = re.compile(f"M{{{MOST_MARKS + 1},}}")


def stacks_cut(run: str) -> list[tuple[str, bool]]:
    """Return a run of characters in pieces, each with whether it is marks too many over one character, which are not shown."""
    if len(run) <= MOST_MARKS:
        return [(run, False)]
    pieces, done = [], 0
    for stack in _TOO_MANY.finditer(run.translate(_STACKED)):
        first = stack.start() + MOST_MARKS
        pieces += [(run[done:first], False), (run[first : stack.end()], True)]
        done = stack.end()
    return [*pieces, (run[done:], False)]


def _signs_of(run: str, signs: _Signs) -> str:
    """Return a run of characters that are not plain as it is shown."""
    return "".join(
        "".join(map(sign_of, piece)) if too_many else piece.translate(signs) for piece, too_many in stacks_cut(run)
    )


def visible(text: str) -> str:
    """Return foreign text, possibly of several lines, in which all that is not drawn is made visible; ``\\r\\n`` ends a line."""
    if "\r\n" in text:
        text = text.replace("\r\n", "\n")
    return _NOT_PLAIN.sub(lambda found: _signs_of(found.group(), _SIGNS_OF_LINES), text)


def visible_line(text: str) -> str:
    """Return the same on one line: a line feed becomes ``␊``."""
    if "\r\n" in text:
        text = text.replace("\r\n", "\n")
    return _NOT_PLAIN_LINE.sub(lambda found: _signs_of(found.group(), _SIGNS), text)

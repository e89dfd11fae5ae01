"""Which lines of a piece of a log hold certain words, as they are shown; twenty times faster than line by line.

Most pieces need no cleaning at all, which is seen from the few characters that are not plain; these are searched as bytes,
whose letters change their case faster. UTF-8 is made so that nothing is found in the middle of a character.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from diagnosis.visible_text import TAB, is_shown
from tui.widgets.log.shown_text import Wanted, clean

_PLAIN = bytes(range(0x20, 0x7F)) + b"\n"
_COLOURS = re.compile(rb"\x1b\[[0-9;:]*m")
_BOM = "\ufeff"
_STAMPS = re.compile(rb"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z(?: |$)", re.MULTILINE)
_MOST_KEPT = 10_000
_drawn_alone: dict[str, bool] = {}


def matching_lines(piece: str, wanted: Wanted) -> Iterator[int]:
    """Yield the numbers of the lines that hold the words, from 0."""
    if wanted.exact or wanted.ascii:
        body = _as_shown(piece, wanted)
        if not wanted.exact:
            body = body.lower()
        yield from _found(body, wanted.needle.encode("utf-8", "surrogatepass"), b"\n")
    else:
        yield from _found(wanted.prepared(clean(piece)), wanted.needle, "\n")


def _found(body: bytes | str, needle: bytes | str, feed: bytes | str) -> Iterator[int]:
    find, count = body.find, body.count
    line = counted = 0
    place = find(needle)  # type: ignore[arg-type]  # both are bytes, or both are text
    while place >= 0:
        line += count(feed, counted, place)  # type: ignore[arg-type]
        yield line
        counted = find(feed, place)  # type: ignore[arg-type]
        if counted < 0:
            return
        place = find(needle, counted)  # type: ignore[arg-type]


def _as_shown(piece: str, wanted: Wanted) -> bytes:
    """Return the piece as :func:`clean` shows it, in UTF-8; times stay where the words cannot be part of one."""
    body = piece.encode("utf-8", "surrogatepass")
    rest = body.translate(None, _PLAIN)
    if rest:
        odd = set(rest.decode("utf-8", "surrogatepass"))
        if "\x1b" in odd:
            body = _COLOURS.sub(b"", body)
            if b"\x1b" not in body:
                odd.discard("\x1b")
        if "\r" in odd:
            body = body.removesuffix(b"\r").replace(b"\r\n", b"\n")
            if b"\r" not in body:
                odd.discard("\r")
        if "\t" in odd:
            body = body.replace(b"\t", TAB.encode())
            odd.discard("\t")
        if _BOM in odd:
            body = _STAMPS.sub(b"", body.removeprefix(_BOM.encode()).replace(b"\n" + _BOM.encode(), b"\n"))
            if _BOM.encode() not in body:
                return (
                    body if all(map(_is_drawn_alone, odd - {_BOM})) else clean(piece).encode("utf-8", "surrogatepass")
                )
        if not all(map(_is_drawn_alone, odd)):
            return clean(piece).encode("utf-8", "surrogatepass")
    return _STAMPS.sub(b"", body) if wanted.may_be_time else body


def _is_drawn_alone(character: str) -> bool:
    """Return whether a character is drawn as itself whatever stands before it."""
    known = _drawn_alone.get(character)
    if known is None:
        known = is_shown(character) and unicodedata.category(character) not in ("Mn", "Me")
        if len(_drawn_alone) < _MOST_KEPT:
            _drawn_alone[character] = known
    return known

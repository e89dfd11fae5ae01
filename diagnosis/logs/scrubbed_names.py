"""Scrub what people name and point to: names of files and of members, references, the words of a case file.

There a secret may stand that a line of a log would show by what is around it: as a part of a name, with the signs that a file's
name cannot have written as others, or in Base64 of which nothing tells that it is a secret. Such texts are short and few, so
that each of their parts can be looked at by itself.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from functools import lru_cache

from diagnosis.logs.scrub import scrub
from diagnosis.logs.scrubbed_values import scrub_text

_CREDENTIAL = "[scrubbed:credential]"
_ENCODED = "[scrubbed:encoded-credential]"
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_ALTERNATE = str.maketrans("-_", "+/")
_HEX = re.compile(r"[0-9A-Fa-f]+")
_DEPTH = 3
_MARK = re.compile(r"\[scrubbed:[a-z0-9-]{1,40}\]")
_FOLDERS = re.compile(r"([/\\])")
_BORDER = re.compile(r"[-_.:=@~+ ]")
_ENDING = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,9}")
_SHORTEST = 12
"""Characters; no maker's token is shorter."""
_MOST_PIECES = 12
"""How many pieces of a name a token may lie over."""
_LONGEST = 600
"""Characters of one part of a path: more of it is nowhere shown."""


def scrub_words(text: str) -> str:
    """Scrub a text, also of words that are Base64 of a secret which nothing but its own shape tells."""
    clean = scrub_text(text)
    return _BASE64.sub(lambda found: _ENCODED if _encodes(found[0], _DEPTH) else found[0], clean)


def scrub_name(name: str) -> str:
    """Scrub a name, folder by folder; a part that holds a secret goes whole, but for the ending that says what a file is."""
    parts = _FOLDERS.split(scrub_text(name))
    for number in range(2, len(parts), 2):
        # An address begins in one folder and ends in the next.
        path = "".join(parts[number:])
        clean = scrub(path)
        if clean != path:
            return scrub_name("".join(parts[:number])) + clean
    return "".join(map(_part, parts))


@lru_cache(maxsize=4096)
def _part(part: str) -> str:
    part = part[:_LONGEST]
    if not any(len(each) >= _SHORTEST and _hides(each) for each in _MARK.split(part)):
        return part
    _, dot, ending = part.rpartition(".")
    return _CREDENTIAL + (dot + ending if _ENDING.fullmatch(dot + ending) else "")


def _hides(part: str) -> bool:
    """Return whether a secret stands between two borders of a name: words of a name are not parted by blanks."""
    borders = [found.start() for found in _BORDER.finditer(part)]
    starts = [0, *(place + 1 for place in borders)]
    return any(
        scrub(each) != each or _encodes(each, _DEPTH)
        for number, start in enumerate(starts)
        for end in (*borders[number : number + _MOST_PIECES], len(part))
        if end - start >= _SHORTEST
        for each in _writings(part[start:end])
    )


def _writings(piece: str) -> tuple[str, ...]:
    # No file's name can have a slash: an address in one is written with another sign.
    if "_" not in piece:
        return (piece,)
    return piece, piece.replace("_", "/"), piece.replace("__", "//")


def _encodes(word: str, depth: int) -> bool:
    if not depth or _HEX.fullmatch(word):
        return False
    code = word.rstrip("=").translate(_ALTERNATE)
    try:
        plain = b64decode(code + "=" * (-len(code) % 4)).decode("ascii")
    except (Error, ValueError):
        return False
    return plain.isprintable() and (
        scrub(plain) != plain or any(_encodes(found[0], depth - 1) for found in _BASE64.finditer(plain))
    )

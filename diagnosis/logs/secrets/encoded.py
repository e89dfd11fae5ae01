"""Read a text as it is meant: without colours, escapes of JSON, shell, addresses and XML; and know where it came from."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from io import StringIO
from string import ascii_letters

_ESCAPES = re.compile(
    r"%(?:25){0,3}(?P<percent>[2-7][0-9A-Fa-f]|0[AaDd9])"
    r"|\\{1,8}(?:u(?P<unseen>20(?:0[B-Fb-f]|2[A-Ea-e]|6[0-9A-Fa-f])|[Ff][Ee][Ff][Ff]|00[Aa][Dd])"
    r"|u00(?P<unicode>[2-7][0-9A-Fa-f])|x(?P<hex>[2-7][0-9A-Fa-f])|(?P<plain>[\"'/nrt =:]))"
    r"|&(?:amp;){0,3}(?P<entity>quot|apos|amp|lt|gt|#\d{2,3}|#[xX][0-9A-Fa-f]{2});"
    r"|(?P<nothing>\x1b\[[0-9;?]{0,20}[A-Za-z]|[\0\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff])"
)
_CONTROLS = {"n": "\n", "r": "\n", "t": "\t"}
_ENTITIES = {"quot": '"', "apos": "'", "amp": "&", "lt": "<", "gt": ">"}
_HIDDEN = (
    *"\0\u00ad\u034f\u061c\ufeff",
    *map(chr, (*range(0x180B, 0x1810), *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070))),
    *("\\u200", "\\u202", "\\u206", "\\ufeff", "\\u00ad"),
)
_SELECTED = tuple(f"{letter}{chr(sign)}" for letter in ascii_letters for sign in (0xFE0E, 0xFE0F))
"""Signs for pictures: behind a picture they hide nothing."""
_WRITTEN_OUT = tuple(
    "".join(form.format(ord(letter)) for letter in pair)
    for pair in ("ss", "cr", "ke", "SS", "CR", "KE")
    for form in (
        "%{:02X}",
        "%{:02x}",
        "\\x{:02x}",
        "\\x{:02X}",
        "\\u{:04x}",
        "\\u{:04X}",
        "&#{};",
        "&#x{:x};",
        "&#x{:X};",
    )
)
"""Parts of the names of secrets, each letter of which is written as its number."""
_COLOURS = tuple(f"{letter}\x1b[{colour}" for letter in ascii_letters for colour in "12349")
_PLAIN_AGAIN = tuple(f"\x1b[{reset}m{letter}" for letter in ascii_letters for reset in ("0", ""))
HIDES = (*_HIDDEN, *_SELECTED, *_WRITTEN_OUT, *_COLOURS, *_PLAIN_AGAIN)
"""What may stand within a word, so that the word itself is not found."""
_MAY_BE = re.compile(
    r"[%\\&\x1b\0\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text without its escapes."""

    text: str
    _places: array[int]
    """Offsets in the text at which something begins that stood elsewhere, in order."""
    _sources: array[int]
    """Where each of them stood."""

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Return the offsets in the original of a part of this text that is not empty."""
        first = bisect_right(self._places, start) - 1
        last = bisect_right(self._places, end - 1) - 1
        begin = self._sources[first] + (0 if first % 2 else start - self._places[first])
        # Every second piece is an escape, which is one character for several.
        return begin, self._sources[last + 1] if last % 2 else self._sources[last] + end - self._places[last]


def decoded(text: str) -> Decoded | None:
    """Return the text without its escapes, or None where there are none."""
    if not _MAY_BE.search(text):
        return None
    # A long line may be made of escapes: none of them may weigh more than a few numbers.
    plain = StringIO()
    places, sources = array("Q", (0,)), array("Q", (0,))
    length = at = 0
    for found in _ESCAPES.finditer(text):
        start, end = found.span()
        stands_for = _meaning(found)
        plain.write(text[at:start])
        plain.write(stands_for)
        length += start - at
        # Pairs: where an escape's meaning stands, and where the text after it goes on.
        places.append(length)
        places.append(length + len(stands_for))
        sources.append(start)
        sources.append(end)
        length += len(stands_for)
        at = end
    if not at:
        return None
    plain.write(text[at:])
    return Decoded(plain.getvalue(), places, sources)


def _meaning(found: re.Match[str]) -> str:
    number = found["percent"] or found["unicode"] or found["hex"]
    if number:
        return chr(int(number, 16))
    if found["plain"]:
        return _CONTROLS.get(found["plain"], found["plain"])
    entity = found["entity"]
    if not entity:
        return ""
    if entity[0] != "#":
        return _ENTITIES[entity]
    number = int(f"0{entity[1:]}", 0) if entity[1] in "xX" else int(entity[1:])
    return chr(number) if " " <= chr(number) <= "~" else " "

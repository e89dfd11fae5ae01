"""Unpack what lies in the store, up to a bound: an entry of a few kilobytes may claim to hold gigabytes."""

from __future__ import annotations

import re
import zlib

LARGEST = 128_000_000
"""Bytes of one entry; the largest log that is read has half of it."""
_LARGE = 4_000_000
_MOST_OBJECTS = 1_000_000
"""Of lists and objects in a large entry: an empty list is two characters in JSON, and thirty times as much in memory."""
_STRING_OR_OPENING = re.compile(r'"(?:[^"\\]++|\\.)*+"?|([\[{])', re.DOTALL)


def unpacked(body: object, most: int = LARGEST) -> str:
    """Return the text that was packed by zlib. Raises ValueError, zlib.error for what is no such entry."""
    if not isinstance(body, bytes):
        raise ValueError("no bytes")  # noqa: TRY004 - one kind of error for an entry that is none
    unpacking = zlib.decompressobj()
    content = unpacking.decompress(body, most)
    if not unpacking.eof:
        raise ValueError("cut off, or more than can be meant")
    text = content.decode("utf-8")
    if len(text) > _LARGE:
        opened = 0
        for match in _STRING_OR_OPENING.finditer(text):
            opened += match[1] is not None
            if opened > _MOST_OBJECTS:
                raise ValueError("more lists and objects than can be meant")
    return text

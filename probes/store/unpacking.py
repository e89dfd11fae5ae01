"""Unpack what lies in the store, up to a bound: an entry of a few kilobytes may claim to hold gigabytes."""

from __future__ import annotations

import zlib

from probes.bounded_json import holds_too_much

LARGEST = 128_000_000
"""Bytes of one entry; the largest log that is read has half of it."""


def unpacked(body: object, most: int = LARGEST) -> str:
    """Return the text that was packed by zlib. Raises ValueError, zlib.error for what is no such entry."""
    if not isinstance(body, bytes):
        raise ValueError("no bytes")  # noqa: TRY004 - one kind of error for an entry that is none
    unpacking = zlib.decompressobj()
    content = unpacking.decompress(body, most)
    if not unpacking.eof:
        raise ValueError("cut off, or more than can be meant")
    text = content.decode("utf-8")
    if holds_too_much(text):
        raise ValueError("more values than can be meant")
    return text

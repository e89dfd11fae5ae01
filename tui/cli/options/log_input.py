"""Read a log piece by piece, whatever its encoding and length, and say plainly where it is no log."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import IO

_PIECE = 1 << 18
_LOOKED_AT = 8192
_ARCHIVES = {
    b"PK\x03\x04": "a zip archive, as GitHub gives for the logs of a run: unpack it and give one of its files",
    b"\x1f\x8b": "compressed with gzip: unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed with zstd: unpack it first",
    b"BZh": "compressed with bzip2: unpack it first",
    b"\xfd7zXZ": "compressed with xz: unpack it first",
    b"%PDF": "a PDF document: save the log as text",
    b"\x89PNG": "a picture: paste the log as text",
    b"\xff\xd8\xff": "a picture: paste the log as text",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MOST_CONTROLS = 0.05
"""Share of control characters above which bytes are no text."""
_TEXT_CONTROLS = frozenset(b"\t\n\r\x0b\x0c\x1b\x08\x07")


class NotALogError(Exception):
    """What was given cannot be read as a log; the sentence says why and what would help."""


@dataclass(slots=True)
class LogInput:
    """The pieces of a text, and what was found out about it while it was read."""

    pieces: Iterator[str]
    encoding: str
    replaced: int = field(default=0)
    """Characters that could not be decoded, as far as the pieces were consumed."""


def read_log(stream: IO[bytes]) -> LogInput:
    """Read the text of a binary stream lazily. Raises NotALogError for an empty stream and for what is no text."""
    first = _fill(stream, _LOOKED_AT)
    if not first.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise NotALogError(
            "there is nothing in it: no log, or an empty one (GitHub gives that for a job that was not re-run)"
        )
    for magic, what in _ARCHIVES.items():
        if first.startswith(magic):
            raise NotALogError(f"it is {what}")
    encoding = _encoding(first)
    if encoding is None:
        raise NotALogError("it is binary data, not text")
    log = LogInput(iter(()), encoding)
    log.pieces = _decoded(log, chain([first], iter(lambda: stream.read(_PIECE), b"")))
    return log


def _fill(stream: IO[bytes], wanted: int) -> bytes:
    """Read as many bytes as wanted, or all there are: a pipe may give less at a time."""
    kept = b""
    while len(kept) < wanted and (more := stream.read(wanted - len(kept))):
        kept += more
    return kept


def _encoding(first: bytes) -> str | None:
    for mark, name in _MARKS:
        if first.startswith(mark):
            return name
    zeros = first.count(0)
    if zeros:
        # UTF-16 without its mark: every other byte of plain text is zero.
        for name, odd in (("utf-16-le", first[1::2]), ("utf-16-be", first[0::2])):
            if odd and odd.count(0) > 0.8 * len(odd) and zeros - odd.count(0) < 0.05 * len(first):
                return name
        if zeros > max(4, 0.002 * len(first)):
            return None
    controls = sum(byte < 32 and byte not in _TEXT_CONTROLS for byte in first)
    return None if controls > _MOST_CONTROLS * len(first) else "utf-8"


def _decoded(log: LogInput, blocks: Iterator[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(log.encoding)(errors="replace")
    for block in blocks:
        piece = decoder.decode(block)
        log.replaced += piece.count("\ufffd")
        if piece:
            yield piece
    rest = decoder.decode(b"", final=True)
    if rest:
        log.replaced += rest.count("\ufffd")
        yield rest

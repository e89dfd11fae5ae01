"""Answers that no honest server gives, as the bytes of HTTP: for GitHub's stand-in and for AWS's.

Each is a function of the wire and of the body that would be true. What takes time takes it for as long as somebody listens.
"""

from __future__ import annotations

import gzip
import itertools
import json
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import TypeAlias

from raw_server import Wire

Act: TypeAlias = Callable[[Wire, bytes], None]

PAUSE = 0.05
"""Seconds between the pieces of what drips: far below every bound on silence."""
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_MEGABYTE = b" " * 1_000_000


def _fixed(head: str, body: bytes = b"") -> Act:
    return lambda wire, _truth: wire.send(head.encode("latin-1") + b"\r\n\r\n" + body)


def _body(make: Callable[[bytes], bytes], *headers: str) -> Act:
    return lambda wire, truth: wire.answer(make(truth), "200 OK", *headers)


def _status(status: str, *headers: str, body: bytes | None = None) -> Act:
    return lambda wire, truth: wire.answer(truth if body is None else body, status, *headers)


def _dripped(start: bytes, pieces: Callable[[], Iterator[bytes]]) -> Act:
    def act(wire: Wire, _truth: bytes) -> None:
        wire.send(start)
        wire.drip(pieces(), PAUSE)

    return act


def _flooded(start: bytes, piece: bytes) -> Act:
    def act(wire: Wire, _truth: bytes) -> None:
        wire.send(start)
        wire.flood(piece)

    return act


def _hang(wire: Wire, _truth: bytes) -> None:
    wire.wait(1000)


def _chunked(chunks: bytes) -> Act:
    return _fixed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", chunks)


def _silent_after(start: bytes) -> Act:
    def act(wire: Wire, _truth: bytes) -> None:
        wire.send(start)
        wire.wait(1000)

    return act


@cache
def bomb() -> bytes:
    """A gzip of 200 MB of spaces around nothing."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(_MEGABYTE) for _ in range(200)) + packer.flush()


def _headers() -> Iterator[bytes]:
    return (f"X-Header-{number}: a\r\n".encode() for number in itertools.count())


WIRE: dict[str, Act] = {
    # Time
    "a header now and then": _dripped(_HEAD, _headers),
    "a header's value byte by byte": _dripped(_HEAD + b"X-A: ", lambda: itertools.repeat(b"a")),
    "the status line byte by byte": _dripped(b"HTTP/1.1 200 ", lambda: itertools.repeat(b"O")),
    "interim answers now and then": _dripped(b"", lambda: itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n")),
    "early hints now and then": _dripped(
        b"", lambda: itertools.repeat(b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n")
    ),
    "a body byte by byte": _dripped(_HEAD + b"Content-Length: 1000000\r\n\r\n", lambda: itertools.repeat(b" ")),
    "a body without length byte by byte": _dripped(_HEAD + b"\r\n", lambda: itertools.repeat(b" ")),
    "chunks of a byte": _dripped(
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n", lambda: itertools.repeat(b"1\r\n \r\n")
    ),
    "a chunk's length byte by byte": _dripped(
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n", lambda: itertools.repeat(b"0")
    ),
    "trailers now and then": _dripped(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n \r\n0\r\n", _headers),
    "no answer": _hang,
    "headers and no body": _silent_after(_HEAD + b"Content-Length: 10\r\n\r\n"),
    "an interim answer and silence": _silent_after(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "half a header": _silent_after(_HEAD + b"Content-Le"),
    # Size
    "headers without end": _flooded(_HEAD, b"X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 100),
    "a header line without end": _flooded(_HEAD + b"X-A: ", b"a" * 65_536),
    "a header of 60 kB a hundred times": _flooded(_HEAD, b"X-A: " + b"a" * 60_000 + b"\r\n"),
    "a status line without end": _flooded(b"HTTP/1.1 200 ", b"O" * 65_536),
    "interim answers without end": _flooded(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "early hints without end": _flooded(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" * 1000),
    "a body without end": _flooded(_HEAD + b"\r\n", _MEGABYTE),
    "a body of a terabyte": _flooded(_HEAD + b"Content-Length: 1000000000000\r\n\r\n", _MEGABYTE),
    "chunks without end": _flooded(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"f4240\r\n" + _MEGABYTE + b"\r\n"),
    "chunks of a byte without end": _flooded(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 10_000),
    "a chunk's extension without end": _flooded(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a" * 65_536),
    "a chunk's length without end": _flooded(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0" * 65_536),
    "trailers without end": _flooded(
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n \r\n0\r\n", b"X-A: aaaaaaaaaaaaaaaa\r\n" * 1000
    ),
    "a trailer line without end": _flooded(
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n \r\n0\r\nX-A: ", b"a" * 65_536
    ),
    "a bomb": _body(lambda _: bomb(), "Content-Encoding: gzip"),
    "a bomb in a bomb": _body(lambda _: gzip.compress(bomb()), "Content-Encoding: gzip"),
    "a bomb twice encoded": _body(lambda _: gzip.compress(bomb()), "Content-Encoding: gzip, gzip"),
    "bombs one after another": _body(lambda _: bomb() * 20, "Content-Encoding: gzip"),
    "cookies": _status("200 OK", *(f"Set-Cookie: a{n}={'b' * 3000}; Path=/" for n in range(60))),
    # HTTP that is none
    "closed at once": lambda _wire, _truth: None,
    "random bytes": _fixed("\x16\x03\x01\x02\x00\x01\x00\xff\xfe\x00", bytes(range(256)) * 40),
    "a body alone": lambda wire, truth: wire.send(truth),
    "another protocol": _fixed("SSH-2.0-OpenSSH_9.6"),
    "HTTP/9.9": _fixed("HTTP/9.9 200 OK\r\nContent-Length: 2", b"{}"),
    "a status of no digits": _fixed("HTTP/1.1 abc OK\r\nContent-Length: 2", b"{}"),
    "status 999": _status("999 What"),
    "status 99": _fixed("HTTP/1.1 99 What\r\nContent-Length: 2", b"{}"),
    "status 1000": _fixed("HTTP/1.1 1000 What\r\nContent-Length: 2", b"{}"),
    "switching protocols": _fixed(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade", b"\x00" * 100
    ),
    "a header without a colon": _fixed("HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 2", b"{}"),
    "a folded header": _fixed("HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\n\tc\r\nContent-Length: 2", b"{}"),
    "NUL in a header": _fixed("HTTP/1.1 200 OK\r\nX-A: a\x00b\r\nContent-Length: 2", b"{}"),
    "a header of other letters": _fixed("HTTP/1.1 200 OK\r\nX-\xff\xfe: \xff\r\nContent-Length: 2", b"{}"),
    "101 headers": _fixed("HTTP/1.1 200 OK" + "".join(f"\r\nX-{n}: a" for n in range(101)), b"{}"),
    # Lengths that lie
    "a length too large": lambda wire, truth: wire.answer(truth, "200 OK", f"Content-Length: {len(truth) + 1000}"),
    "a length too small": lambda wire, truth: wire.answer(truth, "200 OK", f"Content-Length: {len(truth) // 2}"),
    "a negative length": _status("200 OK", "Content-Length: -1"),
    "a length that is no number": _status("200 OK", "Content-Length: many"),
    "a length of a thousand digits": _status("200 OK", "Content-Length: " + "9" * 1000),
    "two lengths": _status("200 OK", "Content-Length: 2", "Content-Length: 20000"),
    "a length and chunks": _status("200 OK", "Transfer-Encoding: chunked", "Content-Length: 3"),
    "a giant chunk": _chunked(b"ffffffffffffffff\r\n{}"),
    "a chunk of a googol": _chunked(b"f" * 90 + b"\r\n{}"),
    "a negative chunk": _chunked(b"-5\r\n{}\r\n"),
    "a chunk of no digits": _chunked(b"zz\r\n{}\r\n"),
    "a chunk with an underscore": _chunked(b"1_0\r\n{}\r\n0\r\n\r\n"),
    "chunks without an end": _chunked(b"2\r\n{}\r\n"),
    # Encodings that lie
    "gzip that is none": _body(lambda truth: truth, "Content-Encoding: gzip"),
    "gzip cut off": _body(lambda truth: gzip.compress(truth)[:-9], "Content-Encoding: gzip"),
    "gzip with a wrong sum": _body(lambda truth: gzip.compress(truth)[:-8] + b"\0" * 8, "Content-Encoding: gzip"),
    "gzip unsaid": _body(gzip.compress),
    "deflate": _body(zlib.compress, "Content-Encoding: deflate"),
    "brotli": _body(lambda truth: truth, "Content-Encoding: br"),
    "an unknown encoding": _body(lambda truth: truth, "Content-Encoding: ../../x"),
    "fifty encodings": _body(lambda truth: truth, "Content-Encoding: " + ", ".join(["gzip"] * 50)),
}
"""By name; each at every kind of call."""


def _replaced(text: str) -> Act:
    return _body(lambda _: text.encode())


_DEEP = 100_000

BODIES: dict[str, Act] = {
    "nothing": _replaced(""),
    "204": lambda wire, _truth: wire.send(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "304 that nobody asked for": lambda wire, _truth: wire.send(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    "206": lambda wire, truth: wire.answer(
        truth[: len(truth) // 2], "206 Partial Content", "Content-Range: bytes 0-9/*"
    ),
    "205": _status("205 Reset Content", body=b""),
    "a login page": _replaced("<!DOCTYPE html><html><body>Sign in</body></html>"),
    "letters of no encoding": _body(lambda truth: b"\xff\xfe\xfa" + truth[:-1] + b'\xc3\x28"}'),
    "NUL bytes": _body(lambda truth: b"\0".join(truth[n : n + 3] for n in range(0, len(truth), 3))),
    "UTF-16": _body(lambda truth: truth.decode().encode("utf-16")),
    "a list": _replaced("[]"),
    "a text": _replaced('"text"'),
    "a number": _replaced("12"),
    "null": _replaced("null"),
    "an empty object": _replaced("{}"),
    "lists nested deep": _replaced("[" * _DEEP + "]" * _DEEP),
    "objects nested deep": _replaced('{"a":' * _DEEP + "1" + "}" * _DEEP),
    "nested without end": _flooded(_HEAD + b"\r\n", b"[" * 65_536),
    "a million empty objects": _replaced("[" + "{}," * 1_000_000 + "{}]"),
    "three million empty lists": _replaced("[" + "[]," * 3_000_000 + "[]]"),
    "a text of 20 MB": _replaced('{"id": "' + "a" * 20_000_000 + '"}'),
    "a number of 10 MB": _replaced('{"id": ' + "9" * 10_000_000 + "}"),
    "not a number": _replaced('{"id": NaN, "total_count": Infinity, "jobs": -Infinity}'),
    "1e999": _replaced('{"id": 1e999, "total_count": 1e999, "jobs": [1e999]}'),
    "a body and more": _body(lambda truth: truth + b"{}"),
    "a body cut in the middle": _body(lambda truth: truth[: len(truth) // 2]),
    "half a character": _replaced('{"id": 1, "name": "\\ud800", "full_name": "\\udfff"}'),
    "an error with status 200": _replaced(json.dumps({"message": "Bad credentials", "status": "401"})),
}
"""By name; bodies that are whole for HTTP."""


TRUE_ENOUGH = frozenset(
    {
        "cookies",
        "a length and chunks",
        "gzip that is none",
        "brotli",
        "an unknown encoding",
        "fifty encodings",
        "a folded header",
    }
)
"""Those in which a client that never asked for an encoding may find the whole true body, and believe it."""

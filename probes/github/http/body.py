"""Read a response body within a limit of size; a body that was cut off is a fault.

Its time, like that of all that comes before it, is bounded where its bytes arrive (:mod:`probes.wire.allowance`).
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import requests
import urllib3

from probes.github.http.errors import BrokenAnswer, CutOff, ReadFailure, TimedOut, TooLarge, Unreachable
from probes.github.http.pace import Watch
from probes.github.http.room import Hold
from probes.wire.allowance import Allowance, Limit, LimitMet
from probes.wire.stamina import Exhausted

_PIECE = 64 * 1024
_STEP = 1024 * 1024
"""Bytes, inflated, that are handed on at once."""
_LONGEST_NUMBER = 19
_PLAIN, _GZIP = ("", "identity"), ("gzip", "x-gzip")
"""Names of content encodings: none, and the one that was asked for."""
_AGAIN = "try again"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Timeouts in seconds; short, since a screen waits for the answer."""

    connect: float = 5.0
    read: float = 15.0
    """The longest silence within an answer."""
    answer: float = 60.0
    """The longest time for a whole answer, from the connection on, headers included."""
    long_answer: float = 300.0
    """The same for one that is read in pieces because it is too large to be held, if it comes at ``long_rate``."""
    long_rate: int = 1_000_000
    """Bytes for which such an answer may take a second longer than ``answer``."""
    backoff: float = 0.25
    """Before the first retry; doubled before the second."""
    long: bool = False
    """Whether ``long_answer`` holds."""

    def for_long_answers(self) -> Timeouts:
        """Return these for an answer that is read in pieces."""
        return replace(self, long=True)

    @property
    def pair(self) -> tuple[float, float]:
        """As requests takes them."""
        return (self.connect, self.read)


Timer: TypeAlias = Callable[[], float]


def allowance_for(
    timeouts: Timeouts, check: Callable[[], None], limit: int, *, timer: Timer = time.monotonic
) -> Allowance:
    """Return the bounds of one answer with a decoded body of at most ``limit`` bytes; ``check`` may end it."""
    return Allowance(
        seconds=timeouts.answer,
        silence=timeouts.read,
        # What is counted here is still encoded: chunks add their lengths to it, and may add junk.
        body_bytes=2 * limit + 1_000_000,
        bytes_a_second=timeouts.long_rate,
        most_seconds=timeouts.long_answer if timeouts.long else timeouts.answer,
        check=check,
        timer=timer,
    )


def limit_failure(met: LimitMet | Exhausted, allowance: Allowance, host: str) -> ReadFailure:
    """Say which bound an answer met."""
    if isinstance(met, Exhausted):
        return TimedOut(f"{host} is too slow: {met}", _AGAIN)
    if met.limit is Limit.HEADERS:
        return BrokenAnswer(f"GitHub's answer is broken: {met.why}", _AGAIN)
    if met.limit is Limit.SIZE:
        return TooLarge(met.why, "download it from GitHub")
    if allowance.received == 0:
        return TimedOut(f"{host} did not answer within {allowance.patience:.3g} seconds", _AGAIN)
    return TimedOut(met.why, _AGAIN)


def read_body(response: requests.Response, *, limit: int, timeouts: Timeouts, watch: Watch) -> bytes:
    """Read the decoded body, which takes its size of the watch's room.

    Raises CutOff, TooLarge, TimedOut, BrokenAnswer, Cancelled, LimitMet.

    The request must have been made with ``stream=True`` and may have accepted gzip only.
    """
    hold = Hold(watch.room)
    try:
        feed_body(response, hold.feed, limit=limit, timeouts=timeouts, watch=watch)
    except BaseException:
        hold.let_go()
        raise
    return hold.body()


def feed_body(
    response: requests.Response, take: Callable[[bytes], None], *, limit: int, timeouts: Timeouts, watch: Watch
) -> None:
    """Hand the decoded body on, piece by piece; raises as :func:`read_body`, and what ``take`` raises."""
    _check_announced(response, limit)
    raw = response.raw
    size = 0
    whole = False
    try:
        decode = _decoder(_encoding(response))
        while piece := raw.read1(_PIECE, decode_content=False):
            watch.check()
            # One byte more than allowed is enough to know, however far a small body would inflate.
            for plain in decode.feed(piece, limit + 1 - size):
                size += len(plain)
                if size > limit:
                    raise _too_large(limit)
                watch.check()
                take(plain)
        decode.finish()
        whole = True
    except (urllib3.exceptions.HTTPError, zlib.error, OSError) as error:
        raise _body_failure(error, timeouts) from None
    finally:
        if whole:
            raw.release_conn()
        else:
            # A connection whose answer was not read to its end is of no use to the next request.
            response.close()


def _check_announced(response: requests.Response, limit: int) -> None:
    """Raise TooLarge for a body that says so itself, before it is fetched in vain.

    Raises BrokenAnswer for a length that is no number: http.client takes what comes until the connection ends for the whole.
    """
    announced = response.headers.get("content-length", "0").partition(",")[0].strip()
    if not (announced.isascii() and announced.isdigit() and len(announced) < _LONGEST_NUMBER):
        if "transfer-encoding" in response.headers:
            return
        response.close()
        raise BrokenAnswer("its length is no number, so its end is not known", _AGAIN)
    plain = _encoding(response) in _PLAIN
    if plain and int(announced) > limit:
        response.close()
        raise _too_large(limit)


def _encoding(response: requests.Response) -> str:
    return response.headers.get("content-encoding", "").strip().lower()


def tells_its_end(response: requests.Response) -> bool:
    """Return whether a body that was cut differs from a whole one: by its last chunk, its length or its compression.

    Other forms of the two headers than the plain ones are not understood alike by all: they tell nothing.
    """
    if _encoding(response) in _GZIP:
        return True
    coding, length = (response.headers.get(name) for name in ("transfer-encoding", "content-length"))
    if coding is not None:
        return coding.lower() == "chunked"
    return length is not None and length.isascii() and length.isdigit()


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        f"it is larger than the {limit / 1_000_000:g} MB that planescope takes into memory", "download it from GitHub"
    )


class _Plain:
    """No content encoding."""

    def feed(self, piece: bytes, _most: int) -> Iterator[bytes]:
        yield piece

    def finish(self) -> None:
        pass


class _Gzip(_Plain):
    """Gzip, in one or more members."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=31)
        self._begun = False

    def feed(self, piece: bytes, most: int) -> Iterator[bytes]:
        """Yield what a piece inflates to, in steps: a thousandfold of it may be too much to be held at once."""
        self._begun = True
        while most > 0:
            if self._inflate.eof:
                self._inflate = zlib.decompressobj(wbits=31)
            step = min(most, _STEP)
            plain = self._inflate.decompress(piece, step)
            most -= len(plain)
            yield plain
            piece = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
            # A full step may have left something inside, with nothing to be fed any more.
            if not piece and (self._inflate.eof or len(plain) < step):
                return

    def finish(self) -> None:
        if self._begun and not self._inflate.eof:
            raise CutOff("its compressed body ended early", _AGAIN)


def _decoder(encoding: str) -> _Plain:
    if encoding in _PLAIN:
        return _Plain()
    if encoding in _GZIP:
        return _Gzip()
    raise BrokenAnswer("its body is encoded in a way that was not asked for", _AGAIN)


def _body_failure(error: Exception, timeouts: Timeouts) -> ReadFailure:
    """Say what a fault while reading a body means; its own words may hold addresses and are not repeated."""
    if isinstance(error, urllib3.exceptions.ReadTimeoutError | TimeoutError):
        return TimedOut(f"the answer stopped for {timeouts.read:g} seconds", _AGAIN)
    if isinstance(error, urllib3.exceptions.IncompleteRead | urllib3.exceptions.ProtocolError):
        return CutOff("its body was cut off before its end", _AGAIN)
    if isinstance(error, urllib3.exceptions.DecodeError | zlib.error):
        return BrokenAnswer("its compressed body is damaged", _AGAIN)
    return Unreachable("the connection broke while the answer arrived", _AGAIN)

"""What one answer may cost: seconds in all, seconds of silence, bytes before its body and in it; and who may end it.

The timeouts of urllib3 and botocore hold for one ``recv`` each, so a server that sends a byte now and then holds a call for
ever. An allowance holds for the whole answer: every byte of it comes through :meth:`Allowance.receive`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Protocol

SLICE_SECONDS = 0.2
"""How long a wait lasts before somebody looks whether it is still wanted."""
LONGEST_LINE = 65_536
"""Bytes of a line of headers or of a chunk's length; http.client's own bound."""


class Limit(StrEnum):
    """Which bound an answer met."""

    TIME = "time"
    SILENCE = "silence"
    HEADERS = "headers"
    SIZE = "size"


class LimitMet(Exception):  # noqa: N818 - it says what happened; the answer is at fault
    """An answer met a bound. ``why`` is a clause about the answer, without a full stop."""

    def __init__(self, limit: Limit, why: str) -> None:
        super().__init__(why)
        self.limit = limit
        self.why = why


class Receiving(Protocol):
    """A socket, plain or TLS, as far as it is received from."""

    def settimeout(self, value: float | None, /) -> None:
        """Set how long a call may block, in seconds."""

    def recv_into(self, buffer: bytearray | memoryview, /) -> int:
        """Receive into a buffer; return how many bytes there were."""


def _go_on() -> None:
    """Let the answer go on: nobody can end it."""


class Allowance:
    """The bounds of one answer, or of several that one call gets one after the other.

    ``seconds`` is the whole time from the making of the allowance on, connection included, and grows by a second for each
    ``bytes_a_second`` received, up to ``most_seconds``: what is large may take longer, what trickles may not. ``silence`` is
    the longest time without a byte. ``header_bytes`` bounds all that comes before a body, interim answers included;
    ``body_bytes`` the bytes of the body on the wire. ``check`` is called several times a second while an answer is waited
    for; what it raises ends the call.
    """

    def __init__(
        self,
        *,
        seconds: float,
        silence: float,
        header_bytes: int = 262_144,
        body_bytes: int | None = None,
        bytes_a_second: int | None = None,
        most_seconds: float | None = None,
        check: Callable[[], None] = _go_on,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._silence = silence
        self._header_bytes = header_bytes
        self._body_bytes = body_bytes
        self._rate = bytes_a_second
        self._most_seconds = most_seconds if most_seconds is not None else seconds
        self._check = check
        self._timer = timer
        self._began = timer()
        self._received = 0
        self._left: int | None = header_bytes
        self._in_headers = True
        self.abandon: Callable[[], None] = _go_on
        """Closes the answer that is being received, for whoever cannot hold it."""
        self.met: Exception | None = None
        """What ended the answer, if something did: the libraries between wrap it in their own exceptions."""

    @property
    def allowed(self) -> float:
        """Seconds for the whole answer, as far as it has come."""
        more = self._received / self._rate if self._rate else 0.0
        return max(self._seconds, min(self._seconds + more, self._most_seconds))

    @property
    def received(self) -> int:
        """Bytes that have come so far."""
        return self._received

    @property
    def patience(self) -> float:
        """The longest time without a byte, in seconds."""
        return min(self._silence, self._seconds)

    def now(self) -> float:
        """Return the time by which this allowance counts."""
        return self._timer()

    def left(self) -> float:
        """Return the seconds left. Raises LimitMet when there are none, and what ``check`` raises."""
        try:
            self._check()
            left = self._began + self.allowed - self._timer()
            if left <= 0:
                raise LimitMet(Limit.TIME, f"the answer did not end within {self.allowed:.3g} seconds")  # noqa: TRY301
        except Exception as met:
            self.met = met
            raise
        return left

    def headers_begin(self) -> None:
        """Count what comes from here on as headers."""
        self._in_headers, self._left = True, self._header_bytes

    def body_begins(self) -> None:
        """Count what comes from here on as body."""
        self._in_headers, self._left = False, self._body_bytes

    def receive(self, sock: Receiving, buffer: bytearray | memoryview) -> int:
        """Receive into a buffer within the bounds; return how many bytes there were, 0 at the end."""
        silent_until = self._timer() + self._silence
        while True:
            left = self.left()
            quiet = silent_until - self._timer()
            if quiet <= 0:
                self._end(Limit.SILENCE, f"the answer stopped for {self._silence:.3g} seconds")
            sock.settimeout(min(left, quiet, SLICE_SECONDS))
            try:
                count = sock.recv_into(buffer)
            except TimeoutError:
                continue
            self._count(count)
            return count

    def line_too_long(self) -> None:
        """Raise LimitMet for a line without an end."""
        self._end(Limit.HEADERS, "a line of the answer has no end")

    def _count(self, count: int) -> None:
        self._received += count
        if self._left is None:
            return
        self._left -= count
        # What was received together with the last headers may be body already, so headers may run over by one buffer.
        if self._left < 0 and self._in_headers:
            self._end(Limit.HEADERS, f"its headers are longer than {self._header_bytes / 1000:.3g} kB")
        if self._left < 0:
            self._end(Limit.SIZE, f"it is larger than {(self._body_bytes or 0) / 1_000_000:.3g} MB")

    def _end(self, limit: Limit, why: str) -> None:
        self.met = LimitMet(limit, why)
        raise self.met

    @contextmanager
    def applied(self) -> Iterator[Allowance]:
        """Let every answer that this thread receives meanwhile meet these bounds."""
        before = _in_force.allowance
        _in_force.allowance = self
        try:
            yield self
        finally:
            _in_force.allowance = before


class _InForce(threading.local):
    allowance: Allowance | None = None


_in_force = _InForce()


def allowance_in_force() -> Allowance:
    """Return the allowance of this thread; a strict one of its own for whoever asks without."""
    return _in_force.allowance or Allowance(seconds=30.0, silence=15.0, body_bytes=1_000_000)

"""How long a server may be waited for in all: one that is slow each time, within the bounds of each answer, holds a command."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

_SOON_BACK = 5.0
_LATER_BACK = 0.1


class Exhausted(Exception):  # noqa: N818 - it says what happened
    """The server was waited for as long as it may be, with all its answers together."""


class Stamina:
    """The time for which one server is waited for, shared by all threads that ask it.

    It runs while at least one call is under way. A whole answer gives ``an_answer`` seconds back, and so do each
    ``bytes_a_second`` received: a server that answers is never given up, however long a piece of work is. Time in which nobody
    waits gives back as much up to a few seconds, enough to see that it answers again, and beyond them a tenth: two servers that
    are asked by turns would else hold a command for minutes.
    """

    def __init__(
        self,
        seconds: float,
        an_answer: float,
        bytes_a_second: int = 524_288,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = seconds
        self._an_answer = an_answer
        self._rate = bytes_a_second
        self._timer = timer
        self._lock = Lock()
        self._left = seconds
        self._under_way = 0
        self._pauses = 0
        self._since = timer()

    def left(self) -> float:
        """Return the seconds for which the server may still be waited for."""
        with self._lock:
            self._count()
            return self._left

    def check(self) -> None:
        """Raise Exhausted where the server has used its time up."""
        if self.left() <= 0:
            raise Exhausted(f"it was waited for {self._most:.3g} seconds in all")

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the time of the block. Raises Exhausted at its beginning."""
        self.check()
        with self._lock:
            self._count()
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._count()
                self._under_way -= 1

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Count the time of the block neither way."""
        with self._lock:
            self._count()
            self._pauses += 1
        try:
            yield
        finally:
            with self._lock:
                self._count()
                self._pauses -= 1

    def spend(self, seconds: float) -> None:
        """Take away what a wait of another kind costs."""
        with self._lock:
            self._count()
            self._left -= seconds

    def answered(self) -> None:
        """Give back what a whole answer is worth."""
        self._give(self._an_answer)

    def received(self, count: int) -> None:
        """Give back what so many bytes are worth."""
        self._give(count / self._rate)

    def _give(self, seconds: float) -> None:
        with self._lock:
            self._count()
            if self._left > 0:
                self._left = min(self._most, self._left + seconds)

    def _count(self) -> None:
        now = self._timer()
        passed, self._since = max(now - self._since, 0.0), now
        if self._under_way:
            self._left -= passed
        elif not self._pauses:
            soon = min(passed, max(0.0, _SOON_BACK - self._left))
            self._left = min(self._most, self._left + soon + (passed - soon) * _LATER_BACK)

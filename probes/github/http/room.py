"""Bound what the answers to one question take together, of memory and of work: each is within its own limits, and there
may be thousands.

What is taken stays taken until the question is answered, since what was read of an answer is about as long as the answer.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from probes.github.http.errors import TooLarge

MOST_HELD = 128_000_000
"""Bytes for all answers to one question: a hundred failed runs with logs of a megabyte each are less."""
_READ_FOR_HELD = 8
"""How many times as much may be read in all, most of which is left out as it arrives."""
WORK_SECONDS = 30.0
"""Of the processor, to take answers apart and to look for secrets in them. Usual logs take a second for 50 MB; where each line
looks like a secret, it is a hundred times as much, and who writes the log chooses that."""
RECORDING_ROOM = 4_000_000_000
"""The same for a recording, which keeps every log of a run whole."""
_LARGE = 1_000_000
_TURN = threading.Lock()


@contextmanager
def taking_turns(size: int) -> Iterator[None]:
    """Let one large text at a time be decoded, parsed or scrubbed, which takes several times its size in memory.

    It costs no time: Python does such work in one thread at a time anyway.
    """
    if size < _LARGE:
        yield
        return
    with _TURN:
        yield


class NoRoom(TooLarge):
    """There is no room left for an answer; alone it may have some, so this is no property of it."""

    lasting = False


class Room:
    """Bytes that may be held, and seconds that may be worked; a larger room has more of both. Safe to share between threads."""

    def __init__(self, size: int = MOST_HELD, timer: Callable[[], float] = time.thread_time) -> None:
        self._size = size
        self._work = self._work_left = WORK_SECONDS * max(1.0, size / MOST_HELD)
        self._timer = timer
        self._left = size
        self._unread = size * _READ_FOR_HELD
        self._lock = threading.Lock()

    @property
    def left(self) -> int:
        """Bytes that may still be taken."""
        with self._lock:
            return self._left

    def take(self, count: int) -> None:
        """Take bytes; negative ones are given back. Raises NoRoom, and takes nothing then."""
        with self._lock:
            if count > self._left:
                raise NoRoom(
                    f"what was read before it takes the {self._size / 1_000_000:g} MB of memory that answers may take",
                    "ask about fewer runs at once, or download it from GitHub",
                )
            self._left -= count

    def read(self, count: int) -> None:
        """Note bytes of a download that were looked at, kept or not. Raises NoRoom where it was enough."""
        with self._lock:
            self._unread -= count
            if self._unread < 0:
                raise NoRoom(
                    f"planescope reads {self._size * _READ_FOR_HELD / 1_000_000_000:.2g} GB of logs for one question,"
                    " and has done so",
                    "ask about fewer runs at once, or download it from GitHub",
                )

    @contextmanager
    def working(self) -> Iterator[Callable[[], None]]:
        """Count the time of the block, in which an answer is taken apart; what is yielded raises NoRoom where it was enough.

        It is called at the beginning, and may be within the block as often as one likes.
        """
        began = self._timer()

        def check() -> None:
            if self._work_left - (self._timer() - began) <= 0:
                raise NoRoom(
                    f"planescope takes the answers to one question apart for {self._work:.3g} seconds, and has done so",
                    "ask about fewer runs at once, or download it from GitHub",
                )

        check()
        try:
            yield check
        finally:
            with self._lock:
                self._work_left -= self._timer() - began


class Hold:
    """What one answer takes of a room while it arrives, and afterwards."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._size = 0
        self._pieces: list[bytes] = []

    def feed(self, piece: bytes) -> None:
        """Keep the next bytes. Raises NoRoom."""
        self._room.take(len(piece))
        self._size += len(piece)
        self._pieces.append(piece)

    def body(self) -> bytes:
        """Return all that was kept."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)

    def let_go(self) -> None:
        """Give everything back: the answer came to nothing."""
        self._pieces = []
        self._room.take(-self._size)
        self._size = 0


def take_text(room: Room, text: str, taken: int = 0) -> str:
    """Take what a text weighs in memory beyond the bytes ``taken`` for it already; return it. Raises NoRoom.

    A single character beyond Latin-1 makes a text two to four times as heavy.
    """
    room.take(max(0, sys.getsizeof(text) - taken))
    return text

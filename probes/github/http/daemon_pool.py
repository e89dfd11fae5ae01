"""Threads for work whose end nobody has to wait for: the process may end while they still wait for an answer.

Those of :class:`concurrent.futures.ThreadPoolExecutor` are joined by the interpreter before it ends, so that one pause that a
server asked for would keep the whole program for as long.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_Piece = Callable[[], None]


class DaemonPool:
    """At most so many threads, each started when no other is idle. To be used from several threads."""

    def __init__(self, count: int, name: str) -> None:
        self._count, self._name = count, name
        self._work: SimpleQueue[tuple[Future[Any], _Piece] | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._started = 0
        self._closed = False
        # Nobody keeps a pool for its threads: they end with it, closed or not.
        self._end = weakref.finalize(self, self._work.put, None)
        self._end.atexit = False

    def submit(self, work: Callable[P, T], *args: P.args, **options: P.kwargs) -> Future[T]:
        """Have a piece of work done. Raises RuntimeError where the pool was closed, or where there is no thread to be had."""
        future: Future[T] = Future()

        def piece() -> None:
            try:
                future.set_result(work(*args, **options))
            except BaseException as error:  # noqa: BLE001 - raised in the thread that asks for the result
                future.set_exception(error)

        with self._lock:
            if self._closed:
                raise RuntimeError("the pool was closed")
            if not self._idle.acquire(blocking=False) and self._started < self._count:
                self._start()
            self._work.put((future, piece))
        return future

    def close(self) -> None:
        """Take no more work and do none that has not begun; does not wait for what is under way."""
        with self._lock:
            self._closed = True
            while True:
                try:
                    waiting = self._work.get_nowait()
                except Empty:
                    break
                if waiting is not None:
                    waiting[0].cancel()
            self._work.put(None)

    def _start(self) -> None:
        arguments = (self._work, self._idle)
        thread = threading.Thread(target=_serve, args=arguments, name=f"{self._name} {self._started + 1}", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # A limit of the system: those that there are do the work, one after the other.
            if not self._started:
                raise
            return
        self._started += 1


def _serve(work: SimpleQueue[tuple[Future[Any], _Piece] | None], idle: threading.Semaphore) -> None:
    """Do piece after piece; it knows its pool no further, so that the pool can go."""
    while (piece := work.get()) is not None:
        future, act = piece
        if future.set_running_or_notify_cancel():
            act()
        del piece, future, act
        idle.release()
    work.put(None)  # for the next thread

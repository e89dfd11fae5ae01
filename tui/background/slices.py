"""Long work on what is in memory, cut into slices: it shares the processor with the screen, and can be given up between two."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from tui.background.jobs import in_daemon_thread

_BUSY_SECONDS = 0.004
"""How long the thread works before the screen gets its turn; Python itself lets it wait for 5 ms each time."""
_TURN_SECONDS = 0.05
"""How long the thread waits at most until the screen has done what it has to do."""
_TELL_SECONDS = 0.1


async def work_off(slices: Iterator[None], *, told: Callable[[], None], name: str) -> None:
    """Work the slices off on a thread; ``told`` is called on the loop now and then meanwhile.

    Cancelling the wait stops the work after its present slice.
    """
    loop = asyncio.get_running_loop()
    given_up, turn = threading.Event(), threading.Event()

    def tell() -> None:
        if not given_up.is_set():
            told()

    def work() -> None:
        begun = said = time.monotonic()
        for _ in slices:
            if given_up.is_set():
                return
            now = time.monotonic()
            if now - said > _TELL_SECONDS:
                said = now
                with suppress(RuntimeError):  # the app has ended meanwhile
                    loop.call_soon_threadsafe(tell)
            if now - begun > _BUSY_SECONDS:
                turn.clear()
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(turn.set)
                    turn.wait(_TURN_SECONDS)
                begun = time.monotonic()

    try:
        await in_daemon_thread(work, name=name)
    finally:
        given_up.set()

"""Give the terminal back to the shell for a while, as ctrl-z does for programs that leave that key to the terminal."""

from __future__ import annotations

import os
import signal
import time
from types import FrameType

_WAIT_SECONDS = 0.2
"""How long a process that was stopped and continued may take to notice."""


def stop_until_continued() -> bool:
    """Stop the whole job, with what started it (``uv run``), until the shell continues it.

    Return False where the system does not stop it, since no shell would ever continue it: it is the terminal's first
    process, or has no job control. To be called from the main thread while the terminal is as the shell had it.
    """
    if os.name != "posix":
        return False
    continued = False

    def note(_number: int, _frame: FrameType | None) -> None:
        nonlocal continued
        continued = True

    before = signal.signal(signal.SIGTSTP, signal.SIG_DFL), signal.signal(signal.SIGCONT, note)
    try:
        # By its default it stops no job that has no shell; SIGSTOP would, and for ever.
        os.killpg(0, signal.SIGTSTP)
        end = time.monotonic() + _WAIT_SECONDS
        while not continued and time.monotonic() < end:
            time.sleep(0.01)
    finally:
        signal.signal(signal.SIGTSTP, before[0])
        signal.signal(signal.SIGCONT, before[1])
    return continued

"""What SIGINT, SIGTERM and SIGHUP do: work ends in order, at once where it does not, and always with the same code and sentence.

The first signal raises KeyboardInterrupt, so that files are closed and temporary ones removed. A second one, or a wait that
takes too long (a thread that still reads), ends the process without more ado. Python calls a handler only between two steps of
the main thread, which may wait within a library for long (for the answer to a name's address), or hold signals while it writes:
a thread hears of each signal at once. This module is imported before any other.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

GRACE_SECONDS = 3.0
"""How long what is under way may take to end by itself."""
TOGETHER_SECONDS = 0.2
"""Signals that come within this time are one wish to stop: ``timeout`` and others send theirs to a process and to its group."""
WRITE_SECONDS = 0.5
"""How long the last sentence may wait for a terminal that takes nothing."""
INTERRUPTED, LOST, FAULT = 128 + signal.SIGINT, 7, 70
"""Codes of :class:`~diagnosis.documents.exit_code.ExitCode` (``INTERRUPTED``, ``OUTPUT``, ``INTERNAL``), for when not even that
can be imported."""
SENTENCE = "planescope: stopped."

_TERMINAL_AS_BEFORE = "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1004l\x1b[<u\x1b[?1049l\x1b[?25h"
"""Mouse, paste and focus reports off, keys as they were, the other screen left, the cursor shown."""

_STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""There is no SIGHUP on Windows."""


class Interrupts:
    """The handlers of this process; :meth:`install` puts them in force."""

    def __init__(self) -> None:
        self._first: float | None = None
        """When the first signal was handled."""
        self._leaving = threading.Lock()
        self._told = False
        self._is_ending = False
        self._heard: int | None = None
        """The descriptor to which the system's handler writes the number of each signal."""
        self._stop_app: Callable[[], None] | None = None
        self._terminal: list[object] | None = None
        self._grace: threading.Timer | None = None

    def install(self) -> None:
        """Take the signals, but not one that the parent had ignored, as ``nohup`` and background jobs of a shell have it."""
        for number in _STOPPING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._on_signal)

    def listen(self) -> None:
        """Hear of signals on a thread too, where the system can tell it; the standard descriptors must be taken before."""
        if os.name != "posix":
            return
        with contextlib.suppress(OSError, RuntimeError, ValueError):
            reading, self._heard = os.pipe()
            os.set_blocking(self._heard, False)
            # Nobody waits for it, so it is none of the threads that the end of the process counts.
            _thread.start_new_thread(self._listen, (reading,))
            signal.set_wakeup_fd(self._heard, warn_on_full_buffer=False)

    def _listen(self, reading: int) -> None:
        """End the process at the second signal, or when the first has not ended it in time.

        What holds a signal, as a write does, may take longer, and raises it again at its end: that is the first one still.
        """
        first: float | None = None
        grace: float | None = None
        with contextlib.suppress(Exception):
            while True:
                if grace is not None and not select.select([reading], [], [], max(0.0, grace - time.monotonic()))[0]:
                    self.leave_stopped()
                stopping = [number for number in os.read(reading, 512) if number in _STOPPING]
                now = time.monotonic()
                if not stopping:
                    continue
                raised_again = first is not None and grace is None and not self._is_held(stopping[0])
                if first is None or raised_again:
                    first = now
                    grace = None if self._is_held(stopping[0]) else now + GRACE_SECONDS
                elif now - first >= TOGETHER_SECONDS:
                    self.leave_stopped()

    def _is_held(self, number: int) -> bool:
        return signal.getsignal(number) != self._on_signal

    def during(self, stop_app: Callable[[], None] | None) -> None:
        """While an app has the terminal, have it stopped by this in place of the exception; None ends that."""
        self._stop_app = stop_app
        if stop_app is None and self._heard is not None:
            # The app's loop has listened instead, and gives nothing back.
            signal.set_wakeup_fd(self._heard, warn_on_full_buffer=False)
        if stop_app is not None:
            with contextlib.suppress(Exception):
                import termios

                self._terminal = termios.tcgetattr(sys.__stdin__.fileno())  # type: ignore[union-attr]

    def leave_after(self, seconds: float, code: int) -> None:
        """End the process by this code if it has not ended by itself until then; what is to be said has been said."""
        self._told = True
        if self._grace is not None:
            self._grace.cancel()
        self._grace = self._after(seconds, lambda: self.leave(code))

    def ending(self) -> None:
        """Let a signal end the process at once: the command has ended, and nobody handles what would be raised."""
        self._is_ending = True

    def ended(self) -> None:
        """Let no signal count any more: Python takes itself apart next, and would have the system kill the process by one."""
        with contextlib.suppress(ValueError):
            for number in _STOPPING:
                signal.signal(number, signal.SIG_IGN)

    def _after(self, seconds: float, act: Callable[[], None]) -> threading.Timer:
        timer = threading.Timer(seconds, act)
        timer.daemon = True
        # No thread to be had: what is under way ends by itself, or by another signal.
        with contextlib.suppress(RuntimeError):
            timer.start()
        return timer

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._is_ending:
            self.leave_stopped()
        if self._first is not None:
            if time.monotonic() - self._first >= TOGETHER_SECONDS:
                self.leave_stopped()
            return
        self._first = time.monotonic()
        self._grace = self._after(GRACE_SECONDS, self.leave_stopped)
        if self._stop_app is None:
            raise KeyboardInterrupt
        self._stop_app()

    def leave_stopped(self) -> NoReturn:
        """Say the sentence, unless it was said, and end the process at once."""
        if not self._leaving.acquire(blocking=False):
            # Another thread, or this one when the signal came, is at it.
            time.sleep(2 * WRITE_SECONDS)
            self.leave(INTERRUPTED)
        before = ""
        if self._stop_app is not None:
            before = _TERMINAL_AS_BEFORE
            with contextlib.suppress(Exception):
                import termios

                termios.tcsetattr(sys.__stdin__.fileno(), termios.TCSANOW, self._terminal)  # type: ignore[union-attr, arg-type]
        _write_soon((before if self._told else f"{before}{SENTENCE}\n").encode())
        self.leave(INTERRUPTED)

    def leave_broken(self, error: BaseException) -> NoReturn:
        """Say that the command line could not even begin or end, and end the process at once."""
        kind = type(error).__name__
        told = f"planescope: a fault of planescope itself ({kind}); is it installed whole, and is there memory enough?"
        _write_soon(f"{told}\n".encode("ascii", "replace"))
        self.leave(FAULT)

    def leave(self, code: int) -> NoReturn:
        """End the process at once, and the processes that it started."""
        if "multiprocessing" in sys.modules:
            with contextlib.suppress(Exception):
                from multiprocessing import active_children

                for child in active_children():
                    child.kill()
        os._exit(code)


def _write_soon(text: bytes, descriptor: int = 2) -> None:
    """Write to a terminal unless nobody takes it in time: a terminal that is held or frozen blocks whoever writes to it."""
    end = time.monotonic() + WRITE_SECONDS
    with contextlib.suppress(OSError, AttributeError):
        blocking = os.get_blocking(descriptor)
        os.set_blocking(descriptor, False)
        try:
            while text and time.monotonic() < end:
                try:
                    text = text[os.write(descriptor, text) :]
                except BlockingIOError:
                    time.sleep(0.02)
        finally:
            # The terminal is shared with the shell.
            os.set_blocking(descriptor, blocking)


INTERRUPTS = Interrupts()

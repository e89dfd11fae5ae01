"""Whether the terminal below an app is still there: a pane that was killed, a connection that broke, a window that was closed.

SIGHUP tells it where the process is in the terminal's session and does not ignore it; else nothing does. Textual's reader
then finds the end of the input for ever, at the speed of the processor, its writer ends with the first failure, and the app
waits for the writer. So the output is written without a failure, and a thread looks whether the terminal still answers.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Self, TextIO

from textual.driver import Driver

from tui import internal_error
from tui.terminal_size import terminal_size

LOOK_SECONDS = 0.5
"""Time between two looks at the terminal."""


class TerminalWatch:
    """Tells once, from a thread of its own, that the terminal went away."""

    def __init__(self, told: Callable[[], None], seconds: float = LOOK_SECONDS) -> None:
        self._told = told
        self._seconds = seconds
        self._gone = threading.Event()
        self._ended = threading.Event()

    @property
    def gone(self) -> bool:
        """Whether the terminal went away."""
        return self._gone.is_set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._watch, name="planescope terminal", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def driver(self, of: type[Driver]) -> type[Driver]:
        """Return a driver of Textual that goes on where its output fails, for a terminal of any size."""
        watch = self

        class Unfailing(of):  # type: ignore[misc, valid-type]  # Textual chooses the class by the system
            """Writes to a terminal that may go away, and reads from it."""

            _file: TextIO

            def __init__(self, *args: object, **options: object) -> None:
                super().__init__(*args, **options)
                self._file = _Output(self._file, watch._lost)  # type: ignore[assignment]

            def _get_terminal_size(self) -> tuple[int, int]:
                return terminal_size()

            def run_input_thread(self) -> None:
                """Read keys; what ends that is kept, since Textual only closes the app for it."""
                try:
                    super().run_input_thread()
                except OSError:
                    watch._lost()
                except Exception as error:
                    internal_error.keep(error)
                    raise

        return Unfailing

    def _lost(self) -> None:
        if not self._gone.is_set() and not self._ended.is_set():
            self._gone.set()
            self._told()

    def _watch(self) -> None:
        while not self._ended.wait(self._seconds):
            if not answers():
                self._lost()
                return


class _Output:
    """What a driver asks of its output; a failure is told, and what follows goes nowhere."""

    def __init__(self, stream: TextIO, lost: Callable[[], None]) -> None:
        self._stream = stream
        self._lost = lost

    def write(self, text: str) -> None:
        """Write to the terminal."""
        self._try(lambda: self._stream.write(text))

    def flush(self) -> None:
        """Hand on what is kept."""
        self._try(self._stream.flush)

    def fileno(self) -> int:
        """Return the terminal's descriptor."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Return whether a terminal is written to."""
        return self._stream.isatty()

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except (OSError, ValueError):
            self._lost()


def answers() -> bool:
    """Return whether the terminal that keys come from still answers; True where the system has no way to ask."""
    try:
        import termios
    except ImportError:  # Windows
        return True
    try:
        termios.tcgetattr(sys.__stdin__.fileno())  # type: ignore[union-attr]
    except (termios.error, OSError, ValueError, AttributeError):
        return False
    return True

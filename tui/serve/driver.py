"""Textual's driver for a browser, as the app uses it behind ``planescope serve``."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, Self

from textual.driver import Driver
from textual.drivers.web_driver import WebDriver


class TabWatch:
    """Tells once, from any thread, that the server does not read or write any more. (The tab's end is told by the server.)"""

    def __init__(self, told: Callable[[], None]) -> None:
        self._told = told
        self._gone = threading.Event()
        self._ended = threading.Event()

    @property
    def gone(self) -> bool:
        """Whether the server went away."""
        return self._gone.is_set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def driver(self, _of: type[Driver]) -> type[Driver]:
        """Return the driver that takes the place of the terminal's."""
        lost = self._lost

        class ServedDriver(WebDriver):
            """Writes whole packets only, and ends with the server."""

            def __init__(self, *args: Any, **options: Any) -> None:
                super().__init__(*args, **options)
                self._writing = threading.Lock()
                self._write = self._write_whole  # type: ignore[assignment]  # Textual's is os.write, with its descriptor

            def _write_whole(self, packet: bytes) -> int:
                """Write a packet without another's bytes in it: the thread that reads keys writes downloads piece by piece."""
                try:
                    with self._writing:
                        rest = memoryview(packet)
                        while rest:
                            rest = rest[os.write(self.fileno, rest) :]
                except OSError:
                    lost()
                return len(packet)

            def run_input_thread(self) -> None:
                """Read what the browser sends until the app ends; where the server ends first, nobody is left for the app."""
                super().run_input_thread()
                if not self.exit_event.is_set():
                    lost()

        return ServedDriver

    def _lost(self) -> None:
        if not self._gone.is_set() and not self._ended.is_set():
            self._gone.set()
            self._told()

"""Reading again by itself: while a run is active, or always where the user asked for an interval."""

from __future__ import annotations

from collections.abc import Callable

from textual.screen import Screen
from textual.timer import Timer

REFRESH_SECONDS = 20.0
"""How long after a read an active run is looked at again."""


class AutoRefresh:
    """One timer that calls ``due`` after each interval for as long as there is a reason to."""

    def __init__(self, screen: Screen[None], seconds: float, due: Callable[[], None], *, always: bool) -> None:
        self.always = always
        """Whether completed runs are read again too."""
        self._screen = screen
        self._seconds = seconds
        self._due = due
        self._timer: Timer | None = None

    def plan(self, *, active: bool, busy: bool, following: bool = False) -> str | None:
        """Start the timer if it is wanted and does not run yet.

        Return the note that the first line shows from now on: empty where nothing is read again, None to leave it as it is.
        """
        if not (active or self.always or following):
            return ""
        if busy or self._seconds <= 0:
            return "following the newest run" if following else None
        if self._timer is None:
            self._timer = self._screen.set_timer(self._seconds, self._elapsed)
        why = "following the newest run: " if following else "a run is active: " if active else ""
        what = "read again" if self.always else "looked at"
        return f"{why}{what} every {self._seconds:.0f} s"

    def _elapsed(self) -> None:
        self._timer = None
        self._due()

    def stop(self) -> None:
        """Read nothing again from now on."""
        self._seconds = 0.0
        if self._timer is not None:
            self._timer.stop()

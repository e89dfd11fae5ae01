"""How long a telling has taken: in all, and at each step. It can be paused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime


class Stopwatch:
    """Counts seconds by the app's clock; a step that is told twice keeps its time."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._since: datetime | None = None
        self._step = 0
        self._taken: dict[int, float] = {}
        self.running = False

    def start(self) -> None:
        """Begin to count, or go on."""
        if not self.running:
            self.running, self._since = True, self._clock()

    def pause(self) -> None:
        """Stop counting until it is started again."""
        self._settle()
        self.running, self._since = False, None

    def enter(self, step: int) -> None:
        """Count for another step from now on."""
        self._settle()
        self._step = step

    @property
    def total(self) -> float:
        """Seconds in all."""
        return sum(self._taken.values()) + self._open

    @property
    def at_step(self) -> float:
        """Seconds at the step that is told."""
        return self._taken.get(self._step, 0.0) + self._open

    @property
    def _open(self) -> float:
        # A clock that was set back counts nothing.
        return max(0.0, (self._clock() - self._since).total_seconds()) if self._since is not None else 0.0

    def _settle(self) -> None:
        self._taken[self._step] = self.at_step
        if self._since is not None:
            self._since = self._clock()


def minutes(seconds: float) -> str:
    """Return ``04:07``, from an hour on ``1:04:07``."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60:02d}:{rest % 60:02d}"

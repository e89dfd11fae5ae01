"""Ask for runs again and again, and tell each attempt that has ended once, however long the network is away meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from diagnosis.documents.exit_code import ExitCode
from tui.backend import BackendProblem, RunKey, RunRow

LONGEST_WAIT = 600.0
"""Seconds between two tries, however many have failed."""
COMPLETED = "completed"


T = TypeVar("T")


class Runs(Protocol):
    """Who is asked."""

    def runs_now(self) -> Sequence[RunRow] | None:
        """Return the runs as they are now; None where nothing has changed, which costs no part of the rate limit."""


@dataclass
class Following:
    """Follows runs; ``wait`` is given seconds, ``told`` sentences on what hinders."""

    runs: Runs
    interval: float
    wait: Callable[[float], None]
    told: Callable[[str], None]
    wanted: Callable[[RunRow], bool] = lambda _row: True
    """Which runs are followed, of those that are listed."""
    ended_too: bool = False
    """Whether what had ended before counts: where one run is followed."""
    _seen: set[RunKey] = field(default_factory=set)
    _failures: dict[str, int] = field(default_factory=dict)
    """How often in a row each kind of reading failed: while one answers, another may not."""

    def begin(self) -> tuple[RunRow, ...]:
        """Read the runs for the first time and return those that are followed. A problem then is the user's to know at once."""
        rows = tuple(row for row in self.runs.runs_now() or () if self.wanted(row))
        if not self.ended_too:
            self._seen.update(row.key for row in rows if row.status == COMPLETED)
        return rows

    def ended(self, rows: Iterable[RunRow]) -> tuple[RunRow, ...]:
        """Return those that have ended and were not told yet, the earliest first."""
        new = [row for row in rows if self.wanted(row) and row.status == COMPLETED and row.key not in self._seen]
        self._seen.update(row.key for row in new)
        return tuple(sorted(new, key=lambda row: (row.created_at, row.key)))

    def next(self) -> tuple[RunRow, ...]:
        """Wait, ask, and return what has ended meanwhile. Raises BackendProblem for what no waiting mends."""
        self.wait(self.pause)
        rows = self.tried("runs", self.runs.runs_now)
        return self.ended(rows or ())

    @property
    def pause(self) -> float:
        """The seconds until the next try: more after each failure."""
        most = max(self._failures.values(), default=0)
        return min(max(self.interval, LONGEST_WAIT), self.interval * 2.0 ** min(most, 16))

    def tried(self, kind: str, read: Callable[[], T]) -> T | None:
        """Return what was read; None where that failed in a way that may pass, which is told, as is its end."""
        try:
            found = read()
        except BackendProblem as problem:
            if problem.exit_code != ExitCode.UNKNOWN:
                raise
            self._failures[kind] = self._failures.get(kind, 0) + 1
            self.told(f"{problem.sentence} Tried again in {self.pause:.0f} seconds.")
            return None
        if self._failures.pop(kind, 0):
            self.told("GitHub answers again.")
        return found

"""The last run of a workflow that succeeded, as far as it tells what a role's sessions of that time were for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class GreenStep:
    """A step that went well."""

    name: str
    """As GitHub shows it."""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class GreenJob:
    """A job that went well."""

    name: str
    """As GitHub shows it."""
    since: datetime | None = None
    until: datetime | None = None
    steps: tuple[GreenStep, ...] = ()
    """Those that ran to a good end: none that was skipped."""

    def holds(self, at: datetime) -> bool:
        """Return whether the moment lies in the job's time, which GitHub tells in whole seconds."""
        return self.since is not None and self.until is not None and self.since <= at <= self.until


@dataclass(frozen=True, slots=True)
class GreenRun:
    """An attempt that succeeded, beside the one that is judged."""

    run_id: int
    number: int
    attempt: int
    commit: str
    ref: str
    """The full ref; empty where GitHub names none."""
    event: str
    alike: bool = True
    """Whether it ran on the ref of the attempt that is judged, or both ran on tags."""
    same_files: bool | None = None
    """Whether workflow and scripts are the same at both commits; None where they were not read at both."""
    jobs: tuple[GreenJob, ...] | None = None
    """The jobs that went well; None where they were not read."""

    @property
    def words(self) -> str:
        """``run #41``, with the attempt where it is not the first."""
        return f"attempt {self.attempt} of run #{self.number}" if self.attempt > 1 else f"run #{self.number}"

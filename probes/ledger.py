"""The ledger: every call that a probe makes, with its result and duration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One call. Nothing in it is secret: no header, no parameter beyond the target."""

    service: str
    """``github``, ``iam``, ``ecr``, …"""
    operation: str
    target: str
    """What was asked about: a role name, a repository, a path; may be empty."""
    result: str
    """``ok``, or what came instead in a word or two."""
    started_at: datetime
    duration: float
    """Seconds."""


class Ledger:
    """Collects entries from any thread."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self._entries: list[LedgerEntry] = []
        self._lock = Lock()

    def record(
        self, *, service: str, operation: str, target: str, result: str, started_at: datetime, duration: float
    ) -> None:
        """Add one call."""
        entry = LedgerEntry(service, operation, target, result, started_at, duration)
        with self._lock:
            self._entries.append(entry)

    def entries(self) -> tuple[LedgerEntry, ...]:
        """All calls so far, in the order in which they ended."""
        with self._lock:
            return tuple(self._entries)

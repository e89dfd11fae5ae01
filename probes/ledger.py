"""The ledger: every call that a probe makes, to whom, with its result and duration.

Written from any thread, read by the screen and by the export. An entry holds no token, no header and no signed query:
probes pass paths and names only, and a secret in a name is scrubbed here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

from diagnosis.logs.scrub import scrub


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One call that was made, or refused before it was made. Nothing in it is secret."""

    service: str
    """``github``, ``github-storage``, ``iam``, ``ecr``, …"""
    operation: str
    """In the service's own words: ``actions/get-workflow-run``, ``GetRole``."""
    target: str
    """What was asked about: a role name, a repository, a path without signed parts; may be empty."""
    result: str
    """``ok`` or the HTTP status, or what came instead in a word or two."""
    started_at: datetime
    duration: float
    """Seconds."""


class PendingCall:
    """A call under way; whoever makes it sets the result."""

    __slots__ = ("result",)

    def __init__(self) -> None:
        self.result = "no result"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """Collects entries from any thread."""

    def __init__(self, clock: Callable[[], datetime] = _utc_now, timer: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        """Tells the time of day, UTC, at which a call started."""
        self.timer = timer
        """Seconds that never run backwards, for durations."""
        self._entries: list[LedgerEntry] = []
        self._lock = Lock()

    @contextmanager
    def call(self, *, service: str, operation: str, target: str) -> Iterator[PendingCall]:
        """Time a call and add it when the block ends, also when the block raises."""
        started_at, began = self.clock(), self.timer()
        pending = PendingCall()
        try:
            yield pending
        finally:
            self.record(
                service=service,
                operation=operation,
                target=target,
                result=pending.result,
                started_at=started_at,
                duration=max(self.timer() - began, 0.0),
            )

    def record(
        self, *, service: str, operation: str, target: str, result: str, started_at: datetime, duration: float
    ) -> None:
        """Add one call."""
        entry = LedgerEntry(service, operation, scrub(target), scrub(result), started_at, duration)
        with self._lock:
            self._entries.append(entry)

    def entries(self) -> tuple[LedgerEntry, ...]:
        """Return all calls so far, in the order in which they ended."""
        with self._lock:
            return tuple(self._entries)

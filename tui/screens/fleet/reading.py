"""The work of the fleet's screen: build what reads the fleet, read it, and make lines of what comes, all on a thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

from textual.message import Message

from diagnosis.fleet.order import Totals, totals
from diagnosis.fleet.row import RepositoryRow, WorkflowRow
from tui import messages
from tui.backend import Progress
from tui.background.jobs import Job, Lane
from tui.fleet_backend import FleetBackend, FleetLines
from tui.widgets.fleet.columns import Drawing, drawing_of
from tui.widgets.fleet.lines import Line, lines_of

_BETWEEN_SUMS = 0.2
"""Seconds."""
_LONG_AGO = datetime.fromtimestamp(0, UTC)
"""In the place of now, which the list tells."""


@dataclass
class FleetTold(Message):
    """Lines were read; ``whole``: they are all that there are, judged together."""

    job: int
    places: tuple[RepositoryRow, ...]
    lines: list[Line]
    totals: Totals | None = None
    """What all lines so far come to; None where that was told a moment ago."""
    whole: bool = False
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    """Of the whole: what its cells need to know, where there is room and where there is little."""


def reading(known: FleetBackend | None, factory: Callable[[], FleetBackend], lane: Lane) -> Callable[[Job], None]:
    """Return the work that reads a fleet, by what has been built already or by what builds it: one read at a time."""

    def work(job: Job) -> None:
        lane.enter(job)
        try:
            read(job)
        finally:
            lane.leave()

    def read(job: Job) -> None:
        backend = known
        if backend is None:
            backend = factory()
            if job.cancelled():
                backend.close()
                return
            job.post(messages.FleetReady(backend))

        sums = _Sums()

        def told(found: FleetLines) -> None:
            lines = lines_of(found.repositories, found.rows)
            sums.add(found)
            job.post(FleetTold(job.number, found.repositories, lines, sums.due()))

        def progress(done: Progress) -> None:
            job.progress(done)
            if (late := sums.due()) is not None:
                job.post(FleetTold(job.number, (), [], late))

        all_of_it = backend.read(told, progress=progress, cancelled=job.cancelled)
        lines = lines_of(all_of_it.repositories, all_of_it.rows)
        found = totals(all_of_it.rows, all_of_it.repositories)
        rows = [line.row for line in lines]
        drawings = tuple(drawing_of(rows, _LONG_AGO, brief, Drawing(_LONG_AGO)) for brief in (False, True))
        job.post(
            FleetTold(
                job.number,
                all_of_it.repositories,
                lines,
                found,
                whole=True,
                gaps=all_of_it.gaps,
                notes=all_of_it.notes,
                drawings=drawings,
            )
        )

    return work


class _Sums:
    """Adds up what has come so far: here and not on the screen, and the seldomer the longer it takes."""

    def __init__(self) -> None:
        self._rows: dict[str, list[WorkflowRow]] = {}
        self._places: dict[str, RepositoryRow] = {}
        self._changed = False
        self._next = 0.0
        self._lock = Lock()
        """What is read side by side may tell its progress side by side."""

    def add(self, found: FleetLines) -> None:
        """Take lines in, those of one repository together."""
        with self._lock:
            for place in found.repositories:
                self._places[place.repository] = place
                self._rows[place.repository] = []
            for row in found.rows:
                self._rows.setdefault(row.repository, []).append(row)
            self._changed = True

    def due(self) -> Totals | None:
        """Return the sums where they have changed and some time has passed."""
        began = time.monotonic()
        with self._lock:
            if not self._changed or began < self._next:
                return None
            self._changed = False
            told = totals([row for rows in self._rows.values() for row in rows], self._places.values())
            ended = time.monotonic()
            self._next = ended + max(_BETWEEN_SUMS, 10 * (ended - began))
        return told

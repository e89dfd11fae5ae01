"""Read a fleet: list its repositories, read some side by side, keep what was read, and go on where a run was stopped."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from diagnosis.documents.fleet import Fleet, Header, lines, repository_object, role_object, workflow_object
from diagnosis.documents.fleet_lines import read_lines
from diagnosis.documents.json_values import Object
from diagnosis.facts.endpoints import Endpoint
from diagnosis.fleet.row import RoleRecord
from diagnosis.json_members import JsonFault
from diagnosis.names.arn import Arn
from probes.fleet_file import FleetFileError, FleetJournal, FleetLines, holds_nothing, read_fleet_file
from probes.github.http.errors import Cancelled as SourceCancelled
from probes.github.http.pace import WAITING, Pace
from probes.github.http.workers import MOST_WORKERS
from probes.github.read.owned_repositories import ListedRepository
from probes.ledger import Ledger
from tui import __version__
from tui.backend import BackendProblem, Cancelled, Progress, ProgressHook
from tui.backends.fleet.reader import RepositoryResult
from tui.backends.fleet.targets import FleetOptions, Targets

_LOOK_UP_SECONDS = 0.1
_WAIT_SHOWN_SECONDS = 1.0
PATIENCE = 7_200.0
"""Seconds for which a rate limit of GitHub's is waited out. That of requests is for an hour, and a large fleet meets it twice."""


class Reads(Protocol):
    """Whoever reads one repository."""

    def read(self, name: str, listed: ListedRepository | None = None) -> RepositoryResult:
        """Return everything of it."""


class FleetWatch:
    """What the threads of a run tell each other: that it is over, and that GitHub wants to be left alone for a while."""

    def __init__(self, ledger: Ledger, cancelled: Callable[[], bool] = lambda: False) -> None:
        self.ended = threading.Event()
        self.cancelled = cancelled
        self._timer = ledger.timer
        self._waiting: tuple[Progress, float] | None = None

    def stopped(self) -> bool:
        """Return whether the run is over: the cancel hook of whoever reads for it."""
        return self.ended.is_set() or self.cancelled()

    def waits(self, what: str, done: int, total: int) -> None:
        """Take note of a rate limit that is waited out: the progress hook of whoever asks GitHub."""
        if what.startswith(WAITING):
            self._waiting = (Progress(what, done, total), self._timer())

    @property
    def waiting(self) -> Progress | None:
        """What is waited for just now; None where nothing is."""
        found = self._waiting
        return found[0] if found is not None and self._timer() - found[1] < _WAIT_SHOWN_SECONDS else None


class FleetRun:
    """One run over a fleet, begun or taken up. ``on_piece`` is told of each repository as it is read.

    ``endpoints`` tells at the end which servers were asked in github.com's or AWS's place.
    """

    def __init__(
        self,
        options: FleetOptions,
        reader: Reads,
        watch: FleetWatch,
        ledger: Ledger,
        pace: Pace,
        *,
        progress: ProgressHook,
        on_piece: Callable[[RepositoryResult], None] = lambda _result: None,
        endpoints: Callable[[], tuple[Endpoint, ...]] = tuple,
    ) -> None:
        self._options, self._reader, self._ledger, self._pace = options, reader, ledger, pace
        self._watch, self._progress, self._on_piece = watch, progress, on_piece
        self._endpoints = endpoints

    def header(self, targets: Targets) -> Header:
        """Return the first line of the file."""
        return Header(
            tool=__version__,
            options=self._options.digest,
            asked=self._options.asked,
            slice=self._options.slice,
            began_at=self._ledger.clock(),
            owners=targets.owners,
            left_out=tuple(sorted(targets.left_out.items())),
        )

    def run(self, targets: Targets, journal: FleetJournal | None = None, before: Fleet | None = None) -> Fleet:
        """Read what ``before`` lacks, and return the whole, judged over all repositories. Raises Cancelled, OSError."""
        header = before.header if before else self.header(targets)
        # What failed in passing is read again; what is no longer listed has no line.
        there = [row for row in before.repositories if row.repository.lower() in targets.names] if before else []
        kept = [row for row in there if row.final]
        names = {row.repository.lower() for row in kept}
        rows = [row for row in before.rows if row.repository.lower() in names] if before else []
        roles = {record.role: record for record in before.roles} if before else {}
        wanted = [key for key in targets.names if key not in names]
        places = list(kept)
        for result in self._results(targets, wanted, len(targets.names)):
            if journal is not None:
                journal.append(_piece(result, roles))
            for record in result.roles:
                known = roles.get(record.role)
                if known is None or known.why_not:
                    roles[record.role] = record
            places.append(result.repository)
            rows += result.rows
            self._on_piece(result)
        header = replace(
            header,
            owners=targets.owners,
            left_out=tuple(sorted(targets.left_out.items())),
            # Known last: which servers stand in AWS's place shows as they are asked.
            endpoints=tuple(dict.fromkeys((*header.endpoints, *self._endpoints()))),
        )
        whole = Fleet(header, tuple(rows), tuple(places), tuple(roles.values()), targets.notes, targets.gaps)
        fleet = whole.settled()
        if journal is not None:
            journal.finish(lines(fleet))
        return fleet

    def _results(self, targets: Targets, wanted: Sequence[str], total: int) -> Iterator[RepositoryResult]:
        """Yield the repositories as they are read, some side by side."""
        open_ones: queue.SimpleQueue[str] = queue.SimpleQueue()
        found: queue.SimpleQueue[RepositoryResult | BaseException] = queue.SimpleQueue()
        for key in wanted:
            open_ones.put(key)

        def work() -> None:
            while not self._watch.stopped():
                try:
                    key = open_ones.get_nowait()
                except queue.Empty:
                    return
                try:
                    found.put(self._reader.read(targets.spelt[key], targets.names[key]))
                except BaseException as error:  # noqa: BLE001 - it is raised where the results are waited for
                    found.put(error)
                    return

        count = max(1, min(self._options.jobs, len(wanted), MOST_WORKERS))
        threads = [threading.Thread(target=work, name="fleet", daemon=True) for _ in range(count if wanted else 0)]
        began, done = self._ledger.timer(), 0
        try:
            for thread in threads:
                thread.start()
            while done < len(wanted):
                self._show(done, len(wanted), total, began)
                if self._watch.cancelled():
                    raise Cancelled
                try:
                    result = found.get(timeout=_LOOK_UP_SECONDS)
                except queue.Empty:
                    continue
                if isinstance(result, SourceCancelled):
                    raise Cancelled
                if isinstance(result, BaseException):
                    raise result
                done += 1
                yield result
        finally:
            self._watch.ended.set()

    def _show(self, done: int, wanted: int, total: int, began: float) -> None:
        """Say how far it is: repositories, how many a minute, what is left of time and of the rate limit."""
        waiting = self._watch.waiting
        if waiting is not None:
            self._progress(waiting)
            return
        minutes = (self._ledger.timer() - began) / 60
        parts = ["repositories"]
        if done and minutes > 0:
            rate = done / minutes
            left = (wanted - done) / rate
            parts.append(f"{rate:.0f}/min, {_duration(left * 60)} left")
        limit = self._pace.left
        if limit is not None:
            parts.append(f"GitHub {limit.remaining:,} of {limit.limit:,}")
        self._progress(Progress(", ".join(parts), total - wanted + done, total))


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _piece(result: RepositoryResult, known: Mapping[Arn, RoleRecord]) -> list[Object]:
    """Return the lines of a repository, its own last; a role that stands in the file already is not written again."""
    new = [record for record in result.roles if record.role not in known or known[record.role].why_not]
    return [
        *(role_object(record) for record in new),
        *(workflow_object(row) for row in result.rows),
        repository_object(result.repository),
    ]


def open_journal(path: Path, header: Header, *, resume: bool) -> tuple[FleetJournal, Fleet | None]:
    """Begin a file, or with ``resume`` go on with one. Raises BackendProblem for one that cannot be used, OSError."""
    if path.exists() and not path.is_file():
        raise BackendProblem(f"{path} is no file.", "Name a file, or a new one.")
    if not path.exists():
        return FleetJournal.begin(path, header), None
    if resume and holds_nothing(path):
        path.unlink()
        return FleetJournal.begin(path, header), None
    if not resume:
        raise BackendProblem(f"{path} is there already.", "Go on with it by --resume, or name another file.")
    found = read_found(path)
    _require_same(path, found.header, header)
    fleet = read_whole(path, found)
    try:
        return FleetJournal.take_up(path, found), fleet
    except FleetFileError as error:
        raise BackendProblem(error.sentence, error.way_out) from None


def read_found(path: Path) -> FleetLines:
    """Read a file of a fleet as far as it is whole. Raises BackendProblem."""
    try:
        return read_fleet_file(path)
    except FleetFileError as error:
        raise BackendProblem(error.sentence, error.way_out) from None
    except OSError as error:
        raise BackendProblem(f"{path} cannot be read: {error.strerror or error}.", "Name a file that can.") from None


def read_whole(path: Path, found: FleetLines) -> Fleet:
    """Return the values of a file's lines. Raises BackendProblem."""
    try:
        return read_lines(found.header, found.lines)
    except JsonFault as fault:
        raise BackendProblem(f"{path} is damaged: {fault}.", "Begin a new file.") from None


def _require_same(path: Path, found: Header, wanted: Header) -> None:
    if found.tool != wanted.tool:
        raise BackendProblem(
            f"{path} was begun by planescope {found.tool}, and this is {wanted.tool}: its lines may be judged otherwise.",
            "Begin a new file.",
        )
    if (found.options, found.slice) != (wanted.options, wanted.slice):
        raise BackendProblem(
            f"{path} was begun with other options (for {found.asked}).",
            "Give the same options, or begin a new file.",
        )

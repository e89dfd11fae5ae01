"""A fleet for the screen: read now, side by side, or from the file of an earlier run; either opens a workflow's dashboard."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, urlsplit

from diagnosis.documents.fleet import Fleet, Header, lines
from diagnosis.documents.fleet_csv import csv_text
from diagnosis.facts.account import CredentialsProblem
from diagnosis.facts.case import Case
from diagnosis.facts.endpoints import Endpoint, endpoints_of
from diagnosis.fleet.order import Sort
from diagnosis.fleet.row import RepositoryRow, WorkflowRow
from diagnosis.policy.language.strict_json import json_text
from probes.github.http.pace import Pace
from probes.ledger import Ledger
from tui.backend import Backend, BackendProblem, CallRow, CancelHook, Progress, ProgressHook
from tui.backends.fleet.accounts import Accounts, AwsOptions
from tui.backends.fleet.collect import collect
from tui.backends.fleet.engine import PATIENCE, FleetRun, FleetWatch, open_journal
from tui.backends.fleet.reader import FleetReader, RepositoryResult, fleet_workers
from tui.backends.fleet.targets import FleetOptions, Targets, targets_of
from tui.backends.live import LiveOptions, github_access, live_backend
from tui.fleet_backend import FleetForm, FleetLines

_PUBLIC = "https://github.com"
_NAME = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_FEW = 10


@dataclass(frozen=True, slots=True)
class Around:
    """How GitHub and AWS are asked beside the choice of repositories."""

    aws: AwsOptions
    github_url: str | None = None
    cache: bool = True
    logs: bool = True
    output: Path | None = None
    """The file in which the lines are kept as they come."""
    resume: bool = False
    """Whether that file is gone on with."""


class _Shown:
    """What a fleet that is read and one of a file have in common."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._fleet: Fleet | None = None
        """What was read so far."""
        self._finished = False

    def open(self, row: WorkflowRow) -> Backend:
        """Build the backend of one workflow's dashboard. Raises BackendProblem."""
        if not _NAME.fullmatch(row.repository):
            raise BackendProblem(
                f"{row.repository!r} is no repository name.", "The file was not written by planescope."
            )
        aws = self._around.aws
        accounts = [use.role.account for use in row.roles]
        profile = next((aws.by_account[account] for account in accounts if account in aws.by_account), aws.profile)
        options = LiveOptions(
            repository=row.repository,
            workflow=row.workflow.rpartition("/")[2],
            github_url=self._around.github_url,
            profile=profile,
            region=aws.region,
            allow_http=aws.allow_http,
            live=aws.live,
            cache=self._around.cache,
        )
        return live_backend(options, Case(repository=row.repository))

    def address(self, row: WorkflowRow | RepositoryRow) -> str:
        """Return the address on the web of a workflow's newest run, else of the workflow, else of the repository."""
        newest = row.newest.url if isinstance(row, WorkflowRow) and row.newest else ""
        if newest.startswith("https://"):
            return newest
        base = f"{self._web}/{quote(row.repository)}"
        if isinstance(row, RepositoryRow):
            return base
        return f"{base}/actions/workflows/{quote(row.workflow.rpartition('/')[2])}"

    @property
    def _web(self) -> str:
        """The web's address of the GitHub that the runs are on; of two in one file that of the first."""
        for row in self._fleet.rows if self._fleet is not None else ():
            parts = urlsplit(row.newest.url) if row.newest else None
            if parts is not None and parts.scheme == "https" and parts.netloc:
                return f"https://{parts.netloc}"
        return _PUBLIC

    def written(self, form: FleetForm, shown: FleetLines, by: Sort) -> str:
        """Return the text of a file: as JSON Lines everything that was read, as CSV these lines in this order."""
        if self._fleet is None:
            return ""
        if form is FleetForm.CSV:
            return csv_text(replace(self._fleet, rows=shown.rows, repositories=shown.repositories), by)
        found = lines(self._fleet)
        # The totals say that it is whole: without them it can be gone on with.
        return "".join(f"{json_text(line)}\n" for line in (found if self._finished else found[:-1]))

    def _told(self, fleet: Fleet) -> FleetLines:
        left_out = ", ".join(f"{count:,} {reason}" for reason, count in fleet.header.left_out)
        notes = (*([f"left out: {left_out}"] if left_out else []), *fleet.notes)
        return FleetLines(fleet.repositories, fleet.rows, fleet.gaps, notes)


class ReadFleet(_Shown):
    """A fleet that is read now. Building one raises BackendProblem where GitHub cannot be asked; it asks nobody yet."""

    def __init__(self, asked: FleetOptions, around: Around) -> None:
        super().__init__(around)
        self._asked = asked
        self._access = github_access(around.github_url)
        self._ledger = Ledger()
        self._pace = Pace(
            anonymous=not self._access.token,
            throttled=not self._access.is_loopback,
            clock=self._ledger.clock,
            max_wait=PATIENCE,
        )
        self._workers = fleet_workers(self._access, self._ledger, self._pace, 2 * asked.jobs)
        self._accounts = Accounts(around.aws, self._ledger)
        self._resume = around.resume

    @property
    def title(self) -> str:
        """The owners and how many repositories are named beside them."""
        named = len(self._asked.repositories)
        alone = self._asked.repositories[0] if named == 1 else f"{named} repositories"
        return ", ".join([*self._asked.owners, *([alone] if named else [])])

    @property
    def origin_note(self) -> str:
        """Which servers were asked in github.com's or AWS's place, as far as is known by now."""
        return " · ".join(each.short for each in self._endpoints())

    @property
    def limit_note(self) -> str:
        """What is left of GitHub's rate limit."""
        left = self._pace.left
        if left is None:
            return ""
        until = f" until {left.resets_at:%H:%M} UTC" if left.resets_at and left.remaining * _FEW < left.limit else ""
        return f"GitHub {left.remaining:,} of {left.limit:,} left{until}"

    @property
    def credentials_problem(self) -> CredentialsProblem | None:
        """What is wrong with the credentials of one of the profiles."""
        return self._accounts.credentials_problem

    def read(self, tell: Callable[[FleetLines], None], *, progress: ProgressHook, cancelled: CancelHook) -> FleetLines:
        """Read what is not known yet, or everything anew where it is; return the whole. Raises BackendProblem, Cancelled."""
        if self._accounts.credentials_problem is not None:
            # They may be in order by now, and so may what was not read for their sake.
            self._accounts = Accounts(self._around.aws, self._ledger)
        watch = FleetWatch(self._ledger, cancelled)
        reader = FleetReader(
            self._access, self._accounts, self._ledger, self._workers, self._pace, cancelled=watch.stopped,
            progress=watch.waits, cache=self._around.cache, logs=self._around.logs,
        )  # fmt: skip
        run = FleetRun(
            self._asked, reader, watch, self._ledger, self._pace, progress=progress,
            on_piece=lambda result: self._take(result, tell), endpoints=self._endpoints,
        )  # fmt: skip
        journal, output = None, self._around.output
        try:
            targets = targets_of(self._asked, reader.ask, lambda what: progress(Progress(what)))
            header, before = run.header(targets), self._known
            if output is not None:
                journal, kept = open_journal(output, header, resume=self._resume)
                before = before or kept
                self._resume = True
            self._begin(targets, header, before, tell)
            self._fleet = run.run(targets, journal, before)
        except OSError as error:
            from probes.whole_writes import exit_code_of

            raise BackendProblem(
                f"{output} cannot be written: {error.strerror or error}.", "What was read so far stands in it.", exit_code_of(error)
            ) from None  # fmt: skip
        finally:
            watch.ended.set()
            if journal is not None:
                journal.close()
        self._finished = True
        return self._told(self._fleet)

    def _endpoints(self) -> tuple[Endpoint, ...]:
        return endpoints_of(self._access.in_place_of_github, self._accounts.endpoints)

    @property
    def _known(self) -> Fleet | None:
        """What need not be read again: of a fleet that was read to the end only if some of it could not be."""
        fleet = self._fleet
        again = fleet is not None and self._finished and all(each.final for each in fleet.repositories)
        return None if again else fleet

    def _begin(
        self, targets: Targets, header: Header, before: Fleet | None, tell: Callable[[FleetLines], None]
    ) -> None:
        """Keep what was read before, and show it."""
        self._finished = False
        self._fleet = before or Fleet(header, notes=targets.notes, gaps=targets.gaps)
        if before is not None:
            tell(self._told(before))

    def _take(self, result: RepositoryResult, tell: Callable[[FleetLines], None]) -> None:
        """Keep the lines of a repository in the place of older ones, and tell them."""
        fleet, name = self._fleet, result.repository.repository
        if fleet is not None:
            roles = {record.role: record for record in (*fleet.roles, *result.roles)}
            self._fleet = replace(
                fleet,
                rows=(*(row for row in fleet.rows if row.repository != name), *result.rows),
                repositories=(*(place for place in fleet.repositories if place.repository != name), result.repository),
                roles=tuple(roles.values()),
            )
        tell(FleetLines((result.repository,), result.rows))

    def calls(self) -> tuple[CallRow, ...]:
        """Return the ledger as rows."""
        return tuple(
            CallRow(entry.started_at, entry.service, entry.operation, entry.target, entry.result, entry.duration)
            for entry in self._ledger.entries()
        )

    def close(self) -> None:
        """Close the connections."""
        self._workers.close()


class FileFleet(_Shown):
    """The fleet of an earlier run's files: nobody is asked before a workflow is opened."""

    limit_note = ""
    credentials_problem: CredentialsProblem | None = None

    def __init__(self, places: Sequence[Path], around: Around) -> None:
        super().__init__(around)
        self._places = tuple(places)
        self.origin_note = "an earlier run"

    @property
    def title(self) -> str:
        """The name of the file, and how many more there are."""
        more = f" and {len(self._places) - 1} more" if len(self._places) > 1 else ""
        return f"{self._places[0].name}{more}"

    def read(self, tell: Callable[[FleetLines], None], *, progress: ProgressHook, cancelled: CancelHook) -> FleetLines:
        """Read the files. Raises BackendProblem."""
        progress(Progress(f"reading {self.title}"))
        self._fleet = collect(self._places)
        self._finished = not self._fleet.gaps
        header = self._fleet.header
        notes = (f"as read {header.began_at:%d %b %Y %H:%M} UTC", *(each.short for each in header.endpoints))
        self.origin_note = " · ".join(notes)
        return self._told(self._fleet)

    def calls(self) -> tuple[CallRow, ...]:
        """Nobody was asked."""
        return ()

    def close(self) -> None:
        """Nothing is open."""

"""Read and judge one repository of a fleet: its workflow files, their newest runs, the accounts of their roles."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from threading import Lock
from typing import TypeVar

from diagnosis.claims.naming import issuer_of
from diagnosis.diagnose import question_of
from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt, OidcCustomization
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow, WorkflowFile
from diagnosis.fleet.judge import Release, judged, may_release, takes_credentials
from diagnosis.fleet.row import RepositoryRow, RoleRecord, Status, WorkflowRow
from diagnosis.fleet.several_starts import MOST_STARTS, on_one_line
from diagnosis.migration.move import move_of
from diagnosis.next_run.attempt import next_attempt
from diagnosis.next_run.starts import Start, next_starts
from diagnosis.replay.attempt import replay
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.replay import Replay
from probes.github.http.body import Timeouts
from probes.github.http.client import Client
from probes.github.http.credentials import GitHubAccess
from probes.github.http.errors import (
    BadCredentials,
    Cancelled,
    Forbidden,
    GitHubProblem,
    NotFound,
    RateLimited,
    ReadFailure,
    Unreachable,
)
from probes.github.http.etags import ETags
from probes.github.http.pace import Pace, Watch
from probes.github.http.workers import Workers
from probes.github.read.attempt_parts import Depth
from probes.github.read.head_files import HeadFiles, read_head_files
from probes.github.read.owned_repositories import ListedRepository, look_at
from probes.github.read.workflow_list import list_workflows
from probes.github.read.workflow_runs import read_newest_runs
from probes.github.read.workflow_text import FileAt, called_file
from probes.github.source import GitHubSource, names_a_repository
from probes.ledger import Ledger
from probes.store.attempts import AttemptStore
from probes.workflow_file import workflow_file
from tui.backends.fleet.accounts import Accounts, failed_in_passing, unanswered

T = TypeVar("T")

_LONGEST_NAME = 200
_ONE_VALUE = re.compile(r"\$\{\{\s*(?:vars|secrets)\.\w+\s*\}\}")
_NOT_ASKED = Unreadable("the form of the repository's subjects", "it was not asked for yet", "read it", "actions: read")


@dataclass(frozen=True, slots=True)
class RepositoryResult:
    """Everything that one repository brings to the fleet."""

    repository: RepositoryRow
    rows: tuple[WorkflowRow, ...] = ()
    roles: tuple[RoleRecord, ...] = ()


def fleet_workers(access: GitHubAccess, ledger: Ledger, pace: Pace, count: int) -> Workers:
    """Return the threads that ask GitHub for all repositories; each keeps its connection."""
    etags, limits = ETags(), Timeouts()

    def make_client() -> Client:
        client = Client(access, ledger, pace, limits)
        client.etags = etags
        return client

    return Workers(make_client, count)


class FleetReader:
    """Reads repositories one by one; safe to share between threads, so that several are read side by side.

    ``workers`` ask GitHub for all of them, at one ``pace``. ``logs``: whether a role that no file tells is looked for in the
    log of the workflow's newest run.
    """

    def __init__(
        self,
        access: GitHubAccess,
        accounts: Accounts,
        ledger: Ledger,
        workers: Workers,
        pace: Pace,
        *,
        cancelled: Callable[[], bool] = lambda: False,
        progress: Callable[[str, int, int], None] = lambda _what, _done, _total: None,
        cache: bool = True,
        logs: bool = True,
    ) -> None:
        self.accounts = accounts
        self.logs = logs
        self.cancelled = cancelled
        self.issuer = issuer_of("github.com" if access.is_loopback else access.host)
        self._access, self._ledger = access, ledger
        self._workers, self._pace = workers, pace
        self._progress = progress
        self._cache = cache
        self._lock = Lock()
        self._elsewhere: dict[FileAt, Reading[WorkflowFile]] = {}

    def read(self, name: str, listed: ListedRepository | None = None) -> RepositoryResult:
        """Read and judge one repository; whatever keeps it from that is a line with the reason. Raises Cancelled only."""
        at = self._ledger.clock()
        try:
            return self._read(name, listed, at)
        except ReadFailure as failure:
            said = f"It cannot be read: {failure.why}."
            result = _unread(name, _status_of(failure), said, failure.how, at)
            # A token that ran out in the middle is followed by another.
            expired = isinstance(failure, BadCredentials)
            return replace(result, repository=replace(result.repository, again=failure.why)) if expired else result
        except GitHubProblem as problem:
            return _unread(name, Status.FAULT, problem.sentence, problem.way_out, at)
        except Cancelled:
            raise
        except Exception as error:  # noqa: BLE001 - one repository must not end the others; what failed stands on its line
            said = f"planescope failed on it ({type(error).__name__}), which is a fault of planescope itself."
            return _unread(name, Status.FAULT, said, "report it", at)

    def ask(self, task: Callable[[Client], T]) -> T:
        """Ask GitHub. Raises ReadFailure, Cancelled."""
        return self.ask_all({"": task})[""]

    def ask_all(self, tasks: Mapping[str, Callable[[Client], T]]) -> dict[str, T]:
        """Ask GitHub several things side by side. Raises ReadFailure, Cancelled."""
        return self._workers.in_parallel("", tasks, Watch(self.cancelled, self._progress))

    def source(self, listed: ListedRepository) -> GitHubSource:
        """Return a reader of one repository, to be closed."""
        return GitHubSource(
            listed.repository.full_name,
            self._access,
            self._ledger,
            pace=self._pace,
            workers=self._workers,
            store=AttemptStore() if self._cache else None,
            known=listed.repository,
        )

    def known_elsewhere(self) -> dict[FileAt, Reading[WorkflowFile]]:
        """Return the workflows of other repositories that were read for any of the fleet."""
        with self._lock:
            return dict(self._elsewhere)

    def remember(self, attempt: Attempt) -> None:
        """Keep the workflows of other repositories that an attempt calls: each is read once for the whole fleet."""
        with self._lock:
            for called in attempt.called_workflows:
                place = called_file(called)
                if (
                    place is not None
                    and place.repository != attempt.repository.full_name
                    and isinstance(called.file, Known)
                ):
                    self._elsewhere[place] = called.file

    def _read(self, name: str, listed: ListedRepository | None, at: datetime) -> RepositoryResult:
        if not names_a_repository(name):
            return _unread(
                name[:_LONGEST_NAME], Status.FAULT, "That is no name of a repository.", "name it OWNER/REPO", at
            )
        place = listed or self.ask(partial(look_at, full_name=name))
        repository = place.repository
        called = repository.full_name
        if called.lower() != name.lower():
            return _unread(name, Status.RENAMED, f"It is called {called} now.", f"name it {called}", at)
        if place.archived:
            return _unread(called, Status.ARCHIVED, "It is archived: GitHub runs no workflow of it.", "", at)
        if place.disabled:
            return _unread(called, Status.DISABLED, "GitHub has disabled it: no workflow runs.", "", at)
        head = self.ask(partial(read_head_files, repository=repository))
        if not head.commit:
            return _unread(called, Status.EMPTY, "It has no commit, so no workflow runs.", "", at)
        return _Repository(self, place, head, at).result()


class _Repository:
    """One repository while it is read."""

    def __init__(self, reader: FleetReader, listed: ListedRepository, head: HeadFiles, at: datetime) -> None:
        self._reader, self._listed, self._head, self._at = reader, listed, head, at
        self._repository = listed.repository
        self._files = {path: workflow_file(text, path) for path, text in head.files}
        self._open_users: list[str] = []
        self._again = ""
        self._states: dict[str, str] | None = None

    def result(self) -> RepositoryResult:
        """Return its lines. Raises ReadFailure, Cancelled."""
        rows: list[WorkflowRow] = []
        roles: list[RoleRecord] = []
        candidates = [path for path, file in self._files.items() if self._is_candidate(path, file)]
        if self._head.left_out:
            self._open_users.append(f"{self._head.left_out} more workflow files were not read")
        if candidates:
            with self._reader.source(self._listed) as source:
                for path in candidates:
                    for row, found in self._judged(source, path):
                        rows.append(row)
                        roles += found
                        self._open_users += (f"{path} assumes {role}, which is not known" for role in row.unknown_roles)
        place = RepositoryRow(
            repository=self._repository.full_name,
            status=Status.READ,
            reason="",
            way_out="",
            workflows=len(self._files) + self._head.left_out,
            releases=len(rows),
            open_users=tuple(self._open_users),
            read_at=self._at,
            again=self._again,
        )
        return RepositoryResult(place, tuple(rows), tuple(roles))

    def _is_candidate(self, path: str, file: Reading[WorkflowFile]) -> bool:
        """Return whether a file is worth a closer look; one that cannot be read may use any role."""
        if not isinstance(file, Known):
            self._open_users.append(
                f"{path} was not read: {file.why if isinstance(file, Unreadable) else 'it is gone'}"
            )
            return False
        if isinstance(file.value.parsed, UnparsableWorkflow):
            # GitHub does not run it as it stands.
            self._open_users.append(f"{path} cannot be parsed: {file.value.parsed.why}")
            return False
        return may_release(file.value.parsed, file.value.text)

    def _judged(self, source: GitHubSource, path: str) -> Iterator[tuple[WorkflowRow, tuple[RoleRecord, ...]]]:
        """Yield the line of a workflow that takes credentials; none of one that does not, or that nothing starts by itself."""
        file = self._files[path]
        reader, cancelled = self._reader, self._reader.cancelled
        workflow = file.value.parsed if isinstance(file, Known) else None
        branch = self._repository.default_branch
        if not isinstance(workflow, Workflow):
            return
        likely = next_starts(workflow, branch)
        read = self._with_files(source, self._attempt(likely[0], path, file, _NOT_ASKED)) if likely else None
        if read is None or not any(
            takes_credentials(replay(self._as(read, start, path, file, _NOT_ASKED), Case())) for start in likely
        ):
            return
        asked = reader.ask_all({"runs": partial(read_newest_runs, repository=self._repository, path=path)})
        customization = source.customization(cancelled=cancelled)
        # Whether a push was one of a tag shows by what the file filters.
        found = asked["runs"].value if isinstance(asked["runs"], Known) else ()
        runs = tuple(replace(run, workflow_file=file) for run in found)
        missing = [] if isinstance(asked["runs"], Known) else [_missing(asked["runs"])]
        others = [
            customization,
            *(called.file for called in read.called_workflows),
            *(each.text for each in read.files),
        ]
        self._again = self._again or _first_passing(others)
        starts = next_starts(workflow, branch, runs)
        lines: list[tuple[Start, WorkflowRow]] = []
        records: list[RoleRecord] = []
        roles = _RolesInLogs(self, source, runs)
        for start in starts[:MOST_STARTS]:
            subject, case, shown = roles.with_role(replay(self._as(read, start, path, file, customization), Case()))
            if not takes_credentials(subject):
                continue
            release = Release(
                subject=subject,
                start=start,
                case=case,
                question=question_of(subject, case, shown),
                move=move_of(self._repository, customization, issuer=reader.issuer),
                runs=runs,
                missing=tuple(missing),
                # They come last.
                aside=start.of_pull_request and bool(lines),
            )
            account = reader.accounts.read(release.question, cancelled)
            if cancelled():
                raise Cancelled
            self._again = self._again or _failed_in_passing(account, missing, live=reader.accounts.live)
            line, used = judged(release, account, self._at)
            lines.append((start, line))
            records += used
        if lines:
            elsewhere = _elsewhere(lines[0][0], branch)
            more = max(0, len(starts) - MOST_STARTS)
            yield on_one_line(lines, left_out=more, state=self._state_of(path), file_of=elsewhere), tuple(records)

    def _state_of(self, path: str) -> str:
        """Return GitHub's state of a workflow, asked for once for all of the repository; active where nobody tells another."""
        if self._states is None:
            try:
                listed = self._reader.ask(partial(list_workflows, repository=self._repository))
                self._states = {each.path: each.state for each in listed}
            except ReadFailure as failure:
                self._states = {}
                self._again = self._again or (failure.why if failure.passing else "")
        return self._states.get(path, "active")

    def _as(
        self,
        read: Attempt,
        start: Start,
        path: str,
        file: Reading[WorkflowFile],
        customization: Reading[OidcCustomization],
    ) -> Attempt:
        """Return the attempt of a start, with the files that were read for another."""
        return replace(
            self._attempt(start, path, file, customization),
            called_workflows=read.called_workflows,
            local_actions=read.local_actions,
            files=read.files,
        )

    def _attempt(
        self, start: Start, path: str, file: Reading[WorkflowFile], customization: Reading[OidcCustomization]
    ) -> Attempt:
        return next_attempt(start, path, file, self._repository, customization, self._at, self._head.commit)

    def _with_files(self, source: GitHubSource, attempt: Attempt) -> Attempt:
        """Return the attempt with the workflows that its jobs call, and the actions and files that its steps use."""
        own = {FileAt(source.name, path, self._head.commit): file for path, file in self._files.items()}
        whole = source.with_files(attempt, {**self._reader.known_elsewhere(), **own}, cancelled=self._reader.cancelled)
        self._reader.remember(whole)
        return whole

    def in_log(self, source: GitHubSource, run: Attempt) -> Replay:
        """Return a run as its log shows it."""
        (read,) = source.complete([run], Depth.VERDICT, cancelled=self._reader.cancelled)
        return replay(read, Case())

    @property
    def looks_into_logs(self) -> bool:
        """Whether a role that no file tells is looked for in logs."""
        return self._reader.logs


class _RolesInLogs:
    """Tells the role that the file leaves to a variable, by the log of the newest run: each log is read once."""

    def __init__(self, repository: _Repository, source: GitHubSource, runs: Sequence[Attempt]) -> None:
        self._repository, self._source = repository, source
        ended = (run for run in runs if run.complete and run.conclusion in ("success", "failure"))
        self._ended = sorted(ended, key=lambda run: (run.created_at, run.run_id, run.attempt), reverse=True)
        self._shown: dict[int, Replay] = {}

    def with_role(self, subject: Replay) -> tuple[Replay, Case, tuple[Replay, ...]]:
        """Return the next run with the role that a log shows, where its one role is not told."""
        written = {session.role_written for session in subject.sessions if session.role_written}
        run = self._run_like(subject.attempt, next(iter(written))) if len(written) == 1 else None
        if run is None or not self._repository.looks_into_logs:
            return subject, Case(), ()
        if run.run_id not in self._shown:
            self._shown[run.run_id] = self._repository.in_log(self._source, run)
        shown = self._shown[run.run_id]
        told = shown.facts.role_arn or shown.facts.session_role
        if told is None:
            return subject, Case(), (shown,)
        case = Case(role_arn=told.value)
        return replay(subject.attempt, case), case, (shown,)

    def _run_like(self, attempt: Attempt, written: str) -> Attempt | None:
        """Return the newest run that was started so; where the role is one variable's or secret's value, any run tells it."""
        same = (run for run in self._ended if (run.event, run.on_tag) == (attempt.event, attempt.on_tag))
        return next(same, next(iter(self._ended), None) if _ONE_VALUE.fullmatch(written) else None)


def _elsewhere(start: Start, default_branch: str | None) -> str:
    """Return the branch whose own file the next run would take, where that is not the default one."""
    heads = "refs/heads/"
    ref = start.ref or ""
    return ref if ref.startswith(heads) and default_branch and ref != f"{heads}{default_branch}" else ""


def _failed_in_passing(account: AccountState | Missing, missing: Sequence[Missing], *, live: bool) -> str:
    """Return why a workflow is worth reading again another time, as a clause; empty where that would bring the same."""
    if missing:
        return f"{missing[0].what}: {missing[0].why}"
    if not live:
        return ""
    if isinstance(account, Missing):
        return f"{account.what}: {account.why}"
    if account.credentials_problem is not None:
        return account.credentials_problem.sentence
    gap = failed_in_passing(account)
    if gap is not None:
        return f"{gap.what}: {gap.why}"
    asked = account.question.role_arn is not None
    return "AWS answered nothing about its role" if asked and unanswered(account) else ""


def _first_passing(readings: Iterable[Reading[object]]) -> str:
    gaps = (each for each in readings if isinstance(each, Unreadable) and each.passing)
    return next((f"{gap.what}: {gap.why}" for gap in gaps), "")


def _unread(name: str, status: Status, said: str, way_out: str, at: datetime) -> RepositoryResult:
    return RepositoryResult(RepositoryRow(name, status, said, way_out, 0, 0, (), at))


def _status_of(failure: ReadFailure) -> Status:
    kinds: tuple[tuple[type[ReadFailure], Status], ...] = (
        (NotFound, Status.NOT_FOUND),
        (RateLimited, Status.RATE_LIMITED),
        (Forbidden, Status.NO_ACCESS),
        (BadCredentials, Status.NO_ACCESS),
        (Unreachable, Status.UNREACHABLE),
    )
    return next((status for kind, status in kinds if isinstance(failure, kind)), Status.FAULT)


def _missing(reading: Reading[object]) -> Missing:
    if isinstance(reading, Unreadable):
        return Missing(reading.what, reading.why, reading.how, reading.permission)
    return Missing("the newest runs", "there are none", "run it once")

"""Read what `planescope drift` reviews: the releases of a repository as they would run next, and the account that they meet.

Nothing is asked twice: the workflow files of a commit come in two requests, every role in one reading of the account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from diagnosis.baseline.images import Runs
from diagnosis.baseline.review import WITHOUT_BASELINE, Seen
from diagnosis.baseline.state import Baseline
from diagnosis.baseline.taken import GitHubSide as GitHubRead
from diagnosis.baseline.taken import JudgedRelease, StatedRelease, state_of
from diagnosis.claims.naming import issuer_at
from diagnosis.diagnose import question_of
from diagnosis.facts.account import AccountQuestion, AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.endpoints import endpoints_of
from diagnosis.facts.github_context import Environment
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.role_usage import Usage
from diagnosis.facts.runs import Attempt, OidcCustomization, Repository
from diagnosis.facts.trail import KEPT
from diagnosis.facts.uses import own_path
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow, WorkflowFile
from diagnosis.live.assessment import assess
from diagnosis.migration.tokens import jobs_with_credentials
from diagnosis.names.arn import Arn
from diagnosis.next_run.attempt import next_attempt
from diagnosis.next_run.starts import Start, next_start, starts_of
from diagnosis.replay.attempt import replay
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.replay import Replay
from probes.github.read.attempt_parts import Depth
from probes.github.source import GitHubSource
from tui.backend import CancelHook, Progress, ProgressHook
from tui.backends.github_side import asking, stop_if
from tui.backends.other_branches import read_elsewhere

StateReader: TypeAlias = Callable[[AccountQuestion, ProgressHook, CancelHook], "AccountState | Missing"]
"""Reads the account without its history; ``Missing`` where nothing at all can be read, with the reason and the way out."""
UsageReader: TypeAlias = Callable[[AccountState, ProgressHook, CancelHook], Usage]
"""Reads when roles were last used, what was pushed to repositories, and who changed what."""

MOST_LOGS = 5
"""Workflows of which the newest run is read, to learn the role that a variable or a secret holds."""
_MOST_PAGES = 10
"""Of a hundred runs each, back to the day of the acceptance."""
_CALLED = "workflow_call"
_NEVER_STARTED = "startup_failure"
_MAY_LAST = timedelta(days=35)
"""So long after it was made a run may still work: it waits for an approval up to 30 days, and is run again within 30."""


@dataclass(frozen=True, slots=True)
class _Release:
    """A workflow file that may release, with its start and the attempt that would be its next."""

    file: WorkflowFile
    attempt: Attempt
    case: Case
    """What is said of it: by the case file, or by the log of its newest run."""
    stated: bool
    """Whether it is one of the ways in which the file can be started; else it is the next run."""


class DriftReader:
    """Reads one repository for one review."""

    def __init__(
        self,
        source: GitHubSource,
        read_state: StateReader,
        read_usage: UsageReader,
        case: Case,
        clock: Callable[[], datetime],
        *,
        progress: ProgressHook,
        cancelled: CancelHook,
    ) -> None:
        self._source, self._read_state, self._read_usage = source, read_state, read_usage
        self._case, self._clock = case, clock
        self._progress, self._cancelled = progress, cancelled

    def seen(
        self, baseline: Baseline | None, roles: Sequence[Arn] = (), *, in_place_of_github: str = "", origin: str = ""
    ) -> Seen:
        """Read everything. Raises BackendProblem where the repository cannot be read, and Cancelled."""
        at = self._clock()
        accepted = baseline.accepted.at if baseline else None
        since = max(accepted if accepted and accepted <= at else at - WITHOUT_BASELINE, at - KEPT)
        with asking():
            repository = self._source.repository(cancelled=self._cancelled)
            form = self._source.customization(cancelled=self._cancelled)
            runs = self._runs(since)
            files, found = self._found(repository, form, runs, at)
            replays = self._replayed(found, runs)
        stop_if(self._cancelled)
        asked = self._question(replays, baseline, roles, repository, since)
        account: AccountState | Missing = Missing("the account", "no workflow names a role", "name one with --role")
        if asked is not None:
            self._say("asking the account")
            account = self._read_state(asked, self._progress, self._cancelled)
        stop_if(self._cancelled)
        nothing = AccountState(asked or AccountQuestion(), at)
        state = account if isinstance(account, AccountState) else nothing
        releases = tuple(
            JudgedRelease(each.file, replayed, assess(replayed, _account_of(each, replayed, state), each.case))
            for each, replayed in replays
            if not each.stated
        )
        stated = [StatedRelease(each.file, replayed, each.case) for each, replayed in replays if each.stated]
        accounts = (state, *state.beside) if asked is not None else ()
        problem = state.credentials_problem
        nothing_read = isinstance(account, Missing) or (problem is not None and not isinstance(state.role, Known))
        gaps = [account] if isinstance(account, Missing) and releases else []
        if problem is not None and nothing_read:
            gaps.append(Missing("the live state of the account", problem.sentence, problem.way_out))
        github = GitHubRead(repository, form, self._environments(stated), files)
        taken = state_of(github, stated, accounts)
        with asking():
            elsewhere = read_elsewhere(self._source, taken, _listed(runs), self._cancelled)
        usage = Usage()
        if isinstance(account, AccountState) and not account.credentials_problem:
            self._say("asking for last accesses, images and changes")
            usage = self._read_usage(account, self._progress, self._cancelled)
        stop_if(self._cancelled)
        return Seen(
            state=taken,
            releases=releases,
            trail=usage.trail,
            usage=usage,
            runs=runs,
            elsewhere=elsewhere,
            at=at,
            gaps=tuple(gaps),
            account_was_read=not nothing_read,
            credentials_problem=state.credentials_problem,
            endpoints=endpoints_of(in_place_of_github, state.endpoints),
            origin=origin,
        )

    # -- GitHub

    def _runs(self, since: datetime) -> Runs:
        """Read the runs that may have been under way since a time."""
        found: list[Attempt] = []
        for number in range(1, _MOST_PAGES + 1):
            page = self._source.list_runs(page=number, cancelled=self._cancelled, progress=self._shown)
            found += page.attempts
            if page.next_page is None or not page.attempts or page.attempts[-1].created_at < since - _MAY_LAST:
                return Runs(Known(tuple(found)), since)
        return Runs(Known(tuple(found)), max(since, found[-1].created_at + _MAY_LAST))

    def _found(
        self, repository: Repository, form: Reading[OidcCustomization], runs: Runs, at: datetime
    ) -> tuple[Reading[tuple[WorkflowFile, ...]], list[_Release]]:
        """Return the workflow files of the default branch, and how those that may release are started.

        One of another branch alone that was not read or understood stands among the files as such.
        """
        self._say("reading the workflows")
        branch = repository.default_branch
        attempts = _listed(runs)
        head: Reading[str] = Unreadable("the default branch", "GitHub names none", "set one")
        if branch is not None:
            head = self._source.head(branch, cancelled=self._cancelled)
            if isinstance(head, Absent):
                head = Unreadable(head.what, "it has no commit", "push one")
        commit = head.value if isinstance(head, Known) else ""
        files: Reading[tuple[WorkflowFile, ...]] = self._files_at(commit) if isinstance(head, Known) else head
        by_path = {file.parsed.path: file for file in (files.value if isinstance(files, Known) else ())}
        called = {
            own_path(job.uses or "")
            for file in by_path.values()
            if isinstance(file.parsed, Workflow)
            for job in file.parsed.jobs
        }
        made: list[_Release] = []
        unread: list[WorkflowFile] = []
        for path in sorted({*by_path, *(_path(run) for run in attempts if _path(run))}):
            own, read_at = by_path.get(path), commit
            newest = max(_runs_of(path, attempts), key=lambda run: (run.created_at, run.run_id), default=None)
            if own is None and newest is not None and newest.ref not in ("", f"refs/heads/{branch}"):
                # It may live on another branch alone: what ran there last is how it stands.
                own, read_at = self._of_another_branch(newest, path), newest.head_sha
                unread += [own] if own is not None and isinstance(own.parsed, UnparsableWorkflow) else []
            for start, file, place, stated in self._starts(path, own, read_at, repository, attempts):
                if start.event == _CALLED and path in called:
                    continue  # it stands in the places of its calls
                if isinstance(file.parsed, Workflow) and jobs_with_credentials(file.parsed):
                    attempt = next_attempt(start, path, Known(file), repository, form, at, place)
                    made.append(_Release(file, attempt, self._case_of(attempt), stated))
        whole = self._source.next_runs([each.attempt for each in made], cancelled=self._cancelled, progress=self._shown)
        if isinstance(files, Known) and unread:
            files = replace(files, value=(*files.value, *unread))
        return files, [replace(each, attempt=attempt) for each, attempt in zip(made, whole, strict=True)]

    def _of_another_branch(self, run: Attempt, path: str) -> WorkflowFile | None:
        """Return a workflow's file as a run had it; None where it is not there, or kept the run from starting."""
        files = self._files_at(run.head_sha) if run.head_sha else None
        if isinstance(files, Unreadable):
            why = f"its file on {run.head_branch} was not read: {files.why}"
            return WorkflowFile("", UnparsableWorkflow(path, why))
        file = self._file_at(run.head_sha, path)
        broken = file is not None and isinstance(file.parsed, UnparsableWorkflow)
        return None if broken and run.conclusion == _NEVER_STARTED else file

    def _starts(
        self, path: str, own: WorkflowFile | None, commit: str, repository: Repository, attempts: Sequence[Attempt]
    ) -> Iterator[tuple[Start, WorkflowFile, str, bool]]:
        """Yield how the workflow is started next, then how its file says it can be (True), each with the file that then runs."""
        runs = _runs_of(path, attempts)
        on_default = f"refs/heads/{repository.default_branch}"
        if own is None or not isinstance(own.parsed, Workflow):
            return
        start = next_start(own.parsed, repository.default_branch, runs)
        if start is None:
            if _CALLED in own.parsed.triggers:
                # Workflows of other repositories may call it: it uses the role all the same.
                yield (
                    Start(_CALLED, None, "called by a workflow of another repository", example=True),
                    own,
                    commit,
                    True,
                )
            return
        file, place = own, commit
        like = next((run for run in runs if start.source == f"like run {run.run_id}"), None)
        if like is not None and start.ref != on_default and not (start.ref or "").startswith("refs/tags/"):
            # A workflow runs as the ref has it that starts it; its newest run tells at which commit that was.
            there = self._file_at(like.head_sha, path)
            file, place = (there, like.head_sha) if there is not None else (own, commit)
        yield start, file, place, False
        for each in starts_of(own.parsed, repository.default_branch):
            yield each, own, commit, True

    def _files_at(self, commit: str) -> Reading[tuple[WorkflowFile, ...]]:
        return self._source.workflows_at(commit, cancelled=self._cancelled, progress=self._shown)

    def _file_at(self, commit: str, path: str) -> WorkflowFile | None:
        files = self._files_at(commit) if commit else None
        listed = files.value if isinstance(files, Known) else ()
        return next((file for file in listed if file.parsed.path == path), None)

    def _replayed(self, found: Iterable[_Release], runs: Runs) -> list[tuple[_Release, Replay]]:
        """Return what releases; a role that no file tells is looked for in the log of the workflow's newest run."""
        attempts = _listed(runs)
        whole: list[tuple[_Release, Replay]] = []
        in_logs: dict[str, Arn | None] = {}
        for release in found:
            replayed = replay(release.attempt, release.case)
            if not replayed.sessions:
                continue
            each, path = release, _path(release.attempt)
            if not each.case.role_arn and not any(item.facts.role_arn for item in replayed.sessions):
                newest = next((run for run in attempts if _path(run) == path and _ended(run)), None)
                if path not in in_logs and newest is not None and len(in_logs) < MOST_LOGS:
                    in_logs[path] = self._role_in_log(newest, each.case)
                if told := in_logs.get(path):
                    each = replace(each, case=replace(each.case, role_arn=told))
                    replayed = replay(each.attempt, each.case)
            whole.append((each, replayed))
        return whole

    def _role_in_log(self, run: Attempt, case: Case) -> Arn | None:
        (recorded,) = self._source.complete([run], Depth.VERDICT, cancelled=self._cancelled, progress=self._shown)
        facts = replay(recorded, case).facts
        told = facts.role_arn or facts.session_role
        return told.value if told else None

    def _case_of(self, attempt: Attempt) -> Case:
        """Return what the case file says of the attempt's workflow; nothing where it speaks of another one."""
        names = (None, "", attempt.workflow_file_name, _path(attempt))
        return (
            replace(self._case, runs=(), splits=(), left_out=())
            if self._case.workflow in names
            else Case(planescope_action=self._case.planescope_action)
        )

    def _environments(self, releases: Iterable[StatedRelease]) -> Reading[tuple[Environment, ...]]:
        """Read the environments; without a job that names one there is nothing to ask for."""
        workflows = (each.replay.workflow for each in releases)
        # A job whose called file was not read may name one as well.
        named = any(
            job.environment or job.uses
            for each in workflows
            for job in (each.jobs if isinstance(each, Workflow) else ())
        )
        if not named:
            return Known(())
        with asking():
            return self._source.environments(cancelled=self._cancelled, progress=self._shown)

    # -- the account

    def _question(
        self,
        replays: Sequence[tuple[_Release, Replay]],
        baseline: Baseline | None,
        roles: Sequence[Arn],
        repository: Repository,
        since: datetime,
    ) -> AccountQuestion | None:
        """Return one question about all roles of all releases, and those that were named or accepted."""
        questions: dict[Arn, AccountQuestion] = {}
        for each, replayed in replays:
            whole = question_of(replayed, each.case)
            for question in (whole, *whole.beside):
                arn = question.role_arn
                if arn is not None:
                    plain = replace(
                        question, beside=(), tag=None, evidence_root=None, actions=(), since=since, until=None
                    )
                    questions[arn] = _joined(questions[arn], plain) if arn in questions else plain
        further = (*roles, *(role.arn for role in (baseline.state.roles if baseline else ())))
        issuer = issuer_at(repository.html_url)
        for arn in further:
            questions.setdefault(arn, AccountQuestion(arn, issuer=issuer, region=self._case.region, since=since))
        if not questions:
            return None
        own, *others = questions.values()
        return replace(own, beside=tuple(others))

    def _say(self, what: str) -> None:
        self._progress(Progress(what))

    def _shown(self, what: str, done: int, total: int) -> None:
        self._progress(Progress(what, done, total))


def _account_of(release: _Release, replayed: Replay, state: AccountState) -> AccountState:
    """Return the account that a release meets; where nothing tells its role, nothing is known of that."""
    if release.case.role_arn or any(session.facts.role_arn for session in replayed.sessions):
        return state
    return AccountState(replace(question_of(replayed, release.case), beside=()), state.read_at)


def _listed(runs: Runs) -> tuple[Attempt, ...]:
    return runs.attempts.value if isinstance(runs.attempts, Known) else ()


def _runs_of(path: str, attempts: Iterable[Attempt]) -> list[Attempt]:
    return [run for run in attempts if _path(run) == path]


def _path(run: Attempt) -> str:
    """Return the path of a run's workflow file; empty for what GitHub made itself."""
    path = run.workflow_path.partition("@")[0]
    return path if path.startswith(".github/workflows/") else ""


def _ended(run: Attempt) -> bool:
    return run.complete and run.conclusion in ("success", "failure")


def _joined(first: AccountQuestion, second: AccountQuestion) -> AccountQuestion:
    """Return one question about one role for two workflows that use it."""
    places = (*first.repositories, *((second.repository_arn,) if second.repository_arn else ()), *second.repositories)
    own = (
        first
        if first.repository
        else replace(
            first, repository=second.repository, registry_id=second.registry_id, region=second.region or first.region
        )
    )
    return replace(
        own,
        role_path_unknown=first.role_path_unknown and second.role_path_unknown,
        repositories=tuple(arn for arn in dict.fromkeys(places) if arn != own.repository_arn),
        resources=tuple(dict.fromkeys((*first.resources, *second.resources))),
        session_name=first.session_name if first.session_name == second.session_name else None,
        subjects=tuple(dict.fromkeys((*first.subjects, *second.subjects))),
    )

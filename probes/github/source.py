"""Read a repository's workflow runs as frozen values. The rest of planescope asks GitHub through this module alone.

What fails in part becomes an Unreadable reading inside the attempt; what fails as a whole is a :class:`GitHubProblem`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from threading import Lock
from typing import Self, TypeAlias, TypeVar

from diagnosis.facts.closure_facts import DecisionLog
from diagnosis.facts.github_context import CommitsBetween, Environment
from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt, OidcCustomization, Owner, Repository
from diagnosis.facts.workflow import Workflow, WorkflowFile
from diagnosis.steps.files_wanted import files_wanted
from probes.github.http.body import Timeouts
from probes.github.http.client import Client
from probes.github.http.credentials import GitHubAccess
from probes.github.http.errors import GitHubProblem
from probes.github.http.etags import ETags
from probes.github.http.pace import Pace, RateLimit, Watch, never, silent
from probes.github.http.room import MOST_HELD, Room
from probes.github.http.workers import MOST_WORKERS, Workers, as_whole
from probes.github.read.arrivals import Beside
from probes.github.read.attempt_parts import Depth, Parts
from probes.github.read.attempts import read_again, read_attempt, read_earlier
from probes.github.read.commits_between import read_between
from probes.github.read.decision_log import log_place, read_decision_log
from probes.github.read.environments import read_environment, read_environments
from probes.github.read.green_run import read_green_run
from probes.github.read.kept_texts import KeptTexts
from probes.github.read.other_workflows import OtherWorkflows
from probes.github.read.repository_files import Wanted
from probes.github.read.repository_workflows import read_head, read_owner, read_workflow_paths
from probes.github.read.runs import RunFilter, RunPage, list_runs, read_repository
from probes.github.read.workflow_list import ListedWorkflow, list_workflows
from probes.github.read.workflow_text import FileAt, read_file
from probes.github.stored_attempts import StoredAttempts
from probes.github.stored_conclusions import StoredConclusions
from probes.ledger import Ledger
from probes.store.attempts import AttemptStore
from probes.workflow_file import workflow_file

T = TypeVar("T")
CancelHook: TypeAlias = Callable[[], bool]
ProgressHook: TypeAlias = Callable[[str, int, int], None]
"""``(what, done, total)``; called from the asking thread, and from others while a rate limit is waited out."""

_NAME = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9_.-]{1,100}/(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}")
_MOST_ATTEMPTS = 100
"""GitHub allows about fifty reruns of a run."""


def names_a_repository(text: str) -> bool:
    """Return whether a text is ``OWNER/NAME`` as GitHub takes it."""
    return _NAME.fullmatch(text) is not None


class GitHubSource:
    """Reads one repository. Safe to share between threads; close it when done.

    ``label`` puts the labels of a recording on an attempt. ``workers`` is the number of requests under way at once, at
    most sixteen, or the workers of several sources together, which stay open when this one is closed; ``known`` is the
    repository where it was read already. ``client`` makes the client of a thread. ``store`` spares asking for
    completed attempts that were read before; it is closed with the source. ``wanted`` tells which files an attempt's steps use.
    ``memory`` is what the parts of attempts that are read together may take, in bytes.
    """

    def __init__(
        self,
        repository: str,
        access: GitHubAccess,
        ledger: Ledger,
        *,
        label: Callable[[Attempt], Attempt] = lambda attempt: attempt,
        timeouts: Timeouts | None = None,
        pace: Pace | None = None,
        workers: int | Workers = MOST_WORKERS,
        client: Callable[[GitHubAccess, Ledger, Pace, Timeouts], Client] = Client,
        store: AttemptStore | None = None,
        wanted: Wanted = files_wanted,
        memory: int = MOST_HELD,
        known: Repository | None = None,
    ) -> None:
        if not names_a_repository(repository):
            raise GitHubProblem(f"`{repository[:80]}` names no repository.", "Write OWNER/NAME.")
        self.name = repository
        self.access = access
        self._label = label
        self._memory = memory
        self._clock = ledger.clock
        self._pace = pace or Pace(anonymous=not access.token, throttled=not access.is_loopback, clock=ledger.clock)
        limits = timeouts or Timeouts()
        etags = ETags()

        def make_client() -> Client:
            made = client(access, ledger, self._pace, limits)
            made.etags = etags
            return made

        self._workers = workers if isinstance(workers, Workers) else Workers(make_client, workers)
        self._owns_workers = self._workers is not workers
        self._kept = KeptTexts(access, repository, store)
        self._parts = Parts(self._workers, self._kept, wanted)
        self._others = OtherWorkflows(self._workers, self._kept)
        self._stored = StoredAttempts(store, access, repository) if store is not None else None
        self.conclusions = StoredConclusions(store, access, repository) if store is not None else None
        """What was concluded before about this repository's attempts; None without a store."""
        self._lock = Lock()
        self._repository: Repository | None = known

    @property
    def store_note(self) -> str:
        """What is wrong with the local store, as a sentence; empty while nothing is, and without a store."""
        return self._stored.store.note if self._stored else ""

    @property
    def rate_limit(self) -> RateLimit | None:
        """What is left of GitHub's primary rate limit, as the last answers told; None before the first."""
        return self._pace.left

    @property
    def address(self) -> str:
        """The repository's address on the web, as GitHub tells it once it was asked."""
        with self._lock:
            known = self._repository.html_url if self._repository else ""
        return known or f"https://{self.access.host}/{self.name}"

    def repository(self, *, cancelled: CancelHook = never) -> Repository:
        """Read the repository with its ids and date of creation, once. Raises GitHubProblem, Cancelled."""
        with self._lock:
            known = self._repository
        if known is None:
            what = f"The repository {self.name}"
            known = self._workers.whole(what, Watch(cancelled), lambda client: read_repository(client, self.name))
            with self._lock:
                self._repository = known
        return known

    def list_runs(
        self,
        run_filter: RunFilter | None = None,
        page: int = 1,
        *,
        cancelled: CancelHook = never,
        progress: ProgressHook = silent,
    ) -> RunPage:
        """Read a page of a hundred runs, newest first, without jobs; pages count from 1. Raises GitHubProblem, Cancelled."""
        repository = self.repository(cancelled=cancelled)
        wanted = run_filter or RunFilter()
        found = self._workers.whole(
            f"The list of runs of {self.name}",
            Watch(cancelled, progress),
            lambda client: list_runs(client, repository, wanted, page),
        )
        return replace(found, attempts=tuple(self._label(attempt) for attempt in found.attempts))

    def attempt(
        self,
        run_id: int,
        attempt: int | None = None,
        depth: Depth = Depth.FULL,
        *,
        cancelled: CancelHook = never,
        progress: ProgressHook = silent,
    ) -> Attempt:
        """Read one attempt (None: the latest) with its parts. Raises GitHubProblem, Cancelled."""
        return self.attempts([(run_id, attempt)], depth, cancelled=cancelled, progress=progress)[0]

    def attempts(
        self,
        keys: Sequence[tuple[int, int | None]],
        depth: Depth = Depth.FULL,
        *,
        cancelled: CancelHook = never,
        progress: ProgressHook = silent,
    ) -> tuple[Attempt, ...]:
        """Read several attempts by ``(run id, attempt)``, in the order given. Raises GitHubProblem, Cancelled."""
        return self.complete(
            self._runs(keys, Watch(cancelled, progress)), depth, cancelled=cancelled, progress=progress
        )

    def attempts_of(
        self,
        run_id: int,
        depth: Depth = Depth.FULL,
        *,
        cancelled: CancelHook = never,
        progress: ProgressHook = silent,
    ) -> tuple[Attempt, ...]:
        """Read all attempts of a run, the first first. Raises GitHubProblem, Cancelled."""
        return self.attempts_of_all([run_id], depth, cancelled=cancelled, progress=progress)

    def attempts_of_all(
        self,
        runs: Sequence[int],
        depth: Depth = Depth.FULL,
        *,
        cancelled: CancelHook = never,
        progress: ProgressHook = silent,
    ) -> tuple[Attempt, ...]:
        """Read all attempts of several runs, run by run, of each the first first. Raises GitHubProblem, Cancelled."""
        latest = self._runs([(run_id, None) for run_id in runs], Watch(cancelled, progress))
        whole = self.with_earlier(latest, cancelled=cancelled, progress=progress)
        return self.complete(whole, depth, cancelled=cancelled, progress=progress)

    def with_earlier(
        self, latest: Iterable[Attempt], *, cancelled: CancelHook = never, progress: ProgressHook = silent
    ) -> tuple[Attempt, ...]:
        """Return each run's latest attempt after the earlier ones, without parts. Raises GitHubProblem, Cancelled."""
        asked = tuple(latest)
        tasks: dict[tuple[int, int], Callable[[Client], Attempt]] = {}
        found: dict[tuple[int, int], Attempt] = {}
        for attempt in asked:
            what = f"An attempt of the run {attempt.run_id} of {self.name}"
            numbers = _numbers_before(attempt)
            stored = self._stored.earlier(attempt) if self._stored and numbers else {}
            found |= {(attempt.run_id, number): stored[number] for number in numbers if number in stored}
            for number in numbers:
                if number not in stored:
                    read = partial(read_earlier, latest=attempt, number=number)
                    tasks[attempt.run_id, number] = as_whole(what, read)
        found |= self._workers.in_parallel("reading runs", tasks, Watch(cancelled, progress))
        return tuple(
            self._label(each)
            for attempt in asked
            for each in (*(found[attempt.run_id, number] for number in _numbers_before(attempt)), attempt)
        )

    def complete(
        self,
        attempts: Iterable[Attempt],
        depth: Depth = Depth.FULL,
        *,
        with_artifacts: Collection[tuple[int, int]] = (),
        beside: Beside | None = None,
        cancelled: CancelHook = never,
        progress: ProgressHook = silent,
    ) -> tuple[Attempt, ...]:
        """Read the parts of attempts as :meth:`list_runs` gave them. Raises Cancelled only.

        The cheapest way to many verdicts: the list has brought the runs already. ``with_artifacts`` holds the keys of
        those whose artifacts are read although ``Depth.DIAGNOSIS`` would leave them out. ``beside`` is given the attempts
        as they get whole, while others are still being read.
        """
        watch = Watch(cancelled, progress, Room(self._memory))
        asked = tuple(attempts)
        labelled: dict[int, Attempt] = {}

        def whole(attempt: Attempt) -> None:
            labelled[id(attempt)] = self._label(attempt)
            if beside is not None:
                beside.take(labelled[id(attempt)])

        stored, began = self._stored if depth >= Depth.JOBS else None, self._pace.told_at
        filled, customization = asked, None
        if stored is not None:
            fill = partial(stored.filled, asked, depth)
            filled, customization = self._parts.beside_customization(asked, depth, watch, fill)
        if beside is not None:
            beside.expect(sum(not isinstance(attempt.jobs, Known) for attempt in filled))
        found = self._parts.add(filled, depth, watch, with_artifacts, whole, customization)
        if stored is not None:
            stored.keep(filled, found, depth, began)
        return tuple(labelled.get(id(attempt)) or self._label(attempt) for attempt in found)

    def with_files(
        self, attempt: Attempt, files: Mapping[FileAt, Reading[WorkflowFile]], *, cancelled: CancelHook = never
    ) -> Attempt:
        """Add to an attempt that has not begun what its files call and use; ``files`` are those that were read already.

        As :meth:`next_runs`, without the other workflows of its commit. No request where all is there. Raises Cancelled only.
        """
        (whole,) = self._parts.of_next_runs((attempt,), files, Watch(cancelled, room=Room(self._memory)))
        return whole

    def with_other_workflows(
        self, attempt: Attempt, *, cancelled: CancelHook = never, progress: ProgressHook = silent
    ) -> Attempt:
        """Return the attempt with the other workflow files of its commit: at most two requests. Raises Cancelled only.

        The workflow files that it ran must have been read: they are not among them.
        """
        return self._others.add(attempt, Watch(cancelled, progress))

    def green_run(
        self, subject: Attempt, *, cancelled: CancelHook = never, progress: ProgressHook = silent
    ) -> Reading[Attempt]:
        """Return the last success of an attempt's workflow with its jobs: one request for the list, one for them.

        The one on the same ref and by the same event is preferred. Raises GitHubProblem, Cancelled.
        """
        watch = Watch(cancelled, progress)
        task = partial(read_green_run, subject=subject, now=self._clock())
        found = self._workers.whole("The workflow's last success", watch, task)
        if not isinstance(found, Known):
            return found
        (attempt,) = self.complete((found.value,), Depth.JOBS, cancelled=cancelled, progress=progress)
        return replace(found, value=attempt)

    def refresh(
        self, attempts: Iterable[Attempt], *, cancelled: CancelHook = never, progress: ProgressHook = silent
    ) -> tuple[Attempt, ...]:
        """Return those attempts that have changed since they were read, as they are now, without parts.

        Only active ones are asked about, each in one request that costs no part of the rate limit while nothing changes.
        Where a run was started again meanwhile, its new attempt is there as well. Raises GitHubProblem, Cancelled.
        """
        tasks = {
            attempt.key: as_whole(f"The run {attempt.run_id} of {self.name}", partial(read_again, attempt=attempt))
            for attempt in attempts
            if attempt.status not in ("completed", "unknown")
        }
        found = self._workers.in_parallel("reading runs", tasks, Watch(cancelled, progress))
        changed = {attempt.key: attempt for group in found.values() for attempt in group}
        return tuple(self._label(attempt) for attempt in changed.values())

    def between(
        self, attempts: Sequence[Attempt], *, cancelled: CancelHook = never, progress: ProgressHook = silent
    ) -> tuple[Reading[CommitsBetween], ...]:
        """Read what was committed before each attempt but the first, since the one before it. Raises Cancelled only."""
        pairs = dict(enumerate(pairwise(attempts)))
        tasks = {place: partial(read_between, base=base, head=head) for place, (base, head) in pairs.items()}
        found = self._workers.in_parallel("reading commits", tasks, Watch(cancelled, progress))
        return tuple(found[place] for place in pairs)

    def changed(
        self,
        pairs: Sequence[tuple[Attempt, Attempt]],
        *,
        cancelled: CancelHook = never,
        progress: ProgressHook = silent,
    ) -> tuple[Reading[CommitsBetween], ...]:
        """Read which files differ between the commits of two attempts, a request for each pair. Raises Cancelled only."""
        tasks = {
            place: partial(read_between, base=base, head=head, pull_requests=False)
            for place, (base, head) in enumerate(pairs)
        }
        found = self._workers.in_parallel("reading changed files", tasks, Watch(cancelled, progress))
        return tuple(found[place] for place in tasks)

    def decision_log(
        self, stated: str, commit: str | None, *, cancelled: CancelHook = never, progress: ProgressHook = silent
    ) -> Reading[DecisionLog]:
        """Read the decision log that a case names. Raises GitHubProblem (no such repository), Cancelled."""
        repository = self.repository(cancelled=cancelled)
        place = log_place(stated, commit, repository.full_name, repository.html_url)
        if place is None:
            why = "it is no path within the repository, and no address of a file in it"
            return Unreadable("the decision log", why, "name it as the repository has it (decision_log)", lasting=True)
        task = partial(read_decision_log, repository=repository, place=place, kept=self._kept, now=self._clock())
        return self._workers.whole("The decision log", Watch(cancelled, progress), task)

    def environments(
        self, *, cancelled: CancelHook = never, progress: ProgressHook = silent
    ) -> Reading[tuple[Environment, ...]]:
        """Read the deployment environments as they are now. Raises GitHubProblem (no such repository), Cancelled."""
        task = partial(read_environments, repository=self.repository(cancelled=cancelled))
        return self._workers.whole("The environments", Watch(cancelled, progress), task)

    def environment(
        self, name: str, *, cancelled: CancelHook = never, progress: ProgressHook = silent
    ) -> Reading[Environment]:
        """Read one environment as it is now; Absent where there is none of this name. Raises as :meth:`environments`."""
        task = partial(read_environment, repository=self.repository(cancelled=cancelled), name=name)
        return self._workers.whole(f"The environment {name}", Watch(cancelled, progress), task)

    def workflows(self, *, cancelled: CancelHook = never) -> tuple[ListedWorkflow, ...]:
        """List the repository's workflows by their names. Raises GitHubProblem, Cancelled."""
        task = partial(list_workflows, repository=self.repository(cancelled=cancelled))
        return self._workers.whole(f"The workflows of {self.name}", Watch(cancelled), task)

    def workflow_files(
        self, *, cancelled: CancelHook = never, progress: ProgressHook = silent
    ) -> Reading[tuple[Reading[WorkflowFile], ...]]:
        """Read the workflow files of the default branch, each with its own reading. Raises as :meth:`environments`."""
        watch = Watch(cancelled, progress)
        listing = partial(read_workflow_paths, repository=self.repository(cancelled=cancelled))
        listed = self._workers.whole(f"The workflows of {self.name}", watch, listing)
        if not isinstance(listed, Known):
            return listed
        tasks = {place: partial(read_file, file=place) for place in listed.value}
        found = self._workers.in_parallel("reading workflow files", tasks, watch)
        return Known(tuple(workflow_file(found[place], place.path) for place in tasks))

    def customization(self, *, cancelled: CancelHook = never) -> Reading[OidcCustomization]:
        """Read how the repository's subjects are formed. Raises as :meth:`environments`."""
        return self._parts.customization(self.repository(cancelled=cancelled), Watch(cancelled))

    def head(self, branch: str, *, cancelled: CancelHook = never) -> Reading[str]:
        """Read at which commit a branch stands. Raises as :meth:`environments`."""
        task = partial(read_head, repository=self.repository(cancelled=cancelled), branch=branch)
        return self._workers.whole(f"The branch {branch}", Watch(cancelled), task)

    def workflows_at(
        self, commit: str, *, cancelled: CancelHook = never, progress: ProgressHook = silent
    ) -> Reading[tuple[WorkflowFile, ...]]:
        """Read all workflow files of a commit, in at most two requests. Raises Cancelled only."""
        return self._others.at(self.name, commit, Watch(cancelled, progress))

    def next_runs(
        self, attempts: Sequence[Attempt], *, cancelled: CancelHook = never, progress: ProgressHook = silent
    ) -> tuple[Attempt, ...]:
        """Add to attempts that have not begun what their files call and use, and the other workflows of their commits.

        They are made by :func:`diagnosis.next_run.attempt.next_attempt`, their own files read. Raises Cancelled only.
        """
        watch = Watch(cancelled, progress)
        # The folder is read whole in any case: what is called of it is not asked for a second time.
        files: dict[FileAt, Reading[WorkflowFile]] = {}
        for commit in dict.fromkeys(attempt.head_sha for attempt in attempts if attempt.head_sha):
            folder = self._others.at(self.name, commit, watch)
            for file in folder.value if isinstance(folder, Known) else ():
                if isinstance(file.parsed, Workflow):
                    files[FileAt(self.name, file.parsed.path, commit)] = Known(file)
        whole = self._parts.of_next_runs(attempts, files, watch)
        return tuple(self._others.add(attempt, watch) for attempt in whole)

    def owner(self, login: str, *, cancelled: CancelHook = never) -> Reading[Owner]:
        """Read a user or an organization with its id. Raises GitHubProblem, Cancelled."""
        task = partial(read_owner, login=login)
        return self._workers.whole(f"The owner {login}", Watch(cancelled), task)

    def ask(self, what: str, task: Callable[[Client], T], *, cancelled: CancelHook = never) -> T:
        """Ask for something else; ``what`` begins the sentence of a GitHubProblem. Raises GitHubProblem, Cancelled."""
        return self._workers.whole(what, Watch(cancelled), task)

    def close(self) -> None:
        """Let go of threads and sockets without waiting for answers. May be called again."""
        if self._owns_workers:
            self._workers.close()
        if self._stored is not None:
            self._stored.store.close()

    def _runs(self, keys: Sequence[tuple[int, int | None]], watch: Watch) -> tuple[Attempt, ...]:
        """Read run objects side by side, each once."""
        repository = self.repository(cancelled=watch.cancelled)

        def task(key: tuple[int, int | None]) -> Callable[[Client], Attempt]:
            return as_whole(f"The run {key[0]} of {self.name}", lambda client: read_attempt(client, repository, *key))

        found = self._workers.in_parallel("reading runs", {key: task(key) for key in keys}, watch)
        return tuple(found[key] for key in keys)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _numbers_before(latest: Attempt) -> range:
    return range(max(1, latest.attempt - _MOST_ATTEMPTS), latest.attempt)

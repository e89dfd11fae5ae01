"""Read the parts of attempts in two rounds: first what the run names, then what its jobs name.

A failed attempt whose log can be read costs three requests: its jobs, the log's address, the log. What attempts have in
common (a workflow file at a commit, the repository's OIDC customization) is asked for once. Files that the steps use (a
script, a Makefile) cost one more each, once for a commit; most runs use none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import IntEnum
from functools import partial
from threading import Lock
from typing import Any, TypeAlias, TypeVar

from diagnosis.facts.reading import Absent, Known, Reading, Unreadable, mapped
from diagnosis.facts.runs import Attempt, CalledWorkflow, Job, OidcCustomization, Repository
from diagnosis.facts.uses import own_path
from diagnosis.facts.workflow import Workflow, WorkflowFile
from diagnosis.steps.called_workflows import DEEPEST
from diagnosis.steps.files_wanted import files_wanted
from probes.github.http.client import Client
from probes.github.http.pace import Watch
from probes.github.http.workers import Workers
from probes.github.read.action_files import ActionFiles
from probes.github.read.arrivals import Arrivals, Whole
from probes.github.read.artifacts import read_artifacts
from probes.github.read.attempts import read_jobs
from probes.github.read.jobs_to_read import STOPPED, jobs_to_read, steps_to_read
from probes.github.read.kept_texts import KeptTexts
from probes.github.read.logs.job_texts import JobTexts, read_log, read_log_and_annotations
from probes.github.read.logs.step_logs import StepLogs
from probes.github.read.oidc_customization import read_customization
from probes.github.read.repository_files import RepositoryFiles, Wanted
from probes.github.read.workflow_text import FileAt, called_file, file_of, read_file
from probes.workflow_file import workflow_file

MOST_LOGS = 40
"""Of one attempt, unless everything is read."""
NOT_CHOSEN = f"the job neither failed nor releases anything, or the attempt has more than {MOST_LOGS} such jobs"
"""Why a log was left out."""

_MOST_CALLED = 100
"""Workflows that one run calls."""
_NO_CALLED_FILE = Unreadable(
    "the called workflow", "it was not read", "let the token read that repository", "contents: read"
)

Task: TypeAlias = Callable[[Client], Any]
T = TypeVar("T")
Key: TypeAlias = tuple[int, int]
"""``(run id, attempt)``."""


class Depth(IntEnum):
    """How much of an attempt is read; each includes those before it."""

    RUN = 0
    """The run object."""
    JOBS = 1
    """Its jobs with their steps."""
    LOGS = 2
    """The logs of the jobs that stopped it (annotations where such a log is gone), and nothing else: the fewest requests
    that name a cause, for many runs at once."""
    VERDICT = 3
    """What decides: the logs of releasing jobs as well, the workflow files, the OIDC customization."""
    DIAGNOSIS = 4
    """The artifacts with their small JSON files, where they tell what nothing else does: of a success, whose evidence is
    judged, and of an attempt whose logs are not there. Of a failure with readable logs they decide nothing."""
    FULL = 5
    """The artifacts of every attempt."""
    EVERYTHING = 6
    """All logs and all annotations: for a recording."""


class Parts:
    """Reads parts side by side; remembers what is the same for many attempts."""

    def __init__(self, workers: Workers, kept: KeptTexts, wanted: Wanted = files_wanted) -> None:
        self._workers = workers
        self._actions = ActionFiles(workers)
        self._step_files = RepositoryFiles(workers, kept, wanted)
        self._by_step = StepLogs()
        self._lock = Lock()
        self._files: dict[FileAt, Reading[WorkflowFile]] = {}
        self._customization: Reading[OidcCustomization] | None = None

    def add(
        self,
        attempts: Sequence[Attempt],
        depth: Depth,
        watch: Watch,
        with_artifacts: Collection[Key] = (),
        whole: Whole = lambda _attempt: None,
        customization: Reading[OidcCustomization] | None = None,
    ) -> tuple[Attempt, ...]:
        """Add the parts that the depth asks for; what a completed attempt has already is not asked for again.

        ``with_artifacts`` names those whose artifacts are read although the depth would leave them out. ``whole`` is called
        with an attempt that will be returned as it is, as soon as it is so while others are being read.
        ``customization`` is given where it was read just now. Raises Cancelled only.
        """
        if depth < Depth.JOBS or not attempts:
            return tuple(attempts)
        tasks = self._first_round(attempts, depth, with_artifacts)
        given: dict[Hashable, Any] = {} if customization is None else {"customization": customization}
        for name in given:
            tasks.pop(name, None)
        answers = {**self._workers.in_parallel("reading jobs", tasks, watch), **given}
        found = {
            key: workflow_file(answer, key.path) if isinstance(key, FileAt) else answer
            for key, answer in answers.items()
        }
        self._remember(found)
        silent = [self._with_first_round(attempt, found) for attempt in attempts]
        if depth < Depth.LOGS:
            return tuple(silent)
        if depth >= Depth.VERDICT:
            silent = list(self._actions.add(silent, [_workflows(attempt) for attempt in silent], watch))
            silent = list(self._step_files.add(silent, watch))

        def spoken(attempt: Attempt) -> None:
            if depth != Depth.DIAGNOSIS or not _wants_artifacts(attempt):
                whole(attempt)

        told = self._with_words(silent, depth, watch, spoken)
        return self._with_artifacts(told, watch) if depth == Depth.DIAGNOSIS else told

    def of_next_runs(
        self, attempts: Sequence[Attempt], files: Mapping[FileAt, Reading[WorkflowFile]], watch: Watch
    ) -> tuple[Attempt, ...]:
        """Add to attempts that have not begun what their files call and use; their own files must have been read.

        GitHub records the called workflows of a run alone: of one that is to come the files name them. ``files`` are those that
        were read already. Raises Cancelled only.
        """
        self._remember(dict(files.items()))
        whole = list(attempts)
        for _ in range(DEEPEST):
            calls = [_lacking_calls(attempt) for attempt in whole]
            if not any(calls):
                break
            places = {place for each in calls for called in each if (place := called_file(called)) is not None}
            with self._lock:
                tasks = {place: partial(read_file, file=place) for place in places if place not in self._files}
            answers = self._workers.in_parallel("reading called workflows", tasks, watch) if tasks else {}
            found = {place: workflow_file(answer, place.path) for place, answer in answers.items()}
            self._remember(dict(found.items()))
            with self._lock:
                known = {**self._files, **found}
            whole = [
                replace(
                    attempt,
                    called_workflows=(*attempt.called_workflows, *(_with_file(called, known) for called in each)),
                )
                for attempt, each in zip(whole, calls, strict=True)
            ]
        whole = list(self._actions.add(whole, [_workflows(attempt) for attempt in whole], watch))
        return self._step_files.add(whole, watch)

    def customization(self, repository: Repository, watch: Watch) -> Reading[OidcCustomization]:
        """Read how the repository's subjects are formed; once, for the attempts that are read afterwards as well."""
        with self._lock:
            known = self._customization
        if known is not None:
            return known
        tasks: dict[Hashable, Task] = {"customization": _bind(read_customization, repository)}
        found = self._workers.in_parallel("", tasks, watch)
        self._remember(found)
        reading: Reading[OidcCustomization] = found["customization"]
        return reading

    def beside_customization(
        self, attempts: Sequence[Attempt], depth: Depth, watch: Watch, work: Callable[[], T]
    ) -> tuple[T, Reading[OidcCustomization] | None]:
        """Do work of another kind while the customization is asked for; None where :meth:`add` does not need it."""
        with self._lock:
            needed = depth >= Depth.VERDICT and bool(attempts) and self._customization is None
        if not needed:
            return work(), None
        tasks: dict[Hashable, Task] = {
            "customization": _bind(read_customization, attempts[0].repository),
            "work": lambda _client: work(),
        }
        found = self._workers.in_parallel("", tasks, watch)
        return found["work"], found["customization"]

    def _first_round(
        self, attempts: Sequence[Attempt], depth: Depth, with_artifacts: Collection[Key]
    ) -> dict[Hashable, Task]:
        tasks: dict[Hashable, Task] = {}
        for attempt in attempts:
            if not _settled(attempt, attempt.jobs):
                tasks["jobs", attempt.key] = _bind(read_jobs, attempt)
        if depth >= Depth.VERDICT:
            tasks |= self._shared(attempts)
        if depth >= Depth.DIAGNOSIS:
            for attempt in attempts:
                wanted = depth >= Depth.FULL or attempt.conclusion == "success" or attempt.key in with_artifacts
                if wanted and not _settled(attempt, attempt.artifacts):
                    tasks["artifacts", attempt.key] = _bind(read_artifacts, attempt)
        return tasks

    def _shared(self, attempts: Sequence[Attempt]) -> dict[Hashable, Task]:
        """Return the tasks for what many attempts have in common and was not read yet."""
        tasks: dict[Hashable, Task] = {}
        with self._lock:
            if self._customization is None:
                tasks["customization"] = _bind(read_customization, attempts[0].repository)
            # First what is there already: another attempt of the same commit need not ask for it.
            needed = [(attempt, place, file) for attempt in attempts for place, file in _files_of(attempt)]
            self._files.update({place: file for _, place, file in needed if isinstance(file, Known)})
            for attempt, place, file in needed:
                if place not in self._files and not _settled(attempt, file):
                    tasks[place] = _bind(read_file, place)
        return tasks

    def _remember(self, found: Mapping[Hashable, Any]) -> None:
        """Keep what cannot change: a file at a commit. What could not be read is asked for again next time."""
        with self._lock:
            for key, reading in found.items():
                if isinstance(key, FileAt) and not isinstance(reading, Unreadable):
                    self._files[key] = reading
            customization = found.get("customization")
            if customization is not None and not isinstance(customization, Unreadable):
                self._customization = customization

    def _with_first_round(self, attempt: Attempt, found: dict[Hashable, Any]) -> Attempt:
        with self._lock:
            files = {**self._files, **{key: value for key, value in found.items() if isinstance(key, FileAt)}}
            customization = found.get("customization", self._customization)
        place = file_of(attempt)
        own = _under(files.get(place), attempt.workflow_path) if isinstance(place, FileAt) else place
        return replace(
            attempt,
            jobs=_with_words_kept(attempt, found.get(("jobs", attempt.key), attempt.jobs)),
            artifacts=found.get(("artifacts", attempt.key), attempt.artifacts),
            workflow_file=own or attempt.workflow_file,
            oidc_customization=customization or attempt.oidc_customization,
            called_workflows=tuple(_with_file(called, files) for called in attempt.called_workflows),
        )

    def _with_words(
        self, attempts: Sequence[Attempt], depth: Depth, watch: Watch, spoken: Whole
    ) -> tuple[Attempt, ...]:
        """Read in a second round the logs of the jobs that decide, and annotations where a log does not serve."""
        tasks: dict[tuple[Key, int], Callable[[Client], JobTexts]] = {}
        texts: dict[tuple[Key, int], JobTexts] = {}
        for attempt in attempts:
            workflows = _workflows(attempt)
            for job in _chosen(attempt, workflows, depth):
                if _has_texts(attempt, job, depth):
                    continue
                read = read_log_and_annotations if depth >= Depth.EVERYTHING else read_log
                steps = steps_to_read(job, workflows)
                tasks[attempt.key, job.id] = _bind(read, attempt.repository, job, steps, self._by_step)
        told = Arrivals(
            attempts, tuple(key for key, _job in tasks), lambda each: _with_texts(each, texts, depth), spoken
        )

        def take(place: tuple[Key, int], found: JobTexts) -> None:
            texts[place] = found
            told.one_came(place[0])

        self._workers.in_parallel("reading logs", tasks, watch, take)
        return told.attempts()

    def _with_artifacts(self, attempts: Sequence[Attempt], watch: Watch) -> tuple[Attempt, ...]:
        """Read in a third round, for old runs, artifacts that may stand in for what the logs would have told."""
        tasks = {attempt.key: _bind(read_artifacts, attempt) for attempt in attempts if _wants_artifacts(attempt)}
        found = self._workers.in_parallel("reading artifacts", tasks, watch)
        return tuple(replace(a, artifacts=found[a.key]) if a.key in found else a for a in attempts)


def _bind(read: Callable[..., Any], *arguments: Any) -> Task:
    return lambda client: read(client, *arguments)


def _settled(attempt: Attempt, reading: Reading[Any]) -> bool:
    """Return whether asking for a part again would bring what is there already."""
    return attempt.complete and (not isinstance(reading, Unreadable) or reading.lasting)


def _files_of(attempt: Attempt) -> Iterator[tuple[FileAt, Reading[WorkflowFile]]]:
    """Yield the places of the workflow files that the attempt ran, with what is known of each."""
    own = file_of(attempt)
    if isinstance(own, FileAt):
        yield own, attempt.workflow_file
    for called in attempt.called_workflows:
        place = called_file(called)
        if place is not None:
            yield place, called.file


def _wants_artifacts(attempt: Attempt) -> bool:
    """Return whether artifacts are to stand in for what the logs would have told."""
    return attempt.complete and not _settled(attempt, attempt.artifacts) and _lacks_words(attempt)


def _lacks_words(attempt: Attempt) -> bool:
    """Return whether the jobs, or the log of one that decides, could not be read."""
    if not isinstance(attempt.jobs, Known):
        return True
    deciding = _chosen(attempt, _workflows(attempt), Depth.DIAGNOSIS)
    return any(isinstance(job.log, Unreadable) for job in deciding)


def _with_words_kept(attempt: Attempt, now: Reading[tuple[Job, ...]]) -> Reading[tuple[Job, ...]]:
    """Return an active attempt's jobs as they are now, with the texts that its ended jobs had before.

    When the attempt has ended its logs are read once more: just after a job's end the last lines may be missing.
    """
    if attempt.complete or not isinstance(now, Known) or not isinstance(attempt.jobs, Known):
        return now
    before = {job.id: job for job in attempt.jobs.value if job.status == "completed" and isinstance(job.log, Known)}
    jobs = tuple(
        replace(job, log=old.log, annotations=old.annotations, log_steps=old.log_steps)
        if (old := before.get(job.id)) is not None
        else job
        for job in now.value
    )
    return replace(now, value=jobs)


def _has_texts(attempt: Attempt, job: Job, depth: Depth) -> bool:
    """Return whether the job's log is there, or is gone for good and its annotations are there in its place."""
    if not attempt.complete and depth < Depth.EVERYTHING and isinstance(job.log, Known):
        return True
    if not _settled(attempt, job.log):
        return False
    needed = depth >= Depth.EVERYTHING or (isinstance(job.log, Unreadable) and job.conclusion != "success")
    return not needed or _settled(attempt, job.annotations)


def _workflows(attempt: Attempt) -> list[Workflow]:
    """Return the run's own file, then those that it called; none where its own was not read or is none."""
    own = attempt.workflow_file
    if not isinstance(own, Known) or not isinstance(own.value.parsed, Workflow):
        return []
    files = [own, *(called.file for called in attempt.called_workflows)]
    parsed = [file.value.parsed for file in files if isinstance(file, Known)]
    return [workflow for workflow in parsed if isinstance(workflow, Workflow)]


def _lacking_calls(attempt: Attempt) -> tuple[CalledWorkflow, ...]:
    """Return the workflows that the files call and that are not named yet; one of another repository, at its ref."""
    own = attempt.repository.full_name
    homes = {called.path: ("/".join(called.path.split("/")[:2]), called.commit) for called in attempt.called_workflows}
    named = {_by_ref(called) for called in attempt.called_workflows}
    found: dict[tuple[str, str], CalledWorkflow] = {}
    for workflow in _workflows(attempt):
        home, commit = homes.get(workflow.path, (own, attempt.head_sha))
        for uses in (job.uses for job in workflow.jobs if job.uses):
            own_file = own_path(uses)
            path, _, ref = (uses if own_file is None else f"{home}/{own_file}").partition("@")
            at = ref if own_file is None else commit
            called = CalledWorkflow(f"{path}@{at}" if at else path, at, None, _NO_CALLED_FILE)
            if _by_ref(called) not in named and len(named) + len(found) < _MOST_CALLED:
                found.setdefault(_by_ref(called), called)
    return tuple(found.values())


def _by_ref(called: CalledWorkflow) -> tuple[str, str]:
    """Return a called workflow's address, whose case does not count, and its ref, whose case does: another ref is another file."""
    address, _, ref = called.path.partition("@")
    return address.lower(), ref or called.commit


def _chosen(attempt: Attempt, workflows: Sequence[Workflow], depth: Depth) -> tuple[Job, ...]:
    if not isinstance(attempt.jobs, Known):
        return ()
    if depth < Depth.VERDICT:
        jobs = tuple(job for job in attempt.jobs.value if job.conclusion in STOPPED)
    else:
        jobs = jobs_to_read(attempt.jobs.value, workflows, everything=depth >= Depth.EVERYTHING)
    # Failed jobs first: a bound must not hide what stopped the run.
    chosen = tuple(sorted(jobs, key=lambda job: job.conclusion not in STOPPED))
    return chosen if depth >= Depth.EVERYTHING else chosen[:MOST_LOGS]


def _with_texts(attempt: Attempt, texts: dict[tuple[Key, int], JobTexts], depth: Depth) -> Attempt:
    if not isinstance(attempt.jobs, Known):
        return attempt
    jobs = tuple(
        job if _has_texts(attempt, job, depth) else _job_with_texts(job, texts.get((attempt.key, job.id)), depth)
        for job in attempt.jobs.value
    )
    return replace(attempt, jobs=replace(attempt.jobs, value=jobs))


def _job_with_texts(job: Job, texts: JobTexts | None, depth: Depth) -> Job:
    if texts is not None:
        return replace(job, log=texts.log, annotations=texts.annotations, log_steps=texts.log_steps)
    what = f"the log of the job {job.name}"
    if job.conclusion == "skipped":
        return replace(job, log=Absent(f"{what}: the job was skipped"))
    if depth < Depth.VERDICT:
        return job
    return replace(
        job,
        log=Unreadable(
            what,
            NOT_CHOSEN,
            f"read it at {job.html_url}" if job.html_url else "read it on GitHub",
        ),
    )


def _with_file(called: CalledWorkflow, files: dict[FileAt, Reading[WorkflowFile]]) -> CalledWorkflow:
    place = called_file(called)
    found = _under(files.get(place), called.path) if place else None
    return replace(called, file=found) if found else called


def _under(file: Reading[WorkflowFile] | None, path: str) -> Reading[WorkflowFile] | None:
    """Return the file under the path by which the run names it."""
    return mapped(file, lambda known: known.under(path)) if file is not None else None

"""Record runs: everything that the usual readers read of them, as a recording that replays offline.

The readers are the ones that a diagnosis uses, so a replay asks for nothing that was not asked for here. Their answers
are captured as GitHub gave them; what they made of them (logs, files, readings) is scrubbed already. Both together make
the recording. Logs go to a spool directory run by run, so that many runs do not have to fit into memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, unquote

from diagnosis.closure.chain import in_order
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt, Job, OidcCustomization
from probes.github.http.client import Json
from probes.github.http.credentials import GitHubAccess
from probes.github.http.errors import GitHubProblem
from probes.github.http.pace import never, silent
from probes.github.http.room import RECORDING_ROOM
from probes.github.read.answers import members
from probes.github.read.attempt_parts import Depth
from probes.github.read.decision_log import commits_path
from probes.github.read.green_run import MEMBER, runs_path
from probes.github.read.other_workflows import FOLDER
from probes.github.read.workflow_text import FileAt
from probes.github.source import CancelHook, GitHubSource, ProgressHook
from probes.ledger import Ledger
from probes.recording.format import (
    LAST_SUCCESS,
    JsonObject,
    RecordedAnswer,
    RecordedAttempt,
    RecordedCase,
    RecordedJob,
    RecordedLog,
    RecordedRun,
    Recording,
    Refusal,
    RefusedAddress,
)
from probes.recording.record.artifacts import recorded_artifacts
from probes.recording.record.captured_answers import NO_ANSWER, CapturedAnswers
from probes.recording.record.files import RecordedFiles
from probes.recording.record.github_context import GitHubContext, github_context
from probes.recording.record.objects import Cleaner, job_object, run_object, workflow_objects

_DROPPED = Unreadable("it", "it was recorded", "read the recording")
"""In place of the parts of an attempt that lie in the spool already."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be read and is recorded as refused."""

    reading: Unreadable
    passing: bool
    """Whether a later recording would likely have it: a timeout, a rate limit, a fault of the server."""


class Recorder:
    """Read runs of one repository and capture GitHub's answers; a context manager.

    ``spool`` is a directory that outlives the recording's writing. ``options`` go to :class:`GitHubSource`.
    """

    def __init__(self, repository: str, access: GitHubAccess, ledger: Ledger, spool: Path, **options: Any) -> None:
        self.gaps: list[Gap] = []
        self._captured = CapturedAnswers()
        self._access = access
        self._source = GitHubSource(
            repository, access, ledger, client=self._captured.client, memory=RECORDING_ROOM, **options
        )
        self._spool = spool
        self._cleaner = Cleaner(access.token)
        self._runs: dict[int, RecordedRun] = {}
        self._attempts: dict[tuple[int, int], Attempt] = {}
        self._files = RecordedFiles(self._cleaner)
        self._refused: dict[tuple[str, str], Refusal] = {}
        self._customization: Reading[OidcCustomization] | None = None

    def add(self, run_id: int, *, cancelled: CancelHook = never, progress: ProgressHook = silent) -> None:
        """Read every attempt of a run. Raises GitHubProblem, Cancelled, OSError (the spool is full)."""
        attempts = tuple(
            self._source.with_other_workflows(attempt, cancelled=cancelled, progress=progress)
            for attempt in self._source.attempts_of(run_id, Depth.EVERYTHING, cancelled=cancelled, progress=progress)
        )
        recorded = tuple(found for attempt in attempts if (found := self._attempt(attempt)) is not None)
        if not recorded:
            raise GitHubProblem(
                f"The run {run_id} could not be recorded: GitHub no longer has it.", "Name another run."
            )
        base = self._base()
        artifacts, refusal = recorded_artifacts(
            self._cleaner, self._captured.items(f"{base}/actions/runs/{run_id}/artifacts"), attempts, self._refusal_of
        )
        if refusal is not None:
            self._refuse(f"{base}/actions/runs/{run_id}/artifacts", refusal)
        self._runs[run_id] = RecordedRun(recorded, artifacts)

    def recording(self, *, case: Case | None = None, at: datetime, cancelled: CancelHook = never) -> Recording:
        """Return what was read so far. Raises GitHubProblem, Cancelled."""
        repository = self._source.repository(cancelled=cancelled)
        base = self._base()
        around = self._around(cancelled)
        log = self._decision_log(case, cancelled)
        runs = tuple(sorted(self._runs.values(), key=lambda run: (run.created_at, run.id)))
        raw = self._captured.object(f"/repos/{self._source.name}") or {}
        host = self._access.host
        return Recording(
            title=f"{len(runs)} run{'s' if len(runs) != 1 else ''} of {repository.full_name} on {host}",
            api_url=self._access.url,
            repository={**self._cleaner.object(raw), "full_name": repository.full_name},
            workflows=workflow_objects(
                self._cleaner, self._listed_workflows(cancelled), (run.attempts[-1].run for run in runs)
            ),
            environments=around.environments,
            comparisons=around.comparisons,
            answers=(*around.answers, *self._last_successes(cancelled), *log),
            files=self._files.read(),
            absent=self._files.absent(),
            folders=self._files.folders(),
            refused=tuple(
                RefusedAddress(path, refusal, ref)
                for (path, ref), refusal in (self._refused | self._files.refused(self._refusal_of)).items()
            ),
            oidc_customization=self._oidc(base),
            runs=runs,
            case=_recorded_case(case),
            recorded_at=at,
        )

    def close(self) -> None:
        """Let go of connections."""
        self._source.close()

    def _base(self) -> str:
        return f"/repos/{self._source.repository().full_name}"

    def _attempt(self, attempt: Attempt) -> RecordedAttempt | None:
        """Record an attempt; None for one that GitHub has lost: the replay will find it lost too."""
        path = f"{self._base()}/actions/runs/{attempt.run_id}"
        raw = self._captured.object(f"{path}/attempts/{attempt.attempt}")
        if raw is None and (latest := self._captured.object(path)) is not None:
            raw = latest if (members(latest).maybe_integer("run_attempt") or 1) == attempt.attempt else None
        if raw is None:
            return None
        self._files.add(attempt)
        self._files.add_others(attempt, self._captured.folder(f"{self._base()}/contents/{FOLDER}", attempt.head_sha))
        self._attempts[attempt.key] = replace(attempt, jobs=_DROPPED, artifacts=_DROPPED, workflow_file=_DROPPED)
        if isinstance(attempt.oidc_customization, Known) or self._customization is None:
            self._customization = attempt.oidc_customization
        jobs_path = f"{path}/attempts/{attempt.attempt}/jobs"
        jobs: tuple[RecordedJob, ...] = ()
        if isinstance(attempt.jobs, Known):
            objects = {item.get("id"): item for item in self._captured.items(jobs_path)}
            jobs = tuple(self._job(attempt, job, objects.get(job.id, {})) for job in attempt.jobs.value)
        elif isinstance(attempt.jobs, Unreadable):
            self._refuse(jobs_path, self._refusal_of(jobs_path, attempt.jobs))
        return RecordedAttempt(run_object(self._cleaner, raw, attempt), jobs)

    def _job(self, attempt: Attempt, job: Job, raw: Json) -> RecordedJob:
        base = self._base()
        notes_path = f"{base}/check-runs/{job.id}/annotations"
        annotations: tuple[JsonObject, ...] = ()
        if isinstance(job.annotations, Known):
            annotations = tuple(self._cleaner.object(item) for item in self._captured.items(notes_path))
        elif isinstance(job.annotations, Unreadable):
            self._refuse(notes_path, self._refusal_of(notes_path, job.annotations))
        return RecordedJob(job_object(self._cleaner, raw, job), self._log(attempt, job), annotations)

    def _log(self, attempt: Attempt, job: Job) -> RecordedLog | Refusal | None:
        if isinstance(job.log, Absent) or job.status != "completed":
            return None
        if isinstance(job.log, Unreadable):
            return self._refusal_of(f"{self._base()}/actions/jobs/{job.id}/logs", job.log)
        file = self._spool / f"{attempt.run_id}-{attempt.attempt}-{job.id}.txt"
        file.write_bytes(self._cleaner.text(job.log.value).encode())
        return RecordedLog(file, held_steps=job.log_steps)

    def _refusal_of(self, path: str, reading: Unreadable) -> Refusal:
        """Return the refusal as which a gap will be answered on replay."""
        status = self._captured.status(path)
        self.gaps.append(Gap(reading, passing=status == NO_ANSWER and not reading.lasting))
        return Refusal(
            status,
            self._cleaner.text(reading.why),
            how=self._cleaner.text(reading.how),
            permission=reading.permission,
        )

    def _refuse(self, path: str, refusal: Refusal) -> None:
        self._refused[path, ""] = refusal

    def _oidc(self, base: str) -> JsonObject | Refusal | None:
        path = f"{base}/actions/oidc/customization/sub"
        if isinstance(self._customization, Unreadable):
            return self._refusal_of(path, self._customization)
        raw = self._captured.object(path)
        return self._cleaner.object(raw) if raw is not None else None

    def _listed_workflows(self, cancelled: CancelHook) -> Sequence[Json]:
        """Read the workflows, which the replay needs to list runs by workflow; empty where GitHub refuses the list."""
        path = f"{self._base()}/actions/workflows"
        try:
            return self._source.ask(
                "The list of workflows",
                lambda client: client.whole_list(path, "workflows", most_pages=3),
                cancelled=cancelled,
            )
        except GitHubProblem:
            return ()

    def _last_successes(self, cancelled: CancelHook) -> Iterator[RecordedAnswer]:
        """Yield the last success of each workflow of which none was recorded, with its jobs: CloudTrail may tell what it did."""
        latest = {attempt.workflow_path.partition("@")[0]: attempt for attempt in in_order(self._attempts.values())}
        green = {
            each.workflow_path.partition("@")[0] for each in self._attempts.values() if each.conclusion == "success"
        }
        for file, subject in latest.items():
            if file in green:
                continue
            found = self._source.green_run(subject, cancelled=cancelled)
            if isinstance(found, Unreadable):
                self.gaps.append(Gap(found, passing=found.permission is None and not found.lasting))
            if not isinstance(found, Known):
                continue
            attempt = found.value
            path = runs_path(self._source.repository().full_name, quote(file.rpartition("/")[2], safe=""))
            raw = next((run for run in self._captured.items(path) if run.get("id") == attempt.run_id), {})
            yield RecordedAnswer(unquote(path) + LAST_SUCCESS, (run_object(self._cleaner, raw, attempt),), MEMBER)
            if isinstance(attempt.jobs, Known):
                jobs_path = f"{self._base()}/actions/runs/{attempt.run_id}/attempts/{attempt.attempt}/jobs"
                objects = {item.get("id"): item for item in self._captured.items(jobs_path)}
                jobs = tuple(job_object(self._cleaner, objects.get(job.id, {}), job) for job in attempt.jobs.value)
                yield RecordedAnswer(jobs_path, jobs, "jobs")

    def _decision_log(self, case: Case | None, cancelled: CancelHook) -> tuple[RecordedAnswer, ...]:
        """Read the decision log that the case names: its file at the commit, and the answer that names the commit."""
        if case is None or not case.decision_log:
            return ()
        found = self._source.decision_log(case.decision_log, case.decision_log_commit, cancelled=cancelled)
        path = commits_path(self._source.repository().full_name)
        if isinstance(found, Known):
            log = found.value
            self._files.take(FileAt(self._source.repository().full_name, log.path, log.commit or ""), log.text)
            committer = {"date": f"{log.committed_at:%Y-%m-%dT%H:%M:%SZ}"} if log.committed_at else {}
            return (RecordedAnswer(path, ({"sha": log.commit, "commit": {"committer": committer}},)),)
        if isinstance(found, Absent):
            return (RecordedAnswer(path, ()),)
        self._refuse(path, self._refusal_of(path, found))
        return ()

    def _around(self, cancelled: CancelHook) -> GitHubContext:
        """Read what stands around the runs as well, and refuse on replay what was refused here."""
        self._source.environments(cancelled=cancelled)
        self._source.between(in_order(self._attempts.values()), cancelled=cancelled)
        around = github_context(self._cleaner, self._captured, self._base())
        for path, what, failure in around.failures:
            self._refuse(path, self._refusal_of(path, failure.reading(what)))
        return around

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _recorded_case(case: Case | None) -> RecordedCase:
    return RecordedCase(case, (), (None,) * len(case.changes)) if case is not None else RecordedCase()

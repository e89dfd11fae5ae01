"""Show a recording as GitHub would have shown it at a moment: later runs are not there, running ones are unfinished."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from probes.recording.format import (
    JsonObject,
    RecordedAnswer,
    RecordedArtifact,
    RecordedAttempt,
    RecordedFile,
    RecordedJob,
    RecordedRun,
    Recording,
    Refusal,
    moment_of,
)

_SHA_LENGTH = 40
_SHORTEST_SHA = 7


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as it stood: its attempts so far, the latest last, and the artifacts so far."""

    id: int
    created_at: datetime
    attempts: tuple[RecordedAttempt, ...]
    artifacts: tuple[RecordedArtifact, ...]

    @property
    def latest(self) -> RecordedAttempt:
        """The attempt that the run object shows."""
        return self.attempts[-1]

    def attempt(self, number: int) -> RecordedAttempt | None:
        """Return the attempt of this number, or None."""
        return next((attempt for attempt in self.attempts if attempt.number == number), None)


class RecordingView:
    """Everything of a recording that existed at ``at`` (UTC); None shows all of it."""

    def __init__(self, recording: Recording, at: datetime | None = None) -> None:
        self.recording = recording
        self.at = at

    @cached_property
    def runs(self) -> tuple[RunView, ...]:
        """The runs, the newest first as GitHub lists them."""
        views = (_run_at(run, self.at) for run in self.recording.runs)
        return tuple(sorted((view for view in views if view), key=lambda v: (v.created_at, v.id), reverse=True))

    @cached_property
    def run_by_id(self) -> dict[int, RunView]:
        """The runs by id."""
        return {run.id: run for run in self.runs}

    @cached_property
    def job_by_id(self) -> dict[int, RecordedJob]:
        """The jobs of all attempts by id; a job's id is its check run's id too."""
        return {int(job.job["id"]): job for run in self.runs for attempt in run.attempts for job in attempt.jobs}

    @cached_property
    def artifact_by_id(self) -> dict[int, RecordedArtifact]:
        """The artifacts by id."""
        return {int(item.artifact["id"]): item for run in self.runs for item in run.artifacts}

    @cached_property
    def branches(self) -> dict[str, JsonObject]:
        """The branches by name, each with the head it had."""
        found: dict[str, tuple[datetime, JsonObject]] = {}
        for entry in self.recording.branches:
            since = entry.since or datetime.min.replace(tzinfo=UTC)
            name = str(entry.branch["name"])
            if (self.at is None or since <= self.at) and (name not in found or since >= found[name][0]):
                found[name] = (since, entry.branch)
        return {name: found[name][1] for name in sorted(found)}

    @cached_property
    def workflows(self) -> tuple[JsonObject, ...]:
        """The workflows that existed."""
        return tuple(
            workflow
            for workflow in self.recording.workflows
            if self.at is None or _reached(workflow, "created_at", self.at)
        )

    def commit_of(self, ref: str | None) -> str:
        """Return the commit that a ref names: a branch (short or ``refs/heads/…``), else what was given, as a commit id."""
        name = (ref or str(self.recording.repository.get("default_branch", ""))).removeprefix("refs/heads/")
        branch = self.branches.get(name)
        return str(branch["commit"]["sha"]) if branch else name

    @cached_property
    def refused(self) -> dict[tuple[str, str], Refusal]:
        """What GitHub refused, by path and ``ref``."""
        return {(entry.path, entry.ref): entry.refusal for entry in self.recording.refused}

    @cached_property
    def answers(self) -> dict[str, RecordedAnswer]:
        """Answers without a place of their own, by path."""
        return {entry.path: entry for entry in self.recording.answers}

    def file_elsewhere(self, repository: str, path: str, ref: str) -> RecordedFile | None:
        """Return a file of another repository, or None."""
        return self._files_elsewhere.get((repository.lower(), path, ref))

    def file(self, path: str, ref: str | None) -> RecordedFile | None:
        """Return the file at a ref, or None; abbreviated commit ids are understood."""
        commit = self.commit_of(ref)
        if len(commit) >= _SHA_LENGTH:
            return self._files.get((path, commit))
        short = commit if len(commit) >= _SHORTEST_SHA else None
        for file in self.recording.files:
            if short and not file.repository and file.path == path and file.commit.startswith(short):
                return file
        return None

    def folder(self, path: str, ref: str | None) -> tuple[tuple[RecordedFile, ...], tuple[JsonObject, ...]] | None:
        """Return the files that lie in a folder and the entries of those that were not read; None where nobody knows."""
        commit = self.commit_of(ref)
        found = next((entry for entry in self.recording.folders if (entry.path, entry.commit) == (path, commit)), None)
        if found is None:
            return None
        held = {name: file for (name, at), file in self._files.items() if at == commit}
        files = tuple(held[name] for name in sorted(held) if name.rpartition("/")[0] == path)
        return files, tuple(entry for entry in found.unread if f"{path}/{entry['name']}" not in held)

    def is_absent(self, path: str, ref: str | None) -> bool:
        """Return whether the file was looked for when the recording was made, and was not there."""
        return (path, self.commit_of(ref)) in self._absent

    @cached_property
    def _absent(self) -> frozenset[tuple[str, str]]:
        return frozenset((file.path, file.commit) for file in self.recording.absent)

    @cached_property
    def _files(self) -> dict[tuple[str, str], RecordedFile]:
        return {(file.path, file.commit): file for file in self.recording.files if not file.repository}

    @cached_property
    def _files_elsewhere(self) -> dict[tuple[str, str, str], RecordedFile]:
        files = (file for file in self.recording.files if file.repository)
        return {(file.repository.lower(), file.path, file.commit): file for file in files}


def _run_at(run: RecordedRun, at: datetime | None) -> RunView | None:
    attempts, artifacts = run.attempts, run.artifacts
    if at is not None:
        attempts = tuple(_attempt_at(attempt, at) for attempt in attempts if _began(attempt) <= at)
        artifacts = tuple(item for item in artifacts if _reached(item.artifact, "created_at", at))
    return RunView(run.id, run.created_at, attempts, artifacts) if attempts else None


def _began(attempt: RecordedAttempt) -> datetime:
    return moment_of(attempt.run.get("run_started_at") or attempt.run["created_at"])


def _reached(value: JsonObject, member: str, at: datetime) -> bool:
    """Return whether the time of a member had come; an object without it is taken as there from the start."""
    return not value.get(member) or moment_of(value[member]) <= at


def _attempt_at(attempt: RecordedAttempt, at: datetime) -> RecordedAttempt:
    if attempt.run.get("status") != "completed" or _reached(attempt.run, "updated_at", at):
        return attempt
    jobs = tuple(_job_at(job, at) for job in attempt.jobs if _reached(job.job, "created_at", at))
    running = any(job.job["status"] != "queued" for job in jobs)
    unfinished: dict[str, Any] = {
        "status": "in_progress" if running else "queued",
        "conclusion": None,
        "updated_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return RecordedAttempt({**attempt.run, **unfinished}, jobs)


def _job_at(job: RecordedJob, at: datetime) -> RecordedJob:
    if _reached(job.job, "completed_at", at):
        return job
    started = _reached(job.job, "started_at", at)
    unfinished: dict[str, Any] = {
        "status": "in_progress" if started else "queued",
        "conclusion": None,
        "completed_at": None,
        "steps": [_step_at(step, at) for step in job.job.get("steps") or []] if started else [],
    }
    # GitHub serves a job's log and its annotations when the job is over.
    return replace(job, job={**job.job, **unfinished}, log=None, annotations=())


def _step_at(step: JsonObject, at: datetime) -> JsonObject:
    if _reached(step, "completed_at", at):
        return step
    if _reached(step, "started_at", at):
        return {**step, "status": "in_progress", "conclusion": None, "completed_at": None}
    return {**step, "status": "queued", "conclusion": None, "started_at": None, "completed_at": None}

"""Recordings to be served, recorded again, and replayed; every one is made up here or the embedded incident."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from synthetic_recordings import WORKFLOW_PATH, Shape, synthetic_recording

from diagnosis.closure.chain import in_order
from diagnosis.documents.diagnosis import document
from diagnosis.facts.case import Case
from diagnosis.facts.runs import Attempt
from probes.embedded.github.server import GitHubServer
from probes.github.http.body import Timeouts
from probes.github.http.credentials import GitHubAccess
from probes.github.read.attempt_parts import Depth
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from probes.recording.format import (
    RecordedAnswer,
    RecordedArtifact,
    RecordedAttempt,
    RecordedFile,
    RecordedRun,
    Recording,
)
from probes.recording.labels import label_attempt
from probes.recording.record.recorder import Recorder
from tui.backends.live import LiveOptions
from tui.backends.recorded import recorded_backend
from tui.backends.repository import RepositoryBackend

TOKEN = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
PATIENT = Timeouts(backoff=0.001)
"""Waits as long as the tool does: a busy machine is no fault."""
QUICK = Timeouts(connect=2.0, read=0.4, answer=2.0, backoff=0.001)
"""Gives up quickly, on a server that is told to hang."""
AT = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
CALLED = "platform/workflows/.github/workflows/publish.yml"


def small_world() -> Recording:
    """Two runs of two jobs; the second run was repeated, calls a workflow elsewhere and left an artifact."""
    made = synthetic_recording(Shape(runs=2, jobs=2, log_bytes=1500))
    first, second = made.runs
    called = {"path": f"{CALLED}@refs/tags/v2", "sha": "c" * 40, "ref": "refs/tags/v2"}
    again = _again({**second.attempts[0].run, "referenced_workflows": [called]}, second.attempts[0])
    artifact = RecordedArtifact(
        {"id": 5, "name": "evidence", "size_in_bytes": 300, "expired": False, "created_at": again.run["updated_at"]},
        (("b.json", b'{"verdict": "PASS"}'), ("a.json", b"[1]")),
    )
    gone = RecordedArtifact({**artifact.artifact, "id": 6, "name": "old", "expired": True})
    elsewhere = RecordedFile(
        ".github/workflows/publish.yml", "c" * 40, b"on: workflow_call\njobs: {}\n", repository="platform/workflows"
    )
    return replace(
        made,
        runs=(first, RecordedRun((second.attempts[0], again), (artifact, gone))),
        files=(*made.files, elsewhere),
        **_around(made),
    )


def _around(made: Recording) -> dict[str, Any]:
    """An environment with a list of refs, and 130 commits between the two runs, of which one came by a pull request."""
    base, head = (run.attempts[0].run["head_sha"] for run in made.runs)
    commits = [
        {"sha": f"{n:040x}", "commit": {"message": f"Step {n} (#{n})"}, "parents": [{"sha": f"{n - 1:040x}"}]}
        for n in range(1, 130)
    ]
    commits.append({"sha": head, "commit": {"message": "Last", "author": {"email": "jane@example.com"}}, "parents": []})
    comparison = {
        "status": "ahead",
        "total_commits": 130,
        "commits": commits,
        "files": [{"filename": "a.py", "patch": "@@ what stands in it @@"}],
    }
    listed = {
        "name": "prod eu",
        "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
    }
    path = f"/repos/{made.full_name}"
    return {
        "environments": (listed, {"name": "dev", "deployment_branch_policy": None}),
        "comparisons": ((base, head, comparison),),
        "answers": (
            RecordedAnswer(
                f"{path}/environments/prod eu/deployment-branch-policies",
                ({"name": "main", "type": "branch"}, {"name": "v*", "type": "tag"}),
                "branch_policies",
            ),
            RecordedAnswer(f"{path}/commits/{head}/pulls", ({"number": 9, "title": "Last"},)),
        ),
    }


def _again(run: Any, attempt: RecordedAttempt) -> RecordedAttempt:
    """The second attempt of a run, half an hour later, with jobs of its own."""
    later = {"run_attempt": 2, "run_started_at": "2026-06-01T12:30:00Z", "updated_at": "2026-06-01T12:31:00Z"}
    jobs = tuple(
        replace(job, job={**job.job, "id": int(job.job["id"]) + 500, "run_attempt": 2}) for job in attempt.jobs
    )
    return RecordedAttempt({**run, **later}, jobs)


def source_of(server: Any, name: str, token: str = "", **options: Any) -> GitHubSource:
    """A source that asks this server."""
    options.setdefault("timeouts", PATIENT)
    return GitHubSource(name, GitHubAccess(server.url, token, "GH_TOKEN" if token else ""), Ledger(), **options)


def recorded(
    server: Any,
    name: str,
    runs: Sequence[int],
    token: str = "",
    case: Case | None = None,
    timeouts: Timeouts = PATIENT,
    **options: Any,
) -> tuple[Recording, Recorder]:
    """A recording in memory, its logs read, and the recorder that made it."""
    access = GitHubAccess(server.url, token, "GH_TOKEN" if token else "")
    with (
        tempfile.TemporaryDirectory() as spool,
        Recorder(name, access, Ledger(), Path(spool), timeouts=timeouts, **options) as recorder,
    ):
        for run in runs:
            recorder.add(run)
        return _in_memory(recorder.recording(case=case, at=AT)), recorder


def _in_memory(recording: Recording) -> Recording:
    def loaded(job: Any) -> Any:
        return replace(job, log=replace(job.log, content=job.log.read())) if hasattr(job.log, "read") else job

    return replace(
        recording,
        runs=tuple(
            replace(run, attempts=tuple(replace(a, jobs=tuple(map(loaded, a.jobs))) for a in run.attempts))
            for run in recording.runs
        ),
    )


@contextmanager
def replayed(recording: Recording, **options: Any) -> Iterator[GitHubSource]:
    """A source that reads the recording as `--recording` does."""
    with (
        GitHubServer(recording) as server,
        source_of(
            server, recording.full_name, label=lambda attempt: label_attempt(recording, attempt), **options
        ) as source,
    ):
        yield source
        assert not server.errors


def attempts(source: GitHubSource, runs: Sequence[int], depth: Depth = Depth.FULL) -> list[Attempt]:
    """Every attempt of the runs."""
    return [attempt for run in runs for attempt in source.attempts_of(run, depth)]


def around(source: GitHubSource, runs: Sequence[int]) -> Any:
    """What stands around the runs."""
    return source.environments(), source.between(in_order(attempts(source, runs, Depth.RUN)))


def ids(recording: Recording) -> list[int]:
    """The runs of a recording."""
    return [run.id for run in recording.runs]


def diagnosed(backend: RepositoryBackend, runs: Sequence[int]) -> dict[str, Any]:
    """The document but for its times of reading."""
    found = document(backend.diagnose_runs(runs, progress=lambda _: None, cancelled=lambda: False))
    found.pop("made_at")
    if isinstance(found["live"], dict):
        found["live"].pop("read_at")
    return found


def backend_on(folder: Path, case: Case | None = None) -> RepositoryBackend:
    """The backend of `--recording FOLDER --no-live`."""
    return recorded_backend(LiveOptions("", live=False), folder, case or Case())


__all__ = ["WORKFLOW_PATH"]

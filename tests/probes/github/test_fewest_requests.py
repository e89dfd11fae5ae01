"""What a diagnosis asks GitHub: a failed run with a readable log costs three requests, and what runs share is asked once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import github_faults as faults
import pytest
from synthetic_recordings import Shape, synthetic_recording
from tiny_github import QUICK

from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Attempt
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import Missing
from probes.embedded.github.server import GitHubServer
from probes.github.http.credentials import GitHubAccess
from probes.github.read.attempt_parts import Depth
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from probes.recording.format import RecordedArtifact, RecordedAttempt, RecordedRun, Recording, moment_of
from probes.store.attempts import AttemptStore
from tui.backend import RunQuery
from tui.backends.repository import RepositoryBackend

FIRST = 9_000_000_001
EACH = ("jobs", "logs", "storage")
"""The jobs of an attempt, the address of a log, the log."""


def made() -> Recording:
    """Five runs on two commits, the fifth a success; all have an artifact, the second has two attempts."""
    plain = synthetic_recording(Shape(runs=5, jobs=2, log_bytes=900, success_every=5))
    heads = [run.attempts[0].run["head_sha"] for run in plain.runs[:2]]
    runs = []
    for number, run in enumerate(plain.runs):
        (attempt,) = run.attempts
        attempt = replace(attempt, run={**attempt.run, "head_sha": heads[number % 2]})
        attempts = (attempt, again(attempt)) if number == 1 else (attempt,)
        artifact = {"id": number + 1, "name": "evidence", "size_in_bytes": 99, "expired": False}
        runs.append(RecordedRun(attempts, (RecordedArtifact(artifact, (("verdict.json", b'{"verdict": "PASS"}'),)),)))
    return replace(plain, runs=tuple(runs))


def again(attempt: RecordedAttempt) -> RecordedAttempt:
    jobs = tuple(
        replace(job, job={**job.job, "id": int(job.job["id"]) + 500, "run_attempt": 2}) for job in attempt.jobs
    )
    return RecordedAttempt({**attempt.run, "run_attempt": 2}, jobs)


WORLD = made()


@pytest.fixture(scope="module")
def served() -> Iterator[GitHubServer]:
    with GitHubServer(WORLD) as running:
        yield running
        assert not running.errors


@pytest.fixture
def server(served: GitHubServer) -> Iterator[GitHubServer]:
    yield served
    served.clear_faults()
    served.move_to(None)


@pytest.fixture
def source(server: GitHubServer) -> Iterator[GitHubSource]:
    with source_on(server) as opened:
        yield opened


def source_on(server: GitHubServer, store: AttemptStore | None = None) -> GitHubSource:
    return GitHubSource("example/widgets", GitHubAccess(server.url), Ledger(), timeouts=QUICK, store=store)


def asked(server: GitHubServer, since: int = 0) -> list[str]:
    """The last word of each request's path: what it was about."""
    kinds = []
    for request in server.requests[since:]:
        path = request.path.partition("?")[0]
        storage = path.startswith("/storage/")
        kinds.append("storage" if storage else "file" if "/contents/" in path else path.rpartition("/")[2])
    return kinds


def count(kinds: list[str]) -> dict[str, int]:
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


def artifacts(attempt: Attempt) -> list[str] | None:
    """The files that were read; None where GitHub was not asked for the artifacts."""
    if isinstance(attempt.artifacts, Known):
        return [name for artifact in attempt.artifacts.value for name, _ in artifact.files]
    return None


def test_a_failed_run_costs_three_requests_and_a_commit_one(server: GitHubServer, source: GitHubSource) -> None:
    listed = source.list_runs().attempts
    failed = [attempt for attempt in listed if attempt.conclusion == "failure"]
    since = len(server.requests)
    found = source.complete(failed, Depth.DIAGNOSIS)
    assert count(asked(server, since)) == {"file": 2, "sub": 1, **dict.fromkeys(EACH, len(failed))}
    assert all(isinstance(attempt.workflow_file, Known) for attempt in found)
    assert [artifacts(attempt) for attempt in found] == [None] * 4


def test_a_success_and_one_that_is_named_are_read_with_their_artifacts(
    server: GitHubServer, source: GitHubSource
) -> None:
    listed = source.list_runs().attempts
    named = listed[-1]
    found = source.complete(listed, Depth.DIAGNOSIS, with_artifacts={named.key})
    read = {attempt.run_id - FIRST: artifacts(attempt) for attempt in found}
    assert read == {0: ["verdict.json"], 1: None, 2: None, 3: None, 4: ["verdict.json"]}
    assert [artifacts(attempt) for attempt in source.complete(found, Depth.FULL)] == [["verdict.json"]] * 5


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        (rf"/jobs/{FIRST}0/logs", faults.gone()),
        (rf"/jobs/{FIRST}0/logs", faults.admin_rights()),
        (rf"/jobs/{FIRST}0/logs", faults.not_found()),
        (rf"/storage/.*{FIRST}0", faults.cut_off()),
        (rf"/runs/{FIRST}/attempts/1/jobs", faults.broken_json()),
    ],
)
def test_where_a_log_is_lacking_an_artifact_may_stand_in(
    path: str, fault: faults.Fault, server: GitHubServer, source: GitHubSource
) -> None:
    server.fault(path, fault)
    found = source.complete(source.list_runs().attempts, Depth.DIAGNOSIS)
    read = {attempt.run_id - FIRST: artifacts(attempt) for attempt in found}
    assert read == {0: ["verdict.json"], 1: None, 2: None, 3: None, 4: ["verdict.json"]}


@pytest.mark.parametrize(
    "fault",
    [faults.gone(), faults.no_permission(), faults.server_error(), faults.hang(2), faults.broken_json()],
)
def test_artifacts_that_cannot_be_read_leave_the_attempt_whole(
    fault: faults.Fault, server: GitHubServer, source: GitHubSource
) -> None:
    server.fault(rf"/jobs/{FIRST}0/logs", faults.gone())
    server.fault(r"/artifacts", fault)
    (attempt,) = source.complete(source.attempts([(FIRST, None)], Depth.RUN), Depth.DIAGNOSIS)
    assert isinstance(attempt.artifacts, Unreadable)
    assert attempt.artifacts.what == f"the artifacts of run {FIRST}"
    assert isinstance(attempt.jobs, Known)
    assert isinstance(attempt.jobs.value[0].annotations, Known)


def test_an_entry_of_the_store_without_artifacts_is_asked_for_these_alone(server: GitHubServer, tmp_path: Path) -> None:
    def started(named: bool) -> tuple[Attempt, list[str]]:
        since = len(server.requests)
        with source_on(server, AttemptStore(tmp_path / "store.sqlite3")) as source:
            (listed,) = source.attempts([(FIRST, None)], Depth.RUN)
            keys = {listed.key} if named else set()
            (found,) = source.complete([listed], Depth.DIAGNOSIS, with_artifacts=keys)
        return found, asked(server, since)

    first, _ = started(named=False)
    assert artifacts(first) is None
    second, requests = started(named=True)
    assert artifacts(second) == ["verdict.json"]
    assert count(requests) == {"widgets": 1, str(FIRST): 1, "sub": 1, "artifacts": 1, "zip": 1, "storage": 1}
    third, requests = started(named=False)
    assert third == second
    assert count(requests) == {"widgets": 1, str(FIRST): 1, "sub": 1}


def test_a_file_that_one_attempt_has_from_the_store_serves_another_of_its_commit(
    server: GitHubServer, tmp_path: Path
) -> None:
    with source_on(server, AttemptStore(tmp_path / "store.sqlite3")) as source:
        source.complete(source.attempts([(FIRST, None)], Depth.RUN), Depth.DIAGNOSIS)
    since = len(server.requests)
    with source_on(server, AttemptStore(tmp_path / "store.sqlite3")) as source:
        both = source.complete(source.attempts([(FIRST, None), (FIRST + 2, None)], Depth.RUN), Depth.DIAGNOSIS)
    assert both[0].workflow_file == both[1].workflow_file
    assert "file" not in asked(server, since)


def test_the_attempts_of_several_runs_come_side_by_side_and_each_object_once(
    server: GitHubServer, source: GitHubSource
) -> None:
    since = len(server.requests)
    found = source.attempts_of_all([FIRST + 1, FIRST, FIRST + 1], Depth.RUN)
    keys = [(FIRST + 1, 1), (FIRST + 1, 2), (FIRST, 1), (FIRST + 1, 1), (FIRST + 1, 2)]
    assert [attempt.key for attempt in found] == keys
    assert count(asked(server, since)) == {"widgets": 1, str(FIRST): 1, str(FIRST + 1): 1, "1": 1}


def no_account(*_: object) -> Missing:
    return Missing("the account", "it was not asked", "ask it")


@pytest.fixture
def backend(server: GitHubServer) -> Iterator[RepositoryBackend]:
    ledger = Ledger()
    source = GitHubSource("example/widgets", GitHubAccess(server.url), ledger, timeouts=QUICK)
    opened = RepositoryBackend(source, no_account, case=Case(), ledger=ledger, title="example/widgets")
    with closing(opened):
        yield opened


def diagnosed(backend: RepositoryBackend, *runs: int) -> Diagnosis:
    return backend.diagnose_runs([FIRST + number for number in runs], progress=lambda _: None, cancelled=lambda: False)


def test_the_backend_reads_the_artifacts_of_the_last_attempt_whatever_became_of_it(
    server: GitHubServer, backend: RepositoryBackend
) -> None:
    since = len(server.requests)
    found = diagnosed(backend, 0, 1)
    assert [artifacts(replay.attempt) for replay in found.replays] == [None, None, ["verdict.json"]]
    attempts = dict.fromkeys(("jobs", "logs"), 3)
    artifact = {"artifacts": 1, "zip": 1, "storage": 4}
    objects = {"widgets": 1, str(FIRST): 1, str(FIRST + 1): 1, "1": 1}
    assert count(asked(server, since)) == {"file": 2, "sub": 1, **attempts, **artifact, **objects}
    since = len(server.requests)
    last = diagnosed(backend, 0).replays[-1]
    assert artifacts(last.attempt) == ["verdict.json"], "now it is the last"
    assert set(asked(server, since)) == {str(FIRST), "artifacts", "zip", "storage"}


def test_what_a_fault_kept_back_is_asked_for_when_the_same_is_wanted_again(
    server: GitHubServer, backend: RepositoryBackend
) -> None:
    server.fault(rf"/jobs/{FIRST}0/logs", faults.server_error())
    server.fault(rf"/jobs/{FIRST + 2}0/logs", faults.admin_rights())
    diagnosed(backend, 0, 2)
    diagnosed(backend, 2)
    server.clear_faults()
    since = len(server.requests)
    diagnosed(backend, 0, 2)
    assert "logs" not in asked(server, since), "another choice of runs is no wish to read again"
    found = diagnosed(backend, 0, 2).replays
    logs = [replay.attempt.jobs.value[0].log for replay in found if isinstance(replay.attempt.jobs, Known)]
    assert [type(log) for log in logs] == [Known, Unreadable], "a missing permission is not asked about at every turn"


def test_the_words_of_an_ended_job_are_read_once_while_the_run_goes_on(
    server: GitHubServer, source: GitHubSource
) -> None:
    began = moment_of(WORLD.runs[0].attempts[0].run["created_at"])
    server.move_to(began + timedelta(seconds=27))
    (listed,) = source.list_runs().attempts
    assert not listed.complete
    (first,) = source.complete([listed], Depth.DIAGNOSIS)
    assert isinstance(first.jobs, Known)
    assert [type(job.log) for job in first.jobs.value] == [Known, Unreadable]
    since = len(server.requests)
    (second,) = source.complete([first], Depth.DIAGNOSIS)
    assert second == first
    assert asked(server, since) == ["jobs"]


def test_a_run_that_has_ended_is_read_anew_by_the_backend(server: GitHubServer, backend: RepositoryBackend) -> None:
    began = moment_of(WORLD.runs[0].attempts[0].run["created_at"])
    server.move_to(began + timedelta(seconds=27))

    def seen() -> tuple[Attempt, list[str]]:
        since = len(server.requests)
        backend.list_runs(RunQuery(), 1, cancelled=lambda: False)
        found = backend.diagnose(None, subject=None, progress=lambda _: None, cancelled=lambda: False)
        return found.replays[0].attempt, asked(server, since)

    active, _ = seen()
    assert not active.complete
    _, requests = seen()
    assert "storage" not in requests
    server.move_to(began + timedelta(seconds=30))
    ended, requests = seen()
    assert ended.complete
    assert {"jobs", "logs", "storage"} <= set(requests), "the last lines of a log may come late"
    assert artifacts(ended) == ["verdict.json"]

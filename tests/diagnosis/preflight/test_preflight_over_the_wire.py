"""The whole way: a job leaves its preflight, its log expires, and the run is read again with the artifact."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from ci_jobs import Ci

from diagnosis.facts.case import Case
from diagnosis.gates import Gate, Verdict
from diagnosis.replay.attempt import replay
from diagnosis.verdicts.replay import Replay
from probes.embedded.github.server import GitHubServer
from probes.embedded.moments import load_incident
from probes.github.http.credentials import GitHubAccess
from probes.github.read.attempt_parts import Depth
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from probes.recording.format import RecordedArtifact, Recording, Refusal

RUN = 21985472266


def expired(artifacts: tuple[RecordedArtifact, ...]) -> Recording:
    """The incident, with run 2 as it is found months later: no log, no annotation."""
    recording = load_incident()
    run = recording.run(RUN)
    assert run is not None
    (attempt,) = run.attempts
    jobs = tuple(replace(job, log=Refusal(410, "Gone"), annotations=()) for job in attempt.jobs)
    gone = replace(run, attempts=(replace(attempt, jobs=jobs),), artifacts=artifacts)
    return replace(recording, runs=tuple(gone if other is run else other for other in recording.runs))


def read(recording: Recording) -> Replay:
    with GitHubServer(recording) as server:
        source = GitHubSource(recording.full_name, GitHubAccess(url=server.url), Ledger())
        try:
            attempt = source.attempt(RUN, 1, Depth.DIAGNOSIS)
        finally:
            source.close()
    return replay(attempt, Case())


def test_an_expired_run_is_explained_by_what_its_job_left(ci: Ci, monkeypatch: pytest.MonkeyPatch) -> None:
    ci.account.move_to("2")
    assert ci.run().exit_code == 1
    told = {**ci.artifact, "judged_at": "2026-02-13T11:39:05Z"}
    entry = {
        "id": 77,
        "name": "preflight",
        "size_in_bytes": 9_000,
        "expired": False,
        "created_at": "2026-02-13T11:39:15Z",
        "workflow_run": {"id": RUN},
    }
    kept = RecordedArtifact(entry, (("planescope-preflight.json", json.dumps(told).encode()),))
    alone, result = read(expired(())), read(expired((kept,)))
    assert [gate.verdict for gate in alone.gates] == [Verdict.PASS, Verdict.PASS, Verdict.UNKNOWN, Verdict.UNKNOWN]
    gate = result.at(Gate.REGISTRY_AUTHORIZATION)
    assert (gate.verdict, gate.cause) == (Verdict.FAIL, "get-authorization-token")
    assert gate.actions == ("ecr:GetAuthorizationToken",)

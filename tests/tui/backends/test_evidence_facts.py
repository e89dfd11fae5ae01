"""What a case points to is read by the backend: in the demo, and again from a recording of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Origin
from diagnosis.facts.reading import Known
from diagnosis.gates import Verdict
from diagnosis.verdicts.anchor import Anchor, AnchorKind, AnchorState
from diagnosis.verdicts.closure import RuleVerdict
from diagnosis.verdicts.diagnosis import Diagnosis
from probes.embedded.github.server import GitHubServer
from probes.embedded.moments import load_incident
from probes.github.http.credentials import GitHubAccess
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from probes.recording.checked import write_checked
from probes.recording.labels import label_log
from probes.recording.read.recording import read_recording
from probes.recording.record.recorder import Recorder
from tui.backend import no_progress
from tui.backends.embedded import EmbeddedBackend

RUNS = (21985402789, 21985472266, 21985500168)


def never() -> bool:
    return False


@pytest.fixture(scope="module")
def closed() -> Iterator[Diagnosis]:
    """The diagnosis of the demo's third stage."""
    backend = EmbeddedBackend("3")
    yield backend.diagnose(None, subject=None, progress=no_progress, cancelled=never)
    backend.close()


def rule(diagnosis: Diagnosis, slug: str) -> RuleVerdict:
    assert diagnosis.closure is not None
    return next(item for item in diagnosis.closure.rules if item.rule == slug)


def anchors(diagnosis: Diagnosis, kind: AnchorKind) -> list[Anchor]:
    return [item for item in diagnosis.anchors if item.kind is kind]


def test_the_demo_reads_its_decision_log_and_says_in_which_zones_its_clock_can_be_true(closed: Diagnosis) -> None:
    log, clock = rule(closed, "decision-log"), rule(closed, "decision-log-clock")
    assert (log.verdict, clock.verdict) == (Verdict.PASS, Verdict.PASS)
    assert "reconstruction" in log.reason
    assert "UTC-12:00 to UTC, and contradicts the runs in UTC+01:00 to UTC+14:00" in clock.reason
    (anchor,) = anchors(closed, AnchorKind.DECISION_LOG)
    assert anchor.state is AnchorState.VERIFIED
    assert anchor.sha256 in log.reason
    assert "/blob/main/docs/" in anchor.url
    assert anchor.evidence[0].origin is Origin.RECONSTRUCTED


def test_the_demos_evidence_agrees_with_the_run_in_both_places(closed: Diagnosis) -> None:
    assert rule(closed, "evidence-present").verdict is Verdict.PASS
    found = rule(closed, "evidence-consistent")
    assert found.verdict is Verdict.PASS
    assert "4 lie in several places and are the same" in found.reason
    files = anchors(closed, AnchorKind.EVIDENCE_FILE)
    assert [file.state for file in files] == [AnchorState.VERIFIED] * 4
    assert all(len(file.sha256) == hashlib.sha256().digest_size * 2 for file in files)
    # Nobody has the folder here: it was named, and nothing was looked for.
    (local,) = anchors(closed, AnchorKind.LOCAL_EVIDENCE)
    assert local.state is AnchorState.STATED


def test_a_recording_brings_the_log_again(tmp_path: Path) -> None:
    incident = load_incident()
    case = replace(incident.case.case, runs=RUNS)
    with GitHubServer(incident) as server:
        access = GitHubAccess(server.url)
        with Recorder(incident.full_name, access, Ledger(), tmp_path) as recorder:
            recorder.add(RUNS[0])
            made = recorder.recording(case=case, at=datetime(2026, 2, 14, tzinfo=UTC))
            write_checked(made, tmp_path / "recording")
        with GitHubSource(incident.full_name, access, Ledger()) as source:
            first = source.decision_log(case.decision_log or "", case.decision_log_commit)
    again = read_recording(tmp_path / "recording")
    with GitHubServer(again) as server, GitHubSource(incident.full_name, GitHubAccess(server.url), Ledger()) as source:
        replayed = source.decision_log(case.decision_log or "", again.case.case.decision_log_commit)
        unasked = source.decision_log("docs/other.md", Case().decision_log_commit)
    assert isinstance(first, Known)
    assert isinstance(replayed, Known)
    assert replace(replayed.value, read_at=None) == replace(first.value, read_at=None)
    assert label_log(incident, first.value).origin is Origin.RECONSTRUCTED
    assert not isinstance(unasked, Known)

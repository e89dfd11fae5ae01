"""The remediation of each attempt in the packet: observed before stated, stated before proposed, never more than is known."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from made_attempts import made_attempt

from diagnosis.documents.packet import packet
from diagnosis.documents.redaction import leaks
from diagnosis.facts.case import Case, StatedChange
from diagnosis.gates import GATES, Gate, Verdict
from diagnosis.verdicts.chronology import AttemptHistory, Drift, DriftKind, Traced
from diagnosis.verdicts.diagnosis import Diagnosis, Path
from diagnosis.verdicts.gate_verdict import GateVerdict
from diagnosis.verdicts.replay import Replay
from tui.packet.pages import pages_of

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
STATED = Case(changes=(StatedChange(1, "Created the provider.", "log.md:10"),))


def replay(run: int, conclusion: str) -> Replay:
    attempt = made_attempt(run, NOW, conclusion=conclusion)
    first = Verdict.FAIL if conclusion == "failure" else Verdict.PASS
    gates = tuple(GateVerdict(gate, first if gate is Gate.OIDC_TRUST else Verdict.UNKNOWN, "why") for gate in GATES)
    return Replay(attempt, gates, None)


def made(traced: Traced, statement: str = "", **more: object) -> Diagnosis:
    run = replay(1, "failure")
    entry = AttemptHistory(1, 1, traced, statement)
    path = Path("Create the provider", (), ())
    diagnosis = Diagnosis("a chain", (run,), run, None, paths=(path,), history=(entry,))
    return replace(diagnosis, **more)  # type: ignore[arg-type] # fields by name


@pytest.mark.parametrize(
    ("diagnosis", "case", "source", "text"),
    [
        (
            made(Traced.OBSERVED, "CreateOpenIDConnectProvider by x"),
            Case(),
            "observed",
            "CreateOpenIDConnectProvider by x",
        ),
        (
            made(Traced.OBSERVED, "CreateOpenIDConnectProvider by x"),
            STATED,
            "observed",
            "CreateOpenIDConnectProvider by x. Stated: Created the provider. (log.md:10)",
        ),
        (made(Traced.STATED, "whatever"), STATED, "stated", "Created the provider. (log.md:10)"),
        (made(Traced.NOT_ON_RECORD), Case(), "proposed", "Create the provider."),
        (made(Traced.NOT_ON_RECORD, paths=()), Case(), "none on record", "none on record"),
        (made(Traced.NOT_NEEDED, paths=()), Case(), "none needed", "none needed"),
        (made(Traced.STATED, history=()), STATED, "stated", "Created the provider. (log.md:10)"),
    ],
    ids=["observed", "observed and stated", "stated", "proposed", "nothing", "a rerun", "without a history"],
)
def test_the_source_of_the_remediation(diagnosis: Diagnosis, case: Case, source: str, text: str) -> None:
    (entry,) = packet(diagnosis, case).attempts
    assert (entry.remediation.source, entry.remediation.text) == (source, text)


def test_a_success_needs_none() -> None:
    run = replay(3, "success")
    (entry,) = packet(Diagnosis("x", (run,), run, None), Case()).attempts
    assert entry.remediation.source == "none needed"


def test_the_presented_subject_is_an_anchor_with_masked_accounts() -> None:
    entry = AttemptHistory(
        1,
        1,
        Traced.NOT_NEEDED,
        "",
        subject="repo:octo-org/octo-repo:ref:refs/heads/main",
        role="arn:aws:iam::123456789012:role/release",
    )
    (anchor,) = [
        item for item in packet(made(Traced.STATED, history=(entry,)), Case()).anchors if "subject" in item.kind
    ]
    assert anchor.value == "repo:octo-org/octo-repo:ref:refs/heads/main"
    assert "123456789012" not in anchor.reason


def test_who_changed_what_is_masked_and_leaks_nothing() -> None:
    statement = "PutRolePolicy Push on release by arn:aws:iam::123456789012:user/engineer at 2026-03-02T10:05:00Z"
    made_packet = packet(made(Traced.OBSERVED, statement), Case())
    pages = pages_of(made_packet)
    assert leaks(pages) == ()
    assert all("123456789012" not in page for page in pages.values())
    assert json.loads(pages["packet.json"])["attempts"][0]["remediation"]["source"] == "observed"


def test_drift_is_told() -> None:
    drift = Drift(DriftKind.BROKEN_SINCE, 1, 1, "OIDC trust passed in run 1 and fails today.", Gate.OIDC_TRUST)
    assert packet(made(Traced.STATED, drift=(drift,)), Case()).drift == (
        "broken-since: OIDC trust passed in run 1 and fails today.",
    )

"""No more jobs are read than a bound says, and what lies beyond it is told: it may use anything."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_attempts import with_workflow
from replay_builders import CONFIGURE, LOGIN, Spec, attempt_of, file_of, job_of, written_job

from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Artifact
from diagnosis.facts.workflow import WorkflowStep
from diagnosis.gates import Gate, Verdict
from diagnosis.replay import attempt as attempts
from diagnosis.replay import proofs, release_sessions
from diagnosis.replay.attempt import replay
from diagnosis.replay.preflight_statement import Statements
from diagnosis.verdicts.gate_verdict import verdict_at
from diagnosis.verdicts.replay import JobSession, Replay

STEPS = (CONFIGURE, LOGIN)


def beyond(found: Replay) -> list[JobSession]:
    return [session for session in found.sessions if not session.read]


@pytest.mark.parametrize(("most", "cut"), [(2, False), (1, True)])
def test_jobs_beyond_those_that_are_read_are_told_and_nothing_passes(
    most: int, cut: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "MOST_JOBS", most)
    file = file_of(*(written_job(*STEPS, name=name) for name in ("a", "b")))
    found = replay(with_workflow(attempt_of(*(job_of(*STEPS, name=name) for name in ("a", "b"))), file))
    told = beyond(found)
    assert [any(gap.may_push and gap.is_open for gap in session.gaps) for session in told] == [True] * cut
    trust = verdict_at(found.gates, Gate.OIDC_TRUST)
    assert trust.verdict is (Verdict.UNKNOWN if cut else Verdict.PASS)
    assert bool(trust.missing) is cut


@pytest.mark.parametrize(("most", "cut"), [(3, False), (2, True)])
def test_sessions_that_did_not_begin_beyond_those_that_are_listed_are_told(
    most: int, cut: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_sessions, "MOST_SESSIONS", most)
    file = file_of(*(written_job(*STEPS, name=name) for name in ("a", "b", "c")))
    found = replay(replace(with_workflow(attempt_of(), file), conclusion="failure"), Case())
    assert len(found.sessions) == 3
    assert [session.gaps != () for session in beyond(found)] == [True] * cut


@pytest.mark.parametrize("count", [5, 6])
def test_actions_that_are_known_by_the_log_alone_are_all_counted(count: int) -> None:
    job = written_job(*STEPS, name="a")
    local = (WorkflowStep(None, f"./actions/{n}", None, unread="it was not read") for n in range(count))
    file = file_of(replace(job, steps=(*job.steps, *local)))
    notes = replay(with_workflow(attempt_of(job_of(*STEPS, name="a")), file)).notes
    assert any("1 more" in note for note in notes) is (count > 5)


def test_preflights_that_are_ignored_are_all_counted() -> None:
    files = tuple((f"planescope-preflight-{n}.json", '{"schema": "planescope.preflight/9"}') for n in range(7))
    artifact = Artifact(1, "preflight", 10, expired=False, files=files)
    ignored = Statements.of(replace(attempt_of(), artifacts=Known((artifact,)))).ignored
    assert len(ignored) == 6
    assert ignored[-1].startswith("2 more")


@pytest.mark.parametrize(("most", "proved"), [(2, True), (1, False)])
def test_where_a_push_went_is_not_proved_by_a_part_of_what_it_printed(
    most: int, proved: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs, "_MOST_LINES", most)
    digest = f"latest: digest: sha256:{'a' * 64} size: 5"
    push = Spec(run="docker push ***/shop/web:latest", output=[digest, "The push refers to repository [***/shop/web]"])
    file = file_of(written_job(CONFIGURE, LOGIN, push, name="a"))
    found = replay(with_workflow(attempt_of(job_of(CONFIGURE, LOGIN, push, name="a")), file))
    words = [each.text for each in verdict_at(found.gates, Gate.REGISTRY_AUTHORIZATION).evidence]
    assert (digest in words) is proved

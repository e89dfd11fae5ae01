"""No more jobs are read than a bound says, and what lies beyond it is told: it may use anything."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_attempts import with_workflow
from replay_builders import CONFIGURE, LOGIN, attempt_of, file_of, job_of, written_job

from diagnosis.facts.case import Case
from diagnosis.gates import Gate, Verdict
from diagnosis.replay import attempt as attempts
from diagnosis.replay import release_sessions
from diagnosis.replay.attempt import replay
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

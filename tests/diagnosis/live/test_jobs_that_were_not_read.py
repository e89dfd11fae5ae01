"""A job of which nothing was read is unknown, whatever stands beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_world import sound_world

from diagnosis.diagnose import question_of, replays_of
from diagnosis.gates import Gate, Verdict
from diagnosis.live.assessment import assess
from diagnosis.replay.gate_verdicts import all_unknown
from diagnosis.verdicts.gate_verdict import maybe_verdict_at
from diagnosis.verdicts.release import Certainty, StepGap
from diagnosis.verdicts.replay import JobSession

SEEN = StepGap("ship", "org/ci/.github/workflows/ship.yml", "it was not read", "", certainty=Certainty.OBSERVED)


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("gaps", [(), (SEEN,)], ids=["no gap", "an observed gap"])
def test_a_session_that_was_not_read_is_unknown_though_no_gap_says_so(alone: bool, gaps: tuple[StepGap, ...]) -> None:
    world = sound_world()
    (replay,) = replays_of((world.run,), world.case)
    unread = JobSession("ship", "", all_unknown("It was not read."), gaps=gaps, ran=False, read=False)
    replay = replace(replay, sessions=(unread,) if alone else (*replay.sessions, unread))
    found = assess(replay, world.asked(question_of(replay, world.case)), world.case)
    (session,) = (each for each in found.sessions if each.jobs == ("ship",))
    for gates in (session.gates, found.gates):
        told = maybe_verdict_at(gates, Gate.SERVICE_AUTHORIZATION)
        assert told is not None
        assert told.verdict is Verdict.UNKNOWN

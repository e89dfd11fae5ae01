"""What was not read of a release is unknown and told: a job, a role beyond those that the account is asked about."""

from __future__ import annotations

from dataclasses import replace

import pytest
from arns import arn_of
from small_world import HOME, sound_world

from diagnosis.diagnose import question_of, replays_of
from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Unreadable
from diagnosis.gates import Checkpoint, Gate, Verdict
from diagnosis.live.assessment import assess
from diagnosis.live.release_units import MOST_ROLES, units_of
from diagnosis.replay.gate_verdicts import all_unknown
from diagnosis.verdicts.gate_verdict import maybe_verdict_at
from diagnosis.verdicts.release import Certainty, Need, StepGap
from diagnosis.verdicts.replay import JobSession, Replay

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


def of_roles(count: int) -> tuple[Replay, Case]:
    """A release of a session for each role, each with a repository and a bucket of its own."""
    world = sound_world()
    (replay,) = replays_of((world.run,), world.case)
    (first,) = replay.sessions
    assert first.facts.role_arn is not None
    sessions = [first]
    for number in range(1, count):
        role = replace(first.facts.role_arn, value=arn_of(f"{HOME.role_arn}-{number}"))
        needs = tuple(
            Need(action, resource, checkpoint, "the step")
            for action, resource, checkpoint in (
                ("ecr:PutImage", f"{HOME.repository_arn}-{number}", Checkpoint.REGISTRY_PUSH),
                ("s3:PutObject", f"arn:aws:s3:::bucket-{number}/x", Checkpoint.SERVICE_AUTHORIZATION),
            )
        )
        sessions.append(
            replace(
                first, job=f"job {number}", job_id=f"{number}", facts=replace(first.facts, role_arn=role), needs=needs
            )
        )
    return replace(replay, sessions=tuple(sessions)), world.case


@pytest.mark.parametrize("count", [MOST_ROLES, MOST_ROLES + 1])
def test_roles_beyond_those_that_the_account_is_asked_about_are_told(count: int) -> None:
    replay, case = of_roles(count)
    question = question_of(replay, case)
    assert len(question.beside) == MOST_ROLES - 1
    last = units_of(replay, case)[-1].account_in(AccountState(question))
    assert isinstance(last.role, Unreadable)
    assert (f"no more than {MOST_ROLES}" in last.role.why) is (count > MOST_ROLES)


def test_repositories_and_resources_are_all_handed_to_who_reads_and_says_what_was_left_out() -> None:
    replay, case = of_roles(2)
    many = tuple(
        replace(need, resource=f"{need.resource}{number}") for need in replay.sessions[1].needs for number in range(99)
    )
    first = replace(replay.sessions[0], needs=many)
    question = question_of(replace(replay, sessions=(first, replay.sessions[1])), case)
    assert len(question.repositories) == 99
    bucket = tuple(
        replace(need, resource=f"arn:aws:s3:::b{number}/x")
        for number, need in enumerate(many)
        if need.action[:2] == "s3"
    )
    question = question_of(replace(replay, sessions=(replace(first, needs=bucket), replay.sessions[1])), case)
    assert len(question.resources) == 99

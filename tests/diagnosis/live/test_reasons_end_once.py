"""A reason for what is unknown ends its sentence once, wherever it is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_world import allow, policy, sound_world

from diagnosis.facts.account import AccountQuestion
from diagnosis.facts.reading import Unreadable
from diagnosis.facts.workflow import WorkflowStep
from diagnosis.verdicts.gate_verdict import Missing


@pytest.mark.parametrize("why", ["access is denied", "Access is denied."])
def test_a_whole_sentence_as_a_reason_reads_like_a_part_of_one(why: str) -> None:
    assert Missing("the role", why, "ask").why == why.removesuffix(".")
    world = sound_world().with_account(role=Unreadable("the role", why, "ask"))
    shown = [gate.reason for gate in world.diagnosis().live.gates]
    assert any(f"{why.removesuffix('.')}." in reason for reason in shown)
    assert not [reason for reason in shown if ".." in reason or not reason.endswith(".")]


def test_a_role_that_nobody_names_is_said_in_whole_sentences() -> None:
    world = sound_world()
    nobody = replace(
        world.account, question=AccountQuestion(None), role=Unreadable("the role", "nothing names it", "say")
    )
    for gate in replace(world, account=nobody).diagnosis().live.gates:
        assert gate.reason.endswith(".")
        assert ".." not in gate.reason


def test_what_is_allowed_is_counted_in_words_that_fit() -> None:
    world = sound_world()
    first = world.workflow.jobs[0].steps[:2]
    for services, said in (("a", "The one call of another service"), ("ab", "All 2 calls of other services")):
        steps = [WorkflowStep(name, None, f"aws ecs update-service --cluster c --service {name}") for name in services]
        release = world.with_job(steps=(*first, *steps)).with_policy(policy(allow("ecs:UpdateService", "*")))
        assert any(gate.reason.startswith(said) for gate in release.diagnosis().live.gates)

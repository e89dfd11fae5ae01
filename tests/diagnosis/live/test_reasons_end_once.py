"""A reason for what is unknown ends its sentence once, wherever it is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_world import sound_world

from diagnosis.facts.account import AccountQuestion
from diagnosis.facts.reading import Unreadable
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

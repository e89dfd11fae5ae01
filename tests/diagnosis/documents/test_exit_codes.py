"""0 only where everything passes, services among it; 1 while a gate fails, 3 while something is not known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from deploying_release import released
from small_world import ACCOUNT, sound_world

from diagnosis.documents.exit_code import FAILED, PASSED, UNKNOWN
from diagnosis.documents.headline import headline
from diagnosis.documents.judged_exit import exit_code
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.gate_verdict import GateVerdict
from diagnosis.verdicts.outlook import Prospect, outlook_now


@pytest.mark.parametrize(
    ("granted", "script", "expected"),
    [(True, False, PASSED), (True, True, UNKNOWN), (False, False, FAILED), (False, True, FAILED)],
)
def test_a_release_that_deploys(granted: bool, script: bool, expected: int) -> None:
    world = released(granted=granted, script=script, account=ACCOUNT)
    world = replace(world, attempt=replace(world.attempt, conclusion="success"))
    assert exit_code(world.diagnosis()) == expected


def test_a_gate_that_refused_the_run_and_that_nobody_judged_today_is_not_passed() -> None:
    world = sound_world()
    found = replace(world, attempt=replace(world.attempt, conclusion="success")).diagnosis()
    assert exit_code(found) == PASSED
    assert found.subject is not None
    refused = GateVerdict(Gate.SERVICE_AUTHORIZATION, Verdict.FAIL, "refused")
    left = replace(found, subject=replace(found.subject, gates=(*found.subject.gates, refused)))
    assert exit_code(left) == UNKNOWN
    assert headline(left).gates == "Service authorization was not judged today"
    assert (outlook_now(found).prospect, outlook_now(left).prospect) == (Prospect.PASSES, Prospect.UNPROVEN)


def test_without_the_account_what_the_run_shows_decides() -> None:
    found = replace(sound_world().diagnosis(), live=None, forecast=())
    assert exit_code(found) == UNKNOWN
    assert found.subject is not None
    refused = GateVerdict(Gate.SERVICE_AUTHORIZATION, Verdict.FAIL, "refused")
    assert exit_code(replace(found, subject=replace(found.subject, gates=(refused,)))) == FAILED

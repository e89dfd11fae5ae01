"""Without a step that is seen to use a registry, what is missing is named: the step that nobody read, or the file."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_world import World, allow, policy, sound_world

from diagnosis.facts.workflow import UnparsableWorkflow, WorkflowStep
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.gate_verdict import GateVerdict, maybe_verdict_at


def at(world: World, gate: Gate) -> GateVerdict:
    live = world.diagnosis().live
    assert live is not None
    found = maybe_verdict_at(live.gates, gate)
    assert found is not None
    assert found.verdict is Verdict.UNKNOWN
    return found


def running(*scripts: str) -> World:
    world = sound_world()
    first = world.workflow.jobs[0].steps[:2]
    return world.with_job(steps=(*first, *(WorkflowStep(f"Step {i}", None, run) for i, run in enumerate(scripts))))


def test_a_step_that_is_not_judged_is_what_may_use_the_registry() -> None:
    found = at(running("terraform apply -auto-approve"), Gate.REGISTRY_AUTHORIZATION).missing
    assert all(each.what.startswith("what step “Step 0”") for each in found)
    assert any("terraform apply" in each.what for each in found)
    assert not any("contents: read" in each.how for each in found)


def test_every_step_that_nobody_read_is_named() -> None:
    verdict = at(running("./deploy.sh", "./ship.sh"), Gate.REGISTRY_AUTHORIZATION)
    found = verdict.missing
    assert verdict.reason.startswith("No step that was read uses a registry. Not known is what step “Step 0”")
    assert verdict.reason.endswith("and of 1 more.")
    assert [("deploy.sh" in each.what, "ship.sh" in each.what) for each in found] == [(True, False), (False, True)]


def test_nobody_is_asked_for_a_workflow_file_that_was_read() -> None:
    world = running("make test")
    quiet = world.with_job(steps=world.workflow.jobs[0].steps[:2])
    (missing,) = at(quiet, Gate.REGISTRY_AUTHORIZATION).missing
    assert missing.how == "give --repository-uri"
    path = world.workflow.path
    unread = replace(quiet, workflow=UnparsableWorkflow(path, "it is no YAML"))
    (missing,) = at(unread, Gate.REGISTRY_AUTHORIZATION).missing
    assert "contents: read" in missing.how


@pytest.mark.parametrize(
    ("before", "allowed"), [("", False), ("aws ecs update-service --cluster c --service s\n", True)]
)
def test_calls_are_said_to_be_allowed_only_where_some_are_known(before: str, allowed: bool) -> None:
    world = running(f"{before}./deploy.sh").with_policy(policy(allow("ecs:UpdateService", "*")))
    assert ("are allowed" in at(world, Gate.SERVICE_AUTHORIZATION).reason) is allowed

"""A run that another service refused, from its log to the fix: recorded, live, forecast, and proved on the account."""

# ruff: noqa: E501 - log lines stand here as tools print them: whole

from __future__ import annotations

from dataclasses import replace

import pytest
from replay_builders import Spec, as_they_went_well, failing, job_of
from small_world import ACCOUNT, EIGHT, HOME, REGION, World, allow, policy, sound_world

from diagnosis.causes import Cause
from diagnosis.facts.reading import Known
from diagnosis.facts.workflow import WorkflowStep
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.gate_verdict import maybe_verdict_at

SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/release/GitHubActions"
KINDS = {
    "make deploy": ("UpdateService", "ecs:UpdateService", f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/main/api"),
    "./scripts/kubeconfig.sh": ("DescribeCluster", "eks:DescribeCluster", f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/main"),
    "aws ssm get-parameter --name /app/db": ("GetParameter", "ssm:GetParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/app/db"),
    "aws eks update-kubeconfig --name main": ("DescribeCluster", "eks:DescribeCluster", f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/main"),
    "./register.sh": ("RegisterTaskDefinition", "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/task"),
}  # fmt: skip


def refused(run: str) -> World:
    """The sound world with one more step, which the service refused."""
    operation, action, resource = KINDS[run]
    line = (
        f"An error occurred (AccessDeniedException) when calling the {operation} operation: User: {SESSION} is not authorized to "
        f"perform: {action} on resource: {resource} because no identity-based policy allows the {action} action"
    )
    world = sound_world()
    steps = world.workflow.jobs[0].steps
    ended = job_of(
        *as_they_went_well(steps), failing(Spec(name="Deploy", run=run), line, exit_code=254), name="Release"
    )
    world = world.with_job(steps=(*steps, WorkflowStep("Deploy", None, run, line=90)))
    return replace(world, attempt=replace(world.attempt, jobs=Known((ended,)), conclusion="failure"))


@pytest.mark.parametrize("run", KINDS)
def test_what_a_service_refused_is_forecast_and_the_fix_is_proved(run: str) -> None:
    _, action, resource = KINDS[run]
    diagnosis = refused(run).diagnosis()
    recorded = maybe_verdict_at(diagnosis.replays[0].gates, Gate.SERVICE_AUTHORIZATION)
    assert recorded is not None
    assert (recorded.verdict, recorded.actions) == (Verdict.FAIL, (action,))
    assert diagnosis.live is not None
    live = maybe_verdict_at(diagnosis.live.gates, Gate.SERVICE_AUTHORIZATION)
    assert live is not None
    assert live.verdict is Verdict.FAIL
    assert live.cause is (Cause.PASS_ROLE if action == "iam:PassRole" else Cause.SERVICE_ACTION)
    assert (action, resource) in {
        (each, problem.resource) for problem in diagnosis.forecast for each in problem.actions
    }
    assert any(resource in remediation.aws_cli for remediation in diagnosis.remediations)
    mended = maybe_verdict_at(diagnosis.after_fix, Gate.SERVICE_AUTHORIZATION)
    assert mended is not None
    assert mended.verdict is not Verdict.FAIL


@pytest.mark.parametrize("run", KINDS)
def test_where_the_action_was_granted_since_the_run_nothing_fails_today(run: str) -> None:
    _, action, resource = KINDS[run]
    granted = policy(
        allow("ecr:GetAuthorizationToken", "*"), allow(EIGHT, HOME.repository_arn), allow((action,), resource)
    )
    diagnosis = refused(run).with_policy(granted).diagnosis()
    assert diagnosis.live is not None
    assert all(gate.verdict is not Verdict.FAIL for gate in diagnosis.live.gates)
    assert diagnosis.replays[0].stopped_by is not None
    assert diagnosis.replays[0].stopped_by.gate is Gate.SERVICE_AUTHORIZATION

"""Whatever AWS refused to a run is asked of the role that it was refused to: in each job, by each role, every call of a step."""

from __future__ import annotations

from dataclasses import replace

import pytest
from release_model import Accounts, ReadRelease
from release_worlds import DEPLOYER, HEAD, HERE, LOGIN, MATRIX, SERVICE, assume, grant, job, leg, push
from replay_builders import Spec, as_they_went_well, failing, job_of
from small_world import ACCOUNT, EIGHT, HOME, REGION, World, allow, policy, sound_world
from wire_release import ACCOUNT as OF_WIRE
from wire_release import REPOSITORY, ROLE, WORKFLOW, Ran, RoleFacts, WireRelease

from diagnosis.facts.reading import Known
from diagnosis.facts.workflow import WorkflowStep
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import maybe_verdict_at

DEPLOY = "aws ecs update-service --cluster main --service api"
OWN = ("ecs:UpdateService", f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/main/api")
PASSED = ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/task")
SCALED = ("application-autoscaling:RegisterScalableTarget", "*")


def refusal(call: tuple[str, str], role: str = "release", account: str = ACCOUNT) -> str:
    """What the AWS CLI prints."""
    action, resource = call
    return (
        f"An error occurred (AccessDeniedException) when calling the {action.partition(':')[2]} operation: User: "
        f"arn:aws:sts::{account}:assumed-role/{role}/GitHubActions is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action"
    )


def deploying(*lines: str, run: str = DEPLOY, tolerated: bool = False) -> World:
    """The sound world with one more step, which is understood, may make its own call, and printed these lines."""
    world = sound_world()
    steps = world.workflow.jobs[0].steps
    last = failing(Spec(name="Deploy", run=run), *lines, exit_code=254)
    ended = job_of(
        *as_they_went_well(steps), replace(last, conclusion="success") if tolerated else last, name="Release"
    )
    world = world.with_job(steps=(*steps, WorkflowStep("Deploy", None, run, line=90, continue_on_error=tolerated)))
    granted = policy(allow("ecr:GetAuthorizationToken", "*"), allow(EIGHT, HOME.repository_arn), allow(*OWN))
    conclusion = "success" if tolerated else "failure"
    return replace(
        world.with_policy(granted), attempt=replace(world.attempt, jobs=Known((ended,)), conclusion=conclusion)
    )


def services(diagnosis: Diagnosis) -> tuple[Verdict, set[tuple[str, str | None]]]:
    """Today's verdict at service authorization, and what the forecast says of it."""
    assert diagnosis.live is not None
    verdict = maybe_verdict_at(diagnosis.live.gates, Gate.SERVICE_AUTHORIZATION)
    assert verdict is not None
    return verdict.verdict, {(action, item.resource) for item in diagnosis.forecast for action in item.actions}


def test_every_call_that_was_refused_in_the_failed_step_is_asked() -> None:
    verdict, told = services(deploying(refusal(PASSED), refusal(SCALED)).diagnosis())
    assert verdict is Verdict.FAIL
    assert told == {PASSED, SCALED}


def test_what_continue_on_error_let_pass_was_refused_all_the_same() -> None:
    verdict, told = services(deploying(refusal(PASSED), tolerated=True).diagnosis())
    assert verdict is Verdict.FAIL
    assert told == {PASSED}


def test_what_a_tool_does_without_is_no_need_though_it_was_refused_beside_what_stopped_it() -> None:
    summary = ("cloudformation:GetTemplateSummary", "*")
    run = "sam deploy --stack-name web"
    assert summary not in services(deploying(refusal(PASSED), refusal(summary), run=run).diagnosis())[1]
    told = services(deploying(refusal(PASSED), refusal(SCALED), run=run).diagnosis())[1]
    assert {PASSED, SCALED} <= told


def test_what_was_refused_to_another_identity_is_no_need_of_the_role() -> None:
    verdict, told = services(deploying(refusal(PASSED), refusal(SCALED, "somebody")).diagnosis())
    assert verdict is Verdict.FAIL
    assert told == {PASSED}


MAIN = f"repo:{REPOSITORY}:ref:refs/heads/main"
TASK = ("iam:PassRole", f"arn:aws:iam::{OF_WIRE}:role/task")
UPDATED = ("ecs:UpdateService", f"arn:aws:ecs:us-east-1:{OF_WIRE}:service/prod/web")
PUSHING = (
    grant("ecr:GetAuthorizationToken", "*"),
    *(grant(action, f"arn:aws:ecr:us-east-1:{OF_WIRE}:repository/app") for action in EIGHT),
    grant(*UPDATED),
)
PUSH = (assume(), LOGIN, push(f"{HERE}/app:1"))


def refused(name: str, job_id: str, call: tuple[str, str], role: str = "release") -> Ran:
    return Ran(name, job_id, fails_at="aws ecs", error=refusal(call, role, OF_WIRE))


RUNS = {
    "another job": (
        job("a", *PUSH, SERVICE) + job("b", assume(DEPLOYER), SERVICE),
        (refused("a", "a", UPDATED), refused("b", "b", TASK, "deployer")),
        "deployer",
    ),
    "another leg": (
        job("push", *PUSH, SERVICE, head=MATRIX),
        tuple(
            replace(leg("push", name), fails_at="aws ecs", error=refusal(call, "release", OF_WIRE))
            for name, call in (("api", UPDATED), ("web", TASK))
        ),
        "release",
    ),
    "the second role of a job": (
        job("a", *PUSH, assume(DEPLOYER), SERVICE),
        (refused("a", "a", TASK, "deployer"),),
        "deployer",
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_refusal_is_asked_of_the_role_that_met_it(name: str) -> None:
    text, jobs, whose = RUNS[name]
    release = ReadRelease.of(WireRelease({WORKFLOW: HEAD + text}, jobs))

    def diagnosis(*allowed: str) -> Diagnosis:
        grants = {role: (grant(*TASK),) if role in allowed else () for role in ("release", "deployer")}
        roles = (
            RoleFacts(ROLE, (MAIN,), (*PUSHING, *grants["release"])),
            RoleFacts(DEPLOYER, (MAIN,), (grant(*UPDATED), *grants["deployer"])),
        )
        return release.diagnosis(Accounts(roles))

    other = "release" if whose == "deployer" else "deployer"
    found = diagnosis(other)
    assert services(found) == (Verdict.FAIL, {TASK})
    assert {problem.role_arn.name for problem in found.forecast if problem.role_arn} == {whose}
    assert found.paths[0].opens_all
    assert services(diagnosis(whose)) == (Verdict.PASS, set())

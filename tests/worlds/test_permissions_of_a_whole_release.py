"""A release that pushes, deploys and keeps evidence: one action less is named and restored, one more is nobody's to take away."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from permission_faults import LOGIN
from small_world import ACCOUNT, HOME, World, allow, policy, sound_world
from thoroughness import examples, some

from diagnosis.facts.account import AccountState, NamedPolicy, ResourcePolicy
from diagnosis.facts.reading import Absent, Known
from diagnosis.facts.workflow import WorkflowStep
from diagnosis.gates import Checkpoint, Gate, Verdict
from diagnosis.grants.comparison import compare_grants
from diagnosis.policy import PolicyDocument
from diagnosis.remedies.changed_account import applied
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import maybe_verdict_at
from diagnosis.verdicts.release import Need

BUCKET = "arn:aws:s3:::octo-evidence"
DEPLOY = (
    "aws ecs update-service --cluster shop --service api --force-new-deployment\n"
    "aws ecs describe-services --cluster shop --services api\n"
    f"aws lambda update-function-code --function-name shop --image-uri {HOME.image}\n"
)
EVIDENCE = "aws s3 cp report.json s3://octo-evidence/runs/report.json\naws ssm get-parameter --name /shop/url\n"

UNNEEDED = {
    "another service's wildcard": allow("sqs:*", "*"),
    "the same service's wildcard": allow("s3:*", "*"),
    "an exact grant of the registry": allow("ecr:PutImage", HOME.repository_arn.replace("shop/api", "web")),
    "a wildcard of the registry": allow("ecr:*", "*"),
    "every role": allow("iam:PassRole", "*"),
    "everything": allow("*", "*"),
    "everything but IAM": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
    "a deny of others": {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"},
    "a wrong region": allow("ecs:UpdateService", f"arn:aws:ecs:us-east-1:{ACCOUNT}:service/shop/api"),
}


def _release() -> World:
    world = sound_world()
    steps = (
        *world.workflow.jobs[0].steps,
        WorkflowStep("Deploy", None, DEPLOY),
        WorkflowStep("Evidence", None, EVIDENCE),
    )
    return world.with_job(steps=steps).with_account(resource_policies=(ResourcePolicy(BUCKET, Absent("its policy")),))


@cache
def needs() -> tuple[Need, ...]:
    live = _release().diagnosis().live
    assert live is not None
    return live.needs


def world_of(granted: tuple[Need, ...], *beside: dict[str, object]) -> World:
    """The release with a policy for each service, exactly these grants, and what else the role holds."""
    by_service: dict[str, dict[str, list[str]]] = {}
    for need in granted:
        places = by_service.setdefault(need.action.partition(":")[0], {})
        places.setdefault(need.resource or "*", []).append(need.action)
    made = [
        NamedPolicy(service, policy(*(allow(actions, place) for place, actions in places.items())))
        for service, places in by_service.items()
    ]
    made += [NamedPolicy(f"beside-{number}", policy(statement)) for number, statement in enumerate(beside)]
    return _release().with_account(inline_policies=Known(tuple(made)))


def documents(account: AccountState) -> list[PolicyDocument]:
    assert isinstance(account.inline_policies, Known)
    assert isinstance(account.attached_policies, Known)
    return [item.document for item in (*account.inline_policies.value, *account.attached_policies.value)]


def after_opening(world: World, diagnosis: Diagnosis) -> AccountState:
    path = diagnosis.paths[0]
    marks = [bool(item.tightens) for item in path.remediations]
    assert marks == sorted(marks)
    opening = [change for item in path.remediations if not item.tightens for change in item.changes]
    return applied(opening, world.account)


def test_the_release_is_understood_and_passes_with_exactly_what_it_needs() -> None:
    services = {need.action.partition(":")[0] for need in needs()}
    assert services == {"ecr", "ecs", "lambda", "s3", "ssm"}
    diagnosis = world_of(needs()).diagnosis()
    assert diagnosis.live is not None
    assert {verdict.verdict for verdict in diagnosis.live.gates} == {Verdict.PASS}
    assert maybe_verdict_at(diagnosis.live.gates, Gate.SERVICE_AUTHORIZATION) is not None
    assert diagnosis.live.beyond == ()
    assert diagnosis.paths == ()


@pytest.mark.parametrize("place", some(range(13), 4))
def test_the_one_action_that_is_missing_is_forecast_and_restored_exactly(place: int) -> None:
    need = needs()[place % len(needs())]
    world = world_of(tuple(item for item in needs() if item is not need))
    diagnosis = world.diagnosis()
    if need.kind.value != "required":
        assert diagnosis.paths == ()
        return
    assert {action for problem in diagnosis.forecast for action in problem.actions} == {need.action}
    problem = diagnosis.forecast[0]
    if need.checkpoint is Checkpoint.SERVICE_AUTHORIZATION:
        assert need.step in problem.reason
    else:
        assert need.step in problem.reason or need.action == LOGIN
    path = diagnosis.paths[0]
    assert path.passes_run
    assert path.opens_all
    assert path.newly_admitted == ()
    meant = [(need.action, need.resource or "")]
    before, after = documents(world.account), documents(after_opening(world, diagnosis))
    assert not compare_grants([before], [after]).equivalent
    assert compare_grants([before], [after], meant=meant).equivalent


@settings(max_examples=examples(25), deadline=None)
@given(st.sets(st.integers(0, 12), min_size=1, max_size=3), st.sets(st.sampled_from(sorted(UNNEEDED)), max_size=3))
def test_what_else_the_role_holds_is_taken_away_by_no_opening_change(gone: set[int], beside: set[str]) -> None:
    kept = tuple(need for number, need in enumerate(needs()) if number not in gone)
    world = world_of(kept, *(UNNEEDED[name] for name in sorted(beside)))
    diagnosis = world.diagnosis()
    assert diagnosis.live is not None
    if not diagnosis.paths:
        return
    missing = {(need.action, need.resource or "") for need in needs() if need not in kept}
    before, after = documents(world.account), documents(after_opening(world, diagnosis))
    assert compare_grants([before], [after], meant=missing).equivalent
    assert diagnosis.paths[0].passes_run
    tightening = [item for item in diagnosis.paths[0].remediations if item.tightens]
    changed = applied([change for item in diagnosis.paths[0].remediations for change in item.changes], world.account)
    again = compare_grants([before], [documents(changed)]).no_longer_granted
    assert bool(again) is bool(tightening)
    if "everything" not in " ".join(beside):
        # Other services keep what they hold, but for what lets the role widen itself.
        taken = {action.partition(":")[0] for grant in again for action in grant.actions}
        assert taken <= {"ecr", "ecr-public", "iam"}

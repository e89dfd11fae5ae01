"""The role's permissions for other services than the registry: what is missing is restored exactly, and nothing is taken away."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import pytest
from arns import arn_of
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import ACCOUNT, EIGHT, HOME, OTHER_ACCOUNT, World, allow, policy, sound_world
from thoroughness import examples, some

from diagnosis.causes import Cause
from diagnosis.diagnose import question_of, replays_of
from diagnosis.facts.account import AccountState, NamedPolicy, ResourcePolicy
from diagnosis.facts.reading import Absent, Known
from diagnosis.gates import Checkpoint, Plane
from diagnosis.grants.comparison import compare_grants
from diagnosis.live.entitlement import Entitlement, judge_needs
from diagnosis.live.run_claims import RunClaims
from diagnosis.policy import Layer, PolicyDocument, read_document
from diagnosis.policy.language.tree import as_list
from diagnosis.remedies.changed_account import applied
from diagnosis.remedies.offer import Offer, Situation
from diagnosis.remedies.offers import identity
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.release import Need

REGION = HOME.region
ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
TO_ECS = (("iam:PassedToService", "ecs-tasks.amazonaws.com"),)
TASK, EXECUTION = f"arn:aws:iam::{ACCOUNT}:role/task", f"arn:aws:iam::{ACCOUNT}:role/task-execution"
BUCKET = "arn:aws:s3:::octo-evidence"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1111"

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
DELEGATING = Known(
    NamedPolicy(
        "key",
        policy({"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*", "Sid": "Account"}),
    )
)
"""The policy of a key that leaves its use to the account's own policies, as every key made without one has."""


def use(action: str, resource: str | None, *context: tuple[str, str], step: str = "Deploy") -> Need:
    return Need(action, resource, Checkpoint.SERVICE_AUTHORIZATION, f"step {step}", step, order=9, context=context)


USES = (
    use("ecs:RegisterTaskDefinition", "*"),
    use("ecs:DescribeServices", f"{ECS}:service/shop/api"),
    use("ecs:UpdateService", f"{ECS}:service/shop/api"),
    use("iam:PassRole", TASK, *TO_ECS),
    use("iam:PassRole", EXECUTION, *TO_ECS),
    use("s3:ListBucket", BUCKET, step="Evidence"),
    use("s3:PutObject", f"{BUCKET}/runs/*", step="Evidence"),
    use("lambda:UpdateFunctionCode", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:shop"),
    use("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/shop/url"),
    use("cloudformation:DescribeStacks", f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/shop/*"),
    use("kms:GenerateDataKey", KEY, step="Evidence"),
    use("dynamodb:PutItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/locks", step="Plan"),
)
REGISTRY = (
    Need("ecr:GetAuthorizationToken", "*", Checkpoint.REGISTRY_AUTH, "the login"),
    *(Need(action, HOME.repository_arn, Checkpoint.REGISTRY_PUSH, "the push", order=1) for action in EIGHT),
)
NEEDS = (*REGISTRY, *USES)

UNNEEDED = (
    allow("s3:*", f"{BUCKET}-of-others/*"),
    allow("s3:GetObject", "*"),
    allow(["ecs:*"], "*"),
    allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/of-others"),
    allow("iam:PassRole", "*"),
    allow("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"),
    allow("ecr:*", "*"),
    allow("*", "*"),
    {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
    {**allow("lambda:*", "*"), "Condition": {"StringEquals": {"aws:ResourceTag/team": "web"}}},
)


@dataclass(frozen=True)
class Layout:
    """How the needed grants stand in the role's policies."""

    apart: bool
    """A policy for each service, or one for all."""
    by_statement: bool
    """A statement for each pair, or one for all actions of a resource."""
    attached: bool


def statements_of(needs: tuple[Need, ...], layout: Layout) -> dict[str, list[dict[str, object]]]:
    """The statements that grant just these needs, by the policy's name."""
    found: dict[str, list[dict[str, object]]] = {}
    together: dict[tuple[str, str, bool], list[str]] = {}
    for need in needs:
        assert need.resource is not None
        service = need.action.partition(":")[0]
        name = service if layout.apart else "release"
        if layout.by_statement:
            found.setdefault(name, []).append(allow([need.action], need.resource))
        else:
            together.setdefault((name, need.resource, service == "iam"), []).append(need.action)
    for (name, resource, _), actions in together.items():
        found.setdefault(name, []).append(allow(actions, resource))
    return found


def world_of(needs: tuple[Need, ...], layout: Layout, *beside: dict[str, object]) -> World:
    made = [NamedPolicy(name, policy(*listed)) for name, listed in statements_of(needs, layout).items()]
    if beside:
        made.append(NamedPolicy("others", policy(*beside)))
    inline = [item for place, item in enumerate(made) if not (layout.attached and place % 2)]
    attached = [
        replace(item, arn=arn_of(f"arn:aws:iam::{ACCOUNT}:policy/{item.name}")) for item in made if item not in inline
    ]
    resources = (ResourcePolicy(BUCKET, Absent("its policy")), ResourcePolicy(KEY, DELEGATING))
    return sound_world().with_account(
        inline_policies=Known(tuple(inline)), attached_policies=Known(tuple(attached)), resource_policies=resources
    )


def situation_of(world: World, needs: tuple[Need, ...] = NEEDS) -> Situation:
    (replay,) = replays_of((world.run,), world.case)
    account = replace(world.account, question=question_of(replay, world.case))
    run = RunClaims.of(replay, account, world.case)
    return Situation(run, needs, tuple(problems_of(account, needs)))


def problems_of(account: AccountState, needs: tuple[Need, ...]) -> list[Problem]:
    """One problem for each need that is denied, as the judges would tell it."""
    layers = {Layer.BOUNDARY: Cause.BOUNDARY, Layer.SCP: Cause.SCP, Layer.RESOURCE: Cause.RESOURCE_POLICY}
    own = {Checkpoint.REGISTRY_AUTH: Cause.GET_AUTHORIZATION_TOKEN, Checkpoint.REGISTRY_PUSH: Cause.PUSH_SCOPE}
    found = []
    for item in judge_needs(needs, account, "GitHubActions"):
        need = item.need
        passing = Cause.PASS_ROLE if need.action == "iam:PassRole" else Cause.SERVICE_ACTION
        for layer, *_ in item.stopped_by:
            cause = layers.get(Layer(layer)) or own.get(need.checkpoint) or passing
            found.append(Problem(need.checkpoint, Plane.AUTHORIZATION, cause, "denied", (need.action,), need.resource))
    return found


def documents(account: AccountState) -> list[PolicyDocument]:
    return [
        item.document
        for reading in (account.inline_policies, account.attached_policies)
        if isinstance(reading, Known)
        for item in reading.value
    ]


def after(situation: Situation, offer: Offer) -> AccountState:
    return applied(offer.remediation.changes, situation.account)


def denied(account: AccountState, needs: tuple[Need, ...] = NEEDS) -> list[Need]:
    return [
        item.need
        for item in judge_needs(needs, account, "GitHubActions")
        if item.entitlement is not Entitlement.ALLOWED
    ]


def pairs(needs: list[Need]) -> list[tuple[str, str | None]]:
    return [(need.action, need.resource) for need in needs]


layouts = st.builds(Layout, st.booleans(), st.booleans(), st.booleans())


@settings(max_examples=examples(60), deadline=None)
@given(
    layouts,
    st.sets(st.sampled_from(range(len(NEEDS))), min_size=1, max_size=3),
    st.lists(st.sampled_from(UNNEEDED), max_size=3),
)
def test_what_is_missing_is_restored_exactly_and_nothing_that_is_there_goes(
    layout: Layout, gone: set[int], beside: list[dict[str, object]]
) -> None:
    granted = tuple(need for place, need in enumerate(NEEDS) if place not in gone)
    situation = situation_of(world_of(granted, layout, *beside))
    missing = denied(situation.account)
    assert set(pairs(missing)) <= set(pairs([NEEDS[place] for place in gone]))
    choice = identity.correct_permissions(situation)
    if not missing:
        assert choice is None
        return
    assert choice is not None
    (offer,) = choice
    changed = after(situation, offer)
    assert denied(changed) == []
    before_documents, after_documents = [documents(situation.account)], [documents(changed)]
    meant = [(need.action, need.resource or "") for need in missing]
    compared = compare_grants(before_documents, after_documents, meant=meant)
    assert compared.equivalent
    assert offer.remediation.widens == ()
    told = offer.remediation.words + offer.remediation.difference
    assert all(need.action in told for need in missing)


@pytest.mark.parametrize("need", some(NEEDS, 2), ids=lambda need: f"{need.action} on {need.resource}")
@pytest.mark.parametrize("layout", [Layout(True, False, False), Layout(False, True, True)])
def test_the_one_action_that_is_missing_is_the_one_that_is_granted(need: Need, layout: Layout) -> None:
    situation = situation_of(world_of(tuple(item for item in NEEDS if item != need), layout))
    assert pairs(denied(situation.account)) == [(need.action, need.resource)]
    choice = identity.correct_permissions(situation)
    assert choice is not None
    (change,) = choice[0].remediation.changes
    assert change.document is not None
    assert denied(after(situation, choice[0])) == []
    assert need.action in choice[0].remediation.words or need in REGISTRY
    assert need.action in choice[0].remediation.difference
    assert need.resource is None or need.resource in choice[0].remediation.words or need.resource == "*"


def made(*lacking: Need, layout: Layout = Layout(True, False, False)) -> list[dict[str, object]]:
    """The statements of the policies that are written for what is lacking."""
    granted = tuple(need for need in NEEDS if need not in lacking)
    choice = identity.correct_permissions(situation_of(world_of(granted, layout), (*granted, *lacking)))
    assert choice is not None
    written = [change.document for change in choice[0].remediation.changes]
    listed = [item for document in written if document is not None for item in as_list(document.tree["Statement"])]
    return [item for item in listed if isinstance(item, dict)]


def test_roles_are_passed_by_a_statement_of_its_own_and_to_the_service_alone() -> None:
    ours = (USES[3], USES[4], USES[0], USES[2])
    statements = made(*ours, layout=Layout(False, True, False))
    (passing,) = [item for item in statements if "iam:PassRole" in json.dumps(item)]
    assert passing["Action"] == "iam:PassRole"
    assert passing["Resource"] == [TASK, EXECUTION]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    (bare,) = [item for item in made(use("iam:PassRole", f"{TASK}-2")) if "-2" in json.dumps(item)]
    assert "Condition" not in bare


def test_a_role_that_is_passed_to_two_services_is_passed_to_both() -> None:
    other = use("iam:PassRole", TASK, ("iam:PassedToService", "lambda.amazonaws.com"))
    statements = made(USES[3], other)
    (passing,) = [item for item in statements if TASK in (item["Resource"], *item["Resource"])]
    assert passing["Condition"] == {
        "StringEquals": {"iam:PassedToService": ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com"]}
    }


def test_what_no_policy_is_about_goes_to_a_new_one_and_the_rest_where_its_service_is() -> None:
    lacking = (use("sns:Publish", f"arn:aws:sns:{REGION}:{ACCOUNT}:done"), USES[1])
    granted = tuple(need for need in NEEDS if need not in lacking)
    choice = identity.correct_permissions(
        situation_of(world_of(granted, Layout(True, False, False)), (*granted, *lacking))
    )
    assert choice is not None
    assert {str(change.target) for change in choice[0].remediation.changes} == {"ecs", "ReleaseServices-octo-repo"}


def test_a_need_whose_arn_is_not_known_is_granted_nowhere_and_is_told() -> None:
    unknown = replace(USES[8], resource=None)
    granted = tuple(need for need in NEEDS if need not in (USES[8], USES[2]))
    choice = identity.correct_permissions(
        situation_of(world_of(granted, Layout(True, False, False)), (*granted, USES[2], unknown))
    )
    assert choice is not None
    assert "ssm:" not in "".join(change.document.text for change in choice[0].remediation.changes if change.document)
    (warning,) = [text for text in choice[0].remediation.warnings if "ssm:GetParameter" in text]
    assert "give its ARN" in warning
    alone = situation_of(world_of(granted, Layout(True, False, False)), (*granted, unknown))
    assert identity.correct_permissions(alone) is None


@pytest.mark.parametrize(
    "denial",
    [
        {"Effect": "Deny", "Action": "ecs:Update*", "Resource": "*"},
        {"Effect": "Deny", "Action": ["s3:*"], "Resource": f"{BUCKET}/*"},
        {"Effect": "Deny", "NotAction": ["ecr:*", "iam:*", "s3:*", "kms:*"], "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": "iam:PassRole",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
        },
    ],
)
def test_a_deny_of_the_roles_own_leaves_out_the_need_and_denies_the_rest(denial: dict[str, object]) -> None:
    situation = situation_of(world_of(NEEDS, Layout(False, False, False), denial))
    assert denied(situation.account)
    choice = identity.correct_permissions(situation)
    assert choice is not None
    changed = after(situation, choice[0])
    assert denied(changed) == []
    compared = compare_grants([documents(situation.account)], [documents(changed)])
    assert compared.takes_nothing_away


@pytest.mark.parametrize("condition", [{}, {"StringNotEquals": {"iam:passedtoservice": "lambda.amazonaws.com"}}])
def test_a_deny_of_passing_roles_leaves_out_the_one_service(condition: dict[str, object]) -> None:
    denial: dict[str, object] = {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}
    denial |= {"Condition": condition} if condition else {}
    situation = situation_of(world_of(NEEDS, Layout(False, False, False), denial))
    choice = identity.correct_permissions(situation)
    assert choice is not None
    changed = after(situation, choice[0])
    assert denied(changed) == []
    to_another = (use("iam:PassRole", TASK, ("iam:PassedToService", "ec2.amazonaws.com")),)
    assert denied(situation.account, to_another)
    assert denied(changed, to_another)
    assert denied(changed, (use("iam:PassRole", TASK),))


def test_a_deny_that_does_not_concern_the_call_stays_as_it_is() -> None:
    beside = {
        "Effect": "Deny",
        "Action": "iam:PassRole",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
    }
    granted = tuple(need for need in NEEDS if need != USES[3])
    situation = situation_of(world_of(granted, Layout(False, False, False), beside))
    choice = identity.correct_permissions(situation)
    assert choice is not None
    assert not any(change.target == "others" for change in choice[0].remediation.changes)


def test_what_the_buckets_own_policy_grants_is_not_granted_twice() -> None:
    admits = {
        "Effect": "Allow",
        "Principal": {"AWS": HOME.role_arn},
        "Action": "s3:PutObject",
        "Resource": f"{BUCKET}/*",
    }
    granted = tuple(need for need in NEEDS if need not in (USES[6], USES[2]))
    world = world_of(granted, Layout(True, False, False)).with_account(
        resource_policies=(
            ResourcePolicy(BUCKET, Known(NamedPolicy("bucket", policy(admits)))),
            ResourcePolicy(KEY, DELEGATING),
        )
    )
    choice = identity.correct_permissions(situation_of(world))
    assert choice is not None
    assert [str(change.target) for change in choice[0].remediation.changes] == ["ecs"]


def test_in_another_account_the_role_needs_its_own_grant_too() -> None:
    queue = use("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{OTHER_ACCOUNT}:jobs")
    admits = {"Effect": "Allow", "Principal": {"AWS": HOME.role_arn}, "Action": "sqs:SendMessage", "Resource": "*"}
    world = world_of(NEEDS, Layout(True, False, False)).with_account(
        resource_policies=(
            ResourcePolicy(queue.resource or "", Known(NamedPolicy("jobs", policy(admits)))),
            ResourcePolicy(BUCKET, Absent("its policy")),
            ResourcePolicy(KEY, DELEGATING),
        )
    )
    situation = situation_of(world, (*NEEDS, queue))
    choice = identity.correct_permissions(situation)
    assert choice is not None
    assert denied(after(situation, choice[0]), (*NEEDS, queue)) == []


def test_full_inline_policies_leave_all_that_is_missing_to_one_managed_policy() -> None:
    places = [f"arn:aws:s3:::octo-others/{number:04}/*" for number in range(290)]
    granted = tuple(need for need in NEEDS if need not in (USES[2], USES[7], REGISTRY[1]))
    world = world_of(granted, Layout(True, False, False), allow("sqs:SendMessage", places))
    situation = situation_of(world)
    choice = identity.correct_permissions(situation)
    assert choice is not None
    assert denied(after(situation, choice[0])) == []
    kinds = [change.kind.value for change in choice[0].remediation.changes]
    assert kinds == ["attach-policy", "attach-policy"]


def test_a_policy_that_nobody_can_read_keeps_its_name_and_its_text() -> None:
    granted = tuple(need for need in NEEDS if not need.action.startswith("ecs:"))
    world = world_of(granted, Layout(True, False, False))
    assert isinstance(world.account.inline_policies, Known)
    broken = NamedPolicy("ReleaseServices-octo-repo", read_document("{"))
    world = world.with_account(inline_policies=Known((*world.account.inline_policies.value, broken)))
    situation = situation_of(world)
    situation = replace(
        situation,
        problems=tuple(problems_of(world_of(granted, Layout(True, False, False)).account, NEEDS)),
    )
    choice = identity.correct_permissions(situation)
    assert choice is None or "ReleaseServices-octo-repo-2" in str(choice[0].remediation.changes[0].target)

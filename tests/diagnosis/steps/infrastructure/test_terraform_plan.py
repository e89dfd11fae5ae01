"""A plan in JSON tells what applying it calls: by resource type, by what is done, and by what changes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Artifact
from diagnosis.policy.language.actions import expand_actions
from diagnosis.steps.infrastructure.plan_in_artifacts import applies_a_plan, plan_of, with_plan
from diagnosis.steps.infrastructure.terraform_plan import _DATA, _TABLE, uses_of_plan, uses_of_text
from diagnosis.steps.kinds import Gap, Operation, Purpose, StepKind

ROLE = "arn:aws:iam::111122223333:role/task"
OBJECT = "arn:{partition}:s3:::b/k.txt"
FUNCTION = "arn:{partition}:lambda:{region}:{account}:function:f"
BESIDE = "what Terraform's AWS provider calls beside"
SERVICE = "arn:{partition}:ecs:{region}:{account}:service/c/s"


def change(kind: str, *actions: str, **more: Any) -> dict[str, Any]:
    return {
        "address": f"{kind}.x",
        "mode": "managed",
        "type": kind,
        "name": "x",
        "change": {"actions": [*actions], **more},
    }


def needed(found: tuple[Operation, ...]) -> set[tuple[str, str | None]]:
    return {(each.action or "", each.resource) for each in found if each.purpose is Purpose.SERVICE}


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (
            change("aws_s3_object", "create", before=None, after={"bucket": "b", "key": "k.txt"}),
            {("s3:PutObject", OBJECT), ("s3:GetObject", OBJECT)},
        ),
        (
            change("aws_s3_object", "delete", before={"bucket": "b", "key": "k.txt"}, after=None),
            {("s3:DeleteObject", OBJECT), ("s3:GetObject", OBJECT)},
        ),
        (
            change(
                "aws_s3_object", "no-op", before={"bucket": "b", "key": "k.txt"}, after={"bucket": "b", "key": "k.txt"}
            ),
            {("s3:GetObject", OBJECT)},
        ),
        (
            change("aws_s3_object", "create", before=None, after={"key": "k"}, after_unknown={"bucket": True}),
            {("s3:PutObject", None), ("s3:GetObject", None)},
        ),
        (
            change(
                "aws_ecs_service",
                "update",
                before={"cluster": "arn:aws:ecs:us-east-1:111122223333:cluster/c", "name": "s"},
                after={"cluster": "arn:aws:ecs:us-east-1:111122223333:cluster/c", "name": "s"},
            ),
            {("ecs:UpdateService", SERVICE), ("ecs:DescribeServices", SERVICE)},
        ),
        (
            change("aws_ecs_task_definition", "create", before=None, after={"family": "web", "task_role_arn": ROLE}),
            {
                ("ecs:RegisterTaskDefinition", "arn:{partition}:ecs:{region}:{account}:task-definition/web:*"),
                ("ecs:DescribeTaskDefinition", "*"),
                ("iam:PassRole", ROLE),
            },
        ),
        (
            change(
                "aws_lambda_function",
                "update",
                before={"function_name": "f", "image_uri": "a", "role": ROLE},
                after={"function_name": "f", "image_uri": "b", "role": ROLE},
            ),
            {("lambda:UpdateFunctionCode", FUNCTION), ("lambda:GetFunction", FUNCTION)},
        ),
        (
            change("aws_lambda_function", "create", after={"function_name": "f"}, after_unknown={"role": True}),
            {("lambda:CreateFunction", FUNCTION), ("lambda:GetFunction", FUNCTION), ("iam:PassRole", None)},
        ),
        (
            change("aws_ssm_parameter", "update", before={"name": "/a/b"}, after={"name": "/a/b"}),
            {
                ("ssm:PutParameter", "arn:{partition}:ssm:{region}:{account}:parameter/a/b"),
                ("ssm:GetParameter", "arn:{partition}:ssm:{region}:{account}:parameter/a/b"),
                ("ssm:DescribeParameters", "*"),
            },
        ),
        (
            change("aws_iam_role_policy", "create", after={"role": "task", "name": "inline"}),
            {("iam:PutRolePolicy", None), ("iam:GetRolePolicy", None)},
        ),
        (change("random_id", "create", after={}), set()),
    ],
)
def test_what_is_done_to_a_resource(resource: dict[str, Any], expected: set[tuple[str, str | None]]) -> None:
    assert needed(uses_of_plan({"resource_changes": [resource]})) == expected


def test_other_types_are_named() -> None:
    found = uses_of_plan(
        {"resource_changes": [change("aws_vpc", "create", after={}), change("docker_image", "create")]}
    )
    assert [(each.gap.what, each.gap.may_push) for each in found if each.gap is not None] == [
        ("aws_vpc (create)", False),
        ("docker_image (create)", True),
    ]


def test_data_sources_are_read_or_named() -> None:
    inner = {"mode": "data", "type": "aws_vpc", "values": {"id": "vpc-1"}}
    resources = [
        {"mode": "data", "type": "aws_caller_identity", "values": {}},
        {"mode": "data", "type": "aws_ssm_parameter", "values": {"name": "/a"}},
        {"mode": "managed", "type": "aws_subnet", "values": {}},
    ]
    root = {"resources": resources, "child_modules": [{"resources": [inner]}]}
    found = uses_of_plan({"resource_changes": [], "prior_state": {"values": {"root_module": root}}})
    assert needed(found) == {("ssm:GetParameter", "arn:{partition}:ssm:{region}:{account}:parameter/a")}
    assert [each.gap.what for each in found if each.gap is not None] == ["data aws_vpc", BESIDE]


def test_a_provider_with_a_role_calls_by_that_role() -> None:
    expressions = {"assume_role": [{"role_arn": {"constant_value": ROLE}}]}
    tree = {
        "configuration": {"provider_config": {"aws": {"name": "aws", "expressions": expressions}}},
        "resource_changes": [change("aws_s3_object", "create", after={"bucket": "b", "key": "k"})],
    }
    assert needed(uses_of_plan(tree)) == {("sts:AssumeRole", ROLE)}
    assert [each.gap.what for each in uses_of_plan(tree) if each.gap is not None] == ["the plan's resources"]


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "{}", '{"resource_changes": 1}'])
def test_what_is_no_plan_is_said(text: str) -> None:
    (found,) = uses_of_text(text)
    assert found.purpose is Purpose.NOT_JUDGED


def test_every_action_of_the_table_is_one_of_the_service_authorization_reference() -> None:
    named = {
        action.removeprefix("*")
        for each in (*_TABLE.values(), *_DATA.values())
        for action in (*each.read, *each.create, *each.update, *each.delete, *(name for name, _ in each.updates))
    }
    assert {action for action in named if action not in expand_actions((action,), negated=False)} == set()


PLAN = json.dumps(
    {
        "format_version": "1.2",
        "resource_changes": [change("aws_s3_object", "create", before=None, after={"bucket": "b", "key": "k.txt"})],
    }
)
OPEN = Operation(StepKind.TERRAFORM, Purpose.NOT_JUDGED, gap=Gap("terraform apply", "why", "how"))


def artifacts(*files: tuple[str, str]) -> Known[tuple[Artifact, ...]]:
    return Known((Artifact(1, "plan", 1, expired=False, files=files),))


def test_the_one_plan_of_a_run_stands_for_what_an_apply_leaves_open() -> None:
    plan = plan_of(artifacts(("evidence.json", "{}"), ("plan.json", PLAN)))
    assert plan is not None
    assert applies_a_plan((OPEN,))
    found = with_plan((OPEN,), plan)
    assert needed(found) == {("s3:PutObject", OBJECT), ("s3:GetObject", OBJECT)}
    assert {each.source for each in found} == {"plan.json of the artifact plan"}
    assert not applies_a_plan(found)


def test_two_plans_are_none() -> None:
    assert plan_of(artifacts(("a.json", PLAN), ("b.json", PLAN))) is None
    assert plan_of(artifacts()) is None
    assert plan_of(Unreadable("artifacts", "why", "how")) is None


def test_what_a_configuration_runs_beside_its_resources_stays_a_gap() -> None:
    runs = replace(OPEN, gap=Gap("terraform apply", "why", "how", may_push=True))
    found = with_plan((runs,), ("plan", PLAN))
    assert [each.gap.what for each in found if each.gap is not None] == ["terraform apply", BESIDE]


def test_other_operations_stay() -> None:
    other = Operation(StepKind.TERRAFORM, Purpose.NOT_JUDGED, gap=Gap("the state of terraform apply", "why", "how"))
    assert not applies_a_plan((other,))
    assert with_plan((other,), ("plan", PLAN)) == (other,)


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.text(max_size=8), st.integers()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)


@settings(max_examples=examples(200), deadline=None)
@given(kind=st.sampled_from([*_TABLE, "aws_x", ""]), members=st.dictionaries(
    st.sampled_from(["actions", "before", "after", "after_unknown"]), _JSON), tree=_JSON)  # fmt: skip
def test_no_tree_is_a_crash(kind: str, members: dict[str, Any], tree: Any) -> None:
    changes = [{"type": kind, "change": members}, {"type": kind, "mode": "data", "change": members}, tree]
    uses_of_text(json.dumps({"resource_changes": changes, "configuration": tree, "prior_state": tree}))


@pytest.mark.parametrize(
    "plan",
    [
        {"resource_changes": [change("null_resource", "create")] * 2_001},
        {"resource_changes": [change(f"other_{number}", "create") for number in range(31)]},
        {
            "prior_state": {
                "values": {"root_module": {"resources": [{"mode": "data", "type": f"aws_{n}"} for n in range(31)]}}
            }
        },
        {"prior_state": {"values": {"root_module": {"resources": [{"mode": "data", "type": "aws_region"}] * 2_001}}}},
    ],
    ids=["changes", "types", "data sources", "data"],
)
def test_of_a_plan_that_is_longer_than_what_is_read_the_rest_is_marked(plan: dict[str, Any]) -> None:
    assert "the rest of the plan" in {gap.what for each in uses_of_plan(plan) if (gap := each.gap) is not None}

"""An event of CloudTrail is one IAM action, on a resource where that is certain; and the uses that a green session shows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from arns import arn_of
from hypothesis import given
from hypothesis import strategies as st

from diagnosis.facts.trail import ObservedCall, ObservedSession
from diagnosis.gates import Checkpoint
from diagnosis.json_members import JsonMembers
from diagnosis.live.observed_uses import observed_needs
from diagnosis.live.trail_actions import action_of_event, may_pass_more, passed_roles, resources_of_event
from diagnosis.policy import action_facts
from diagnosis.verdicts.release import Certainty, Need

ACCOUNT, REGION = "123456789012", "eu-west-1"
AT = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("source", "name", "action"),
    [
        ("ecs", "UpdateService", "ecs:UpdateService"),
        ("ecr", "PutImage", "ecr:PutImage"),
        ("ecr-public", "PutImage", "ecr-public:PutImage"),
        ("lambda", "UpdateFunctionCode20150331v2", "lambda:UpdateFunctionCode"),
        ("lambda", "ListFunctions20150331", "lambda:ListFunctions"),
        ("lambda", "TagResource20170331v2", "lambda:TagResource"),
        ("cloudfront", "CreateInvalidation2020_05_31", "cloudfront:CreateInvalidation"),
        ("monitoring", "PutMetricData", "cloudwatch:PutMetricData"),
        ("s3", "GetBucketEncryption", "s3:GetEncryptionConfiguration"),
        ("s3", "CreateMultipartUpload", "s3:PutObject"),
        ("s3", "GetBucketCors", "s3:GetBucketCORS"),
        ("s3", "HeadBucket", "s3:ListBucket"),
        ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
        ("apigateway", "CreateDeployment", "apigateway:POST"),
        ("apigateway", "UpdateRestApi", "apigateway:PATCH"),
        ("signin", "ConsoleLogin", None),
        ("ecs", "NoSuchOperation", None),
        ("ecs", "Update*", None),
        ("ecs", "", None),
        ("", "UpdateService", None),
    ],
)
def test_an_event_is_one_action(source: str, name: str, action: str | None) -> None:
    assert action_of_event(f"{source}.amazonaws.com", name) == action
    assert action_of_event(f"{source}.amazonaws.com.cn", name) == action


@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_an_event_is_called_it_is_a_known_action_or_none(source: str, name: str) -> None:
    action = action_of_event(source, name)
    assert action is None or action_facts(action) is not None


@pytest.mark.parametrize(
    ("action", "asked", "listed", "resources"),
    [
        ("ecr:PutImage", {"repositoryName": "shop/api"}, [], (f"ecr:{REGION}:{ACCOUNT}:repository/shop/api",)),
        ("ecr:PutImage", {}, [f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/x"], (f"ecr:{REGION}:{ACCOUNT}:repository/x",)),
        ("ecr:GetAuthorizationToken", {}, [], ("*",)),
        ("ecs:UpdateService", {"service": "web", "cluster": "main"}, [], (f"ecs:{REGION}:{ACCOUNT}:service/main/web",)),
        (
            "ecs:UpdateService",
            {"service": "web", "cluster": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/main"},
            [],
            (f"ecs:{REGION}:{ACCOUNT}:service/main/web",),
        ),
        ("ecs:UpdateService", {"service": "web"}, [], (f"ecs:{REGION}:{ACCOUNT}:service/default/web",)),
        ("lambda:UpdateFunctionCode", {"functionName": "web"}, [], (f"lambda:{REGION}:{ACCOUNT}:function:web",)),
        (
            "lambda:UpdateFunctionCode",
            {"functionName": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:web"},
            [],
            (f"lambda:{REGION}:{ACCOUNT}:function:web",),
        ),
        ("ssm:GetParameter", {"name": "/shop/url"}, [], (f"ssm:{REGION}:{ACCOUNT}:parameter/shop/url",)),
        ("secretsmanager:GetSecretValue", {"secretId": "db"}, [], (f"secretsmanager:{REGION}:{ACCOUNT}:secret:db-??????",)),
        ("s3:GetBucketLocation", {"bucketName": "evidence"}, [], ("s3:::evidence",)),
        ("states:UpdateStateMachine", {"stateMachineArn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:a"}, [],
         (f"states:{REGION}:{ACCOUNT}:stateMachine:a",)),
        # A node group is no cluster, whatever cluster the request names; the registry may be another account's.
        ("eks:DescribeNodegroup", {"clusterName": "main", "nodegroupName": "n"}, [], ()),
        ("eks:DescribeCluster", {"clusterName": "main"}, [], (f"eks:{REGION}:{ACCOUNT}:cluster/main",)),
        ("ecr:PutImage", {"repositoryName": "a", "registryId": "210987654321"}, [], (f"ecr:{REGION}:210987654321:repository/a",)),
        # An ARN of another service says nothing of the resource.
        ("ecs:UpdateService", {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/x"}, [f"arn:aws:iam::{ACCOUNT}:role/x"], ()),
        ("ecs:RunTask", {"taskDefinition": "web:7"}, [], ()),
        ("nowhere:Do", {}, [], ()),
    ],
)  # fmt: skip
def test_the_resource_is_told_where_it_is_certain(
    action: str, asked: dict[str, object], listed: list[str], resources: tuple[str, ...]
) -> None:
    home = arn_of(f"arn:aws:{action.split(':')[0]}:{REGION}:{ACCOUNT}:x")
    found = resources_of_event(action, JsonMembers(asked), listed, home)
    assert found == tuple(each if each == "*" else f"arn:aws:{each}" for each in resources)


def test_a_role_that_a_call_hands_over_is_a_use_of_its_own() -> None:
    task, execution = f"arn:aws:iam::{ACCOUNT}:role/task", f"arn:aws:iam::{ACCOUNT}:role/execution"
    asked = JsonMembers({"taskRoleArn": task, "executionRoleArn": execution, "family": "web", "other": task})
    to = "ecs-tasks.amazonaws.com"
    assert passed_roles("ecs:RegisterTaskDefinition", asked) == ((task, to), (execution, to))
    assert passed_roles("ecs:UpdateService", asked) == ()
    assert passed_roles("lambda:CreateFunction", JsonMembers({"role": task})) == ((task, "lambda.amazonaws.com"),)
    assert passed_roles("lambda:CreateFunction", JsonMembers({"role": "x"})) == ()


def call(action: str, *resources: str, error: str | None = None, **more: object) -> ObservedCall:
    return ObservedCall(action, resources, AT, REGION, error, **more)  # type: ignore[arg-type]


def observed(*calls: ObservedCall) -> ObservedSession:
    return ObservedSession(f"arn:aws:iam::{ACCOUNT}:role/release", AT, AT, calls)


def test_what_the_session_called_is_a_use_once_each_in_its_order() -> None:
    service = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/main/web"
    needs = observed_needs(
        observed(
            call("sts:GetCallerIdentity", "*"),
            call("ecr:GetAuthorizationToken", "*"),
            call("ecr:PutImage", "r"),
            call("ecr:PutImage", "r"),
            call("ecr:DescribeImages", "r"),
            call("ecs:UpdateService", service),
            call("ecs:DescribeServices", service, error="ServiceNotFoundException"),
            call("ecs:RunTask"),
            call("s3:GetBucketAcl", "b", error="AccessDenied"),
            call("ec2:DescribeVpcs", "*", error="Client.UnauthorizedOperation"),
            call("iam:PassRole", "task", context=(("iam:PassedToService", "ecs-tasks.amazonaws.com"),)),
        )
    )
    assert [(need.action, need.resource, need.checkpoint) for need in needs] == [
        ("ecr:GetAuthorizationToken", "*", Checkpoint.REGISTRY_AUTH),
        ("ecr:PutImage", "r", Checkpoint.REGISTRY_PUSH),
        ("ecr:DescribeImages", "r", Checkpoint.REGISTRY_PULL),
        ("ecs:UpdateService", service, Checkpoint.SERVICE_AUTHORIZATION),
        ("ecs:DescribeServices", service, Checkpoint.SERVICE_AUTHORIZATION),
        ("ecs:RunTask", None, Checkpoint.SERVICE_AUTHORIZATION),
        ("iam:PassRole", "task", Checkpoint.SERVICE_AUTHORIZATION),
    ]
    assert {need.certainty for need in needs} == {Certainty.OBSERVED}
    assert {need.source for need in needs} == {"CloudTrail"}
    assert needs[-1].context == (("iam:PassedToService", "ecs-tasks.amazonaws.com"),)
    assert [need.order for need in needs] == list(range(len(needs)))


def test_what_is_known_already_is_not_told_again() -> None:
    known = Need("ecr:putimage", "r", Checkpoint.REGISTRY_PUSH, "the push")
    (need,) = observed_needs(observed(call("ecr:PutImage", "r"), call("ecr:PutImage", "s")), (known,))
    assert need.resource == "s"


def test_roles_in_the_depth_of_a_request_are_handed_over_too() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/access"
    deep = {"sourceConfiguration": {"authenticationConfiguration": {"accessRoleArn": role}}, "serviceName": role}
    assert passed_roles("apprunner:CreateService", JsonMembers(deep)) == ((role, ""),)
    assert passed_roles("events:PutTargets", JsonMembers({"targets": [{"roleArn": role}, {"roleArn": role}]})) == (
        (role, ""),
    )
    assert passed_roles("eks:CreateNodegroup", JsonMembers({"nodeRole": role})) == ((role, ""),)
    # Reading hands nothing over, nor does the taking of a role.
    assert passed_roles("eks:DescribeCluster", JsonMembers({"roleArn": role})) == ()
    assert passed_roles("sts:AssumeRole", JsonMembers({"roleArn": role})) == ()
    nested: object = {"roleArn": role}
    for _ in range(5000):
        nested = [nested]
    assert passed_roles("events:PutTargets", JsonMembers({"targets": nested})) == ()


def test_the_role_that_a_session_takes_next_is_the_resource_of_that_call() -> None:
    role, home = f"arn:aws:iam::{ACCOUNT}:role/next", arn_of(f"arn:aws:sts:{REGION}:{ACCOUNT}:x")
    assert resources_of_event("sts:AssumeRole", JsonMembers({"roleArn": role}), [role], home) == (role,)
    assert resources_of_event("sts:AssumeRole", JsonMembers({"roleArn": role}), [], home) == (role,)


@pytest.mark.parametrize(("roles", "deep", "more"), [(10, 0, False), (11, 0, True), (1, 3, False), (1, 4, True)])
def test_roles_beyond_those_that_are_looked_for_are_told(roles: int, deep: int, more: bool) -> None:
    inner: object = {"roleArn": "r"}
    for _ in range(deep):
        inner = {"a": inner}
    asked = JsonMembers({"targets": [inner] * roles})
    assert may_pass_more("events:PutTargets", asked) is more
    assert not may_pass_more("events:DescribeRule", asked)

"""The services that moto does not have, answered as AWS's references describe them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aws_endpoint import Endpoint, Fault, pointed_at
from aws_worlds import ACCOUNT, NOON, PROVIDER_ARN, QUESTION, ROLE_ARN

from diagnosis.facts.account import AccountState
from diagnosis.facts.reading import Known
from probes.aws.read.account import read_account
from probes.aws.read.further_facts import read_further_facts

SINCE = NOON - timedelta(hours=3)
ASKED = replace(
    QUESTION,
    since=SINCE,
    until=NOON,
    actions=(
        ("sts:AssumeRoleWithWebIdentity", ROLE_ARN),
        ("ecr:GetAuthorizationToken", "*"),
        ("ecr:PutImage", str(QUESTION.repository_arn)),
    ),
)


class Time:
    """Stands in for the pauses between calls."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


def event(name: str, minute: int, source: str = "iam", **record: Any) -> dict[str, Any]:
    """A ``LookupEvents`` entry as AWS writes it."""
    at = NOON - timedelta(hours=1) + timedelta(minutes=minute)
    text = {
        "eventVersion": "1.11",
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "eventID": f"{name}-{minute}",
        "userIdentity": {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/jo"},
        **record,
    }
    return {"EventId": text["eventID"], "EventTime": at.timestamp(), "CloudTrailEvent": json.dumps(text)}


WEB_IDENTITY = {
    "userIdentity": {
        "type": "WebIdentityUser",
        "userName": "repo:o/r:ref:refs/heads/dev",
        "identityProvider": PROVIDER_ARN,
    }
}
EVENTS = [
    event("CreateOpenIDConnectProvider", 1, requestParameters={"url": "https://token.actions.githubusercontent.com"}),
    event("CreateOpenIDConnectProvider", 2, requestParameters={"url": "https://elsewhere.example.org"}),
    event(
        "PutRolePolicy",
        5,
        requestParameters={"roleName": "Release", "policyName": "Push", "policyDocument": '{"secret": "document"}'},
    ),
    event("PutRolePolicy", 6, requestParameters={"roleName": "Another", "policyName": "Push"}),
    event("UpdateAssumeRolePolicy", 7, errorCode="AccessDenied", requestParameters={"roleName": "Release"}),
    event(
        "CreatePolicyVersion",
        8,
        requestParameters={"policyArn": f"arn:aws:iam::{ACCOUNT}:policy/Pull", "setAsDefault": True},
    ),
    event("CreatePolicyVersion", 9, requestParameters={"policyArn": f"arn:aws:iam::{ACCOUNT}:policy/Unrelated"}),
    event(
        "AssumeRoleWithWebIdentity",
        3,
        "sts",
        **WEB_IDENTITY,
        errorCode="AccessDenied",
        requestParameters=None,
        responseElements=None,
    ),
    event(
        "AssumeRoleWithWebIdentity",
        4,
        "sts",
        **WEB_IDENTITY,
        requestParameters={"roleArn": ROLE_ARN, "roleSessionName": "GitHubActions"},
        responseElements={
            "subjectFromWebIdentityToken": "repo:o/r:ref:refs/heads/dev",
            "credentials": {"accessKeyId": "ASIASECRETSECRETSECR", "sessionToken": "IQoJsecret"},
        },
    ),
    event(
        "AssumeRoleWithWebIdentity",
        4,
        "sts",
        **WEB_IDENTITY,
        requestParameters={"roleArn": "arn:aws:iam::1:role/Other"},
    ),
    event(
        "PutImage",
        10,
        "ecr",
        requestParameters={
            "repositoryName": "shop/api",
            "registryId": ACCOUNT,
            "imageTag": "v1",
            "imageManifest": "{}",
        },
    ),
    event("PutImage", 11, "ecr", requestParameters={"repositoryName": "shop/web", "imageTag": "v1"}),
]


def cloudtrail(events: list[dict[str, Any]], page: int = 50) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """``LookupEvents`` by event name, in pages."""

    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        (attribute,) = asked["LookupAttributes"]
        assert attribute["AttributeKey"] == "EventName"
        assert asked["MaxResults"] == 50
        chosen = [entry for entry in events if f'"{attribute["AttributeValue"]}"' in entry["CloudTrailEvent"]]
        start = int(asked.get("NextToken", 0))
        rest = {"NextToken": str(start + page)} if len(chosen) > start + page else {}
        return {"Events": chosen[start : start + page], **rest}

    return answer


def simulator_answer(decision: str = "allowed", action: str = "ecr:PutImage") -> bytes:
    return (
        "<SimulatePrincipalPolicyResponse xmlns='https://iam.amazonaws.com/doc/2010-05-08/'>"
        "<SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults><member>"
        f"<EvalActionName>{action}</EvalActionName><EvalDecision>{decision}</EvalDecision>"
        "<EvalResourceName>*</EvalResourceName><PermissionsBoundaryDecisionDetail>"
        "<AllowedByPermissionsBoundary>false</AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>"
        "</member></EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
    ).encode()


ANALYZERS = "access-analyzer:GET /analyzer"
FINDINGS = "access-analyzer:POST /findingv2"


def surround(endpoint: Endpoint) -> Endpoint:
    """The account behind the endpoint, with the services that moto does not have."""
    endpoint.scripts |= {
        "cloudtrail:LookupEvents": cloudtrail(EVENTS),
        "servicequotas:GetServiceQuota": lambda _: {"Quota": {"Value": 100000.0}},
        "ecr:DescribeRepositoryCreationTemplates": lambda _: {"repositoryCreationTemplates": [{"prefix": "ROOT"}]},
        "kms:GetKeyPolicy": lambda _: {"Policy": '{"Version": "2012-10-17", "Statement": []}'},
        "kms:DescribeKey": lambda _: {"KeyMetadata": {"KeyId": "k", "KeyState": "Enabled"}},
    }
    endpoint.faults |= {
        "iam:SimulatePrincipalPolicy": Fault(body=simulator_answer()),
        ANALYZERS: Fault(
            body=b'{"analyzers": [{"arn": "arn:a:1", "name": "a", "type": "ACCOUNT", "status": "ACTIVE"}]}'
        ),
        FINDINGS: Fault(
            body=json.dumps(
                {
                    "findings": [
                        {
                            "id": "f-1",
                            "findingType": "ExternalAccess",
                            "status": "ACTIVE",
                            "resource": ROLE_ARN,
                            "resourceType": "AWS::IAM::Role",
                        }
                    ]
                }
            ).encode()
        ),
    }
    return endpoint


def read(world: Endpoint, monkeypatch: pytest.MonkeyPatch, question: Any = ASKED, **kwargs: Any) -> AccountState:
    with pointed_at(world.url, monkeypatch) as aws:
        core = read_account(question, aws)
        state = read_further_facts(core, aws, pause=kwargs.pop("pause", Time()), **kwargs)
    for part in ("identity", "role", "repository", "image"):
        assert getattr(state, part) == getattr(core, part)
    return state


def trail_of(state: AccountState) -> Any:
    assert isinstance(state.trail, Known), state.trail
    return state.trail.value


def details_of(state: AccountState) -> Any:
    assert isinstance(state.registry_details, Known), state.registry_details
    return state.registry_details.value

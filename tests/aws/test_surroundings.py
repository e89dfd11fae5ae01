"""History, registry details and second opinions: the second reading, and what stays of it when parts fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_worlds import ACCOUNT, NOON, PROVIDER_ARN, QUESTION, REGION, ROLE_ARN, Endpoint, Fault, pointed_at

from diagnosis.account import AccountState, SecondOpinion
from diagnosis.reading import Known, Unreadable
from probes.aws.read_account import read_account
from probes.aws.read_surroundings import read_surroundings

SINCE = NOON - timedelta(hours=3)
ASKED = replace(
    QUESTION,
    since=SINCE,
    until=NOON,
    actions=(
        ("sts:AssumeRoleWithWebIdentity", ROLE_ARN),
        ("ecr:GetAuthorizationToken", "*"),
        ("ecr:PutImage", QUESTION.repository_arn or ""),
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


@pytest.fixture
def world(endpoint: Endpoint) -> Endpoint:
    """The account behind the endpoint, with the services that moto does not have."""
    endpoint.scripts |= {
        "cloudtrail:LookupEvents": cloudtrail(EVENTS),
        "servicequotas:GetServiceQuota": lambda _: {"Quota": {"Value": 100000.0}},
        "ecr:DescribePullThroughCacheRules": lambda _: {
            "pullThroughCacheRules": [{"ecrRepositoryPrefix": "docker-hub"}]
        },
        "ecr:DescribeRepositoryCreationTemplates": lambda _: {"repositoryCreationTemplates": [{"prefix": "ROOT"}]},
        "ecr:DescribeRegistry": lambda _: {
            "replicationConfiguration": {
                "rules": [{"destinations": [{"region": "eu-west-1", "registryId": "9"}, {"region": "eu-west-3"}]}]
            }
        },
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
        state = read_surroundings(core, aws, pause=kwargs.pop("pause", Time()), **kwargs)
    for part in ("identity", "role", "repository", "image"):
        assert getattr(state, part) == getattr(core, part)
    return state


def trail_of(state: AccountState) -> Any:
    assert isinstance(state.trail, Known), state.trail
    return state.trail.value


def details_of(state: AccountState) -> Any:
    assert isinstance(state.registry_details, Known), state.registry_details
    return state.registry_details.value


def test_the_chronology_holds_what_concerns_the_release_oldest_first(
    world: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail = trail_of(read(world, monkeypatch))
    assert [(found.name, found.target, found.took_effect) for found in trail.events] == [
        ("CreateOpenIDConnectProvider", PROVIDER_ARN, True),
        ("AssumeRoleWithWebIdentity", "", False),
        ("AssumeRoleWithWebIdentity", ROLE_ARN, True),
        ("PutRolePolicy", "Release", True),
        ("UpdateAssumeRolePolicy", "Release", False),
        ("CreatePolicyVersion", f"arn:aws:iam::{ACCOUNT}:policy/Pull", True),
        ("PutImage", "shop/api", True),
    ]
    session = trail.events[2]
    assert session.subject == session.principal == "repo:o/r:ref:refs/heads/dev"
    assert session.detail == "session GitHubActions"
    put = trail.events[3]
    assert (put.detail, put.principal) == ("Push", f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/jo")
    assert put.at == datetime(2026, 3, 1, 11, 5, tzinfo=UTC)
    assert put.service == "iam"
    assert trail.events[-1].detail == "v1"
    assert (trail.since, trail.until, trail.complete) == (SINCE, NOON, True)


def test_nothing_secret_of_an_event_is_kept(world: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    text = repr(read(world, monkeypatch).trail)
    assert [word for word in ("ASIASECRET", "IQoJsecret", "document") if word in text] == []


def test_lookups_of_one_region_keep_to_two_calls_a_second(world: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    pause = Time()
    read(world, monkeypatch, pause=pause)
    lookups = world.requests.count("cloudtrail:LookupEvents")
    assert len(pause.slept) == lookups
    assert min(pause.slept) >= 0.5


def test_iam_is_looked_up_in_its_own_region_and_the_registry_in_its_own(
    world: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(world, monkeypatch)
    scopes = {
        headers["Authorization"].split("Credential=")[1].split("/")[2]
        for operation, headers in zip(world.requests, world.headers, strict=True)
        if operation == "cloudtrail:LookupEvents"
    }
    assert scopes == {REGION, "us-east-1"}


def test_pages_are_followed_and_an_endless_listing_is_cut_and_said(
    world: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [
        event("PutImage", 0, "ecr", eventID=f"e{number}", requestParameters={"repositoryName": "shop/api"})
        for number in range(120)
    ]
    world.scripts["cloudtrail:LookupEvents"] = cloudtrail(many)
    trail = trail_of(read(world, monkeypatch))
    assert len(trail.events) == 120
    assert trail.complete
    world.scripts["cloudtrail:LookupEvents"] = lambda _: {"Events": [], "NextToken": "again"}
    trail = trail_of(read(world, monkeypatch))
    assert trail.events == ()
    assert not trail.complete


def test_a_throttled_lookup_is_tried_again(world: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    world.faults["cloudtrail:LookupEvents"] = Fault(status=400, body=b'{"__type": "ThrottlingException"}', times=2)
    trail = trail_of(read(world, monkeypatch))
    assert len(trail.events) == 7
    assert trail.complete


def test_an_event_that_cannot_be_read_makes_the_trail_incomplete(
    world: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    for junk in (
        "",
        "{",
        "[]",
        "null",
        '{"eventName": "PutImage", "requestParameters": {"repositoryName": "shop/api"}}',
    ):
        world.scripts["cloudtrail:LookupEvents"] = lambda _, junk=junk: {
            "Events": [{"EventId": "x", "CloudTrailEvent": junk}]
        }
        assert not trail_of(read(world, monkeypatch)).complete


def test_a_window_that_cloudtrail_no_longer_keeps(world: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    old = replace(ASKED, since=NOON - timedelta(days=200), until=NOON - timedelta(days=199))
    state = read(world, monkeypatch, old)
    assert isinstance(state.trail, Unreadable)
    assert "90 days" in state.trail.why
    half = replace(ASKED, since=NOON - timedelta(days=200), until=NOON)
    trail = trail_of(read(world, monkeypatch, half))
    assert not trail.complete
    assert trail.since == NOON - timedelta(days=90)
    none = read(world, monkeypatch, replace(ASKED, since=None))
    assert isinstance(none.trail, Unreadable)
    assert "window" in none.trail.why


def test_the_registry_is_read_in_its_details(world: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    details = details_of(read(world, monkeypatch))
    assert (details.image_count, details.image_quota) == (1, 100000)
    assert details.lifecycle_policy is False
    assert details.pull_through_prefixes == ("docker-hub",)
    assert details.creation_template_prefixes == ("ROOT",)
    assert details.replicates_to == ("eu-west-1/9", "eu-west-3")
    assert details.key_policy is None
    assert details.unread == ()


def test_a_repository_with_a_key_of_its_own(world: Endpoint, monkeypatch: pytest.MonkeyPatch, build: Any) -> None:
    build("ecr").create_repository(
        repositoryName="shop/sealed", encryptionConfiguration={"encryptionType": "KMS", "kmsKey": "arn:aws:kms:k"}
    )
    build("ecr").put_lifecycle_policy(
        repositoryName="shop/sealed",
        lifecyclePolicyText=json.dumps(
            {
                "rules": [
                    {
                        "rulePriority": 1,
                        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5},
                        "action": {"type": "expire"},
                    }
                ]
            }
        ),
    )
    details = details_of(read(world, monkeypatch, replace(ASKED, repository="shop/sealed")))
    assert json.loads(details.key_policy)["Statement"] == []
    assert details.key_state == "Enabled"
    assert details.lifecycle_policy is True
    assert details.image_count == 0


def test_the_default_quota_stands_where_the_account_has_none_of_its_own(
    world: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.faults["servicequotas:GetServiceQuota"] = Fault(status=400, body=b'{"__type": "NoSuchResourceException"}')
    world.scripts["servicequotas:GetAWSDefaultServiceQuota"] = lambda _: {"Quota": {"Value": 20000}}
    assert details_of(read(world, monkeypatch)).image_quota == 20000


def test_second_opinions_never_speak_of_trust(world: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    state = read(world, monkeypatch)
    assert isinstance(state.second_opinions, Known)
    opinions = state.second_opinions.value
    trust = SecondOpinion(
        "policy-simulator",
        "sts:AssumeRoleWithWebIdentity",
        "not-applicable",
        "the simulator ignores trust policies",
    )
    assert opinions[0] == trust
    simulated = [opinion for opinion in opinions if opinion.says == "allowed"]
    assert {opinion.about for opinion in simulated} == {"ecr:PutImage"}
    assert all("permissions boundary does not allow it" in opinion.note for opinion in simulated)
    assert opinions[-1] == SecondOpinion("access-analyzer", "f-1", "ACTIVE ExternalAccess", f"on {ROLE_ARN}")
    assert world.requests.count("iam:SimulatePrincipalPolicy") == 2, "one call for each resource, none for trust"


DENIALS = {
    "cloudtrail:LookupEvents": "cloudtrail:LookupEvents",
    "servicequotas:GetServiceQuota": "servicequotas:GetServiceQuota",
    "ecr:DescribePullThroughCacheRules": "ecr:DescribePullThroughCacheRules",
    "ecr:DescribeRepositoryCreationTemplates": "ecr:DescribeRepositoryCreationTemplates",
    "ecr:DescribeRegistry": "ecr:DescribeRegistry",
    "ecr:GetLifecyclePolicy": "ecr:GetLifecyclePolicy",
}


@pytest.mark.parametrize("operation", sorted(DENIALS))
def test_a_denied_detail_is_unread_with_its_permission_and_the_rest_stays(
    world: Endpoint, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    truth = read(world, monkeypatch)
    world.faults[operation] = Fault(status=400, body=b'{"__type": "AccessDeniedException", "message": "no"}')
    state = read(world, monkeypatch)
    if operation.startswith("cloudtrail"):
        assert isinstance(state.trail, Unreadable)
        assert state.trail.permission == DENIALS[operation]
        assert state.registry_details == truth.registry_details
    else:
        assert state.trail == truth.trail
        (unread,) = details_of(state).unread
        assert unread.permission == DENIALS[operation]
    assert state.second_opinions == truth.second_opinions


def test_one_source_of_opinions_may_fail_and_says_so(world: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    denied = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
    world.faults["iam:SimulatePrincipalPolicy"] = Fault(status=403, body=denied)
    state = read(world, monkeypatch)
    assert isinstance(state.second_opinions, Known)
    (unreadable,) = [opinion for opinion in state.second_opinions.value if opinion.says == "unreadable"]
    assert unreadable.source == "policy-simulator"
    assert "iam:SimulatePrincipalPolicy" in unreadable.note
    world.faults[ANALYZERS] = Fault(status=403, body=b"{}")
    state = read(world, monkeypatch)
    assert isinstance(state.second_opinions, Unreadable)
    assert state.second_opinions.permission == "iam:SimulatePrincipalPolicy"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(status=501),
        Fault(status=404, body=b"<html></html>"),
        Fault(body=b""),
        Fault(body=b"{}"),
        Fault(body=b"[1"),
        Fault(body=b"{", declared_length=99),
        Fault(reset=True),
    ],
    ids=["500", "501", "404", "empty", "braces", "broken", "cut off", "reset"],
)
def test_services_that_fail_in_any_way_leave_reasons(
    world: Endpoint, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    for operation in [*world.scripts, *world.faults, "ecr:GetLifecyclePolicy"]:
        world.faults[operation] = fault
    state = read(world, monkeypatch)
    for reading in (state.trail, state.second_opinions):
        assert isinstance(reading, Unreadable)
        assert reading.why
    details = details_of(state)
    assert details.image_count == 1
    assert len(details.unread) == 5
    assert details.image_quota is None


def test_a_server_that_has_none_of_these_services_is_answered_sensibly(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """moto answers some of them, refuses others, and does not know the rest."""
    state = read(endpoint, monkeypatch)
    assert isinstance(state.trail, Unreadable)
    assert details_of(state).image_count == 1
    assert details_of(state).unread


def test_a_hanging_cloudtrail_is_left_at_the_deadline(world: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    world.faults["cloudtrail:LookupEvents"] = Fault(drip=True)
    state = read(world, monkeypatch, deadline_seconds=3)
    assert isinstance(state.trail, Unreadable)
    assert "in time" in state.trail.why
    assert isinstance(state.registry_details, Known)


def test_credentials_of_another_account_ask_nothing_about_the_role(
    world: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = read(world, monkeypatch, replace(ASKED, role_arn="arn:aws:iam::444455556666:role/Release"))
    for reading in (state.trail, state.second_opinions):
        assert isinstance(reading, Unreadable)
        assert "444455556666" in reading.how
    assert isinstance(state.registry_details, Known)
    assert "cloudtrail:LookupEvents" not in world.requests


def test_progress_and_cancelling(world: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int, int]] = []
    read(world, monkeypatch, progress=lambda what, done, total: seen.append((what, done, total)))
    assert [(done, total) for _, done, total in seen] == [(1, 3), (2, 3), (3, 3)]
    state = read(world, monkeypatch, cancelled=lambda: True)
    assert isinstance(state.trail, Unreadable)
    assert "cancelled" in state.trail.why

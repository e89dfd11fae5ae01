"""A whole release is read: each further repository, resource and role once, each with every fault that a wire can have."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from typing import Any

import pytest
from arns import arn_of
from aws_endpoint import Fault
from aws_worlds import ACCOUNT, NOON, QUESTION, REGION, ROLE_ARN
from fault_worlds import error, of
from release_accounts import (
    AFFECTED,
    ALIAS,
    BUCKET,
    DEPLOY_ARN,
    NO_BUCKET,
    OTHER,
    PLAIN,
    QUEUE,
    SECRET,
    TOOLS,
    TOPIC,
    WEB,
    ReleaseWorld,
    further_parts,
    question,
    release_world,
)
from thoroughness import some

from diagnosis.facts.account import AccountQuestion
from diagnosis.facts.reading import Absent, Known, Unreadable
from probes.aws.read.account import read_account
from probes.aws.read.release import MOST_REPOSITORIES, MOST_RESOURCES, MOST_ROLES
from probes.aws.read.resource_policies import read_resource_policy
from probes.aws.session.operations import OPERATIONS

ACTIONS = {operation.address.replace("secrets-", "secrets"): operation.action for operation in OPERATIONS}


@pytest.fixture(scope="module")
def world() -> Iterator[ReleaseWorld]:
    with release_world() as found:
        yield found


def test_everything_of_the_release_is_read(world: ReleaseWorld) -> None:
    state, parts = world.truth, further_parts(world.truth, world.key)
    absent = {"no bucket", "plain bucket", "deploy boundary", "deploy repository_policy"}
    assert {name for name, reading in parts.items() if isinstance(reading, Absent)} == absent
    assert [name for name, reading in parts.items() if not isinstance(reading, (Known, Absent))] == []
    assert parts["no bucket"].what.endswith("the bucket does not exist")
    assert all(reading.source.at == NOON for reading in parts.values())
    for name in ("bucket", "key", "alias", "secret", "topic", "queue", "tools policy"):
        policy = parts[name].value.document.policy
        assert [statement.sid for statement in policy.statements] == ["No"], name
    assert parts["deploy role"].value.arn == arn_of(DEPLOY_ARN)
    assert [policy.name for policy in parts["deploy inline_policies"].value] == ["Deploy"]
    assert [policy.name for policy in parts["deploy attached_policies"].value] == ["Pull"]
    assert state.of_role(arn_of(DEPLOY_ARN)).role is state.beside[0].role
    assert state.of_role(arn_of(ROLE_ARN)).role is state.role


def test_a_role_has_what_belongs_to_its_account_and_the_resources_of_all(world: ReleaseWorld) -> None:
    state, deploy = world.truth, world.truth.beside[0]
    for name in ("identity", "provider", "scps", "rcps", "organization"):
        assert getattr(deploy, name) is getattr(state, name), name
    shop = QUESTION.repository_arn
    assert [item.arn for item in state.repositories] == [TOOLS, WEB]
    assert [item.arn for item in deploy.repositories] == [TOOLS, shop]
    assert deploy.repositories[1].repository == state.repository
    assert deploy.repositories[1].policy == state.repository_policy
    of_first = [BUCKET, NO_BUCKET, world.key, SECRET, TOPIC, QUEUE]
    assert [item.arn for item in state.resource_policies] == [*of_first, ALIAS, PLAIN]
    assert [item.arn for item in deploy.resource_policies] == [ALIAS, PLAIN, *of_first]
    actual = {item.arn: item.actual for item in state.resource_policies}
    assert actual[ALIAS] == world.key
    assert actual[SECRET].startswith(SECRET.removesuffix("??????"))
    assert {actual[arn] for arn in (BUCKET, world.key, TOPIC, QUEUE)} == {""}


def test_nothing_is_asked_for_twice(world: ReleaseWorld) -> None:
    counted = Counter(world.calls)
    once = ["sts:GetCallerIdentity", "iam:GetOpenIDConnectProvider", "organizations:DescribeOrganization"]
    assert [counted[name] for name in once] == [1, 1, 1]
    # The first repository by one call, all further ones by another.
    assert counted["ecr:DescribeRepositories"] == 2
    assert counted["ecr:GetRepositoryPolicy"] == 3
    assert counted["s3:GetBucketPolicy"] == 3
    assert counted["kms:GetKeyPolicy"] == 2
    assert counted["iam:GetRole"] == 2
    targets = {entry.operation: entry.target for entry in world.ledger.entries()}
    assert targets["GetTopicAttributes"] == TOPIC
    assert targets["GetResourcePolicy"] == SECRET.removesuffix("-??????")


def test_without_more_than_one_role_and_repository_nothing_more_is_asked_for(world: ReleaseWorld) -> None:
    world.endpoint.requests.clear()
    state = read_account(QUESTION, world.aws)
    assert (state.repositories, state.resource_policies, state.beside) == ((), (), ())
    assert not {"s3:GetBucketPolicy", "kms:GetKeyPolicy", "sns:GetTopicAttributes"} & set(world.endpoint.requests)


def checked(world: ReleaseWorld, operation: str, fault: Fault) -> list[Unreadable]:
    """The further parts of this call are unreadable and say why; all others are as they were."""
    parts = further_parts(world.read({operation: fault}), world.key)
    truth = further_parts(world.truth, world.key)
    found = []
    for name, reading in parts.items():
        if name in AFFECTED[operation]:
            assert isinstance(reading, Unreadable), (operation, name, fault, reading)
            assert reading.why
            assert reading.how
            found.append(reading)
        else:
            assert reading == truth[name], (operation, name, fault)
    return found


@pytest.mark.parametrize("operation", AFFECTED)
def test_a_denied_call_names_its_permission_and_leaves_the_rest(world: ReleaseWorld, operation: str) -> None:
    message = (
        f"User: arn:aws:iam::1:user/u is not authorized to perform: {ACTIONS[operation]} on resource: * because no x"
    )
    body = of(error("AccessDenied", message) | {"sns": error("AccessDenied", message)["iam"]}, operation)
    for reading in checked(world, operation, Fault(status=403, body=body)):
        assert reading.permission == ACTIONS[operation]
        assert "planescope permissions" in reading.how


FAULTS = [
    Fault(status=500),
    Fault(status=429),
    Fault(status=501),
    Fault(status=404),
    Fault(reset=True),
    Fault(body=b""),
    Fault(body=b"{}"),
    Fault(body=b"<html></html>"),
    Fault(body=b"\xff\xfe"),
    Fault(body=b'{"repositories": [{', declared_length=900),
]


@pytest.mark.parametrize("fault", FAULTS, ids=range(len(FAULTS)))
def test_what_is_no_answer_makes_its_part_unreadable(world: ReleaseWorld, fault: Fault) -> None:
    for operation in some([*AFFECTED], 4):
        checked(world, operation, fault)


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("kms:GetKeyPolicy", {"Policy": ""}),
        ("kms:GetKeyPolicy", {"Policy": 3}),
        ("kms:DescribeKey", {"KeyMetadata": {"Arn": "key"}}),
        ("secretsmanager:GetResourcePolicy", {"ARN": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:other-AbCdEf"}),
        (
            "secretsmanager:GetResourcePolicy",
            {"ARN": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db-two-AbCdEf"},
        ),
        ("secretsmanager:GetResourcePolicy", {"Name": "db"}),
        ("sqs:GetQueueAttributes", {"Attributes": {"QueueArn": f"{QUEUE}2"}}),
        ("sqs:GetQueueAttributes", {"Attributes": {"Policy": "{}"}}),
        ("sqs:GetQueueAttributes", {}),
    ],
)
def test_an_answer_about_something_else_is_no_answer(world: ReleaseWorld, operation: str, body: object) -> None:
    checked(world, operation, Fault(body=json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("operation", "code", "status", "names"),
    [
        ("s3:GetBucketPolicy", "NoSuchBucketPolicy", 404, {"bucket", "plain bucket", "no bucket"}),
        ("s3:GetBucketPolicy", "NoSuchBucket", 404, {"bucket", "plain bucket", "no bucket"}),
        ("secretsmanager:GetResourcePolicy", "ResourceNotFoundException", 400, {"secret"}),
        ("sqs:GetQueueAttributes", "AWS.SimpleQueueService.NonExistentQueue", 400, {"queue"}),
        ("sqs:GetQueueAttributes", "QueueDoesNotExist", 400, {"queue"}),
        ("sns:GetTopicAttributes", "NotFound", 404, {"topic"}),
        (
            "ecr:GetRepositoryPolicy",
            "RepositoryPolicyNotFoundException",
            400,
            {"tools policy", "deploy repository_policy"},
        ),
    ],
)
def test_absence_is_told_by_awss_own_codes(
    world: ReleaseWorld, operation: str, code: str, status: int, names: set[str]
) -> None:
    body = of(error(code) | {"sns": error(code)["iam"]}, operation)
    parts = further_parts(world.read({operation: Fault(status=status, body=body)}), world.key)
    assert {name for name in names if isinstance(parts[name], Absent)} == names


def test_what_a_key_is_not_found_under_stays_open(world: ReleaseWorld) -> None:
    body = error("NotFoundException")["json"]
    parts = further_parts(world.read({"kms:GetKeyPolicy": Fault(status=400, body=body)}), world.key)
    assert isinstance(parts["key"], Unreadable)


def test_a_bucket_of_another_account_is_said_to_be_one(world: ReleaseWorld) -> None:
    fault = Fault(status=405, body=error("MethodNotAllowed")["s3"])
    for reading in checked(world, "s3:GetBucketPolicy", fault):
        assert "another account" in reading.why


@pytest.mark.parametrize(
    "arn",
    [
        *(
            f"arn:aws:s3:::{name}"
            for name in ("../x", "x?policy", "\x1b[2J", f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint")
        ),
        *(f"arn:aws:sqs:{region}:{ACCOUNT}:jobs" for region in ("evil.example/", "eu@evil.example", "..")),
        f"arn:aws:kms:evil.example/:{ACCOUNT}:alias/state",
        "arn:aws:lambda:eu-west-2:111122223333:function:x",
        "no ARN",
    ],
)
def test_what_is_no_resource_of_a_kind_that_is_asked_for_is_sent_nowhere(world: ReleaseWorld, arn: str) -> None:
    world.endpoint.requests.clear()
    reading = read_resource_policy(world.aws, arn, REGION).policy
    assert isinstance(reading, Unreadable)
    assert reading.why
    assert reading.how
    assert world.endpoint.requests == []


def test_one_absent_repository_hides_no_other(world: ReleaseWorld) -> None:
    asked = question(world.key)
    gone = arn_of(f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/gone")
    state = read_account(replace(asked, repositories=(gone, TOOLS)), world.aws)
    kinds = {str(item.arn.name): type(item.repository) for item in state.repositories}
    assert kinds == {"gone": Absent, "tools": Known, "web": Known}
    # To another account AWS shows a missing repository and a forbidden one alike.
    foreign = arn_of(f"arn:aws:ecr:{REGION}:{OTHER}:repository/gone")
    (found,) = read_account(replace(QUESTION, repositories=(foreign,)), world.aws).repositories
    assert isinstance(found.repository, Unreadable)
    assert OTHER in found.repository.how


@pytest.mark.parametrize("own_registry", [False, True])
def test_what_another_account_does_not_show_is_not_absent(world: ReleaseWorld, own_registry: bool) -> None:
    gone, third = (arn_of(f"arn:aws:ecr:{REGION}:{account}:repository/gone") for account in (ACCOUNT, OTHER))
    own, foreign = QUEUE, QUEUE.replace(ACCOUNT, OTHER)
    world.aws.credentials_refused = None
    registry = copy(world.aws) if own_registry else None
    code = "AWS.SimpleQueueService.NonExistentQueue"
    world.endpoint.faults = {
        "sqs:GetQueueAttributes": Fault(status=400, body=of(error(code), "sqs:GetQueueAttributes")),
        "ecr:DescribeRepositories": Fault(
            status=400, body=of(error("RepositoryNotFoundException"), "ecr:DescribeRepositories")
        ),
    }
    try:
        asked = replace(QUESTION, repositories=(gone, third), resources=(own, foreign))
        state = read_account(asked, world.aws, registry=registry)
    finally:
        world.endpoint.faults = {}
    repositories = {item.arn: item.repository for item in state.repositories}
    assert isinstance(repositories[gone], Absent)
    assert isinstance(repositories[third], Unreadable)
    policies = {item.arn: item.policy for item in state.resource_policies}
    assert isinstance(policies[own], Absent)
    assert isinstance(policies[foreign], Unreadable)
    assert OTHER in policies[foreign].how


def test_the_bounds_are_kept_and_said(world: ReleaseWorld) -> None:
    repositories = tuple(
        arn_of(f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/r{number}") for number in range(MOST_REPOSITORIES + 2)
    )
    resources = tuple(f"arn:aws:s3:::bucket-{number}" for number in range(MOST_RESOURCES + 3))
    roles = tuple(
        AccountQuestion(role_arn=arn_of(f"arn:aws:iam::{ACCOUNT}:role/R{number}")) for number in range(MOST_ROLES + 4)
    )
    world.endpoint.requests.clear()
    asked = replace(QUESTION, repositories=repositories, resources=resources, beside=roles)
    state = read_account(asked, world.aws)
    beyond = [
        *(item.policy for item in state.repositories),
        *(item.policy for item in state.resource_policies),
        *(item.role for item in state.beside),
    ]
    said = [reading for reading in beyond if isinstance(reading, Unreadable) and "only the first" in reading.why]
    assert len(said) == 2 + 3 + 4
    assert len(beyond) == len(repositories) + len(resources) + len(roles)
    assert Counter(world.endpoint.requests)["s3:GetBucketPolicy"] == MOST_RESOURCES
    assert Counter(world.endpoint.requests)["iam:GetRole"] == 1 + MOST_ROLES


def test_a_role_of_another_account_is_not_asked_for(world: ReleaseWorld) -> None:
    there = AccountQuestion(role_arn=arn_of(f"arn:aws:iam::{OTHER}:role/Deploy"), region=REGION)
    world.endpoint.requests.clear()
    state = read_account(replace(QUESTION, beside=(there,)), world.aws)
    (other,) = state.beside
    assert Counter(world.endpoint.requests)["iam:GetRole"] == 1
    for part in ("provider", "role", "inline_policies", "attached_policies", "boundary", "scps"):
        reading = getattr(other, part)
        assert isinstance(reading, Unreadable), part
        assert OTHER in reading.why
    # Where the credentials are of that account, it is the one that is read.
    here = replace(QUESTION, role_arn=there.role_arn, beside=(replace(there, role_arn=arn_of(DEPLOY_ARN)),))
    state = read_account(here, world.aws)
    assert isinstance(state.role, Unreadable)
    assert isinstance(state.beside[0].role, Known)
    assert isinstance(state.beside[0].provider, Known)
    assert state.beside[0].question == here.beside[0]


def test_without_credentials_every_further_part_says_so(world: ReleaseWorld) -> None:
    aws = type(world.aws)(ledger=world.ledger, clock=world.aws.clock)
    parts = further_parts(read_account(question(world.key), aws), world.key)
    assert {type(reading) for reading in parts.values()} == {Unreadable}
    assert all("credentials" in reading.why for reading in parts.values())


def test_a_reading_that_is_cut_short_says_so(world: ReleaseWorld) -> None:
    slow: dict[str, Any] = {"sns:GetTopicAttributes": Fault(hang=True)}
    parts = further_parts(world.read(slow, deadline_seconds=3), world.key)
    assert isinstance(parts["topic"], Unreadable)
    assert "in time" in parts["topic"].why
    assert isinstance(parts["key"], Known)
    state = read_account(question(world.key), world.aws, cancelled=lambda: True)
    assert {type(reading) for reading in further_parts(state, world.key).values()} == {Unreadable}


def test_progress_counts_the_further_parts(world: ReleaseWorld) -> None:
    told: list[tuple[str, int, int]] = []
    world.read({}, progress=lambda *step: told.append(step))
    assert [done for _, done, _ in told] == list(range(1, len(told) + 1))
    assert {total for _, _, total in told} == {len(told)}
    assert any("shop" not in what and "further" in what for what, _, _ in told)

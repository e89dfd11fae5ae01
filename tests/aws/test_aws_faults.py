"""Every call of a reading, with every fault that a wire can have: one part becomes unreadable, the rest stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import pytest
from aws_worlds import ACCOUNT, NOON, QUESTION, REGION, Endpoint, Fault, fill, noon, organization
from botocore.config import Config
from moto.core.base_backend import BackendDict

from diagnosis.account import AccountState
from diagnosis.reading import Absent, Known, Unreadable
from probes.aws.operations import OPERATIONS
from probes.aws.read_account import read_account
from probes.aws.session import NO_CONFIGURED_ENDPOINTS, AwsAccess, GivenCredentials, Patience, isolated_session
from probes.embedded.in_process_aws import InProcessAws
from probes.ledger import Ledger

AFFECTED: dict[str, set[str]] = {
    "sts:GetCallerIdentity": {"identity"},
    "iam:GetOpenIDConnectProvider": {"provider"},
    "iam:ListOpenIDConnectProviders": {"provider_arns"},
    "iam:GetRole": {"role", "boundary"},
    "iam:ListRolePolicies": {"inline_policies"},
    "iam:GetRolePolicy": {"inline_policies"},
    "iam:ListAttachedRolePolicies": {"attached_policies"},
    "iam:GetPolicy": {"attached_policies", "boundary"},
    "iam:GetPolicyVersion": {"attached_policies", "boundary"},
    "ecr:DescribeRepositories": {"repository"},
    "ecr:GetRepositoryPolicy": {"repository_policy"},
    "ecr:DescribeImages": {"image"},
    "organizations:DescribeOrganization": {"scps", "rcps"},
    "organizations:ListRoots": {"scps", "rcps"},
    "organizations:ListParents": {"scps", "rcps"},
    "organizations:ListPoliciesForTarget": {"scps", "rcps"},
    "organizations:DescribePolicy": {"scps", "rcps"},
    "s3:ListObjectsV2": {"evidence_objects"},
}
PARTS = sorted(set().union(*AFFECTED.values()))


@dataclass(frozen=True)
class World:
    endpoint: Endpoint
    aws: AwsAccess
    hasty: AwsAccess
    stubborn: AwsAccess
    ledger: Ledger
    truth: AccountState


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One whole account behind one endpoint, read once without a fault."""
    environment = pytest.MonkeyPatch()
    BackendDict.reset()
    inside = InProcessAws(ACCOUNT)
    session = isolated_session(GivenCredentials("builder", "builder"))
    inside.answer_for(session)
    config = Config(**NO_CONFIGURED_ENDPOINTS)
    fill(lambda service: session.create_client(service, region_name=REGION, config=config))
    with Endpoint() as endpoint:
        endpoint.scripts |= organization()
        environment.setenv("AWS_ENDPOINT_URL", endpoint.url)
        environment.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT00000")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "environment-secret")
        environment.setenv("AWS_CONFIG_FILE", "/nonexistent")
        environment.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
        ledger = Ledger(noon)

        def ready(ledger: Ledger, patience: Patience) -> AwsAccess:
            """Access whose clients are built while the environment still names the endpoint."""
            aws = AwsAccess(ledger=ledger, clock=noon, patience=patience)
            read_account(QUESTION, aws)
            return aws

        aws = ready(ledger, Patience(connect=5, read=10, attempts=1))
        hasty = ready(Ledger(noon), Patience(connect=1, read=1, attempts=1))
        stubborn = ready(Ledger(noon), Patience(connect=5, read=10, attempts=2))
        yield World(endpoint, aws, hasty, stubborn, ledger, read_account(QUESTION, aws))
    environment.undo()
    BackendDict.reset()


def error(code: str, message: str = "no") -> dict[str, bytes]:
    """An error in the form of each protocol."""
    xml = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        f"<RequestId>r</RequestId></ErrorResponse>"
    )
    s3 = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    text = f'{{"__type":"{code}","message":"{message}"}}'
    return {"iam": xml.encode(), "sts": xml.encode(), "s3": s3.encode(), "json": text.encode()}


def of(bodies: dict[str, bytes], operation: str) -> bytes:
    return bodies.get(operation.split(":", 1)[0], bodies["json"])


def read_with(world: World, operation: str, fault: Fault) -> AccountState:
    # The same access for all: what it remembers of credentials must not colour the next reading.
    world.aws.credentials_refused = None
    world.endpoint.faults = {operation: fault}
    try:
        return read_account(QUESTION, world.aws)
    finally:
        world.endpoint.faults = {}


def check(world: World, operation: str, state: AccountState, fault: object) -> list[Unreadable]:
    """The parts of this call are unreadable and say why; all others are as they were."""
    found = []
    for part in PARTS:
        reading, true = getattr(state, part), getattr(world.truth, part)
        if part in AFFECTED[operation]:
            assert isinstance(reading, Unreadable), (operation, part, fault, reading)
            assert reading.why, (operation, part)
            assert reading.how, (operation, part)
            found.append(reading)
        else:
            assert reading == true, (operation, part, fault)
    return found


def test_the_world_is_whole(world: World) -> None:
    for part in PARTS:
        assert isinstance(getattr(world.truth, part), Known), (part, getattr(world.truth, part))
    called = {f"{entry.service}:{entry.operation}" for entry in world.ledger.entries()}
    assert set(AFFECTED) == called, "a call is made that these tests do not know"
    assert {field.name for field in fields(AccountState) if hasattr(getattr(world.truth, field.name), "value")} == set(
        PARTS
    )


def test_with_any_single_read_denied_the_rest_stays_and_the_permission_is_named(world: World) -> None:
    actions = {operation.address: operation.action for operation in OPERATIONS}
    for operation in AFFECTED:
        action = actions[operation]
        message = f"User: arn:aws:iam::1:user/u is not authorized to perform: {action} on resource: * because no x"
        for code in ("AccessDenied", "AccessDeniedException"):
            fault = Fault(status=403, body=of(error(code, message), operation))
            state = read_with(world, operation, fault)
            for reading in check(world, operation, state, code):
                assert reading.permission == action
                assert action in reading.why
                assert "planescope permissions" in reading.how
            assert state.credentials_problem is None


def test_a_denial_without_words_names_the_permission_that_the_call_needs(world: World) -> None:
    actions = {operation.address: operation.action for operation in OPERATIONS}
    for operation in AFFECTED:
        for reading in check(world, operation, read_with(world, operation, Fault(status=403)), "bare 403"):
            assert reading.permission == actions[operation]


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (400, "Throttling", "throttled"),
        (429, "TooManyRequestsException", "throttled"),
        (429, "", "throttled"),
        (500, "InternalFailure", "failed to answer"),
        (502, "", "failed to answer"),
        (503, "ServiceUnavailable", "failed to answer"),
        (501, "NotImplemented", "does not implement"),
        (404, "", "404"),
        (404, "SomethingUnknown", "SomethingUnknown"),
        (400, "ValidationError", "ValidationError"),
    ],
)
def test_errors_of_aws(world: World, status: int, code: str, words: str) -> None:
    for operation in AFFECTED:
        fault = Fault(status=status, body=of(error(code), operation) if code else b"")
        for reading in check(world, operation, read_with(world, operation, fault), (status, code)):
            assert words in reading.why, (operation, reading)
            assert reading.permission is None


XML_LIES = [b"", b"{}", b"not xml", b"<a><b></a>", b"<html><body>proxy</body></html>", b"<", b"\xff\xfe\x00", b"<a/>"]
JSON_LIES = [b"", b"{}", b"[]", b"null", b"3", b'{"repositories": [', b"<html></html>", b"\xff\xfe", b'"text"']


@pytest.mark.parametrize("number", range(9))
def test_bodies_that_are_no_answer(world: World, number: int) -> None:
    for operation in AFFECTED:
        lies = XML_LIES if operation.split(":")[0] in ("iam", "sts", "s3") else JSON_LIES
        body = lies[number % len(lies)]
        check(world, operation, read_with(world, operation, Fault(body=body)), body)


WRONG_TYPES = [
    {"repositories": {}, "imageDetails": "x", "policyText": 3, "Organization": [], "Roots": 1, "Policy": []},
    {"repositories": [3], "imageDetails": [None], "policyText": None, "Organization": {"MasterAccountId": 1}},
    {"Roots": [], "Parents": [], "Policies": [1], "Policy": {"Content": []}},
    {"repositories": [{}], "imageDetails": [{}], "policyText": "", "Organization": {}, "Roots": [{}]},
    {"Parents": [{}], "Policies": [{}], "Policy": {}},
    {"Parents": {}, "Policies": "x", "Roots": [{"PolicyTypes": 3}]},
]


@pytest.mark.parametrize("body", WRONG_TYPES)
def test_members_of_another_type(world: World, body: dict[str, Any]) -> None:
    for operation in AFFECTED:
        if operation.split(":")[0] in ("ecr", "organizations"):
            check(world, operation, read_with(world, operation, Fault(body=json.dumps(body).encode())), body)


def test_an_answer_about_something_else_is_no_answer(world: World) -> None:
    other = (
        b'{"repositories": [{"repositoryName": "shop/other", "repositoryArn": "a", "registryId": "1", '
        b'"repositoryUri": "u", "imageTagMutability": "MUTABLE"}], '
        b'"imageDetails": [{"imageDigest": "sha256:1", "imageTags": ["other"]}]}'
    )
    for operation in ("ecr:DescribeRepositories", "ecr:DescribeImages"):
        check(world, operation, read_with(world, operation, Fault(body=other)), other)
    listing = (
        b"<ListBucketResult><Name>b</Name><KeyCount>1</KeyCount><IsTruncated>false</IsTruncated>"
        b"<Contents><Key>elsewhere/x</Key><Size>1</Size></Contents></ListBucketResult>"
    )
    check(world, "s3:ListObjectsV2", read_with(world, "s3:ListObjectsV2", Fault(body=listing)), listing)


def test_bodies_that_are_cut_off(world: World) -> None:
    for operation in AFFECTED:
        start = b"<ListRolePoliciesResponse><Lis" if operation[:3] in ("iam", "sts", "s3:") else b'{"repositories": [{'
        fault = Fault(body=start, declared_length=len(start) + 500)
        # botocore itself takes a broken body of S3 for a server error.
        words = ("failed to answer",) if operation.startswith("s3:") else ("cut off", "could not be used")
        for reading in check(world, operation, read_with(world, operation, fault), "cut off"):
            assert any(word in reading.why for word in words), (operation, reading)


def test_connections_that_are_reset(world: World) -> None:
    for operation in AFFECTED:
        for reading in check(world, operation, read_with(world, operation, Fault(reset=True)), "reset"):
            assert "cut off" in reading.why or "could not be reached" in reading.why, (operation, reading)


def test_calls_that_hang(world: World) -> None:
    world.endpoint.faults = {operation: Fault(hang=True) for operation in AFFECTED}
    state = read_account(QUESTION, world.hasty)
    world.endpoint.faults = {}
    for part in PARTS:
        reading = getattr(state, part)
        assert isinstance(reading, Unreadable), part
        assert "in time" in reading.why, reading


@pytest.mark.parametrize("fault", [Fault(hang=True), Fault(drip=True)], ids=["hangs", "drips"])
@pytest.mark.parametrize("operation", ["iam:GetRole", "ecr:DescribeImages", "organizations:ListRoots"])
def test_a_part_that_outlasts_the_deadline_holds_up_nobody(world: World, operation: str, fault: Fault) -> None:
    """Each received byte starts botocore's own timeout anew, so only the deadline ends a dripping answer."""
    world.endpoint.faults = {operation: fault}
    state = read_account(QUESTION, world.aws, deadline_seconds=2)
    world.endpoint.faults = {}
    for reading in check(world, operation, state, fault):
        assert "in time" in reading.why, reading


def test_a_cancelled_reading_does_not_wait_for_a_hanging_call(world: World) -> None:
    world.endpoint.faults = {"iam:GetRole": Fault(hang=True)}
    before = len(world.endpoint.requests)
    state = read_account(
        QUESTION, world.aws, cancelled=lambda: "iam:GetRole" in world.endpoint.requests[before:], deadline_seconds=600
    )
    world.endpoint.faults = {}
    assert isinstance(state.role, Unreadable)
    assert "cancelled" in state.role.why


def test_credentials_that_expired_in_between_are_told_apart_from_a_denial(world: World) -> None:
    for operation in AFFECTED:
        for code, words in (("ExpiredToken", "expired"), ("InvalidClientTokenId", "does not accept")):
            state = read_with(world, operation, Fault(status=403, body=of(error(code), operation)))
            for reading in check(world, operation, state, code):
                assert words in reading.why
                assert reading.permission is None
                assert "aws sso login" in reading.how
            assert state.credentials_problem is not None
            assert words in state.credentials_problem.sentence


def test_a_passing_fault_is_retried_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    world.endpoint.faults = {operation: Fault(status=503, times=1) for operation in AFFECTED}
    state = read_account(QUESTION, world.stubborn)
    world.endpoint.faults = {}
    for part in PARTS:
        assert getattr(state, part) == getattr(world.truth, part), part


def test_a_role_and_nothing_else_that_can_be_confirmed_is_not_believed(world: World) -> None:
    """Without identity and role it is not known whose account answered; an absent provider proves nothing then."""
    world.endpoint.faults = {
        "sts:GetCallerIdentity": Fault(status=503),
        "iam:GetRole": Fault(status=503),
        "iam:GetOpenIDConnectProvider": Fault(status=404, body=error("NoSuchEntity")["iam"]),
    }
    state = read_account(QUESTION, world.aws)
    world.endpoint.faults = {}
    for part in (
        "provider",
        "provider_arns",
        "role",
        "inline_policies",
        "attached_policies",
        "boundary",
        "scps",
        "rcps",
    ):
        assert isinstance(getattr(state, part), Unreadable), part
    assert "whose account" in state.provider.why  # type: ignore[union-attr] # asserted above
    assert isinstance(state.repository, Known)


def test_absence_is_told_by_awss_own_codes_alone(world: World) -> None:
    absences = {
        "iam:GetOpenIDConnectProvider": ("NoSuchEntity", "provider"),
        "iam:GetRole": ("NoSuchEntity", "role"),
        "iam:ListRolePolicies": ("NoSuchEntity", "inline_policies"),
        "iam:ListAttachedRolePolicies": ("NoSuchEntity", "attached_policies"),
        "ecr:DescribeRepositories": ("RepositoryNotFoundException", "repository"),
        "ecr:GetRepositoryPolicy": ("RepositoryPolicyNotFoundException", "repository_policy"),
        "ecr:DescribeImages": ("ImageNotFoundException", "image"),
        "organizations:DescribeOrganization": ("AWSOrganizationsNotInUseException", "scps"),
        "s3:ListObjectsV2": ("NoSuchBucket", "evidence_objects"),
    }
    for operation, (code, part) in absences.items():
        status = 404 if operation[:3] in ("iam", "s3:") else 400
        state = read_with(world, operation, Fault(status=status, body=of(error(code), operation)))
        assert isinstance(getattr(state, part), Absent), (operation, getattr(state, part))
        assert getattr(state, part).source.at == NOON
    # A policy that goes away between the list and its reading leaves the set unknown, not smaller.
    state = read_with(world, "iam:GetRolePolicy", Fault(status=404, body=error("NoSuchEntity")["iam"]))
    assert not isinstance(state.inline_policies, Known)


def test_no_word_of_a_credential_is_kept_anywhere(world: World) -> None:
    secret = "environment-secret"
    echo = "AKIAENVIRONMENT00000 x-amz-security-token:FwoGZXIvYXdzTOKEN environment-secret"
    seen: list[Any] = []
    for operation in AFFECTED:
        for code in ("SignatureDoesNotMatch", "AccessDenied", "Strange", echo.replace(" ", ""), echo[:20]):
            state = read_with(world, operation, Fault(status=403, body=of(error(code, echo), operation)))
            seen.append(state)
    text = repr(seen) + repr(world.ledger.entries()) + repr(world.aws) + repr(vars(world.ledger))
    assert [word for word in (secret, "FwoGZXIvYXdzTOKEN", "AKIAENVIRONMENT00000") if word in text] == []

"""Every call of a reading, with every fault that a wire can have: one part becomes unreadable, the rest stays."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from aws_endpoint import Fault
from aws_worlds import NOON, QUESTION
from fault_worlds import AFFECTED, PARTS, World, check, check_all, error, in_rounds, of, read_with, read_with_all

from diagnosis.facts.account import AccountState
from diagnosis.facts.reading import Absent, Known, Unreadable
from probes.aws.read.account import read_account
from probes.aws.session.operations import OPERATIONS


def test_the_world_is_whole(world: World) -> None:
    for part in PARTS:
        assert isinstance(getattr(world.truth, part), Known), (part, getattr(world.truth, part))
    called = {f"{entry.service}:{entry.operation}" for entry in world.ledger.entries()}
    # What one object's fault does to its reading alone stands in test_evidence_objects.
    assert {*AFFECTED, "s3:GetObject"} == called, "a call is made that these tests do not know"
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
    for operations in in_rounds():
        state = read_with_all(world, dict.fromkeys(operations, Fault(status=403)))
        for operation, reading in check_all(world, operations, state, "bare 403"):
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
    for operations in in_rounds():
        faults = {name: Fault(status=status, body=of(error(code), name) if code else b"") for name in operations}
        for operation, reading in check_all(world, operations, read_with_all(world, faults), (status, code)):
            assert words in reading.why, (operation, reading)
            assert reading.permission is None


XML_LIES = [b"", b"{}", b"not xml", b"<a><b></a>", b"<html><body>proxy</body></html>", b"<", b"\xff\xfe\x00", b"<a/>"]
JSON_LIES = [b"", b"{}", b"[]", b"null", b"3", b'{"repositories": [', b"<html></html>", b"\xff\xfe", b'"text"']


@pytest.mark.parametrize("number", range(9))
def test_bodies_that_are_no_answer(world: World, number: int) -> None:
    for operations in in_rounds():
        bodies = {}
        for operation in operations:
            lies = XML_LIES if operation.split(":")[0] in ("iam", "sts", "s3") else JSON_LIES
            bodies[operation] = Fault(body=lies[number % len(lies)])
        check_all(world, operations, read_with_all(world, bodies), bodies)


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
    for operations in in_rounds(name for name in AFFECTED if name.split(":")[0] in ("ecr", "organizations")):
        faults = dict.fromkeys(operations, Fault(body=json.dumps(body).encode()))
        check_all(world, operations, read_with_all(world, faults), body)


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
    for operations in in_rounds():
        faults = {}
        for operation in operations:
            xml = operation[:3] in ("iam", "sts", "s3:")
            start = b"<ListRolePoliciesResponse><Lis" if xml else b'{"repositories": [{'
            faults[operation] = Fault(body=start, declared_length=len(start) + 500)
        for operation, reading in check_all(world, operations, read_with_all(world, faults), "cut off"):
            assert "cut off" in reading.why, (operation, reading)


def test_connections_that_are_reset(world: World) -> None:
    for operations in in_rounds():
        state = read_with_all(world, dict.fromkeys(operations, Fault(reset=True)))
        for operation, reading in check_all(world, operations, state, "reset"):
            assert "cut off" in reading.why or "could not be reached" in reading.why, (operation, reading)


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
        "role",
        "inline_policies",
        "attached_policies",
        "boundary",
        "scps",
        "rcps",
        "organization",
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


def test_what_goes_away_between_the_list_and_its_reading_leaves_the_set_unknown(world: World) -> None:
    for operation in ("iam:GetRolePolicy", "iam:GetPolicy", "iam:GetPolicyVersion"):
        state = read_with(world, operation, Fault(status=404, body=error("NoSuchEntity")["iam"]))
        check(world, operation, state, "gone")


def test_the_call_whose_answer_is_broken_is_the_one_that_is_named(world: World) -> None:
    for operations in in_rounds():
        state = read_with_all(world, dict.fromkeys(operations, Fault(body=b"{}")))
        for operation, reading in check_all(world, operations, state, "{}"):
            assert operation in reading.why, reading
            assert reading.source is not None
            assert reading.source.address == operation


def test_no_word_of_a_credential_is_kept_anywhere(world: World) -> None:
    secret = "environment-secret"
    echo = "AKIAENVIRONMENT00000 x-amz-security-token:FwoGZXIvYXdzTOKEN environment-secret"
    seen: list[Any] = []
    for operations in in_rounds():
        for code in ("SignatureDoesNotMatch", "AccessDenied", "Strange", echo.replace(" ", ""), echo[:20]):
            faults = {name: Fault(status=403, body=of(error(code, echo), name)) for name in operations}
            seen.append(read_with_all(world, faults))
    text = repr(seen) + repr(world.ledger.entries()) + repr(world.aws) + repr(vars(world.ledger))
    assert [word for word in (secret, "FwoGZXIvYXdzTOKEN", "AKIAENVIRONMENT00000") if word in text] == []

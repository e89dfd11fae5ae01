"""AWS's denial sentence in every form that was met."""

# ruff: noqa: E501 - log lines stand here as tools print them: whole

from __future__ import annotations

import pytest

from diagnosis.failures.denial_sentence import Denial, PolicyType, parse_denial

USER = "arn:aws:sts::111122223333:assumed-role/ci-release/GitHubActions"
REPOSITORY = "arn:aws:ecr:eu-west-1:111122223333:repository/payments/api"
SENTENCE = f"User: {USER} is not authorized to perform: ecr:PutImage on resource: {REPOSITORY}"


def test_the_whole_sentence() -> None:
    denial = parse_denial(f"denied: {SENTENCE} because no identity-based policy allows the ecr:PutImage action")
    assert denial == Denial("ecr:PutImage", USER, REPOSITORY, PolicyType.IDENTITY)


def test_an_explicit_deny_with_the_policys_arn() -> None:
    arn = "arn:aws:organizations::999988887777:policy/o-abcde12345/service_control_policy/p-0a1b2c3d"
    denial = parse_denial(f"{SENTENCE} with an explicit deny in a service control policy: {arn}.")
    assert denial == Denial("ecr:PutImage", USER, REPOSITORY, PolicyType.SERVICE_CONTROL, explicit=True, policy_arn=arn)


@pytest.mark.parametrize("kind", list(PolicyType))
def test_every_policy_type_both_ways(kind: PolicyType) -> None:
    implicit = parse_denial(f"{SENTENCE} because no {kind.value} allows the ecr:PutImage action")
    explicit = parse_denial(f"{SENTENCE} with an explicit deny in a {kind.value}")
    assert implicit is not None
    assert explicit is not None
    assert (implicit.policy_type, implicit.explicit) == (kind, False)
    assert (explicit.policy_type, explicit.explicit) == (kind, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Not authorized to perform sts:AssumeRoleWithWebIdentity", Denial("sts:AssumeRoleWithWebIdentity")),
        ("Not authorized to perform sts:AssumeRoleWithWebIdentity.", Denial("sts:AssumeRoleWithWebIdentity")),
        (
            f"User: {USER} is not authorized to perform: [ecr:GetAuthorizationToken]",
            Denial("ecr:GetAuthorizationToken", USER),
        ),
        (
            "build@acme.example is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/x",
            Denial("sts:AssumeRole", "build@acme.example", "arn:aws:iam::111122223333:role/x"),
        ),
        (f"{SENTENCE} with an explicit deny", Denial("ecr:PutImage", USER, REPOSITORY, explicit=True)),
        (
            f"(AccessDeniedException) when calling the PutImage operation: {SENTENCE}",
            Denial("ecr:PutImage", USER, REPOSITORY, operation="PutImage"),
        ),
        (
            f"operation error ECR: PutImage, https response error StatusCode: 400, RequestID: 0a, api error AccessDeniedException: {SENTENCE}",
            Denial("ecr:PutImage", USER, REPOSITORY, operation="PutImage", service="ECR"),
        ),
        (
            f'Resource handler returned message: "{SENTENCE} because no session policy allows the ecr:PutImage action (Service: Ecr, Status Code: 400)"',
            Denial("ecr:PutImage", USER, REPOSITORY, PolicyType.SESSION),
        ),
        (
            f"software.amazon.awssdk.services.ecr.model.EcrException: {SENTENCE} (Service: Ecr, Status Code: 400, Request ID: 0a)",
            Denial("ecr:PutImage", USER, REPOSITORY),
        ),
        (
            "You are not authorized to perform this operation. User: x is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:eu-west-1:1:instance/* with an explicit deny",
            Denial("ec2:RunInstances", "x", "arn:aws:ec2:eu-west-1:1:instance/*", explicit=True),
        ),
        (
            "User: *** is not authorized to perform: ecr:PutImage on resource: ***",
            Denial("ecr:PutImage", "***", "***"),
        ),
        (
            "An error occurred (AccessDenied) when calling the ListBuckets operation: Access Denied",
            Denial(None, operation="ListBuckets"),
        ),
    ],
)
def test_forms(text: str, expected: Denial) -> None:
    assert parse_denial(text) == expected


@pytest.mark.parametrize(
    "text", ["", "denied: no", "AccessDenied: Access Denied", "authorized to perform: ecr:PutImage", "is not allowed"]
)
def test_what_is_no_denial(text: str) -> None:
    assert parse_denial(text) is None

"""What of a document that an event put is kept: whether it is broad, and nothing else."""

from __future__ import annotations

import json

import pytest

from diagnosis.json_members import JsonMembers
from probes.aws.read.granted_by_event import grants_of, is_broad

ARN = "arn:aws:ecr:eu-west-1:111122223333:repository/app"
PROVIDER = {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}
SUB = "token.actions.githubusercontent.com:sub"


def document(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: object, resource: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def admit(principal: object, subject: object = None) -> dict[str, object]:
    condition = {"Condition": {"StringLike": {SUB: subject}}} if subject else {}
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRoleWithWebIdentity", **condition}


@pytest.mark.parametrize(
    ("name", "member", "text", "broad"),
    [
        ("PutRolePolicy", "policyDocument", document(allow("ecr:PutImage", ARN)), False),
        ("PutRolePolicy", "policyDocument", document(allow("ecr:GetAuthorizationToken", "*")), False),
        ("PutRolePolicy", "policyDocument", document(allow(["ecr:GetAuthorizationToken", "ecr:PutImage"], "*")), True),
        ("PutRolePolicy", "policyDocument", document(allow("ecr:*", ARN)), True),
        ("PutRolePolicy", "policyDocument", document(allow("*", "*")), True),
        ("PutRolePolicy", "policyDocument", document({"Effect": "Allow", "NotAction": "iam:*", "Resource": ARN}), True),
        ("PutRolePolicy", "policyDocument", document({"Effect": "Deny", "Action": "*", "Resource": "*"}), False),
        ("CreatePolicyVersion", "policyDocument", json.dumps({"Statement": allow("s3:Get?bject", ARN)}), True),
        ("UpdateAssumeRolePolicy", "policyDocument", document(admit(PROVIDER, "repo:o/r:ref:refs/heads/main")), False),
        ("UpdateAssumeRolePolicy", "policyDocument", document(admit(PROVIDER, "repo:o/*")), True),
        ("UpdateAssumeRolePolicy", "policyDocument", document(admit(PROVIDER)), True),
        ("CreateRole", "assumeRolePolicyDocument", document(admit("*", "repo:o/r:ref:refs/heads/main")), True),
        ("SetRepositoryPolicy", "policyText", document(admit({"AWS": "*"})), True),
        ("PutRegistryPolicy", "policyText", document(admit({"AWS": "arn:aws:iam::111122223333:root"})), True),
        ("SetRepositoryPolicy", "policyText", document(admit({"AWS": "arn:aws:iam::111122223333:role/ci"})), False),
        ("PutRolePolicy", "policyDocument", "no document", None),
        ("PutRolePolicy", "policyDocument", "{}", None),
        ("PutRolePolicy", "policyName", "Push", None),
    ],
)
def test_a_document_is_broad_or_not(name: str, member: str, text: str, broad: bool | None) -> None:
    assert is_broad(name, JsonMembers({member: text})) is broad


def test_grants_are_compared_by_digest() -> None:
    def grants(*statements: dict[str, object]) -> set[str]:
        found = grants_of(JsonMembers({"policyDocument": document(*statements)}))
        assert all(len(each) == 16 for each in found)
        return set(found)

    push, pull = allow("ecr:PutImage", ARN), allow("ecr:BatchGetImage", ARN)
    both = allow(["ecr:BatchGetImage", "ecr:PutImage"], [ARN])
    assert grants(push) < grants(push, pull) == grants(both)
    bounded = {**push, "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}
    assert not grants(push) & grants(bounded)
    assert grants(both, {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}) == set()
    assert grants({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}) == set()
    assert grants(allow([f"s3:Action{n}" for n in range(500)], ARN)) == set()

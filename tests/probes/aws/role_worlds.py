"""Roles beside the one of the run: one that admits it, and others that do not or that admit too many."""

from __future__ import annotations

import json
from typing import Any

from arns import arn_of
from aws_worlds import ACCOUNT, PROVIDER_ARN, ROLE_ARN, allow

from diagnosis.claims.claim_set import DEFAULT_TEMPLATE, ContextKind, SubjectContext, SubjectForm, finished
from diagnosis.claims.subject_claim import PossibleClaims
from diagnosis.facts.account import OtherRoles
from diagnosis.facts.reading import Known, Reading
from diagnosis.facts.runs import Repository
from diagnosis.remedies.offers.role_search import RoleSearch

ISSUER = "token.actions.githubusercontent.com"
SUBJECT = "repo:o/r:ref:refs/heads/main"
CLAIMS = finished(
    {"aud": "sts.amazonaws.com", "repository": "o/r", "repository_owner": "o"},
    (),
    "",
    SubjectForm.CLASSIC,
    DEFAULT_TEMPLATE,
    "repo:o/r",
    SubjectContext(ContextKind.REF, "refs/heads/main"),
)
SEARCH = RoleSearch(
    own_role_arn=arn_of(ROLE_ARN),
    claims=PossibleClaims((CLAIMS,)),
    audience="sts.amazonaws.com",
    provider_arn=arn_of(PROVIDER_ARN),
    session_name="GitHubActions",
    repository=Repository("o/r", None, None, None, "main"),
)


def trust(subject: str = SUBJECT, operator: str = "StringEquals", principal: object = None) -> str:
    condition: dict[str, dict[str, str]] = {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com"}}
    condition.setdefault(operator, {})[f"{ISSUER}:sub"] = subject
    statement = {
        "Effect": "Allow",
        "Principal": principal or {"Federated": PROVIDER_ARN},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def populate(iam: Any) -> None:
    """One role that admits the run, and others that do not or that admit too many."""
    iam.create_role(RoleName="spare", Path="/ci/", AssumeRolePolicyDocument=trust(), MaxSessionDuration=7200)
    iam.put_role_policy(RoleName="spare", PolicyName="push", PolicyDocument=allow("ecr:PutImage"))
    iam.attach_role_policy(RoleName="spare", PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/Pull")
    iam.create_role(RoleName="open", AssumeRolePolicyDocument=trust("repo:o/*", "StringLike"))
    iam.create_role(RoleName="dev", AssumeRolePolicyDocument=trust("repo:o/r:ref:refs/heads/dev"))
    iam.create_role(RoleName="machine", AssumeRolePolicyDocument=trust(principal={"Service": "ec2.amazonaws.com"}))


def found(reading: Reading[OtherRoles]) -> OtherRoles:
    assert isinstance(reading, Known), reading
    return reading.value

"""Sound policies of each kind, made from a few parts, and how a test plants one fault in them."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

from diagnosis.lint.lint import LintReport, lint
from diagnosis.policy import PolicyKind

KEY = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::123456789012:oidc-provider/{KEY}"
REPOSITORY = "arn:aws:ecr:eu-west-1:123456789012:repository/shop"
PUSH = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)
LOGIN = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
SUBJECTS = (
    "repo:octo-org/shop:ref:refs/heads/main",
    "repo:octo-org/shop:ref:refs/tags/v1.2.3",
    "repo:octo-org/shop:environment:production",
    "repo:octo-org/shop:pull_request",
    "repo:octo-org@42/shop@1001:ref:refs/heads/main",
    "repository_owner_id:42:ref:refs/heads/main",
    "job_workflow_ref:octo-org/ci/.github/workflows/release.yml@refs/heads/main",
)
PATTERNS = ("repo:octo-org/*", "repo:octo-org/shop:*", "repo:octo-org/shop*", "repo:octo-org/shop:ref:refs/heads/rel-*")


def policy(*statements: dict[str, Any], **top: Any) -> dict[str, Any]:
    """A document in Version 2012-10-17."""
    return {"Version": "2012-10-17", "Statement": list(statements), **top}


def trust_statement(**condition: Any) -> dict[str, Any]:
    """An Allow for GitHub's provider under these operators; by default of one subject and the audience."""
    return {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition or {"StringEquals": {f"{KEY}:aud": "sts.amazonaws.com", f"{KEY}:sub": SUBJECTS[0]}},
    }


def trust(**condition: Any) -> dict[str, Any]:
    """A trust policy of one such statement."""
    return policy(trust_statement(**condition))


def push(resource: Any = REPOSITORY, *actions: str, **more: Any) -> dict[str, Any]:
    """The login and a statement that allows the push."""
    return policy(LOGIN, {"Effect": "Allow", "Action": list(actions or PUSH), "Resource": resource, **more})


def sound_policies(number: int, seed: int = 9) -> Iterator[tuple[PolicyKind, dict[str, Any]]]:
    """Sound trust policies and identity-based ones, made at random and the same in every run."""
    chance = random.Random(seed)  # noqa: S311 - made-up policies, the same in every run
    for _ in range(number):
        yield (PolicyKind.TRUST, _trust(chance)) if chance.random() < 0.5 else (PolicyKind.IDENTITY, _identity(chance))


def _trust(chance: random.Random) -> dict[str, Any]:
    exact: dict[str, Any] = {f"{KEY}:aud": "sts.amazonaws.com"}
    like: dict[str, Any] = {}
    if chance.random() < 0.5:
        exact[f"{KEY}:sub"] = chance.sample(SUBJECTS, chance.randint(1, 3))
    else:
        like[f"{KEY}:sub"] = chance.choice(PATTERNS)
    for claim, value in (
        ("ref", "refs/heads/main"),
        ("actor", "octocat"),
        ("repository_id", "1001"),
        ("repository_owner_id", "42"),
        ("environment", "production"),
        ("job_workflow_ref", "octo-org/ci/.github/workflows/release.yml@refs/heads/main"),
    ):
        if chance.random() < 0.25:
            exact[f"{KEY}:{claim}"] = value
    condition = {"StringEquals": exact, **({"StringLike": like} if like else {})}
    statements = [trust_statement(**condition)]
    if chance.random() < 0.3:
        statements.append(
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        )
    if chance.random() < 0.3:
        role = "arn:aws:iam::210987654321:role/ops"
        asked = {"StringEquals": {"sts:ExternalId": "shop-7"}}
        statements.append(
            {
                "Effect": "Allow",
                "Principal": {"AWS": role},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Condition": asked,
            }
        )
    return policy(*statements)


def _identity(chance: random.Random) -> dict[str, Any]:
    account, region = chance.choice(("123456789012", "000000000001")), chance.choice(("eu-west-1", "us-east-1", "*"))
    arn = f"arn:aws:ecr:{region}:{account}:repository"
    statements: list[dict[str, Any]] = [
        LOGIN,
        {
            "Effect": "Allow",
            "Action": chance.sample(PUSH, chance.randint(1, len(PUSH))),
            "Resource": chance.choice((f"{arn}/shop", [f"{arn}/shop", f"{arn}/team/app-*"], f"{arn}/*")),
        },
    ]
    more: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::shop-state/*"},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::shop-state"},
        {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": f"arn:aws:iam::{account}:role/task",
            "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        },
        {
            "Effect": "Allow",
            "Action": "ecs:UpdateService",
            "Resource": f"arn:aws:ecs:eu-west-1:{account}:service/main/shop",
        },
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:Query"],
            "Resource": f"arn:aws:dynamodb:eu-west-1:{account}:table/locks",
            "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": "${aws:userid}"}},
        },
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"arn:aws:iam::{account}:role/deploy"},
    ]
    return policy(*statements, *chance.sample(more, chance.randint(0, len(more))))


def linted(document: object, kind: PolicyKind | None = None, **more: Any) -> LintReport:
    """The report on a document, which must be one."""
    text = document if isinstance(document, str) else json.dumps(document, indent=2)
    report = lint(text, kind, **more)
    assert isinstance(report, LintReport), report
    return report


def told(document: object, kind: PolicyKind | None = None) -> list[str]:
    """The rules of the findings, as they are told."""
    return [finding.rule.value for finding in linted(document, kind).findings]


def changed(document: dict[str, Any], *steps: str | int, value: Any = None, drop: bool = False) -> dict[str, Any]:
    """The document with the value at these steps replaced or dropped."""
    copied = copy.deepcopy(document)
    inner: Any = copied
    for step in steps[:-1]:
        inner = inner[step]
    if drop:
        del inner[steps[-1]]
    else:
        inner[steps[-1]] = value
    return copied

"""Repositories, trust policies and moves for the tests of the migration; all made up."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from arns import arn_of

from diagnosis.claims.claim_set import ClaimSet, ContextKind, SubjectContext, finished
from diagnosis.facts.account import Role
from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.runs import OidcCustomization, Repository
from diagnosis.facts.workflow import Workflow, WorkflowJob, WorkflowStep
from diagnosis.migration.move import Move, move_of
from diagnosis.migration.role_plan import RolePlan, plan_role
from diagnosis.migration.tokens import of_workflow
from diagnosis.policy import PolicyDocument, read_document
from diagnosis.policy.language.tree import statements
from diagnosis.trust.question import TrustOutcome, TrustPolicy, caller_of

ACCOUNT = "111122223333"
ISSUER = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
SUB, AUD, JWR = f"{ISSUER}:sub", f"{ISSUER}:aud", f"{ISSUER}:job_workflow_ref"
REPOSITORY = Repository("acme/shop", 456, 123, datetime(2024, 3, 1, tzinfo=UTC), "main")
CLASSIC = Known(OidcCustomization(sub_claim_prefix="repo:acme/shop", use_immutable_subject=False))
IMMUTABLE = Known(OidcCustomization(sub_claim_prefix="repo:acme@123/shop@456", use_immutable_subject=False))
UNREAD = Unreadable("OIDC subject customization", "403", "give the token actions: read", "actions: read")
NEW = "repo:acme@123/shop@456"

LOGIN = WorkflowStep(name=None, uses="aws-actions/configure-aws-credentials@v4", run=None)
WORKFLOW = Workflow(
    ".github/workflows/release.yml",
    "Release",
    (WorkflowJob("ship", None, (LOGIN,)),),
    triggers=("push", "workflow_dispatch"),
)


def opting_in(reading: Reading[OidcCustomization] = CLASSIC) -> Move:
    return move_of(REPOSITORY, reading)


def renamed(name: str = "store") -> Move:
    return move_of(REPOSITORY, CLASSIC, name=name)


def transferred(owner: str = "initech", owner_id: int | None = 777) -> Move:
    return move_of(REPOSITORY, CLASSIC, owner=owner, owner_id=owner_id)


def statement(condition: dict[str, Any], effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {
        "Effect": effect,
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
        **more,
    }


def trust(*statements: dict[str, Any]) -> PolicyDocument:
    return read_document(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def listing(*subjects: str, operator: str = "StringEquals", **more: Any) -> PolicyDocument:
    """A policy of one statement that lists these subjects, with the audience and other claims."""
    wanted: Any = subjects[0] if len(subjects) == 1 else list(subjects)
    condition: dict[str, dict[str, Any]] = {"StringEquals": {AUD: "sts.amazonaws.com"}}
    condition.setdefault(operator, {})[SUB] = wanted
    for claim, value in more.items():
        condition["StringEquals"][f"{ISSUER}:{claim}"] = value
    return trust(statement(condition))


def plan(document: PolicyDocument, *moves: Move, workflow: Workflow | None = WORKFLOW) -> RolePlan | None:
    """Plan a role with this trust policy; the repository's one workflow runs on its default branch."""
    role = Role(arn_of(f"arn:aws:iam::{ACCOUNT}:role/release"), "release", document, 3600)
    return plan_role(role, [(move, tuple(of_workflow(move, workflow)) if workflow else ()) for move in moves])


def token(repository: Repository, prefix: str, context: SubjectContext, **more: str) -> ClaimSet:
    """The token that a job of the repository presents in a context."""
    claims = {
        "aud": "sts.amazonaws.com",
        "repository": repository.full_name,
        "repository_owner": repository.owner,
        "repository_id": str(repository.id),
        "repository_owner_id": str(repository.owner_id),
        "actor": "octocat",
        "workflow": "Release",
        "ref": "refs/heads/main",
        "job_workflow_ref": f"{repository.full_name}/.github/workflows/release.yml@refs/heads/main",
        **more,
    }
    if context.kind is not ContextKind.PULL_REQUEST:
        claims[context.kind.value] = context.value
    return finished(claims, (), "", "classic", ("repo", "context"), prefix, context)  # type: ignore[arg-type] # by value


def admits(document: PolicyDocument, claims: ClaimSet) -> bool:
    return TrustPolicy(document.compiled()).ask(claims, caller_of(arn_of(PROVIDER))).outcome is TrustOutcome.ALLOWED


def subjects_in(document: PolicyDocument, number: int = 0) -> list[str]:
    """All subjects that one statement lists."""
    found: list[str] = []
    for block in statements(document.tree)[number]["Condition"].values():  # type: ignore[union-attr] # a policy of ours
        for key, values in block.items():
            if key == SUB:
                found += values if isinstance(values, list) else [values]
    return found

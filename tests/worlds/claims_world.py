"""Runs, repositories and trust policies for the tests of claims; all made up."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import settings
from made_attempts import made_attempt

from diagnosis.facts.runs import Attempt, Repository
from diagnosis.facts.workflow import Workflow, WorkflowJob, WorkflowStep

# No deadline: a shared machine may be slow, and no test asserts a time.
settings.register_profile("claims", deadline=None)
settings.load_profile("claims")

ACCOUNT = "111122223333"
ISSUER = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/release"
SUB, AUD = f"{ISSUER}:sub", f"{ISSUER}:aud"

REPOSITORY = Repository(
    full_name="acme/shop",
    id=456,
    owner_id=123,
    created_at=datetime(2024, 3, 1, tzinfo=UTC),
    default_branch="main",
)

ATTEMPT = made_attempt(
    repository=REPOSITORY,
    event="workflow_dispatch",
    head_sha="a" * 40,
    created_at=datetime(2026, 10, 1, tzinfo=UTC),
    started_at=None,
    updated_at=None,
    head_repository="acme/shop",
)

LOGIN_STEP = WorkflowStep(name=None, uses="aws-actions/configure-aws-credentials@v4", run=None)


def job(**fields: Any) -> WorkflowJob:
    """A job that takes credentials by a token."""
    return WorkflowJob(**{"id": "ship", "name": None, "steps": (LOGIN_STEP,), **fields})


def workflow(*jobs: WorkflowJob, **fields: Any) -> Workflow:
    """A workflow file with these jobs."""
    return Workflow(**{"path": ".github/workflows/release.yml", "name": "Release", "jobs": jobs or (job(),), **fields})


def attempt(**fields: Any) -> Attempt:
    """The usual run, changed; ``repository`` may be a mapping of changes."""
    changes = fields.pop("repository", {})
    return replace(ATTEMPT, repository=replace(REPOSITORY, **changes), **fields)


def trust(condition: dict[str, Any] | None = None, *, statements: list[dict[str, Any]] | None = None) -> str:
    """A trust policy as text: one statement for the provider with this condition, or these statements."""
    one: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    if condition is not None:
        one["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": statements if statements is not None else [one]})


def exactly(*subjects: str, operator: str = "StringEquals", aud: str = "sts.amazonaws.com") -> str:
    """A trust policy that admits these subjects."""
    wanted: Any = subjects[0] if len(subjects) == 1 else list(subjects)
    condition: dict[str, Any] = {"StringEquals": {AUD: aud}}
    condition.setdefault(operator, {})[SUB] = wanted
    return trust(condition)

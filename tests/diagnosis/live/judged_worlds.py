"""A small release and its account, with what surrounds them, for the judges of the live side."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from made_attempts import made_attempt, with_workflow

from diagnosis.diagnose import conclude, question_of, replays_of
from diagnosis.facts.account import (
    AccountQuestion,
    AccountState,
    CallerIdentity,
    EcrRepository,
    NamedPolicy,
    OidcProvider,
    RegistryDetails,
    Role,
    SecondOpinion,
)
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Absent, Known
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import Workflow, WorkflowJob, WorkflowStep
from diagnosis.policy import PolicyDocument, read_document
from diagnosis.verdicts.diagnosis import Diagnosis

ACCOUNT, REGION, NAME = "123456789012", "eu-west-1", "shop"
ISSUER = "token.actions.githubusercontent.com"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/release"
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
REPOSITORY_ARN = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{NAME}"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1111"
SUBJECT = "repo:octo-org/octo-repo:ref:refs/heads/main"
NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
PUSH = (
    "BatchCheckLayerAvailability",
    "BatchGetImage",
    "CompleteLayerUpload",
    "GetDownloadUrlForLayer",
    "InitiateLayerUpload",
    "PutImage",
    "UploadLayerPart",
)


def policy(*statements: dict[str, object]) -> PolicyDocument:
    return read_document(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


GRANTS = policy(
    {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
    {"Effect": "Allow", "Action": [f"ecr:{name}" for name in PUSH], "Resource": REPOSITORY_ARN},
)
TRUST = policy(
    {
        "Sid": "Main",
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER_ARN},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": SUBJECT}},
    }
)
RUN = made_attempt(at=NOW)
FILE = Workflow(
    ".github/workflows/release.yml",
    "Release",
    (
        WorkflowJob(
            "release",
            "Release",
            (
                WorkflowStep(
                    "Credentials",
                    "aws-actions/configure-aws-credentials@v4",
                    None,
                    inputs=(("role-to-assume", ROLE_ARN), ("aws-region", REGION)),
                ),
                WorkflowStep("Login", "aws-actions/amazon-ecr-login@v2", None),
                WorkflowStep("Push", None, f"docker push {ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{NAME}:v1"),
            ),
            permissions=(("id-token", "write"),),
        ),
    ),
)


def account(**parts: object) -> AccountState:
    """An account that would let the release pass; the question is filled in when it is judged."""
    made = AccountState(
        question=AccountQuestion(),
        read_at=NOW + timedelta(hours=2),
        identity=Known(CallerIdentity(ACCOUNT)),
        provider=Known(OidcProvider(PROVIDER_ARN, ISSUER, ("sts.amazonaws.com",), NOW - timedelta(days=9))),
        role=Known(Role(ROLE_ARN, "release", TRUST, 3600, created_at=NOW - timedelta(days=9))),
        inline_policies=Known((NamedPolicy("release", GRANTS),)),
        attached_policies=Known(()),
        boundary=Absent("boundary"),
        scps=Absent("SCPs"),
        rcps=Absent("RCPs"),
        repository=Known(repository()),
        repository_policy=Absent("repository policy"),
        image=Absent("image"),
        registry_details=Known(RegistryDetails(12, 100_000)),
    )
    return replace(made, **parts)  # type: ignore[arg-type] # fields by name


def repository(mutability: str = "IMMUTABLE", key: str | None = None) -> EcrRepository:
    return EcrRepository(REPOSITORY_ARN, NAME, mutability, key)


def opinion(action: str, says: str, source: str = "policy-simulator", note: str = "") -> SecondOpinion:
    return SecondOpinion(source, action, says, note)


def diagnosis(state: AccountState, run: Attempt = RUN, file: Workflow = FILE, case: Case | None = None) -> Diagnosis:
    stated = case or Case()
    replays = replays_of((with_workflow(run, file),), stated)
    state = replace(state, question=question_of(replays[0], stated))
    return conclude(replays, state, stated, made_at=NOW)

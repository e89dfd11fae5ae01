"""The small world with a release that only pushes, and what surrounds it, for the judges of the live side."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from arns import arn_of
from made_attempts import made_attempt
from small_world import ACCOUNT as ACCOUNT
from small_world import ISSUER as ISSUER
from small_world import REGION, Ground, World, allow, sound_world, trust_statement
from small_world import policy as policy

from diagnosis.facts.account import AccountState, EcrRepository, NamedPolicy, SecondOpinion
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import Workflow
from diagnosis.verdicts.diagnosis import Diagnosis

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
NAME = "shop"
GROUND = Ground(repository=NAME, branch="main")
ROLE_ARN, PROVIDER_ARN, REPOSITORY_ARN, SUBJECT = (
    GROUND.role_arn,
    GROUND.provider_arn,
    GROUND.repository_arn,
    GROUND.subject,
)
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1111"
PUSH = (
    "BatchCheckLayerAvailability",
    "BatchGetImage",
    "CompleteLayerUpload",
    "GetDownloadUrlForLayer",
    "InitiateLayerUpload",
    "PutImage",
    "UploadLayerPart",
)
GRANTS = policy(allow("ecr:GetAuthorizationToken", "*"), allow([f"ecr:{name}" for name in PUSH], REPOSITORY_ARN))
TRUST = policy(trust_statement(ground=GROUND, Sid="Main"))


def _pushing() -> World:
    """A world whose job logs in and pushes: it reads no digest afterwards."""
    world = sound_world(GROUND)
    steps = tuple(step for step in world.workflow.jobs[0].steps if step.name not in ("Checkout", "Digest"))
    world = world.with_job(steps=steps)
    world = replace(world, attempt=made_attempt(at=NOW), now=NOW)
    long_before = NOW - timedelta(days=9)
    assert isinstance(world.account.provider, Known)
    return world.with_role(trust_policy=TRUST, created_at=long_before).with_account(
        read_at=NOW + timedelta(hours=2),
        provider=Known(replace(world.account.provider.value, created_at=long_before)),
        inline_policies=Known((NamedPolicy("release", GRANTS),)),
    )


WORLD = _pushing()
RUN, FILE = WORLD.attempt, WORLD.workflow


def account(**parts: object) -> AccountState:
    """An account that would let the release pass, with these parts instead."""
    return WORLD.with_account(**parts).account


def repository(mutability: str = "IMMUTABLE", key: str | None = None) -> EcrRepository:
    return EcrRepository(arn_of(REPOSITORY_ARN), NAME, mutability, key)


def opinion(action: str, says: str, source: str = "policy-simulator", note: str = "") -> SecondOpinion:
    return SecondOpinion(source, action, says, note)


def diagnosis(state: AccountState, run: Attempt = RUN, file: Workflow = FILE, case: Case | None = None) -> Diagnosis:
    return replace(WORLD, account=state, attempt=run, workflow=file, case=case or Case()).diagnosis()

"""A repository whose policy lets everybody push or pull is too open, whatever the role holds; the change that shuts it is last."""

from __future__ import annotations

import pytest
from small_world import ACCOUNT, HOME, OTHER_ACCOUNT, World, allow, policy, sound_world

from diagnosis.causes import Cause
from diagnosis.facts.account import NamedPolicy
from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.gates import Gate, Verdict
from diagnosis.live.open_repository import admits_strangers
from diagnosis.policy import read_document
from diagnosis.remedies.changed_account import applied
from diagnosis.verdicts.gate_verdict import verdict_at

PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]


def world_of(*statements: dict[str, object]) -> World:
    return sound_world().with_account(repository_policy=Known(NamedPolicy("shop/api", policy(*statements))))


def for_all(action: object, **more: object) -> dict[str, object]:
    return {"Sid": "All", "Effect": "Allow", "Principal": "*", "Action": action, **more}


@pytest.mark.parametrize(
    ("statement", "verbs"),
    [
        (for_all(PULL), "pull"),
        (for_all("ecr:*"), "push and pull"),
        (for_all("ecr:Put*", Principal={"AWS": "*"}), "push"),
        (for_all(PULL, Condition={"Bool": {"aws:SecureTransport": "true"}}), "pull"),
        (for_all(PULL, Principal={"AWS": ["*", f"arn:aws:iam::{OTHER_ACCOUNT}:root"]}), "pull"),
    ],
)
def test_a_policy_for_everybody_fails_least_privilege_and_is_bounded_last(
    statement: dict[str, object], verbs: str
) -> None:
    world = world_of(statement)
    diagnosis = world.diagnosis()
    assert diagnosis.live is not None
    gate = diagnosis.live.at(Gate.LEAST_PRIVILEGE)
    assert (gate.verdict, gate.cause) == (Verdict.FAIL, Cause.REPOSITORY_OPEN)
    assert f"lets everybody {verbs}," in gate.reason
    path = diagnosis.paths[0]
    assert path.passes_run
    assert path.opens_all
    (remediation,) = path.remediations
    assert remediation.tightens
    (change,) = remediation.changes
    assert change.document is not None
    assert not any(
        admits_strangers(change.document, diagnosis.live.account.question.repository_arn, action)  # type: ignore[arg-type] # it is known
        for action in ("ecr:PutImage", "ecr:BatchGetImage")
    )
    assert f"arn:aws:iam::{ACCOUNT}:root" in change.document.text
    assert world.account.repository_policy != applied(remediation.changes, world.account).repository_policy


@pytest.mark.parametrize(
    "statement",
    [
        for_all(PULL, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-0123456789"}}),
        for_all(PULL, Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}),
        for_all(PULL, Principal={"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}),
        for_all(PULL, Principal={"Service": "lambda.amazonaws.com"}),
        for_all("ecr:DescribeImages"),
    ],
    ids=["an organization", "an account by condition", "an account", "a service", "no push and no pull"],
)
def test_a_policy_for_some_is_nobodys_business(statement: dict[str, object]) -> None:
    live = world_of(statement).diagnosis().live
    assert live is not None
    assert live.at(Gate.LEAST_PRIVILEGE).verdict is Verdict.PASS


def test_what_only_the_open_policy_grants_the_role_it_keeps_by_its_name() -> None:
    world = world_of(for_all("ecr:*")).with_policy(policy(allow("ecr:GetAuthorizationToken", "*")))
    (path,) = world.diagnosis().paths
    assert path.opens_all
    (change,) = path.remediations[0].changes
    assert change.document is not None
    assert change.document.tree["Statement"] == [
        for_all("ecr:*", Principal={"AWS": [f"arn:aws:iam::{ACCOUNT}:root", HOME.role_arn]})
    ]


def test_an_open_repository_beside_a_wide_role_is_bounded_in_the_same_path() -> None:
    world = world_of(for_all("ecr:*")).with_policy(policy(allow("ecr:*", "*")))
    (path,) = world.diagnosis().paths
    assert path.opens_all
    assert {item.id for item in path.remediations} == {"bound-role-permissions", "bound-repository-policy"}
    assert HOME.repository_arn in path.remediations[0].difference


@pytest.mark.parametrize(
    "reading",
    [
        Unreadable("repository policy", "denied", "grant it", "ecr:GetRepositoryPolicy"),
        Known(NamedPolicy("shop/api", read_document("{"))),
    ],
    ids=["not read", "unparsable"],
)
def test_whom_a_policy_that_is_not_known_lets_in_is_not_known(reading: Reading[NamedPolicy]) -> None:
    diagnosis = sound_world().with_account(repository_policy=reading).diagnosis()
    assert diagnosis.live is not None
    told = verdict_at(diagnosis.live.gates, Gate.LEAST_PRIVILEGE)
    assert told.verdict is Verdict.UNKNOWN
    assert any("repository" in item.what for item in told.missing)

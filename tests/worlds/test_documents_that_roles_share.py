"""Two roles of a release under one managed policy, boundary or repository policy: what mends one stays mended by the other."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from release_model import document_of
from release_worlds import sound
from shared_documents import DEPLOYS, EVERYTHING, PUSHES, ROLES, SHARED, Documents

from diagnosis.documents.judged_exit import exit_code
from diagnosis.grants.comparison import compare_grants
from diagnosis.policy import PolicyDocument

OTHER = {"Effect": "Allow", "Action": "ec2:DescribeRegions", "Resource": "*"}


def granted(release: str = PUSHES) -> dict[str, dict[str, PolicyDocument]]:
    return {role.arn: {"release": document_of(role.statements)} for role in sound(release).roles}


def bare() -> dict[str, dict[str, PolicyDocument]]:
    return {role: {"other": document_of([OTHER])} for role in ROLES}


def full() -> dict[str, dict[str, PolicyDocument]]:
    """The roles with inline policies that have no room left."""
    condition = {"StringEquals": {"aws:RequestedRegion": ["us-east-1" * 110]}}
    return {role: {"other": document_of([{**OTHER, "Condition": condition}] * 9)} for role in ROLES}


def on_both(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"managed": {SHARED: document_of(statements)}, "attached": dict.fromkeys(ROLES, (SHARED,))}


def under(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"managed": {SHARED: document_of(statements)}, "boundary": SHARED}


def _deny(*actions: str) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*"}


_LOGIN = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
_OPEN = {"Effect": "Allow", "Principal": "*", "Action": ["ecr:PutImage", "ecr:BatchGetImage"]}


def _closed_to(role: str) -> dict[str, Any]:
    condition = {"ArnLike": {"aws:PrincipalArn": role}}
    return {"Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage", "Condition": condition}


CASES: dict[str, Callable[[], Documents]] = {
    "a boundary that lacks the need of both": lambda: Documents(granted(DEPLOYS), DEPLOYS, **under(OTHER)),
    "a boundary that denies both": lambda: Documents(
        granted(DEPLOYS), DEPLOYS, **under(EVERYTHING, _deny("ecr:PutImage", "ecs:UpdateService"))
    ),
    "a managed policy that denies both": lambda: Documents(
        granted(DEPLOYS), DEPLOYS, **on_both(_deny("ecr:PutImage", "ecs:UpdateService", "ecs:DeleteService"))
    ),
    "a managed policy that grants both too much": lambda: Documents(
        bare(), DEPLOYS, **on_both({"Effect": "Allow", "Action": ["ecr:*", "ecs:UpdateService"], "Resource": "*"})
    ),
    "no room for inline policies": lambda: Documents(full()),
    "a repository that is open, and closed to the first": lambda: Documents(
        granted(), repository=document_of([_OPEN, _closed_to(ROLES[0])])
    ),
    "a repository that is open, and is all that grants": lambda: Documents(
        {role: {"login": document_of([_LOGIN])} for role in ROLES},
        repository=document_of([{**_OPEN, "Action": "ecr:*"}]),
    ),
    "a repository that is open, and closed to the second": lambda: Documents(
        granted(), repository=document_of([_OPEN, _closed_to(ROLES[1])])
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_mends_one_role_stays_mended_by_the_other(case: str) -> None:
    before = CASES[case]()
    found = before.diagnosis()
    assert exit_code(found) == 1
    path = found.paths[0]
    assert path.opens_all
    assert len({item.id for item in path.remediations}) == len(path.remediations)
    assert exit_code(before.after(path).diagnosis()) == 0
    opened = before.after(path, tightening=False)
    for role in ROLES:
        lost = compare_grants(
            [[*before.inline[role].values(), *(before.managed[arn] for arn in before.attached.get(role, ()))]],
            [[*opened.inline[role].values(), *(opened.managed[arn] for arn in opened.attached.get(role, ()))]],
        ).no_longer_granted
        assert lost == ()
    if before.repository is not None:
        assert opened.repository is not None
        assert json.loads(before.repository.text)["Statement"][0] in json.loads(opened.repository.text)["Statement"]


def test_a_policy_that_another_role_uses_too_is_not_tightened_for_one() -> None:
    before = CASES["a managed policy that grants both too much"]()
    path = before.diagnosis().paths[0]
    assert before.after(path).managed == before.managed
    assert all("is used elsewhere in the release too" in " ".join(item.warnings) for item in path.remediations)

"""What the answer about a role says of its permissions boundary is read, or the role is not known: no answer loses a boundary."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.json_members import JsonMembers
from diagnosis.names.arn import Arn
from probes.aws.read.role import read_boundary, read_role
from probes.aws.session.access import AwsAccess

ARN = Arn.iam("aws", "111122223333", "role", "release")
ROLE: dict[str, Any] = {
    "Arn": str(ARN),
    "RoleName": "release",
    "AssumeRolePolicyDocument": '{"Version": "2012-10-17", "Statement": []}',
}


class Answering:
    """An account whose every answer is this role."""

    last_operation = None

    def __init__(self, role: dict[str, Any]) -> None:
        self.role = role

    def ask(self, *_: object, **__: object) -> JsonMembers:
        return JsonMembers({"Role": self.role})

    def clock(self) -> datetime:
        return datetime(2026, 3, 2, tzinfo=UTC)


def answering(**more: object) -> AwsAccess:
    return cast("AwsAccess", Answering({**ROLE, **more}))


@pytest.mark.parametrize(
    "boundary", [{}, [], "", 0, False, {"PermissionsBoundaryArn": None}, {"PermissionsBoundaryArn": "x"}]
)
def test_a_boundary_that_cannot_be_read_is_not_taken_for_none(boundary: object) -> None:
    aws = answering(PermissionsBoundary=boundary)
    role = read_role(aws, ARN)
    assert isinstance(role, Unreadable)
    assert isinstance(read_boundary(aws, role), Unreadable)


@pytest.mark.parametrize("more", [{}, {"PermissionsBoundary": None}])
def test_an_answer_without_a_boundary_is_of_a_role_that_has_none(more: dict[str, object]) -> None:
    role = read_role(answering(**more), ARN)
    assert isinstance(role, Known)
    assert isinstance(read_boundary(answering(), role), Absent)


@pytest.mark.parametrize(
    "arn", ["", "release", "arn:aws", "***", 7, None, [], "arn:aws:iam::444455556666:role/release"]
)
def test_a_role_under_another_or_no_arn_is_never_the_role_asked_for(arn: object) -> None:
    assert not isinstance(read_role(answering(Arn=arn), ARN), Known)

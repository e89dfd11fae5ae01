"""Calls that take too long, and faults that pass: nobody waits for ever, and nothing else is held up."""

from __future__ import annotations

import pytest
from aws_endpoint import Fault
from aws_worlds import QUESTION
from fault_worlds import AFFECTED, PARTS, World, check_all, error, in_rounds, of, read_with_all

from diagnosis.facts.reading import Unreadable
from probes.aws.read.account import read_account


def test_calls_that_hang(world: World) -> None:
    world.endpoint.faults = {operation: Fault(hang=True) for operation in AFFECTED}
    state = read_account(QUESTION, world.hasty)
    world.endpoint.faults = {}
    for part in PARTS:
        reading = getattr(state, part)
        assert isinstance(reading, Unreadable), part
        assert "in time" in reading.why, reading


@pytest.mark.parametrize("fault", [Fault(hang=True), Fault(drip=True)], ids=["hangs", "drips"])
def test_a_part_that_outlasts_the_deadline_holds_up_nobody(world: World, fault: Fault) -> None:
    """Each received byte starts botocore's own timeout anew, so only the deadline ends a dripping answer."""
    operations = ["iam:GetRole", "ecr:DescribeImages", "organizations:DescribeOrganization"]
    world.endpoint.faults = dict.fromkeys(operations, fault)
    state = read_account(QUESTION, world.aws, deadline_seconds=2)
    world.endpoint.faults = {}
    for _, reading in check_all(world, operations, state, fault):
        assert "in time" in reading.why, reading


def test_a_cancelled_reading_does_not_wait_for_a_hanging_call(world: World) -> None:
    world.endpoint.faults = {"iam:GetRole": Fault(hang=True)}
    before = len(world.endpoint.requests)
    state = read_account(
        QUESTION, world.aws, cancelled=lambda: "iam:GetRole" in world.endpoint.requests[before:], deadline_seconds=600
    )
    world.endpoint.faults = {}
    assert isinstance(state.role, Unreadable)
    assert "cancelled" in state.role.why


def test_credentials_that_expired_in_between_are_told_apart_from_a_denial(world: World) -> None:
    for operations in in_rounds():
        for code, words in (("ExpiredToken", "expired"), ("InvalidClientTokenId", "does not accept")):
            faults = {name: Fault(status=403, body=of(error(code), name)) for name in operations}
            state = read_with_all(world, faults)
            for _, reading in check_all(world, operations, state, code):
                assert words in reading.why
                assert reading.permission is None
                assert "aws sso login" in reading.how
            assert state.credentials_problem is not None
            assert words in state.credentials_problem.sentence


def test_a_passing_fault_is_retried_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    world.endpoint.faults = {operation: Fault(status=503, times=1) for operation in AFFECTED}
    state = read_account(QUESTION, world.stubborn)
    world.endpoint.faults = {}
    for part in PARTS:
        assert getattr(state, part) == getattr(world.truth, part), part

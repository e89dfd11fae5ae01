"""One grant of a sound account taken away, or one too many in a broken one: what is named, what is mended, what stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from path_effects import carried_out, gained, lost, roles_of
from release_model import Accounts
from release_worlds import RELEASES, grant, read, sound
from thoroughness import examples, some, spread
from wire_release import CREATED, RoleFacts

from diagnosis.diagnose import conclude
from diagnosis.documents.judged_exit import exit_code
from diagnosis.verdicts.release import NeedKind

_TAKEN_FROM = spread(tuple(RELEASES))
"""To know the grants of a release it is read and judged, by every process that collects the tests."""
TAKEN = [
    pytest.param(name, place, at, id=f"{name}: {statement['Action']} {statement['Resource'].rpartition(':')[2]}")
    for name in _TAKEN_FROM
    for place, role in enumerate(sound(name).roles)
    for at, statement in enumerate(role.statements)
]
UNNEEDED = st.builds(
    grant,
    st.sampled_from(
        [
            "s3:GetObject",
            "s3:DeleteObject",
            "dynamodb:PutItem",
            "ecs:RunTask",
            "ecr:DescribeRepositories",
            "ecr:DeleteRepository",
            "ecr:BatchDeleteImage",
            "lambda:InvokeFunction",
            "ssm:GetParameter",
            "kms:Decrypt",
            "iam:GetRole",
            "sqs:SendMessage",
            "cloudformation:DescribeStacks",
            "ecr:*",
            "ecs:Update*",
            "iam:PassRole",
            "iam:PutRolePolicy",
            "*",
        ]
    ),
    st.sampled_from(
        [
            "*",
            "arn:aws:s3:::elsewhere/*",
            "arn:aws:ecr:us-east-1:111122223333:repository/other",
            "arn:aws:ssm:us-east-1:111122223333:parameter/shop/*",
            "arn:aws:iam::111122223333:role/other",
        ]
    ),
)


def without(accounts: Accounts, place: int, at: int) -> Accounts:
    """The accounts with one statement of one role's policy taken away."""
    role = accounts.roles[place]
    left = tuple(statement for number, statement in enumerate(role.statements) if number != at)
    return with_role(accounts, place, replace(role, statements=left))


def with_role(accounts: Accounts, place: int, role: RoleFacts) -> Accounts:
    return replace(accounts, roles=(*accounts.roles[:place], role, *accounts.roles[place + 1 :]))


@pytest.mark.parametrize("name", RELEASES)
def test_the_sound_release_passes_and_is_offered_nothing(name: str) -> None:
    found = read(name).diagnosis(sound(name))
    assert found.live is not None
    assert exit_code(found) == 0, [(gate.gate, gate.reason) for gate in found.live.gates]
    assert found.forecast == ()
    assert found.paths == ()


@pytest.mark.parametrize(("name", "place", "at"), some(TAKEN, 3))
def test_what_is_taken_away_is_named_with_its_step_and_given_back_exactly(name: str, place: int, at: int) -> None:
    accounts = sound(name)
    role = accounts.roles[place]
    action, resource = (str(role.statements[at][key]) for key in ("Action", "Resource"))
    found = read(name).diagnosis(without(accounts, place, at))
    assert found.live is not None
    needed = [
        (session, need)
        for session in found.live.sessions
        for need in session.needs
        if str(session.role_arn) == role.arn and (need.action, need.resource) == (action, resource)
    ]
    if all(need.kind is not NeedKind.REQUIRED for _, need in needed):
        assert exit_code(found) == 0
        return
    assert exit_code(found) == 1
    assert {named for problem in found.forecast for named in problem.actions} == {action}
    assert {problem.resource for problem in found.forecast} == {resource}
    assert {str(problem.role_arn) for problem in found.forecast} == {role.arn}
    assert found.subject is not None
    meeting = {
        each.job
        for each in found.subject.sessions
        if any((need.action, need.resource) == (action, resource) for need in each.needs)
        and each.facts.role_arn is not None
        and str(each.facts.role_arn.value) == role.arn
    }
    assert {job for problem in found.forecast for job in problem.jobs} == meeting
    steps = {need.step for _, need in needed}
    assert all(problem.step in steps or any(step in problem.reason for step in steps) for problem in found.forecast)
    assert found.paths
    for path in found.paths:
        assert path.opens_all
        assert path.newly_admitted == ()
        for state in roles_of(found):
            own = str(state.question.role_arn) == role.arn
            assert not lost(path, state, tightening=True)
            assert {each for each, _ in gained(path, state)} == ({action} if own else set())


@st.composite
def broken_releases(draw: st.DrawFn) -> tuple[str, Accounts, list[dict[str, Any]]]:
    """A release with one or two grants missing, and a few too many on one of its roles."""
    name = draw(st.sampled_from(sorted(RELEASES)))
    accounts = sound(name)
    place = draw(st.integers(0, len(accounts.roles) - 1))
    role = accounts.roles[place]
    gone = draw(st.sets(st.integers(0, len(role.statements) - 1), max_size=2))
    kept = [dict(statement) for at, statement in enumerate(role.statements) if at not in gone]
    more = draw(st.lists(UNNEEDED, min_size=1, max_size=3))
    mixed = tuple(draw(st.permutations([*kept, *more])))
    subjects = draw(st.sampled_from([role.subjects, ("repo:octo-lab/shop:ref:refs/heads/other",)]))
    return name, with_role(accounts, place, replace(role, statements=mixed, subjects=subjects)), more


@hypothesis_settings(max_examples=examples(120), deadline=None)
@given(broken_releases())
def test_no_fix_that_opens_takes_away_what_was_granted(made: tuple[str, Accounts, list[dict[str, Any]]]) -> None:
    name, accounts, _ = made
    found = read(name).diagnosis(accounts)
    for path in found.paths:
        for state in roles_of(found):
            assert not lost(path, state, tightening=False)
        tightening = [bool(item.tightens) for item in path.remediations]
        assert tightening == sorted(tightening), "what tightens comes last"
    for path in found.paths[:1]:
        accounts = carried_out(path, found)
        if path.opens_all and accounts is not None:
            again = conclude(read(name).replays, accounts, read(name).case, made_at=CREATED)
            assert again.forecast == ()

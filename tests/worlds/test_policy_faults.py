"""A fault of a policy is told at its gate; what is offered opens it, takes nothing from others and keeps the pins."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import pytest
from _pytest.mark import ParameterSet
from policy_faults import FAULTS, NO_PUSH, REPOSITORY_DENIES, TWO_AT_ONCE, Fault, faulty
from shared_role import Use, access
from small_world import EIGHT, HOME, World
from thoroughness import some

from diagnosis.facts.account import AccountState
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint, Verdict
from diagnosis.policy.language.tree import JsonObject, statements
from diagnosis.remedies.changed_account import applied
from diagnosis.verdicts.diagnosis import Diagnosis, Path
from diagnosis.verdicts.remediation import ChangeKind, Remediation

OWN_USES = (Use("ecr:GetAuthorizationToken", "*"), *(Use(action, HOME.repository_arn) for action in EIGHT))
DEEDS = frozenset({ChangeKind.EDIT_WORKFLOW, ChangeKind.DISPATCH_ON_REF, ChangeKind.OUTSIDE})
"""Changes that leave the account as it is: the next run differs."""


def rows(faults: Iterable[tuple[Fault, ...]]) -> list[ParameterSet]:
    """The faults, alone or together, by their names."""
    return [pytest.param(row, id="+".join(fault.name for fault in row)) for row in faults]


ALONE = [(fault,) for fault in FAULTS]


def tightens(remediation: Remediation) -> bool:
    """Whether it is about least privilege alone: such a change says whom it locks out and is no opening one."""
    return remediation.checkpoint is Checkpoint.LEAST_PRIVILEGE


@cache
def diagnosed(*faults: Fault) -> tuple[World, Diagnosis]:
    """The world with these faults, and what is said of it: several tests look at the same."""
    world = faulty(*faults)
    return world, world.diagnosis()


def opening(world: World, diagnosis: Diagnosis) -> list[tuple[str, AccountState]]:
    """The account after the opening changes of each path."""
    return [
        (
            " + ".join(item.id for item in path.remediations),
            applied(
                [change for item in path.remediations if not tightens(item) for change in item.changes], world.account
            ),
        )
        for path in diagnosis.paths
    ]


def check_others(*faults: Fault) -> None:
    world, diagnosis = diagnosed(*faults)
    before = access(world.account)
    for name, after in opening(world, diagnosis):
        assert access(after) == before, name
        for fault in faults:
            for token in fault.outside:
                assert not token.enters(after), (name, token)


@pytest.mark.parametrize("row", rows(ALONE))
def test_a_fault_is_told_at_its_gate(row: tuple[Fault]) -> None:
    (fault,) = row
    live = diagnosed(fault)[1].live
    assert live is not None
    assert live.at(fault.gate).verdict is fault.verdict, live.at(fault.gate)


@pytest.mark.parametrize("row", rows(ALONE))
def test_no_offer_takes_from_others_or_lets_strangers_in(row: tuple[Fault]) -> None:
    check_others(*row)


@pytest.mark.parametrize("row", rows([(fault,) for fault in FAULTS if fault.opens]))
def test_the_first_path_opens_what_aws_enforces(row: tuple[Fault]) -> None:
    check_first_path(*row)


def check_first_path(*faults: Fault) -> None:
    world, diagnosis = diagnosed(*faults)
    paths = diagnosis.paths
    assert paths, "nothing is offered"
    first = paths[0]
    stopped = [
        verdict
        for verdict in first.gates
        if verdict.gate.value != "least-privilege" and verdict.verdict is not Verdict.PASS
    ]
    assert stopped == []
    check_by_plain_evaluation(world, first, faults)


def check_by_plain_evaluation(world: World, path: Path, faults: tuple[Fault, ...]) -> None:
    changes = [change for item in path.remediations for change in item.changes]
    if any(change.kind in DEEDS for change in changes):
        return  # the next run presents another token, which the gates above were judged with
    after = applied(changes, world.account)
    assert faults[0].own.enters(after)
    assert all(use.allowed(after) for use in OWN_USES)


@pytest.mark.parametrize("row", rows((fault,) for fault in FAULTS if fault.in_place))
def test_our_statement_is_corrected_and_none_is_added(row: tuple[Fault]) -> None:
    world, diagnosis = diagnosed(*row)
    after = applied([change for item in diagnosis.paths[0].remediations for change in item.changes], world.account)
    assert len(statements_of(after)) == len(statements_of(world.account))


def statements_of(account: AccountState) -> list[JsonObject]:
    assert isinstance(account.role, Known)
    return statements(account.role.value.trust_policy.editable())


@pytest.mark.parametrize("pair", rows(some(TWO_AT_ONCE, 2)))
def test_two_faults_are_both_told(pair: tuple[Fault, Fault]) -> None:
    told = {problem.cause for problem in diagnosed(*pair)[1].forecast}
    for fault in pair:
        assert {problem.cause for problem in diagnosed(fault)[1].forecast} <= told


@pytest.mark.parametrize("pair", rows(some(TWO_AT_ONCE, 2)))
def test_two_faults_are_mended_together_and_take_nothing_from_others(pair: tuple[Fault, Fault]) -> None:
    check_others(*pair)
    check_first_path(*pair)


def test_the_faults_beside_others_are_faults_alone() -> None:
    for fault in (NO_PUSH, REPOSITORY_DENIES):
        test_a_fault_is_told_at_its_gate((fault,))
        check_others(fault)
        check_first_path(fault)

"""What a path does to the roles of a release: its changes made in memory, and what each role is granted compared as sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from diagnosis.facts.account import AccountState
from diagnosis.grants.comparison import compare_grants
from diagnosis.live.authorization import role_policies
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument
from diagnosis.remedies.changed_account import applied
from diagnosis.verdicts.diagnosis import Diagnosis, Path
from diagnosis.verdicts.remediation import ChangeKind, Remediation


def roles_of(found: Diagnosis) -> tuple[AccountState, ...]:
    """The account as each role of the release has it."""
    assert found.live is not None
    return (found.live.account, *found.live.account.beside)


def of_role(path: Path, state: AccountState) -> Iterator[Remediation]:
    """The remediations of a path that change this role: those that name it, and all where a path names none."""
    role = state.question.role_arn
    assert role is not None
    several = any("(role " in item.title for item in path.remediations)
    endings = (f"(role {role.name})", f"(role {role.name} of {role.account})")
    yield from (item for item in path.remediations if not several or item.title.endswith(endings))


def after(path: Path, state: AccountState, *, tightening: bool = True) -> AccountState:
    """The account as the path leaves it, with or without what tightens."""
    changes = (change for item in of_role(path, state) if tightening or not item.tightens for change in item.changes)
    return applied(changes, state)


def lost(path: Path, state: AccountState, *, tightening: bool) -> tuple[str, ...]:
    """What the role is no longer granted, as texts."""
    old, new = (_documents(each) for each in (state, after(path, state, tightening=tightening)))
    return tuple(grant.text for grant in compare_grants([old], [new]).no_longer_granted)


def gained(path: Path, state: AccountState) -> frozenset[tuple[str, str]]:
    """What the role is newly granted, as (action, example of a resource)."""
    old, new = (_documents(each) for each in (state, after(path, state, tightening=False)))
    granted = compare_grants([old], [new]).newly_granted
    return frozenset((action, grant.resource) for grant in granted for action in grant.actions)


def _documents(state: AccountState) -> list[PolicyDocument]:
    return [policy.document for policy in role_policies(state)]


def opening(found: Diagnosis) -> Iterable[Path]:
    """The paths after which everything is open."""
    return [path for path in found.paths if path.opens_all]


def carried_out(path: Path, found: Diagnosis) -> AccountState | None:
    """The account with every change of the path made, each role's by itself and what they share for all of them.

    None where a change is not the account's: then a rerun of the same workflow is no proof.
    """
    if any(change.kind in _OF_THE_RUN for item in path.remediations for change in item.changes):
        return None
    first, *beside = (_carried_out(path, state) for state in roles_of(found))
    return replace(first, beside=tuple(beside))


_OF_THE_RUN = (ChangeKind.EDIT_WORKFLOW, ChangeKind.DISPATCH_ON_REF, ChangeKind.OUTSIDE)
_OF_THE_ROLE = (
    ChangeKind.REPLACE_TRUST_POLICY,
    ChangeKind.PUT_INLINE_POLICY,
    ChangeKind.DELETE_INLINE_POLICY,
    ChangeKind.REPLACE_ATTACHED_POLICY,
    ChangeKind.ATTACH_POLICY,
    ChangeKind.REPLACE_BOUNDARY,
)


def _carried_out(path: Path, state: AccountState) -> AccountState:
    own = {item.id for item in of_role(path, state)}
    for item in path.remediations:
        for change in item.changes:
            of_role_here = item.id in own
            if change.kind in _OF_THE_ROLE and not of_role_here:
                continue
            of_provider = change.kind in (ChangeKind.CREATE_PROVIDER, ChangeKind.ADD_AUDIENCE)
            if of_provider and change.target != state.question.provider_arn:
                continue
            by_name = change.kind is ChangeKind.REPLACE_REPOSITORY_POLICY and not isinstance(change.target, Arn)
            if by_name and not of_role_here:
                continue
            state = applied([change], state)
    return state

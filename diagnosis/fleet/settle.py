"""Judge each role once for the whole fleet: what it is granted beyond what all workflows that assume it need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from diagnosis.facts.account import NamedPolicy
from diagnosis.fleet.possible_users import Coverage, possible_users
from diagnosis.fleet.row import RepositoryRow, RoleRecord, RoleUse, Scope, WorkflowRow
from diagnosis.gates import Checkpoint, Verdict
from diagnosis.live.authorization import claimed, withheld_words
from diagnosis.live.excess import excess
from diagnosis.names.arn import Arn
from diagnosis.policy import read_document
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.release import Need

_NOBODY = Scope(Verdict.UNKNOWN, 0, "", "Which role it assumes is not known.")
_KEYS = Scope(Verdict.UNKNOWN, 0, "", "It assumes no role, and what its own keys are granted is not known.")
_USERS_SHOWN = 20
_RANK = {Verdict.PASS: 0, Verdict.UNKNOWN: 1, Verdict.BLOCKED: 1, Verdict.FAIL: 2}


def settled(
    rows: Sequence[WorkflowRow],
    repositories: Iterable[RepositoryRow],
    roles: Iterable[RoleRecord],
    owners: Iterable[str] = (),
    *,
    whole: bool = True,
) -> tuple[WorkflowRow, ...]:
    """Return the rows, each with what its roles are granted beyond the needs of all of them, in the order given.

    ``owners`` are those all of whose repositories are among ``repositories``; not ``whole`` is one slice of several.
    """
    coverage = replace(coverage_of(repositories, owners), whole=whole)
    records = {record.role: record for record in roles}
    users: dict[Arn, list[WorkflowRow]] = {}
    for row in rows:
        for use in row.roles:
            users.setdefault(use.role, []).append(row)
    scopes = {role: _scope(role, records.get(role), found, coverage) for role, found in users.items()}
    # One more than are shown: its own repository does not count.
    first = {
        role: tuple(sorted({row.repository for row in found})[: _USERS_SHOWN + 1]) for role, found in users.items()
    }
    return tuple(replace(row, scope=_of_row(row, scopes, first)) for row in rows)


def coverage_of(repositories: Iterable[RepositoryRow], owners: Iterable[str]) -> Coverage:
    """Return which repositories are known, and which are not."""
    read: set[str] = set()
    open_ones: dict[str, str] = {}
    for row in repositories:
        name = row.repository.lower()
        if not row.status.settled:
            open_ones[name] = f"it was not read ({row.reason.removesuffix('.')})"
        elif row.open_users:
            open_ones[name] = row.open_users[0]
        else:
            read.add(name)
    return Coverage(frozenset(read), open_ones, frozenset(owner.lower() for owner in owners))


def _scope(role: Arn, record: RoleRecord | None, rows: Sequence[WorkflowRow], coverage: Coverage) -> Scope:
    if record is None or record.why_not:
        why = record.why_not if record else "it was not read"
        return Scope(Verdict.UNKNOWN, 0, "", f"What {role.name} is granted is not known: {why}.")
    uses = [(row, use) for row in rows for use in row.roles if use.role == role]
    needs = tuple(dict.fromkeys(pair for _, use in uses for pair in use.needs))
    named = [NamedPolicy(name, read_document(text)) for name, text in record.policies]
    found = excess(named, [Need(action, place, Checkpoint.LEAST_PRIVILEGE, "") for action, place in needs])
    unknown = _unknown_users(role, record, uses, coverage)
    items, left = claimed(found, all_known=bool(needs) and not unknown)
    if items:
        more = f", and {len(items) - 1} more" if len(items) > 1 else ""
        return Scope(Verdict.FAIL, len(items), items[0].text, f"{role.name}: {items[0].text}{more}.")
    if left and not needs:
        reason = (
            f"What the fleet needs of {role.name} is not known, so that {left[0].text} has nothing to be compared with."
        )
        return Scope(Verdict.UNKNOWN, len(left), left[0].text, reason)
    if left:
        return Scope(Verdict.UNKNOWN, len(left), left[0].text, withheld_words(left, unknown))
    if found.unjudged:
        return Scope(Verdict.UNKNOWN, 0, "", f"{found.unjudged[0]} cannot be judged.")
    return Scope(Verdict.PASS, 0, "", f"{role.name} is granted nothing beyond what its users in the fleet need.")


def _unknown_users(
    role: Arn, record: RoleRecord, uses: Iterable[tuple[WorkflowRow, RoleUse]], coverage: Coverage
) -> tuple[Missing, ...]:
    """Return who may need more of the role than is known."""
    found: dict[str, None] = {}
    for row, use in uses:
        found |= dict.fromkeys(f"{row.repository}: {text}" for text in use.open_uses)
        if use.left_out:
            found[f"{use.left_out} more needs of {row.workflow} of {row.repository}, which were left out"] = None
    found |= dict.fromkeys(possible_users(read_document(record.trust), role, coverage))
    how = "name them too (--repo, --repos, --org), or look what they do"
    return tuple(Missing(what, "it may use what no known step needs", how) for what in found)


def _of_row(row: WorkflowRow, scopes: Mapping[Arn, Scope], users: Mapping[Arn, Sequence[str]]) -> Scope:
    """Return the worst of the roles that a workflow assumes, with the other repositories that do."""
    own = [scopes[use.role] for use in row.roles if use.role in scopes]
    if not own or row.unknown_roles:
        own.append(_NOBODY if row.unknown_roles else _KEYS)
    worst = max(own, key=lambda scope: _RANK[scope.verdict])
    others = {each for use in row.roles for each in users.get(use.role, ())} - {row.repository}
    return replace(worst, grants=sum(scope.grants for scope in own), users=tuple(sorted(others))[:_USERS_SHOWN])

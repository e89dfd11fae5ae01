"""Tell what a workflow would gain and lose in other services than the registry if it assumed another role."""

from __future__ import annotations

from collections.abc import Iterable

from diagnosis.facts.account import AccountState, NamedPolicy, OtherRole
from diagnosis.facts.reading import Known, Reading
from diagnosis.live.excess import REGISTRY_SERVICES, excess
from diagnosis.policy import Policy
from diagnosis.verdicts.release import Need

_SHOWN = 4


def gained(other: OtherRole, needs: Iterable[Need]) -> tuple[str, ...]:
    """Return what the other role may do in other services, one sentence each."""
    return excess(_known(other.inline_policies, other.attached_policies), needs).notes


def lost(account: AccountState, other: OtherRole) -> str:
    """Return what only the run's own role may do in other services, in a few words; empty where that is nothing."""
    had = _grants(_known(account.inline_policies, account.attached_policies))
    has = _grants(_known(other.inline_policies, other.attached_policies))
    gone = [
        f"{action} on {resource}"
        for action, resource in had
        if not {(action, resource), (action, "*"), ("*", "*")} & has.keys()
    ]
    more = f" and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
    return ", ".join(gone[:_SHOWN]) + more


def _grants(policies: Iterable[NamedPolicy]) -> dict[tuple[str, str], None]:
    """Return ``(action, resource)`` as written, of every Allow on another service than the registry."""
    found: dict[tuple[str, str], None] = {}
    for policy in policies:
        compiled = policy.document.policy
        for statement in compiled.allows if isinstance(compiled, Policy) else ():
            if statement.resources is None or statement.actions.negated:
                continue
            for action in statement.actions.patterns:
                if action.partition(":")[0].lower() not in REGISTRY_SERVICES:
                    found.update(dict.fromkeys((action, resource) for resource in statement.resources.patterns))
    return found


def _known(*readings: Reading[tuple[NamedPolicy, ...]]) -> tuple[NamedPolicy, ...]:
    return tuple(policy for reading in readings if isinstance(reading, Known) for policy in reading.value)

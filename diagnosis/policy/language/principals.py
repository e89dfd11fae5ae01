"""Match Principal and NotPrincipal elements: whom a statement of a resource-based policy names.

Source: IAM User Guide, "AWS JSON policy elements: Principal". ``*`` alone is a wildcard; inside an ARN it is a
character like any other. A role's ARN names all its sessions, an account's ARN or id everybody in the account whom the
account itself permits (it delegates, and grants nothing by itself).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from diagnosis.names.arn import Arn, is_account_id
from diagnosis.policy.principal_view import PrincipalKind, PrincipalView


class PrincipalMatch(IntEnum):
    """How closely an element names the caller; the higher, the more an Allow of it gives."""

    NONE = 0
    ACCOUNT = 1
    """The caller's account is named: the account's own policies must allow too."""
    ROLE = 2
    """The role behind a session is named: boundaries and session policies still limit."""
    DIRECT = 3
    """The caller itself is named, or everybody."""


@dataclass(frozen=True, slots=True)
class PrincipalSet:
    """A Principal or NotPrincipal element, indexed."""

    entries: tuple[tuple[str, str], ...]
    """``(type, name)`` as written: ``("AWS", "arn:aws:iam::111122223333:root")``; ``("*", "*")`` for a bare star."""
    anybody: bool = field(repr=False, compare=False)
    names: frozenset[str] = field(repr=False, compare=False)
    """ARNs under ``AWS``."""
    accounts: frozenset[tuple[str, str]] = field(repr=False, compare=False)
    """``(partition, account)``; partition empty for a bare account id."""
    identities: frozenset[tuple[str, str, str, str]] = field(repr=False, compare=False)
    """``(role or user, partition, account, name)``; a role's name folded, a user's as written."""
    federated: frozenset[str] = field(repr=False, compare=False)
    services: frozenset[str] = field(repr=False, compare=False)

    def match(self, caller: PrincipalView) -> PrincipalMatch:
        """Return how closely the element names the caller."""
        if self.anybody:
            return PrincipalMatch.DIRECT
        kind = caller.kind
        if kind is PrincipalKind.WEB_IDENTITY:
            return PrincipalMatch.DIRECT if caller.text in self.federated else PrincipalMatch.NONE
        if kind is PrincipalKind.SERVICE:
            return PrincipalMatch.DIRECT if caller.text in self.services else PrincipalMatch.NONE
        if kind is PrincipalKind.ANONYMOUS:
            return PrincipalMatch.NONE
        return self._match_identity(caller)

    def _match_identity(self, caller: PrincipalView) -> PrincipalMatch:
        if caller.text in self.names:
            # A role is never the caller itself, its sessions are.
            return PrincipalMatch.ROLE if caller.kind is PrincipalKind.ROLE else PrincipalMatch.DIRECT
        named_as = _NAMED_AS.get(caller.kind)
        if named_as is not None and (named_as, *caller.identity_key) in self.identities:
            return PrincipalMatch.ROLE
        if self.names_account_of(caller):
            return PrincipalMatch.DIRECT if caller.kind is PrincipalKind.ROOT else PrincipalMatch.ACCOUNT
        return PrincipalMatch.NONE

    def lists(self, caller: PrincipalView) -> bool:
        """Return whether the caller's name stands in the element, under whatever type."""
        return any(name == caller.text for _, name in self.entries)

    def names_somebody_beside(self, caller: PrincipalView) -> bool:
        """Return whether a user, role or session of the caller's account is named (the account itself does not count)."""
        arns = (Arn.parse(name) for name in self.names)
        return any(arn is not None and arn.account == caller.account and arn.resource != "root" for arn in arns)

    def names_account_of(self, caller: PrincipalView) -> bool:
        """Return whether the caller's account is named, by id or root ARN."""
        account = caller.account
        return bool(account) and (("", account) in self.accounts or (caller.partition, account) in self.accounts)


_NAMED_AS = {
    PrincipalKind.ROLE_SESSION: "role",
    PrincipalKind.FEDERATED_USER: "user",
}
"""Callers whose ARN does not tell the path of the role or user behind them: compared by friendly name."""

PRINCIPAL_TYPES = ("AWS", "Federated", "Service", "CanonicalUser")


def index_principals(entries: tuple[tuple[str, str], ...]) -> PrincipalSet:
    """Index the entries of an element for matching."""
    names: set[str] = set()
    accounts: set[tuple[str, str]] = set()
    identities: set[tuple[str, str, str, str]] = set()
    for kind, name in entries:
        if kind not in ("AWS", "CanonicalUser"):
            continue
        arn = Arn.parse(name)
        if arn is None:
            (accounts.add(("", name)) if is_account_id(name) else names.add(name))
            continue
        names.add(name)
        sort = arn.resource_type
        if arn.service == "iam" and arn.resource == "root":
            accounts.add((arn.partition, arn.account))
        elif arn.service == "iam" and sort in ("role", "user"):
            identities.add((sort, arn.partition, arn.account, arn.name.lower() if sort == "role" else arn.name))
    return PrincipalSet(
        entries,
        anybody=any(name == "*" and kind in ("*", "AWS") for kind, name in entries),
        names=frozenset(names),
        accounts=frozenset(accounts),
        identities=frozenset(identities),
        federated=frozenset(name for kind, name in entries if kind == "Federated"),
        services=frozenset(name for kind, name in entries if kind == "Service"),
    )

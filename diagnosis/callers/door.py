"""One way into a role beside GitHub's workflows, and what it takes to count as open."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from diagnosis.facts.case import StatedException
from diagnosis.policy import Statement
from diagnosis.trust.question import TrustOutcome

BY_SAML, BY_IDENTITY = "sts:AssumeRoleWithSAML", "sts:AssumeRole"
"""The operations of STS, beside that for web identities, by which a role is assumed."""


class DoorKind(StrEnum):
    """What sort of principal a statement admits."""

    ANYBODY = "anybody"
    ACCOUNT = "account"
    """Everybody in an account whom that account permits."""
    IDENTITY = "identity"
    """One role, user or session."""
    SERVICE = "service"
    PROVIDER = "provider"
    """An identity provider: OpenID Connect or SAML."""


@dataclass(frozen=True, slots=True)
class Door:
    """One principal that may assume the role beside GitHub's workflows."""

    kind: DoorKind
    principal: str
    """As the policy writes it."""
    action: str
    """The operation of STS by which it gets in."""
    statement: str
    """Sid or path."""
    outcome: TrustOutcome
    """``denied`` where the statement's conditions, or a Deny, keep it out after all."""
    open: bool
    """Whether it is unbounded: the world, a whole foreign account, every token of a provider."""
    text: str
    """One sentence."""
    excepted: StatedException | None = None
    """The exception of the case file that covers it."""

    @property
    def harmful(self) -> bool:
        """Whether a release role should not have it."""
        return self.open and self.outcome is TrustOutcome.ALLOWED and self.excepted is None

    @property
    def unsure(self) -> bool:
        """Whether it is open unless a condition that could not be judged bounds it."""
        return self.open and self.outcome is TrustOutcome.UNKNOWN and self.excepted is None


def covers(statement: Statement, action: str) -> bool:
    """Return whether the statement speaks of the action."""
    return statement.actions.covers(action.lower())


def is_of_a_provider(key: str) -> bool:
    """Return whether a condition key is an identity provider's, which no other caller's request carries."""
    prefix = key.rpartition(":")[0]
    return "." in prefix or "/" in prefix

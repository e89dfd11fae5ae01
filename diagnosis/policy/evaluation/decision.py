"""The parts of a decision and of its reason: outcome, layer, statement, near miss."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from diagnosis.policy.language.conditions import ConditionResult
from diagnosis.policy.language.principals import PrincipalMatch
from diagnosis.policy.language.statement import Statement


class Outcome(StrEnum):
    """What AWS decides."""

    ALLOWED = "Allowed"
    EXPLICIT_DENY = "ExplicitDeny"
    """A Deny statement applies; no Allow anywhere can overrule it."""
    IMPLICIT_DENY = "ImplicitDeny"
    """Nothing denies, but something that has to allow does not."""


class Layer(StrEnum):
    """The policy types, in the order in which they are asked."""

    SCP = "scp"
    RCP = "rcp"
    RESOURCE = "resource"
    """The resource's own policy; a role's trust policy is one."""
    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Place:
    """A layer, and for control policies the level."""

    layer: Layer
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A statement that applies to the request, and where it stands."""

    place: Place
    path: str
    """``identity_policies[0].Statement[1]``, in the names of the row format."""
    statement: Statement
    closeness: PrincipalMatch = PrincipalMatch.DIRECT


@dataclass(frozen=True, slots=True)
class NearMiss:
    """An Allow statement that came near, and the first of its elements that did not match."""

    place: Place
    statement: str
    """Sid, or ``Statement[2]`` where there is none."""
    path: str
    element: str
    """``Principal``, ``Action``, ``Resource``, their Not forms, or ``Condition``."""
    key: str | None
    """The condition key as the policy writes it; None for other elements."""
    operator: str | None
    met: tuple[str, ...]
    """What the request has; empty where it does not carry the key."""
    wanted: tuple[str, ...]
    """What the statement lists."""
    difference: str
    """How the nearest wanted value differs from the met one, in words; empty where nothing can be said."""
    result: ConditionResult | None = None
    """For conditions: failed or key absent."""
    also: tuple[str, ...] = ()
    """What else of the statement does not match: elements and condition keys, in its order."""
    cost: int = 0
    """How far off the statement is; the least is the nearest."""

    @property
    def decisive(self) -> str:
        """The condition key, or the element."""
        return self.key if self.key is not None else self.element.removeprefix("Not")


@dataclass(frozen=True, slots=True)
class Because:
    """Why the decision is what it is."""

    layer: Layer
    statement: str | None
    """Sid, or ``Statement[2]``; None where no statement comes into question."""
    path: str | None
    decisive: str
    """For a denial the condition key, ``Principal``, ``Action``, ``Resource`` or the Sid of the Deny; else the Sid."""
    text: str
    """A sentence or two that an engineer can act on. It quotes policies and requests: foreign text, never markup."""
    level: str | None = None
    """The organization level, for control policies."""

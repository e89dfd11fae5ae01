"""One statement of a policy, compiled, and whether it applies to a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from diagnosis.policy.language.conditions import Condition, ConditionResult
from diagnosis.policy.language.matching import Matcher
from diagnosis.policy.language.principals import PrincipalMatch, PrincipalSet
from diagnosis.policy.language.variables import Piece, unresolved
from diagnosis.policy.principal_view import PrincipalKind, PrincipalView
from diagnosis.policy.request import Request


class Effect(StrEnum):
    """What a statement does where it applies."""

    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True)
class ActionPatterns:
    """An Action or NotAction element."""

    patterns: tuple[str, ...]
    negated: bool
    _matches: Callable[[str], bool] = field(repr=False, compare=False)

    def covers(self, folded_action: str) -> bool:
        """Return whether the statement speaks of the action."""
        return self._matches(folded_action) is not self.negated


@dataclass(frozen=True, slots=True)
class ResourcePatterns:
    """A Resource or NotResource element."""

    patterns: tuple[str, ...]
    negated: bool
    everything: bool
    """Whether one pattern is ``*``."""
    _matchers: tuple[Matcher, ...] = field(repr=False, compare=False)
    _with_variables: tuple[tuple[tuple[Piece, ...], Matcher], ...] = field(repr=False, compare=False, default=())
    """The patterns that hold variables, each with a matcher in which the variables are wildcards."""

    def covers(self, request: Request, *, deny: bool) -> bool:
        """Return whether the statement speaks of the resource.

        A pattern whose variable has no value matches no resource. Under NotResource it is not documented clearly
        whether the statement then covers everything: a Deny is taken to, an Allow is taken not to.
        """
        if not self.negated:
            return self.names(request)
        return not self.names(request) and (deny or not self.unresolved(request))

    def taken_as(self, *, matching: bool) -> ResourcePatterns:
        """Return an element of the same words that holds for every resource, or for none."""
        return replace(self, negated=False, everything=matching, _matchers=(), _with_variables=())

    @property
    def has_variables(self) -> bool:
        """Whether a pattern holds a variable that AWS replaces (in Version 2012-10-17)."""
        return bool(self._with_variables)

    def unresolved(self, request: Request) -> tuple[str, ...]:
        """Return the variables without value, as written, of the patterns that some value of theirs would let match."""
        if request.wildcard_only_action or request.resource == "*":
            return ()
        return tuple(
            name
            for pieces, could_match in self._with_variables
            for name in unresolved(pieces, request.keys)
            if could_match(request.resource, request.keys)
        )

    def names(self, request: Request) -> bool:
        """Return whether a pattern matches the resource, negation aside."""
        if self.everything:
            return True
        resource = request.resource
        if request.wildcard_only_action or resource == "*":
            return False
        keys = request.keys
        return any(match(resource, keys) for match in self._matchers)


EVERY_RESOURCE = ResourcePatterns(("*",), negated=False, everything=True, _matchers=())
"""``"Resource": "*"``."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with its place in the document."""

    index: int
    """Position in the document, from 0."""
    path: str
    """JSON path: ``Statement[2]``, or ``Statement`` where the document holds a single object."""
    sid: str | None
    effect: Effect
    actions: ActionPatterns
    resources: ResourcePatterns | None
    """None where the document has neither Resource nor NotResource: a trust policy is about its own role."""
    principals: PrincipalSet | None
    """None where the document has neither Principal nor NotPrincipal, as in an identity-based policy."""
    not_principal: bool
    conditions: tuple[Condition, ...]

    @property
    def name(self) -> str:
        """The Sid, or the path where there is none."""
        return self.sid or self.path

    @property
    def principal_names(self) -> tuple[str, ...]:
        """The names under Principal, whatever their type; empty where the document has NotPrincipal or neither."""
        return tuple(name for _, name in self.principals.entries) if self.principals and not self.not_principal else ()

    def listed(self, key: str) -> tuple[str, ...]:
        """Return the values that the statement wants of a condition key under an operator of equality or likeness."""
        folded = key.lower()
        return tuple(
            value
            for condition in self.conditions
            if condition.folded_key == folded and condition.compares_strings
            for value in condition.values
        )

    def applies_to_identity(self, request: Request) -> bool:
        """Return whether it applies as part of a policy that is attached to the caller (or limits it).

        Without Resource it has no meaning there: such an Allow gives nothing, such a Deny is taken for every resource.
        """
        if not self.actions.covers(request.folded_action):
            return False
        if self.resources is None:
            if self.effect is Effect.ALLOW:
                return False
        elif not self.resources.covers(request, deny=self.effect is Effect.DENY):
            return False
        return self.conditions_hold(request)

    def applies_to_resource(self, request: Request, *, has_boundary: bool) -> PrincipalMatch:
        """Return how closely it names the caller if it applies as part of the resource's own policy, else NONE."""
        if not self.actions.covers(request.folded_action):
            return PrincipalMatch.NONE
        closeness = self.principal_match(request, has_boundary=has_boundary)
        if closeness is PrincipalMatch.NONE:
            return closeness
        deny = self.effect is Effect.DENY
        if self.resources is not None and not self.resources.covers(request, deny=deny):
            return PrincipalMatch.NONE
        return closeness if self.conditions_hold(request) else PrincipalMatch.NONE

    def principal_match(self, request: Request, *, has_boundary: bool) -> PrincipalMatch:
        """Return how closely Principal or NotPrincipal names the caller."""
        if self.principals is None:
            return PrincipalMatch.NONE
        caller = request.caller
        if self.not_principal:
            spared = self._spares(caller, self.principals, has_boundary=has_boundary)
            return PrincipalMatch.NONE if spared else PrincipalMatch.DIRECT
        found = self.principals.match(caller)
        if found is not PrincipalMatch.NONE or self.effect is Effect.ALLOW or caller.has_identity_policies:
            return found
        if self.principals.lists(caller):
            return PrincipalMatch.DIRECT  # a provider or service named under another type than its own
        # Whether a Deny of the account reaches its federated principals is not documented: taken as if it did.
        reached = caller.kind is PrincipalKind.WEB_IDENTITY and self.principals.names_account_of(caller)
        return PrincipalMatch.ACCOUNT if reached else found

    def _spares(self, caller: PrincipalView, principals: PrincipalSet, *, has_boundary: bool) -> bool:
        """Return whether NotPrincipal leaves the caller out.

        With Deny it denies every principal that has a permissions boundary, whatever it lists. Where it lists somebody
        together with that one's account, as it has to, only the one listed is spared: "all principals except the user
        named Bob in AWS account 444455556666 are explicitly denied" (IAM User Guide, NotPrincipal).
        """
        listed = principals.match(caller)
        if self.effect is Effect.ALLOW:
            # Under whatever type it is listed; and it is not documented whether an account's providers are of the
            # account: both are taken for what opens less.
            provider = caller.kind is PrincipalKind.WEB_IDENTITY
            named = principals.lists(caller) or (provider and principals.names_account_of(caller))
            return named or listed is not PrincipalMatch.NONE
        if has_boundary and caller.has_identity_policies and caller.kind is not PrincipalKind.ROOT:
            return False
        if listed is PrincipalMatch.ACCOUNT:
            return not principals.names_somebody_beside(caller)
        return listed is not PrincipalMatch.NONE

    def conditions_hold(self, request: Request) -> bool:
        """Return whether every condition is matched."""
        keys = request.keys
        for condition in self.conditions:  # noqa: SIM110 - the hottest place of an evaluation, no generator
            if condition.test(keys) is not ConditionResult.MATCHED:
                return False
        return True

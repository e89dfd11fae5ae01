"""Ask a trust policy whether STS would let these claims assume the role.

Conditions on keys whose value no record tells are bracketed: the answer is given only where it is the same whatever
they hold, in the shape that such a value has. Which keys the request of a GitHub job never carries is told by ``request_keys``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from string import ascii_letters, digits
from typing import TypeAlias

from diagnosis.claims.claim_set import ClaimSet, without_scheme
from diagnosis.names.arn import Arn
from diagnosis.policy import Decision, Layers, Outcome, Policy, Request, evaluate
from diagnosis.policy.language.condition_bounds import OPEN, SHUT, bounded, keys_asked
from diagnosis.policy.language.key_states import KeyState
from diagnosis.policy.language.moments import moment_keys
from diagnosis.policy.language.tree import WEB_IDENTITY_ACTION
from diagnosis.trust.request_keys import Presence, key_presence

_KeysKnown: TypeAlias = tuple[frozenset[str], tuple[tuple[str, KeyState], ...]]
"""The keys that are known in full, and what is known of others."""


class TrustOutcome(StrEnum):
    """What the trust policy says of a token."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for which role: everything of the request beside the claims."""

    provider_arn: Arn
    role_arn: Arn
    issuer: str
    """Without scheme."""
    session_name: str | None = None
    """None where it is not known."""
    session_form: str = "??*"
    """A pattern that the session's name matches, where it is not known in full."""
    at: datetime | None = None
    """When the request is made; None where that is not asked."""

    @property
    def account(self) -> str:
        """The role's account."""
        return self.role_arn.account

    def key(self, claim: str) -> str:
        """Return the condition key of a claim."""
        return f"{self.issuer}:{claim}"


@dataclass(frozen=True, slots=True)
class TrustAnswer:
    """The answer for one claim set."""

    outcome: TrustOutcome
    decision: Decision
    """Under the most favourable reading of what is not known; of an Allow, under the least favourable one."""
    unsure: tuple[str, ...] = ()
    """Condition keys whose value decides and is not known; empty unless the outcome is unknown."""
    worst: Decision | None = None
    """Under the least favourable reading, where that decides otherwise."""

    @property
    def explicit(self) -> bool:
        """Whether a Deny statement applies for certain."""
        return self.decision.outcome is Outcome.EXPLICIT_DENY


def caller_of(
    provider_arn: Arn,
    role_arn: Arn | None = None,
    issuer: str | None = None,
    session_name: str | None = None,
    at: datetime | None = None,
    session_form: str | None = None,
) -> Caller:
    """Return the caller for a provider; the issuer is read off its ARN where none is given.

    Without a role any role of the provider's account is meant: a trust policy does not ask which role it hangs on.
    """
    told = without_scheme(issuer) if issuer else provider_arn.resource_id
    return Caller(
        provider_arn, role_arn or provider_arn.beside("role", "any"), told, session_name, session_form or "??*", at
    )


def providers_among(names: Iterable[str]) -> tuple[Arn, ...]:
    """Return the OIDC providers among the names of principals; what is no provider's ARN is left out."""
    arns = (Arn.parse(name) for name in names)
    return tuple(arn for arn in arns if arn is not None and arn.resource_type == "oidc-provider")


class TrustPolicy:
    """A trust policy to be asked about many tokens: bracketed once for each set of keys that are not known."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._asked = keys_asked(policy)
        self._brackets: dict[_KeysKnown, tuple[Policy, Policy, tuple[str, ...]]] = {}

    def ask(self, claims: ClaimSet, caller: Caller) -> TrustAnswer:
        """Return what the policy says of these claims."""
        context = claims.context(caller.issuer)
        context["aws:SecureTransport"] = ("true",)
        context |= moment_keys(caller.at)
        if caller.session_name:
            context["sts:RoleSessionName"] = (caller.session_name,)
        request = Request(
            principal=str(caller.provider_arn),
            action=WEB_IDENTITY_ACTION,
            resource=str(caller.role_arn),
            resource_account=caller.account,
            context=context,
        )
        unknown = claims.unknown_keys(caller.issuer)
        known = _known(self._asked, context, unknown, caller.issuer)
        if self._asked <= known:
            decision = evaluate(request, Layers(resource=self.policy))
            return TrustAnswer(_plain(decision), decision)
        states = {key: state for key in self._asked - known if (state := _state(key, caller, unknown))}
        open_policy, shut_policy, unsure = self._bracket(known, states)
        best = evaluate(request, Layers(resource=open_policy))
        worst = evaluate(request, Layers(resource=shut_policy))
        if best.allowed and worst.allowed:
            # What opens in the worst case opens for certain; in the best one a statement may that hangs on a value.
            return TrustAnswer(TrustOutcome.ALLOWED, worst)
        if not best.allowed:
            return TrustAnswer(TrustOutcome.DENIED, best)
        return TrustAnswer(TrustOutcome.UNKNOWN, best, unsure, worst)

    def _bracket(self, known: frozenset[str], states: Mapping[str, KeyState]) -> tuple[Policy, Policy, tuple[str, ...]]:
        place = known, tuple(sorted(states.items(), key=lambda item: item[0]))
        if place not in self._brackets:
            open_policy, unsure = bounded(self.policy, known, OPEN, states)
            shut_policy, _ = bounded(self.policy, known, SHUT, states)
            self._brackets[place] = (open_policy, shut_policy, unsure)
        return self._brackets[place]


def _known(
    asked: Iterable[str], context: Mapping[str, tuple[str, ...]], unknown: frozenset[str], issuer: str
) -> frozenset[str]:
    """Return the asked keys whose value is known or whose absence is certain."""
    present = {key.lower() for key in context}
    return frozenset(key for key in asked if key in present or _certainly_absent(key, unknown, issuer))


def _certainly_absent(key: str, unknown: frozenset[str], issuer: str) -> bool:
    if key in unknown:
        return False
    presence = key_presence(key, issuer)
    # A claim that this token does not hold is absent, even where other tokens hold it (an environment).
    return presence.absent or key.rpartition(":")[0] == issuer.lower()


_DIGITS = frozenset("0123456789")
_SHAPES = {
    "job_workflow_ref": KeyState("a value like OWNER/REPO/PATH@REF", form="?*/?*/?*@?*"),
    "repository": KeyState("a value like OWNER/REPO", form="?*/?*"),
    "ref": KeyState("a value like refs/heads/BRANCH", form="refs/?*"),
    **dict.fromkeys(
        ("actor_id", "enterprise_id", "repository_id", "repository_owner_id"),
        KeyState("a number", form="?*", alphabet=_DIGITS),
    ),
}
"""The shape that the claim has in every token of GitHub's. A reusable workflow's reference has that of a job's own."""
_ANYTHING = KeyState("some value", form="?*")
_SESSION_NAME = KeyState("a session name", form="??*", alphabet=frozenset(f"{ascii_letters}{digits}_=,.@-"))


def _state(key: str, caller: Caller, unknown: frozenset[str]) -> KeyState | None:
    """Return what is certain of a key that the request may carry and whose value is not known; None for nothing."""
    presence = key_presence(key, caller.issuer).presence
    carried = True if presence is Presence.CARRIED else None
    if key in unknown:
        return replace(_SHAPES.get(key.rpartition(":")[2], _ANYTHING), carried=carried)
    if key == "sts:rolesessionname":
        return replace(_SESSION_NAME, form=caller.session_form)
    if key == "aws:federatedprovider":
        return KeyState(str(caller.provider_arn), carried=None, values=(str(caller.provider_arn),))
    if key == "aws:resourceaccount" and caller.account:
        return KeyState(caller.account, carried=None, values=(caller.account,))
    return _ANYTHING if carried else None


def _plain(decision: Decision) -> TrustOutcome:
    return TrustOutcome.ALLOWED if decision.allowed else TrustOutcome.DENIED

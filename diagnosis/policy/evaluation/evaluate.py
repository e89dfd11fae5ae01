"""Evaluate a request: a Deny in any layer wins; without one, every layer that has to allow is asked.

Source: IAM User Guide, "Policy evaluation logic" (single account and cross-account) and "AWS JSON policy elements:
Principal". Not modelled: service-linked roles (no SCP binds them: pass none), VPC endpoint policies, session policies
of ``GetFederationToken`` callers, S3 Block Public Access and ACLs.

Which Allow is enough, with no Deny anywhere and every given SCP and RCP level allowing:

- same account: the resource's policy names the caller itself (the session's ARN, the user's ARN, ``*``): enough, even
  against silent identity-based policies, boundary and session policy;
- same account: it names the role behind the session: enough, but boundary and session policy must allow too;
- same account: otherwise the identity-based policies must allow, and boundary and session policy with them. Trust
  policies and KMS key policies must allow in any case: naming the account hands the question to the account's policies;
- other account: the identity-based policies (with boundary and session policy) and the resource's policy must allow;
- AWS services, anonymous callers, OIDC and SAML providers have no identity-based policies: the resource's policy alone
  decides; a provider must be of the role's own account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from diagnosis.policy.evaluation.applying import applying
from diagnosis.policy.evaluation.decision import Because, Hit, Layer, NearMiss, Outcome, Place
from diagnosis.policy.evaluation.explanation import explain, find_near_misses
from diagnosis.policy.evaluation.layers import Layers
from diagnosis.policy.evaluation.open_questions import open_questions
from diagnosis.policy.evaluation.relation import foreign_provider, own_policy_must_allow, same_account
from diagnosis.policy.language.parsing import Policy
from diagnosis.policy.language.principals import PrincipalMatch
from diagnosis.policy.language.statement import Effect
from diagnosis.policy.principal_view import PrincipalKind
from diagnosis.policy.request import Request

ALWAYS_ALLOWED = "sts:getcalleridentity"


@dataclass(frozen=True)  # no slots: the reasons are worked out when asked for, and kept
class Decision:
    """A decision with its reason. The reason is computed on first use, so that a mere yes or no stays cheap."""

    outcome: Outcome
    request: Request
    layers: Layers
    decided_by: Hit | None = None
    """The Deny that decided, or the Allow that opened; None for an implicit deny."""
    blocked: tuple[Place, ...] = ()
    """For an implicit deny: every place that would have to allow and does not."""

    @property
    def allowed(self) -> bool:
        """Whether AWS would let the request through."""
        return self.outcome is Outcome.ALLOWED

    @cached_property
    def because(self) -> Because:
        """What decided."""
        return explain(self.outcome, self.request, self.layers, self.decided_by, self.blocked, self.near_misses)

    @cached_property
    def near_misses(self) -> tuple[NearMiss, ...]:
        """For an implicit deny: the Allow statements of the blocking places, the nearest first."""
        return find_near_misses(self.request, self.layers, self.blocked)

    @cached_property
    def denials(self) -> tuple[Because, ...]:
        """Every Deny that applies, in any layer: without all of them gone nothing is allowed."""
        hits = (hit for hit in applying(self.request, self.layers) if hit.statement.effect is Effect.DENY)
        return tuple(explain(Outcome.EXPLICIT_DENY, self.request, self.layers, hit, (), ()) for hit in hits)

    @cached_property
    def allows(self) -> tuple[Because, ...]:
        """For what is allowed: an Allow of every place that had to allow, the one that opened first."""
        if not self.allowed or self.decided_by is None:
            return ()
        hits = {hit.path: hit for hit in (self.decided_by, *_Scan(self.request, self.layers).needed())}
        return tuple(explain(Outcome.ALLOWED, self.request, self.layers, hit, (), ()) for hit in hits.values())

    @cached_property
    def not_evaluated(self) -> tuple[str, ...]:
        """What could not be evaluated for certain, each a sentence; empty where nothing was left open."""
        return open_questions(self.request, self.layers)


def evaluate(request: Request, layers: Layers) -> Decision:
    """Decide a request under the policies of all layers."""
    if request.folded_action == ALWAYS_ALLOWED:
        return Decision(Outcome.ALLOWED, request, layers)
    found = _Scan(request, layers)
    if found.deny is not None:
        return Decision(Outcome.EXPLICIT_DENY, request, layers, found.deny)
    blocked = found.blocked()
    if blocked:
        return Decision(Outcome.IMPLICIT_DENY, request, layers, None, blocked)
    return Decision(Outcome.ALLOWED, request, layers, found.opened_by())


def hanging(most: Decision, least: Decision) -> tuple[Hit, ...]:
    """Return the statements that apply under one reading of what is not known and not under the other, where they count."""
    first, second = (
        {(hit.path, hit.statement.effect): hit for hit in applying(each.request, each.layers)} for each in (most, least)
    )
    found = [hit for key, hit in {**first, **second}.items() if key not in first or key not in second]
    # Where a Deny ends the scan it is not known which place would lack an Allow.
    lacking = least.blocked
    return tuple(hit for hit in found if hit.statement.effect is Effect.DENY or not lacking or hit.place in lacking)


class _Scan:
    """One pass over all layers, in their order, that ends at the first Deny."""

    __slots__ = ("boundary", "controls", "deny", "identity", "layers", "request", "resource", "session", "silent")

    def __init__(self, request: Request, layers: Layers) -> None:
        self.request = request
        self.layers = layers
        self.deny: Hit | None = None
        self.silent: list[Place] = []
        """Levels of control policies that do not allow."""
        self.controls: list[Hit] = []
        """An Allow of each of the others."""
        self.resource: Hit | None = None
        self.identity: Hit | None = None
        self.boundary: Hit | None = None
        self.session: Hit | None = None
        if self._control(Layer.SCP, layers.scps, "scps") or self._control(Layer.RCP, layers.rcps, "rcps"):
            return
        if layers.resource is not None and self._resource(layers.resource):
            return
        self.identity = self._attached(Place(Layer.IDENTITY), layers.identity, "identity_policies")
        if self.deny is None and layers.boundaries:
            self.boundary = self._attached(Place(Layer.BOUNDARY), layers.boundaries, "permission_boundaries")
        if self.deny is None and layers.session is not None:
            self.session = self._attached(Place(Layer.SESSION), (layers.session,), None)

    def _control(self, layer: Layer, levels: Sequence[tuple[str, tuple[Policy, ...]]] | None, path: str) -> bool:
        for position, (level, policies) in enumerate(levels or ()):
            place = Place(layer, level)
            allow = self._attached(place, policies, f"{path}[{position}].policies")
            if self.deny is not None:
                return True
            if allow is None:
                self.silent.append(place)
            else:
                self.controls.append(allow)
        return False

    def _attached(self, place: Place, policies: Sequence[Policy], path: str | None) -> Hit | None:
        """Return the first Allow that applies; keep a Deny that applies in ``deny`` and end the scan there."""
        request = self.request
        allow: Hit | None = None
        for position, policy in enumerate(policies):
            for statement in policy.statements:
                if statement.effect is Effect.ALLOW and allow is not None:
                    continue
                if not statement.applies_to_identity(request):
                    continue
                prefix = "session_policy" if path is None else f"{path}[{position}]"
                hit = Hit(place, f"{prefix}.{statement.path}", statement)
                if statement.effect is Effect.DENY:
                    self.deny = hit
                    return None
                allow = hit
        return allow

    def _resource(self, policy: Policy) -> bool:
        place = Place(Layer.RESOURCE)
        has_boundary = bool(self.layers.boundaries)
        for statement in policy.statements:
            closeness = statement.applies_to_resource(self.request, has_boundary=has_boundary)
            if closeness is PrincipalMatch.NONE:
                continue
            hit = Hit(place, f"resource_policy.{statement.path}", statement, closeness)
            if statement.effect is Effect.DENY:
                self.deny = hit
                return True
            if self.request.wildcard_only_action:
                continue  # such an action has no resource whose policy could grant it
            if self.resource is None or closeness > self.resource.closeness:
                self.resource = hit
        return False

    def blocked(self) -> tuple[Place, ...]:
        """Return every place that has to allow and does not, in layer order; empty where the request is allowed."""
        caller = self.request.caller
        blocked = list(self.silent)
        closeness = self.resource.closeness if self.resource is not None else PrincipalMatch.NONE
        if not caller.has_identity_policies:
            trusted = closeness is PrincipalMatch.DIRECT and not foreign_provider(self.request)
            if not trusted:
                blocked.append(Place(Layer.RESOURCE))
            return tuple(blocked + self._limits())
        identity = self.identity is not None or caller.kind is PrincipalKind.ROOT
        if not same_account(self.request):
            if closeness is PrincipalMatch.NONE:
                blocked.append(Place(Layer.RESOURCE))
            if not identity:
                blocked.append(Place(Layer.IDENTITY))
            return tuple(blocked + self._limits())
        if closeness is PrincipalMatch.DIRECT:
            return tuple(blocked)
        if closeness is not PrincipalMatch.ROLE:
            if closeness is PrincipalMatch.NONE and own_policy_must_allow(self.request):
                blocked.append(Place(Layer.RESOURCE))
            if not identity and (closeness is PrincipalMatch.ACCOUNT or not _blocked_at(blocked, Layer.RESOURCE)):
                blocked.append(Place(Layer.IDENTITY))
        return tuple(blocked + self._limits())

    def _limits(self) -> list[Place]:
        """Return boundary and session policy, where they are given and do not allow."""
        limits = []
        if self.layers.boundaries and self.boundary is None:
            limits.append(Place(Layer.BOUNDARY))
        if self.layers.session is not None and self.session is None:
            limits.append(Place(Layer.SESSION))
        return limits

    def needed(self) -> list[Hit]:
        """Return, of an allowed request, an Allow of every place that had to allow."""
        found: list[Hit | None] = [*self.controls]
        closeness = self.resource.closeness if self.resource is not None else PrincipalMatch.NONE
        in_one = same_account(self.request)
        if not self.request.caller.has_identity_policies:
            found.append(self.resource)
        elif not in_one:
            found += [self.resource, self.identity]
        elif closeness >= PrincipalMatch.ROLE:
            found.append(self.resource)
        else:
            found += [self.resource if own_policy_must_allow(self.request) else None, self.identity]
        if not in_one or closeness is not PrincipalMatch.DIRECT:
            found += [self.boundary, self.session]
        return [hit for hit in found if hit is not None]

    def opened_by(self) -> Hit | None:
        """Return the Allow to name: the resource's where it is enough by itself, else the identity's."""
        if self.resource is not None and (self.resource.closeness >= PrincipalMatch.ROLE or self.identity is None):
            return self.resource
        return self.identity


def _blocked_at(blocked: Sequence[Place], layer: Layer) -> bool:
    """Return whether a layer is among the blocking places."""
    return any(place.layer is layer for place in blocked)

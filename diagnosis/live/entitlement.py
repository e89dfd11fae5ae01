"""Judge which needed actions the role's session may do today, by every policy layer, and what stops the others.

A layer that could not be read is bracketed: the decision is made once as if the layer were open and once as if it were
shut. Where both agree the answer stands, whatever the layer says; where they differ the answer is undecided, and the
layer is named as what is missing. A need on a pattern of resources is bracketed likewise, and so is one on a resource that
is not known (:mod:`diagnosis.live.pattern_needs`). Each need is decided under the policy of its own resource
(:mod:`diagnosis.live.resource_layer`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from diagnosis.facts.account import AccountState, NamedPolicy, ScpLevel
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.gates import Checkpoint
from diagnosis.live.layers import Levels, Side, opened, side_of, whole
from diagnosis.live.pattern_needs import patterns_of
from diagnosis.live.resource_layer import UNDER_RESOURCE_CONTROL, ResourceLayer, resource_layer
from diagnosis.live.run_claims import session_of_role
from diagnosis.live.session_keys import (
    MULTIVALUED_KEYS,
    SessionKeys,
    how_to_know,
    kind_of_request,
    session_keys,
)
from diagnosis.names.arn import Arn
from diagnosis.policy import Because, Decision, Layer, Layers, Outcome, Policy, Request, Unparsable, evaluate
from diagnosis.policy.language.condition_bounds import OPEN, SHUT
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.release import Need, NeedKind


class Entitlement(StrEnum):
    """Whether a needed action would be allowed."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class NeedJudgement:
    """One needed action, judged."""

    need: Need
    entitlement: Entitlement
    stopped_by: tuple[tuple[str, bool, str, str], ...] = ()
    """``(layer, explicit, sentence, json path)`` for every layer that stops it, in AWS's order of evaluation; the path of a level
    of control policies where no statement of it comes into question, empty for such a layer without levels."""
    missing: tuple[Missing, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    most: Decision | None = field(default=None, compare=False, repr=False)
    """The decision with every layer that could not be read taken as open; None where that was not asked."""
    least: Decision | None = field(default=None, compare=False, repr=False)
    """The one with them taken as shut; None where what is open decided."""
    notes: tuple[str, ...] = ()
    """What the judgement leaves out though it decides nothing here: one sentence each."""


def judge_needs(
    needs: Iterable[Need], account: AccountState, session_name: str, session_policy: Reading[NamedPolicy] | None = None
) -> tuple[NeedJudgement, ...]:
    """Judge each need for the session that the workflow gets from the role.

    ``session_policy`` is the one that the workflow hands to STS, where it hands one. A need whose resource is not known is
    decided where that holds for every resource of the role's account; on ECR it is undecided. The role's own existence is not
    judged here. A customary action (see ``NeedKind``) that is not allowed
    is left out, unless no action of the set that it belongs to is allowed.
    """
    judge = _SessionJudge(account, session_name, session_policy)
    judged = tuple(judge.judge(need) for need in needs)
    return tuple(kept for item in judged if (kept := _counted(item, judged)) is not None)


def _counted(judgement: NeedJudgement, judged: tuple[NeedJudgement, ...]) -> NeedJudgement | None:
    """Return the judgement as far as it counts: what is not required fails only by a layer that stops the whole set."""
    need = judgement.need
    if need.kind is NeedKind.REQUIRED or judgement.entitlement is Entitlement.ALLOWED:
        return judgement
    own = (need.resource, need.checkpoint)
    rest = [item for item in judged if item.need.kind is NeedKind.REQUIRED and _place(item.need) == own]
    if need.kind is NeedKind.TOLERATED or not rest:
        return None
    if judgement.entitlement is Entitlement.UNDECIDED:
        return judgement if all(item.entitlement is Entitlement.UNDECIDED for item in rest) else None
    stops = tuple(stop for stop in judgement.stopped_by if all(stop[0] in _layers(item) for item in rest))
    return replace(judgement, stopped_by=stops) if stops else None


def _place(need: Need) -> tuple[str | None, Checkpoint]:
    return need.resource, need.checkpoint


def _layers(judgement: NeedJudgement) -> set[str]:
    return {layer for layer, *_ in judgement.stopped_by}


@dataclass(frozen=True, slots=True)
class _Bracket:
    """All layers for one kind of request, with what could not be read taken as open and as shut."""

    open: Side
    shut: Side
    keys: SessionKeys
    missing: tuple[Missing, ...]
    layer: ResourceLayer
    patterns: tuple[str, ...]
    """What stands for the resource where it is not exact."""

    def owner(self, side: Side, home: str) -> str:
        """Return the resource's account; where it is not known, the one under which more, or less, is allowed."""
        if self.layer.owner is not None:
            return self.layer.owner
        # Across accounts both policies have to allow; in one account, where one is enough, never less is allowed.
        return home if side is not self.shut else ""


class _SessionJudge:
    """Judges needs one by one; the layers are taken once for all needs with the same keys."""

    def __init__(
        self, account: AccountState, session_name: str, session_policy: Reading[NamedPolicy] | None = None
    ) -> None:
        self._account = account
        self._session_policy = session_policy
        role_arn = account.role.value.arn if isinstance(account.role, Known) else account.question.role_arn
        # A judge is asked about the needs of a run whose role nobody knows too: then of a role without a name.
        self._role_arn = role_arn or Arn.iam(account.question.partition, "", "role", "")
        self._session_name = session_name
        self._session = session_of_role(self._role_arn, session_name)
        self._brackets: dict[tuple[object, ...], _Bracket] = {}

    def _bracket(self, need: Need) -> _Bracket:
        """Return the layers as they meet the request, taken once for all needs whose requests carry the same keys."""
        # Which resources an action works on depends on the action, where the need does not tell.
        unknown = need.action if need.resource is None else ""
        place = (*kind_of_request(need.action), need.resource, unknown, need.context)
        if place not in self._brackets:
            layer = resource_layer(self._account, self._role_arn.account, need.action, need.resource)
            patterns = (
                patterns_of(need.action, need.resource, self._role_arn) if layer.resource == need.resource else ()
            )
            if need.resource is None:
                patterns = patterns_of(need.action, None, self._role_arn)
            keys = session_keys(
                self._account,
                self._role_arn,
                self._session_name,
                need.action,
                layer.resource or patterns[0],
                owner=layer.owner,
                carried=(*layer.context, *need.context),
            )
            layers = _Layers(self._account, self._role_arn, self._session, keys, layer, patterns)
            self._brackets[place] = layers.bracket(self._session_policy, kind_of_request(need.action)[0])
        return self._brackets[place]

    def judge(self, need: Need) -> NeedJudgement:
        """Judge one need with every unreadable layer taken as open, then as shut."""
        if need.resource is None and kind_of_request(need.action)[0].startswith("ecr"):
            missing = Missing(
                what="the ARN of the ECR repository",
                why="neither the run nor the case file tells account, region and name",
                how="give it by --repository-uri, or ecr_repository, registry_id and region in a case file",
            )
            return NeedJudgement(need, Entitlement.UNDECIDED, missing=(missing,))
        layers = self._bracket(need)
        # Whether resource control policies bind an action that has no resource is not documented: taken either way.
        widest = replace(layers.open, rcps=None) if need.resource == "*" else layers.open
        most = self._decide(need, widest)
        if most.outcome is not Outcome.ALLOWED:
            stops = self._all_stops(need, most)
            return NeedJudgement(need, Entitlement.DENIED, stops, evidence=(_proof(need, most),), most=most)
        least = self._decide(need, layers.shut)
        notes = (layers.layer.note,) if layers.layer.note else ()
        if least.outcome is Outcome.ALLOWED:
            proof = (_proof(need, least),)
            return NeedJudgement(need, Entitlement.ALLOWED, evidence=proof, most=most, least=least, notes=notes)
        gaps = self._relevant(need, least)
        return NeedJudgement(need, Entitlement.UNDECIDED, missing=gaps, most=most, least=least)

    def _relevant(self, need: Need, least: Decision) -> tuple[Missing, ...]:
        """Return the gaps that concern this need."""
        bracket = self._bracket(need)
        found = bracket.missing
        if bracket.patterns:
            found = (_which_resource(need), *found)
        if found:
            return found
        if bracket.layer.owner is None:
            what = f"the account that owns {need.resource}"
            return (Missing(what, "neither its ARN nor its policy tells", "let the reader read the resource's policy"),)
        if need.resource == "*":
            what = f"whether resource control policies bind {need.action}, which has no resource"
            return (Missing(what, "AWS does not document it", "look at the policy's Deny, or rerun the workflow"),)
        what = f"whether resource control policies bind {need.action}"
        why = f"{least.because.text} In September 2026 AWS did not list the service among those that they bind"
        return (Missing(what, why, "look at AWS's list of services, or rerun the workflow"),)

    def _decide(self, need: Need, layers: Side) -> Decision:
        bracket = self._bracket(need)
        wildcard_only = need.resource == "*"
        request = Request(
            principal=self._session,
            action=need.action,
            resource=bracket.layer.resource or bracket.patterns[0],
            resource_account=bracket.owner(layers, self._role_arn.account),
            context=bracket.keys.context,
            multivalued_keys=MULTIVALUED_KEYS,
            wildcard_only_action=wildcard_only,
        )
        return evaluate(
            request,
            Layers(
                identity=layers.identity,
                resource=None if wildcard_only else layers.resource,
                boundaries=layers.boundary,
                session=layers.session,
                scps=layers.scps,
                rcps=layers.rcps,
            ),
        )

    def _all_stops(self, need: Need, first: Decision) -> tuple[tuple[str, bool, str, str], ...]:
        """Return every layer that stops the need: AWS's message names one even if several do, so each is opened in turn."""
        stops: list[tuple[str, bool, str, str]] = []
        layers, decision = self._bracket(need).open, first
        home = self._role_arn.account
        must_allow = home if kind_of_request(need.action)[0] == "kms" else ""
        for _ in range(7):
            because = decision.because
            # The nearest statement may stand in a policy that need not allow: a repository's, in the role's own account.
            must = [place.layer.value for place in decision.blocked] or [because.layer.value]
            layer = because.layer.value if because.layer.value in must else must[0]
            text = because.text
            if must_allow and layer == "identity" and any(stop[0] == "resource" for stop in stops):
                # What left the decision to them is no statement of the key's policy.
                text = f"The identity-based policies do not allow {need.action} on {need.resource} either."
            path = because.path or _path_of_level(layers, because)
            stops.append((layer, decision.outcome is Outcome.EXPLICIT_DENY, text, path))
            across = self._bracket(need).owner(layers, home) != home
            layers = opened(layers, layer, self._session, across_accounts=across, account=must_allow)
            decision = self._decide(need, layers)
            if decision.outcome is Outcome.ALLOWED:
                break
        return tuple(stops)


def _path_of_level(layers: Side, because: Because) -> str:
    """Return the path of the level at which no statement comes into question; empty for a layer without levels."""
    levels = {Layer.SCP: layers.scps, Layer.RCP: layers.rcps}.get(because.layer) or ()
    names = [name for name, _ in levels]
    return f"{because.layer.value}s[{names.index(because.level)}]" if because.level in names else ""


class _Layers:
    """Takes every policy layer as open or as shut where it could not be read, or asks for what is not known."""

    def __init__(
        self,
        account: AccountState,
        role_arn: Arn,
        session: str,
        keys: SessionKeys,
        layer: ResourceLayer,
        patterns: tuple[str, ...],
    ) -> None:
        self._account = account
        self._role_arn = role_arn
        self._session = session
        self._keys = keys
        self._layer = layer
        self._patterns = patterns
        self._missing: list[Missing] = []

    def bracket(self, session_policy: Reading[NamedPolicy] | None, service: str) -> _Bracket:
        """Return both sides, with what is missing."""
        open_side = self._side(OPEN, session_policy)
        if service not in UNDER_RESOURCE_CONTROL:
            open_side = replace(open_side, rcps=None)
        self._missing.clear()
        shut_side = self._side(SHUT, session_policy)
        missing = tuple(dict.fromkeys(self._missing))
        return _Bracket(open_side, shut_side, self._keys, missing, self._layer, self._patterns)

    def _side(self, side: str, session_policy: Reading[NamedPolicy] | None) -> Side:
        """Return all layers as they stand, with what could not be read taken as open or as shut."""
        account = self._account
        identity: list[Policy] = []
        for reading in (account.inline_policies, account.attached_policies):
            if isinstance(reading, Known):
                identity.extend(self._parsed(reading.value, "identity", side))
            elif isinstance(reading, Unreadable):
                self._miss(reading, "identity-based policies")
                identity.append(whole("Allow" if side == OPEN else "Deny"))
        return Side(
            tuple(identity),
            self._resource(side),
            self._boundary(side),
            self._handed_over(session_policy, side),
            self._levels(account.scps, "service control policies", "scp", side),
            # They were read for the role's account; a resource of another account has its own, which nobody here reads.
            self._levels(account.rcps, "resource control policies", "rcp", side) if self._one_account(side) else None,
        )

    def _one_account(self, side: str) -> bool:
        owner = self._layer.owner
        return side == SHUT if owner is None else owner == self._role_arn.account

    def _levels(self, reading: Reading[tuple[ScpLevel, ...]], words: str, layer: str, side: str) -> Levels | None:
        if isinstance(reading, Known):
            return tuple((level.level, tuple(self._parsed(level.policies, layer, side))) for level in reading.value)
        if isinstance(reading, Unreadable):
            self._miss(reading, words)
            return None if side == OPEN else (("unread", (whole("Deny"),)),)
        return None

    def _boundary(self, side: str) -> tuple[Policy, ...] | None:
        reading = self._account.boundary
        if isinstance(reading, Known):
            return tuple(self._parsed((reading.value,), "boundary", side))
        if isinstance(reading, Unreadable):
            self._miss(reading, "permissions boundary")
            return None if side == OPEN else (whole("Deny"),)
        return None

    def _handed_over(self, reading: Reading[NamedPolicy] | None, side: str) -> Policy | None:
        """Return the session policy of the workflow; one whose text is not known may deny everything."""
        if isinstance(reading, Known):
            return next(iter(self._parsed((reading.value,), "session", side)), None)
        if isinstance(reading, Unreadable):
            self._miss(reading, "session policy")
            return None if side == OPEN else whole("Deny")
        return None

    def _resource(self, side: str) -> Policy | None:
        reading = self._layer.policy
        if isinstance(reading, Known):
            return next(iter(self._parsed((reading.value,), "resource", side, principal=self._session)), None)
        if isinstance(reading, Unreadable):
            self._miss(reading, "resource policy")
            return whole("Allow" if side == OPEN else "Deny", principal=self._session)
        return None

    def _parsed(
        self, policies: Iterable[NamedPolicy], layer: str, side: str, principal: str | None = None
    ) -> list[Policy]:
        result = []
        for policy in policies:
            parsed, unsure = side_of(policy.document, side, self._keys, self._patterns)
            if isinstance(parsed, Unparsable):
                self._missing.append(
                    Missing(
                        what=f"{layer} policy {policy.name}",
                        why=f"the document is unparsable: {parsed.why}",
                        how="correct the document, or look at it in the AWS console",
                    )
                )
                result.append(whole("Allow" if side == OPEN else "Deny", principal=principal))
                continue
            if unsure:
                known_by = dict.fromkeys(how_to_know(key) for key in unsure)
                self._missing.append(
                    Missing(
                        what=f"the value of {', '.join(unsure)} in the run's request",
                        why=f"policy {policy.name} has a condition on it and no record tells it",
                        how="; ".join(how for how, _ in known_by),
                        permission=next((permission for _, permission in known_by if permission), None),
                    )
                )
            result.append(parsed)
        return result

    def _miss(self, reading: Unreadable, layer: str) -> None:
        self._missing.append(
            Missing(what=reading.what or layer, why=reading.why, how=reading.how, permission=reading.permission)
        )


def _which_resource(need: Need) -> Missing:
    how = "read the CloudTrail event of the call, or name the resource in the step"
    if need.resource is None:
        return Missing(f"the resource of {need.action}", f"{need.because or 'the step'} does not tell it", how)
    return Missing(
        f"which resources of {need.resource} {need.action} is called on",
        "the policies tell some of them from others",
        how,
    )


def _proof(need: Need, decision: Decision) -> Evidence:
    because = decision.because
    return Evidence(
        kind=EvidenceKind.POLICY,
        text=f"{need.action} on {need.resource or 'a resource that is not known'}: {because.text}",
        address=because.path or None,
        origin=Origin.LIVE,
    )

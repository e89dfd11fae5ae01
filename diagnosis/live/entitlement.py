"""Judge which needed actions the role's session may do today, by every policy layer, and what stops the others.

A layer that could not be read is bracketed: the decision is made once as if the layer were open and once as if it were
shut. Where both agree the answer stands, whatever the layer says; where they differ the answer is undecided, and the
layer is named as what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from diagnosis.facts.account import AccountState, NamedPolicy, ScpLevel
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.gates import Checkpoint
from diagnosis.live.layers import Levels, Side, opened, side_of, whole
from diagnosis.live.run_claims import session_of_role
from diagnosis.live.session_keys import (
    MULTIVALUED_KEYS,
    SessionKeys,
    how_to_know,
    kind_of_request,
    session_keys,
)
from diagnosis.names.arn import Arn
from diagnosis.policy import Decision, Layers, Outcome, Policy, Request, Unparsable, evaluate
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
    """``(layer, explicit, sentence, json path)`` for every layer that stops it, in AWS's order of evaluation."""
    missing: tuple[Missing, ...] = ()
    evidence: tuple[Evidence, ...] = ()


def judge_needs(
    needs: Iterable[Need], account: AccountState, session_name: str, session_policy: Reading[NamedPolicy] | None = None
) -> tuple[NeedJudgement, ...]:
    """Judge each need for the session that the workflow gets from the role.

    ``session_policy`` is the one that the workflow hands to STS, where it hands one. Needs whose resource is not known
    are undecided. The role's own existence is not judged here. A customary action (see ``NeedKind``) that is not allowed
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
        self._brackets: dict[tuple[str, bool, str], _Bracket] = {}

    def _bracket(self, need: Need) -> _Bracket:
        """Return the layers as they meet the request, taken once for all needs whose requests carry the same keys."""
        resource = need.resource or ""
        place = (*kind_of_request(need.action), resource)
        if place not in self._brackets:
            keys = session_keys(self._account, self._role_arn, self._session_name, need.action, resource)
            self._brackets[place] = _Layers(self._account, self._role_arn, self._session, keys).bracket(
                self._session_policy
            )
        return self._brackets[place]

    def judge(self, need: Need) -> NeedJudgement:
        """Judge one need with every unreadable layer taken as open, then as shut."""
        if need.resource is None:
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
            return NeedJudgement(need, Entitlement.DENIED, self._all_stops(need, most), evidence=(_proof(need, most),))
        least = self._decide(need, layers.shut)
        if least.outcome is Outcome.ALLOWED:
            return NeedJudgement(need, Entitlement.ALLOWED, evidence=(_proof(need, least),))
        return NeedJudgement(need, Entitlement.UNDECIDED, missing=self._relevant(need, least))

    def _relevant(self, need: Need, least: Decision) -> tuple[Missing, ...]:
        """Return the gaps that concern this need; a repository's policy says nothing about an action on ``*``."""
        found = tuple(
            missing
            for missing in self._bracket(need).missing
            if need.resource != "*" or "repository" not in missing.what
        )
        if found or least.because.layer.value != "rcp":
            return found
        what = f"whether resource control policies bind {need.action}, which has no resource"
        return (Missing(what, "AWS does not document it", "look at the policy's Deny, or rerun the workflow"),)

    def _decide(self, need: Need, layers: Side) -> Decision:
        resource = need.resource or ""
        wildcard_only = resource == "*"
        request = Request(
            principal=self._session,
            action=need.action,
            resource=resource,
            resource_account=self._role_arn.account if wildcard_only else _account_of(resource),
            context=self._bracket(need).keys.context,
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
        for _ in range(7):
            because = decision.because
            # The nearest statement may stand in a policy that need not allow: a repository's, in the role's own account.
            must = [place.layer.value for place in decision.blocked] or [because.layer.value]
            layer = because.layer.value if because.layer.value in must else must[0]
            stops.append((layer, decision.outcome is Outcome.EXPLICIT_DENY, because.text, because.path or ""))
            across = _account_of(need.resource or "") not in ("", self._role_arn.account)
            layers = opened(layers, layer, self._session, across_accounts=across)
            decision = self._decide(need, layers)
            if decision.outcome is Outcome.ALLOWED:
                break
        return tuple(stops)


class _Layers:
    """Takes every policy layer as open or as shut where it could not be read, or asks for what is not known."""

    def __init__(self, account: AccountState, role_arn: Arn, session: str, keys: SessionKeys) -> None:
        self._account = account
        self._role_arn = role_arn
        self._session = session
        self._keys = keys
        self._missing: list[Missing] = []

    def bracket(self, session_policy: Reading[NamedPolicy] | None) -> _Bracket:
        """Return both sides, with what is missing."""
        open_side = self._side(OPEN, session_policy)
        self._missing.clear()
        return _Bracket(open_side, self._side(SHUT, session_policy), self._keys, tuple(dict.fromkeys(self._missing)))

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
            # They were read for the role's account; a registry of another account has its own, which nobody here reads.
            self._levels(account.rcps, "resource control policies", "rcp", side) if self._one_account else None,
        )

    @property
    def _one_account(self) -> bool:
        registry = self._account.question.registry_id
        return registry is None or registry == self._role_arn.account

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
        reading = self._account.repository_policy
        if isinstance(reading, Known):
            return next(iter(self._parsed((reading.value,), "resource", side, principal=self._session)), None)
        if isinstance(reading, Unreadable):
            self._miss(reading, "repository policy")
            return whole("Allow" if side == OPEN else "Deny", principal=self._session)
        return None

    def _parsed(
        self, policies: Iterable[NamedPolicy], layer: str, side: str, principal: str | None = None
    ) -> list[Policy]:
        result = []
        for policy in policies:
            parsed, unsure = side_of(policy.document, side, self._keys)
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


def _account_of(resource: str) -> str:
    arn = Arn.parse(resource)
    return arn.account if arn else ""


def _proof(need: Need, decision: Decision) -> Evidence:
    because = decision.because
    return Evidence(
        kind=EvidenceKind.POLICY,
        text=f"{need.action} on {need.resource}: {because.text}",
        address=because.path or None,
        origin=Origin.LIVE,
    )

"""Explain a decision: the statement that decided, the statements that came near, and a sentence to act on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from diagnosis.policy.evaluation.decision import Because, Hit, Layer, NearMiss, Outcome, Place
from diagnosis.policy.evaluation.layers import Layers
from diagnosis.policy.evaluation.nearest import difference, likeness, nearest
from diagnosis.policy.evaluation.relation import foreign_provider, is_trust_question, same_account
from diagnosis.policy.evaluation.sentences import (
    account_delegation_sentence,
    allow_sentence,
    also_sentence,
    condition_sentence,
    deny_sentence,
    foreign_provider_sentence,
    mismatch_sentence,
    others_sentence,
    silence_sentence,
)
from diagnosis.policy.language.conditions import Condition, ConditionResult
from diagnosis.policy.language.matching import names_no_resource
from diagnosis.policy.language.parsing import Policy
from diagnosis.policy.language.principals import PrincipalMatch
from diagnosis.policy.language.statement import Effect, Statement
from diagnosis.policy.language.variables import shown, widened
from diagnosis.policy.principal_view import is_unique_id
from diagnosis.policy.request import Request

_NO_VALUE = "which has no value in this request"
_PLAIN_TEXT = "which is plain text here: variables need Version 2012-10-17"
_MOST_NEAR_MISSES = 50
# What a mismatch costs: a statement about another action is further off than one about another resource.
_ACTION, _PRINCIPAL, _RESOURCE, _CONDITION = 1000, 500, 300, 100
_UNLIKE = 90
"""The most that unlikeness of the values adds: less than one more failed condition."""


def find_near_misses(request: Request, layers: Layers, blocked: Sequence[Place]) -> tuple[NearMiss, ...]:
    """Return every Allow statement of the blocking places with its first mismatch, the nearest first."""
    places = list(blocked)
    asks_identity = any(place.layer is Layer.IDENTITY for place in places)
    in_one_account = same_account(request) and not request.wildcard_only_action
    if asks_identity and in_one_account and Place(Layer.RESOURCE) not in places:
        places.append(Place(Layer.RESOURCE))  # in one account the resource's policy would have been enough, too
    found = [
        miss
        for place in places
        for path, policy in policies_at(layers, place)
        for statement in policy.statements
        if statement.effect is Effect.ALLOW
        for miss in _miss(request, layers, place, path, statement)
    ]
    found.sort(key=lambda miss: miss.cost)
    return tuple(found[:_MOST_NEAR_MISSES])


def policies_at(layers: Layers, place: Place) -> Iterator[tuple[str, Policy]]:
    """Yield the policies of a place with their paths in the row format."""
    if place.layer is Layer.IDENTITY:
        yield from _numbered("identity_policies", layers.identity)
    elif place.layer is Layer.RESOURCE and layers.resource is not None:
        yield "resource_policy", layers.resource
    elif place.layer is Layer.BOUNDARY:
        yield from _numbered("permission_boundaries", layers.boundaries or ())
    elif place.layer is Layer.SESSION and layers.session is not None:
        yield "session_policy", layers.session
    elif place.layer in (Layer.SCP, Layer.RCP):
        name, levels = ("scps", layers.scps) if place.layer is Layer.SCP else ("rcps", layers.rcps)
        for position, (level, policies) in enumerate(levels or ()):
            if level == place.level:
                yield from _numbered(f"{name}[{position}].policies", policies)


def _numbered(path: str, policies: Sequence[Policy]) -> Iterator[tuple[str, Policy]]:
    for position, policy in enumerate(policies):
        yield f"{path}[{position}]", policy


_Mismatch: TypeAlias = tuple[str, Condition | None, tuple[str, ...], tuple[str, ...]]
"""An element, its condition where it is one, what was met and what is wanted."""


def _miss(request: Request, layers: Layers, place: Place, path: str, statement: Statement) -> Iterator[NearMiss]:
    """Yield the near miss of one Allow statement; nothing for one that applies (it was not enough by itself)."""
    cost = 0
    found: list[_Mismatch] = []
    if place.layer is Layer.RESOURCE and not _names_caller(request, layers, statement):
        cost += _PRINCIPAL
        names = tuple(name for _, name in statement.principals.entries) if statement.principals else ()
        element = "NotPrincipal" if statement.not_principal else "Principal"
        found.append((element, None, (request.principal,), names))
    if not statement.actions.covers(request.folded_action):
        cost += _ACTION
        element = "NotAction" if statement.actions.negated else "Action"
        found.append((element, None, (request.action,), statement.actions.patterns))
    if not _speaks_of_resource(request, place, statement):
        cost += _RESOURCE
        patterns = statement.resources.patterns if statement.resources else ()
        element = "NotResource" if statement.resources and statement.resources.negated else "Resource"
        found.append((element, None, (request.resource,), patterns))
    for condition in statement.conditions:
        if condition.test(request.keys) is not ConditionResult.MATCHED:
            cost += _CONDITION
            carried = request.keys.get(condition.folded_key)
            met = (condition.settled.met,) if condition.settled else carried.values if carried else ()
            found.append(("Condition", condition, met, condition.values))
    if found:
        also = dict.fromkeys(condition.key if condition else element for element, condition, _, _ in found[1:])
        yield _near_miss(request, place, path, statement, cost, tuple(also), *found[0])


def _names_caller(request: Request, layers: Layers, statement: Statement) -> bool:
    closeness = statement.principal_match(request, has_boundary=bool(layers.boundaries))
    return closeness is not PrincipalMatch.NONE and not foreign_provider(request)


def _speaks_of_resource(request: Request, place: Place, statement: Statement) -> bool:
    if statement.resources is None:
        return place.layer is Layer.RESOURCE
    return statement.resources.covers(request, deny=False)


def _near_miss(
    request: Request,
    place: Place,
    path: str,
    statement: Statement,
    cost: int,
    also: tuple[str, ...],
    element: str,
    condition: Condition | None,
    met: tuple[str, ...],
    wanted: tuple[str, ...],
) -> NearMiss:
    words = ""
    result = None if condition is None else condition.test(request.keys)
    negated = element.startswith("Not") or (
        condition is not None and condition.base is not None and condition.base.negated
    )
    readable = wanted
    if condition.variables if condition is not None else element == "Resource" and _has_variables(statement):
        readable = tuple(shown(value, request.keys) for value in wanted)
    # Of a settled condition's key only words are known, and words are near to no value.
    settled = condition is not None and condition.settled is not None
    near = nearest(met[0], readable) if met and not negated and not settled else None
    unlike = 1.0
    if near is not None:
        unlike = 1 - likeness(met[0], near)
        words = difference(met[0], near, condition.name if condition else None)
        hints = [words] if words else []
        if condition is not None and "${" in near:
            hints.append(f"it holds a variable, {_NO_VALUE if condition.variables else _PLAIN_TEXT}")
        elif element == "Resource":
            hints += _resource_hints(request, statement, near)
        elif element == "Principal":
            hints += _principal_hints(request, near)
        words = "; ".join(hints)
    return NearMiss(
        place=place,
        statement=statement.name,
        path=f"{path}.{statement.path}",
        element=element,
        key=condition.key if condition else None,
        operator=condition.name if condition else None,
        met=met,
        wanted=wanted,
        difference=words,
        result=result,
        also=also,
        cost=cost + round(_UNLIKE * unlike),
    )


def _has_variables(statement: Statement) -> bool:
    return statement.resources is not None and statement.resources.has_variables


def _resource_hints(request: Request, statement: Statement, near: str) -> Iterator[str]:
    if widened(near) != near and not request.wildcard_only_action:
        yield f"it holds a variable, {_NO_VALUE if _has_variables(statement) else _PLAIN_TEXT}"
    elif names_no_resource(near, complete=True):
        yield "it is no ARN, so it matches nothing"


def _principal_hints(request: Request, near: str) -> Iterator[str]:
    if near == request.principal:
        yield "that name stands under another type: a provider belongs under Federated, a service under Service"
    elif near != "*" and ("*" in near or "?" in near):
        yield "inside the name of a principal * and ? are no wildcards"
    elif is_unique_id(near):
        yield "that is the id of a role or user that has been deleted"


def explain(
    outcome: Outcome,
    request: Request,
    layers: Layers,
    decided_by: Hit | None,
    blocked: Sequence[Place],
    near_misses: Sequence[NearMiss],
) -> Because:
    """Return the reason of a decision."""
    trust = is_trust_question(request)
    if decided_by is not None:
        place, statement = decided_by.place, decided_by.statement
        if outcome is Outcome.EXPLICIT_DENY:
            text = deny_sentence(request, decided_by, trust=trust, has_boundary=bool(layers.boundaries))
        else:
            text = allow_sentence(request, decided_by, trust=trust)
        return Because(place.layer, statement.name, decided_by.path, statement.name, text, place.level)
    if outcome is Outcome.ALLOWED:
        return Because(
            Layer.IDENTITY, None, None, "Action", f"AWS always allows {request.action}; no policy can deny it."
        )
    return _explain_silence(request, layers, blocked, near_misses, trust=trust)


def _explain_silence(
    request: Request, layers: Layers, blocked: Sequence[Place], near_misses: Sequence[NearMiss], *, trust: bool
) -> Because:
    place = blocked[0]
    also = others_sentence(blocked[1:], trust=trust)
    if place.layer is Layer.RESOURCE and foreign_provider(request):
        text = foreign_provider_sentence(request)
        return Because(place.layer, None, None, "Principal", text + also)
    at_place = [miss for miss in near_misses if miss.place == place]
    if place.layer is Layer.IDENTITY and same_account(request):
        at_place = list(near_misses)
        delegating = _account_allow(request, layers)
        if delegating is not None and not any(miss.cost < _ACTION for miss in at_place):
            text = account_delegation_sentence(request, delegating, trust=trust)
            return Because(place.layer, None, None, "Action", text + also)
    if not at_place:
        element = "Principal" if place.layer is Layer.RESOURCE else "Action"
        text = silence_sentence(request, place, trust=trust, empty=not any(policies_at(layers, place)))
        return Because(place.layer, None, None, element, text + also, place.level)
    miss = at_place[0]
    tell = condition_sentence if miss.element == "Condition" else mismatch_sentence
    text = tell(request, miss, trust=trust) + also_sentence(miss)
    return Because(miss.place.layer, miss.statement, miss.path, miss.decisive, text + also, miss.place.level)


def _account_allow(request: Request, layers: Layers) -> Statement | None:
    """Return the Allow of the resource's policy that names the caller's account, and so leaves the rest to the account."""
    if layers.resource is None or request.wildcard_only_action:
        return None
    for statement in layers.resource.statements:
        if statement.effect is Effect.ALLOW:
            closeness = statement.applies_to_resource(request, has_boundary=bool(layers.boundaries))
            if closeness is PrincipalMatch.ACCOUNT:
                return statement
    return None

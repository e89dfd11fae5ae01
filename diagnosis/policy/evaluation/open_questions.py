"""List what an evaluation leaves open, so that it is told with the decision and never guessed in silence."""

from __future__ import annotations

from collections.abc import Iterator

from diagnosis.policy.evaluation.decision import Layer, Place
from diagnosis.policy.evaluation.explanation import policies_at
from diagnosis.policy.evaluation.layers import Layers
from diagnosis.policy.evaluation.relation import is_trust_question
from diagnosis.policy.language.parsing import Policy
from diagnosis.policy.language.principals import PrincipalMatch
from diagnosis.policy.language.rejections import PolicyKind
from diagnosis.policy.language.statement import Effect, Statement
from diagnosis.policy.principal_view import PrincipalKind
from diagnosis.policy.request import Request

_KINDS = {
    Layer.IDENTITY: PolicyKind.IDENTITY,
    Layer.RESOURCE: PolicyKind.RESOURCE,
    Layer.BOUNDARY: PolicyKind.BOUNDARY,
    Layer.SESSION: PolicyKind.SESSION,
    Layer.SCP: PolicyKind.SCP,
    Layer.RCP: PolicyKind.RCP,
}


def open_questions(request: Request, layers: Layers) -> tuple[str, ...]:
    """Return what is left open, each a sentence, in the order of the layers."""
    notes = list(_about_request(request, layers))
    for path, policy, layer in _every_policy(layers):
        kind = PolicyKind.TRUST if layer is Layer.RESOURCE and is_trust_question(request) else _KINDS[layer]
        notes += [f"{path}: AWS would refuse this policy: {refused.text}" for refused in policy.rejections_as(kind)]
        for statement in policy.statements:
            if statement.actions.covers(request.folded_action):
                notes += [f"{path}.{statement.path}: {note}" for note in _about(statement, request, layer)]
    return tuple(dict.fromkeys(notes))


def _every_policy(layers: Layers) -> Iterator[tuple[str, Policy, Layer]]:
    places = [Place(Layer.SCP, level) for level, _ in layers.scps or ()]
    places += [Place(Layer.RCP, level) for level, _ in layers.rcps or ()]
    places += [Place(Layer.RESOURCE), Place(Layer.IDENTITY), Place(Layer.BOUNDARY), Place(Layer.SESSION)]
    for place in dict.fromkeys(places):
        for path, policy in policies_at(layers, place):
            yield path, policy, place.layer


def _about_request(request: Request, layers: Layers) -> Iterator[str]:
    if request.owner_account is None:
        yield f"the owner of {request.resource} is not known; it is taken for another account than the caller's"
    if request.wildcard_only_action and layers.resource is not None:
        yield f"{request.action} has no resource level, so no Allow of a resource-based policy counts; a Deny is taken to"
    if request.caller.kind is PrincipalKind.OTHER:
        yield f"{request.principal} is no principal that is known here; only policies that name it literally count"
    if request.caller.kind is PrincipalKind.ROOT and is_trust_question(request):
        yield "an account root user cannot assume roles, whatever the policies say"


def _about(statement: Statement, request: Request, layer: Layer) -> Iterator[str]:
    for condition in statement.conditions:
        found = request.keys.get(condition.folded_key)
        if found is None or condition.base is None:
            continue
        if found.multivalued and condition.set_operator is None:
            yield f"{condition.name} on {condition.key}, which holds a list, needs a set operator; taken as not matched"
        elif any(condition.incomparable(value, request.keys) for value in found.values):
            yield f"{condition.name} on {condition.key} cannot compare with the request's value; taken as not matched"
    if statement.resources is not None and statement.resources.negated:
        for name in statement.resources.unresolved(request):
            yield f"{name} in NotResource has no value; taken for what opens less"
    principals = statement.principals
    if layer is not Layer.RESOURCE or principals is None:
        return
    caller = request.caller
    if statement.not_principal and statement.effect is Effect.DENY and caller.has_identity_policies:
        listed = principals.match(caller)
        exempt = listed is not PrincipalMatch.NONE
        if exempt and not principals.anybody and not principals.names_account_of(caller):
            yield "NotPrincipal with Deny does not list the caller's account; AWS may deny the account as a whole"
        elif listed is PrincipalMatch.ACCOUNT and not principals.names_somebody_beside(caller):
            yield "NotPrincipal with Deny lists the account and not the caller; AWS may still deny the caller"
        return
    named = principals.match(caller) is not PrincipalMatch.NONE
    silent = statement.effect is Effect.ALLOW and not statement.not_principal
    if caller.kind is PrincipalKind.WEB_IDENTITY and not named and not silent and principals.names_account_of(caller):
        yield "whether an account's ARN stands for its identity providers is not documented; taken for what opens less"

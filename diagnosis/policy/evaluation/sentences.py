"""Write the sentences of an explanation: what decided, the value met, the value wanted, and whose policy it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from diagnosis.policy.evaluation.decision import Hit, Layer, NearMiss, Place
from diagnosis.policy.evaluation.relation import same_account
from diagnosis.policy.language.conditions import ConditionResult
from diagnosis.policy.language.principals import PrincipalMatch
from diagnosis.policy.language.statement import Statement
from diagnosis.policy.request import Request

_SHOWN = 3
_LONGEST = 200

_NAMES = {
    Layer.IDENTITY: "the identity-based policies",
    Layer.RESOURCE: "the resource-based policy",
    Layer.BOUNDARY: "the permissions boundary",
    Layer.SESSION: "the session policy",
}


def place_name(place: Place, *, trust: bool) -> str:
    """Return a place in words: ``the trust policy``, ``the service control policies at r-root``."""
    if place.layer is Layer.RESOURCE and trust:
        return "the trust policy"
    if place.layer in (Layer.SCP, Layer.RCP):
        kind = "service" if place.layer is Layer.SCP else "resource"
        return f"the {kind} control policies at {shorten(place.level or 'an unnamed level')}"
    return _NAMES[place.layer]


def shorten(text: str) -> str:
    """Return the text, cut where it is too long for a sentence."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def listed(values: Sequence[str]) -> str:
    """Return some values in words: ``a, b, c and 4 more``."""
    if not values:
        return "nothing"
    shown = ", ".join(_visible(shorten(value)) for value in values[:_SHOWN])
    more = len(values) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _visible(text: str) -> str:
    """Return the text, in quotes where white space at its ends would be overlooked."""
    return text if text and text.strip() == text else repr(text)


def called(name: str) -> str:
    """Return a statement in words, at the head of a sentence: ``Statement PushOnly``, or ``Statement[2]``."""
    return name if name.startswith("Statement[") or name == "Statement" else f"Statement {name}"


def _named(name: str) -> str:
    """Return a statement in words, within a sentence."""
    return called(name).replace("Statement ", "statement ", 1)


def _differing(miss: NearMiss) -> str:
    """Return the difference in brackets, without repeating two values that the sentence has already quoted whole."""
    text = miss.difference
    if len(miss.wanted) == 1 and miss.met:
        text = text.removeprefix(f"{miss.wanted[0]} wanted, {miss.met[0]} met").removeprefix("; ")
    return f" ({text})" if text else ""


def deny_sentence(request: Request, hit: Hit, *, trust: bool, has_boundary: bool = False) -> str:
    """Write the sentence for an explicit deny."""
    where = place_name(hit.place, trust=trust)
    reasons = list(_why_it_denies(request, hit, has_boundary=has_boundary))
    because = f" because {' and '.join(reasons)}" if reasons else ""
    return (
        f"{called(hit.statement.name)} of {where} explicitly denies {request.action} on {shorten(request.resource)}"
        f"{because}; no Allow can overrule it, so that statement has to change."
    )


def _why_it_denies(request: Request, hit: Hit, *, has_boundary: bool) -> Iterator[str]:
    """Yield what makes a Deny apply that does not simply name this request: what it does not spare, and its conditions."""
    statement = hit.statement
    if hit.place.layer is Layer.RESOURCE and statement.not_principal and statement.principals is not None:
        if has_boundary and request.caller.has_identity_policies:
            yield "NotPrincipal with Deny denies every principal that has a permissions boundary"
        else:
            names = listed([name for _, name in statement.principals.entries])
            yield f"its NotPrincipal ({names}) does not spare {shorten(request.principal)}"
    if statement.actions.negated:
        yield f"its NotAction ({listed(statement.actions.patterns)}) does not spare the action"
    if statement.resources is not None and statement.resources.negated:
        yield f"its NotResource ({listed(statement.resources.patterns)}) does not spare the resource"
    for condition in statement.conditions[:_SHOWN]:
        found = request.keys.get(condition.folded_key)
        if condition.settled is not None:
            met = f"carries {condition.settled.met}"
        else:
            met = f"carries {listed(found.values)}" if found is not None else "does not carry that key"
        yield f"{condition.key} {condition.name} {listed(condition.values)} holds (the request {met})"
    if len(statement.conditions) > _SHOWN:
        yield f"{len(statement.conditions) - _SHOWN} more conditions hold"


def allow_sentence(request: Request, hit: Hit, *, trust: bool) -> str:
    """Write the sentence for an allowed request."""
    where = place_name(hit.place, trust=trust)
    reach = {PrincipalMatch.ROLE: " to the role of the caller"}.get(hit.closeness, "")
    return f"{called(hit.statement.name)} of {where} allows {request.action} on {shorten(request.resource)}{reach}."


def condition_sentence(request: Request, miss: NearMiss, *, trust: bool) -> str:
    """Write the sentence for a condition that failed."""
    where = place_name(miss.place, trust=trust)
    wants = f"{called(miss.statement)} of {where} wants {miss.key} {miss.operator} {listed(miss.wanted)}"
    if miss.result is ConditionResult.KEY_ABSENT:
        alike = _key_alike(request, miss.key or "")
        return f"{wants}, but the request does not carry that key{f'; it carries {alike}' if alike else ''}."
    found = request.keys.get((miss.key or "").lower())
    if found is not None and found.multivalued and ":" not in (miss.operator or "") and miss.operator != "Null":
        return (
            f"{wants}, but the key holds a list ({listed(miss.met)}), "
            "which only a set operator such as ForAnyValue can test."
        )
    return f"{wants}, but the request carries {listed(miss.met)}{_differing(miss)}."


def _key_alike(request: Request, key: str) -> str | None:
    """Return a key of the request that was probably meant: the same but for its scheme and punctuation."""
    wanted = _letters(key)
    return next((carried for carried in request.context if _letters(carried) == wanted), None)


def _letters(key: str) -> str:
    return re.sub(r"\W", "", key.lower().removeprefix("https://"))


def mismatch_sentence(request: Request, miss: NearMiss, *, trust: bool) -> str:
    """Write the sentence for a Principal, Action or Resource (or their Not forms) that did not match."""
    where = place_name(miss.place, trust=trust)
    start = f"{called(miss.statement)} of {where}"
    differing = _differing(miss)
    if miss.element == "Principal":
        return f"{start} names {listed(miss.wanted)}, but the caller is {shorten(request.principal)}{differing}."
    if miss.element == "Action":
        return (
            f"Nothing in {where} allows {request.action}; "
            f"the nearest, {_named(miss.statement)}, allows {listed(miss.wanted)}."
        )
    if miss.element == "Resource":
        if not miss.wanted:
            return f"{start} has no Resource, and without one it allows nothing here."
        if request.wildcard_only_action:
            return (
                f"{request.action} has no resource level, so only Resource * counts, "
                f"but {_named(miss.statement)} of {where} grants it on {listed(miss.wanted)}."
            )
        return (
            f"{start} allows {request.action} on {listed(miss.wanted)}, not on {shorten(request.resource)}{differing}."
        )
    met = {"NotAction": request.action, "NotResource": request.resource, "NotPrincipal": request.principal}[
        miss.element
    ]
    return f"{start} leaves out {shorten(met)} by its {miss.element} ({listed(miss.wanted)})."


def also_sentence(miss: NearMiss) -> str:
    """Return what else of the nearest statement would not match, to append; empty where nothing is, or where it is far off."""
    if not miss.also or miss.element not in ("Condition", "Resource"):
        return ""
    return f" It does not match on {listed(miss.also)} either."


def silence_sentence(request: Request, place: Place, *, trust: bool, empty: bool) -> str:
    """Write the sentence for a place without a single Allow statement."""
    where = place_name(place, trust=trust)
    if not empty:
        return f"No statement of {where} allows {request.action} on {shorten(request.resource)}."
    if place.layer is Layer.RESOURCE:
        kind = "trust policy" if trust else "resource-based policy"
        why = ""
        if request.caller.has_identity_policies and not same_account(request):
            why = f", since the resource is of another account ({request.owner_account or 'unknown'})"
        return (
            f"There is no {kind}, and {request.action} by {shorten(request.principal)} needs one that allows it{why}."
        )
    return f"There is nothing in {where} that allows {request.action} on {shorten(request.resource)}."


def account_delegation_sentence(request: Request, statement: Statement, *, trust: bool) -> str:
    """Write the sentence for a resource policy that names the account only, with silent identity-based policies."""
    where = place_name(Place(Layer.RESOURCE), trust=trust)
    return (
        f"{called(statement.name)} of {where} names the account only, which leaves the decision to the account: "
        f"the identity-based policies must allow {request.action} on {shorten(request.resource)} too, and they do not."
    )


def foreign_provider_sentence(request: Request) -> str:
    """Write the sentence for an identity provider of another account than the role's."""
    return (
        f"The provider {shorten(request.principal)} is not of the role's account ({request.owner_account or 'unknown'}); "
        "a role can only trust a provider of its own account."
    )


def others_sentence(places: Sequence[Place], *, trust: bool) -> str:
    """Return what else stands in the way, as a sentence to append; empty where nothing does."""
    if not places:
        return ""
    names = [place_name(place, trust=trust) for place in places]
    return f" Beyond that, {' and '.join(names)} would have to allow it too."

"""Compare what two states of some policies grant: newly granted, no longer granted, each with an example.

A grant is an action on a resource, under conditions. Every action that the documents can name is looked at (wildcards
stand for the actions of the service authorization reference), and every resource: the patterns are languages, so an
inclusion is decided and not tried. Deny, NotAction and NotResource count; a condition that no record decides is an
atom, taken as independent of all others that do not name it. So two documents that differ only in how such conditions are
written may be told apart, and never the other way round.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, product

from diagnosis.grants.conditions import Terms
from diagnosis.grants.resources import Element, example
from diagnosis.names.arn import Arn
from diagnosis.policy import (
    Effect,
    Policy,
    PolicyDocument,
    Statement,
    Unparsable,
    action_facts,
    expand_actions,
    has_resource_level,
)
from diagnosis.policy.evaluation.evaluate import ALWAYS_ALLOWED
from diagnosis.policy.language.actions import forms_for_action
from diagnosis.policy.language.matching import action_matcher, matches_everything, names_every_action
from diagnosis.policy.language.variables import VERSION_WITH_VARIABLES, Context
from diagnosis.policy.request import ContextValue
from diagnosis.sets.patterns import TooManyStates

_REPRESENTATIVES = (
    "s3:GetObject",
    "sqs:SendMessage",
    "dynamodb:GetItem",
    "sns:Publish",
    "kms:Decrypt",
    "lambda:InvokeFunction",
    "s3:ListAllMyBuckets",
    "ec2:DescribeInstances",
    "sqs:ListQueues",
    "lambda:ListFunctions",
)
"""The first of these that fits stands for the services that no policy names: all of those are alike to the documents."""
_ALWAYS = frozenset({"iam"})
"""The service whose actions are looked at whether a policy names it or not: what writes permissions is worth telling."""
_VARIABLE = re.compile(r"\$\{([^{}]{0,500})\}")
_WEIGHTS = ("Permissions", "Write", "Read", "List")
"""Access levels, the gravest first."""
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Grant:
    """Actions that are granted alike, with an example of the resource on which they are."""

    actions: tuple[str, ...]
    """In AWS's letter case, sorted."""
    resource: str
    """An ARN, or ``*`` for actions without resource level."""
    conditions: tuple[str, ...] = ()
    """Under which the grant holds; empty for a plain one."""

    @property
    def text(self) -> str:
        """``ecr:PutImage, ecr:BatchGetImage on arn:… (if StringEquals aws:PrincipalTag/team a)``."""
        more = len(self.actions) - _SHOWN
        # What changes permissions is told first, what only reads last.
        weighed = sorted(self.actions, key=_weight)
        listed = ", ".join(weighed[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
        return f"{listed} on {self.resource}" + (f" (if {'; '.join(self.conditions)})" if self.conditions else "")


@dataclass(frozen=True, slots=True)
class GrantComparison:
    """What two states of the same policies grant differently."""

    newly_granted: tuple[Grant, ...] = ()
    no_longer_granted: tuple[Grant, ...] = ()
    undecided: tuple[str, ...] = ()
    """Why the comparison could not be made; empty where it was."""

    @property
    def grants_nothing_new(self) -> bool:
        """Whether nothing is granted that was not before."""
        return not self.newly_granted and not self.undecided

    @property
    def takes_nothing_away(self) -> bool:
        """Whether everything that was granted still is."""
        return not self.no_longer_granted and not self.undecided

    @property
    def equivalent(self) -> bool:
        """Whether both states grant the same."""
        return self.grants_nothing_new and self.takes_nothing_away


def compare_grants(
    before: Sequence[Iterable[PolicyDocument]],
    after: Sequence[Iterable[PolicyDocument]],
    *,
    meant: Iterable[tuple[str, str]] = (),
    known: Mapping[str, tuple[str, ...]] | None = None,
    void: Iterable[str] = (),
    whole: bool = False,
) -> GrantComparison:
    """Compare two states of the layers that all have to allow: identity-based policies, a boundary, levels of SCPs.

    ``meant`` are ``(action, resource)`` pairs that a change grants on purpose: they are not told as new, whatever else is.
    ``known`` are condition keys whose values are certain; ``void`` are names of actions that do not exist. Of services that no
    policy names one action stands for all, unless the ``whole`` list is asked for. Never raises.
    """
    faults = tuple(
        dict.fromkeys(
            document.policy.text
            for side in (before, after)
            for layer in side
            for document in layer
            if isinstance(document.policy, Unparsable)
        )
    )
    faults += tuple(
        dict.fromkeys(
            f"the value at {path} was not kept"
            for side in (before, after)
            for layer in side
            for document in layer
            for path in document.compiled().not_kept
        )
        if not faults
        else ()
    )
    if faults:
        return GrantComparison(undecided=faults)
    context = {key.lower(): ContextValue(tuple(values), len(values) > 1) for key, values in (known or {}).items()}
    nothing = frozenset(name.lower() for name in void)
    old, new = _State.of(before, context, nothing, whole=whole), _State.of(after, context, nothing, whole=whole)
    asked = tuple(dict.fromkeys(meant))
    try:
        gained = tuple(_only_in(new, old, asked))
        lost = tuple(_only_in(old, new, ()))
    except TooManyStates:
        return GrantComparison(undecided=("the resource patterns are too many to be compared whole",))
    return GrantComparison(gained, lost, _variables_in(old, new))


@dataclass(frozen=True, slots=True)
class _Part:
    """A statement as three sets: actions, resources, terms."""

    statement: Statement
    element: Element | None
    """None for a statement without Resource: an Allow gives nothing, a Deny is for every resource."""
    terms: Terms
    variables: bool = field(compare=False)

    def covers(self, action: str) -> bool:
        return self.statement.actions.covers(action.lower())

    def holds(self, resource: str) -> bool:
        if self.element is None:
            return self.statement.effect is Effect.DENY or self.statement.principals is not None
        return self.element.holds_without_resource() if resource == "*" else self.element.holds(resource)

    def lies_within(self, other: _Part) -> bool:
        """Return whether the other statement covers everything that this one does, as far as their texts tell."""
        return (
            _actions_within(self.statement, other.statement)
            and _resources_within(self, other)
            and (self.terms.imply(other.terms))
        )


@dataclass(frozen=True, slots=True)
class _State:
    layers: tuple[tuple[_Part, ...], ...]
    """The Allow statements of each layer."""
    denials: tuple[_Part, ...]
    void: frozenset[str]
    """Names of actions that are looked at nowhere, in lower case."""
    whole: bool
    """Whether the actions of services that no policy names are looked at one by one."""

    @classmethod
    def of(
        cls, layers: Sequence[Iterable[PolicyDocument]], known: Context, void: frozenset[str], *, whole: bool
    ) -> _State:
        allows: list[tuple[_Part, ...]] = []
        denials: list[_Part] = []
        for layer in layers:
            parts = [
                part
                for document in layer
                if isinstance(document.policy, Policy)
                for part in _parts(document.policy, known)
            ]
            allows.append(tuple(part for part in parts if part.statement.effect is Effect.ALLOW))
            denials += [part for part in parts if part.statement.effect is Effect.DENY]
        return cls(tuple(allows), tuple(denials), void, whole)

    @property
    def parts(self) -> tuple[_Part, ...]:
        return (*(part for layer in self.layers for part in layer), *self.denials)


def _parts(policy: Policy, known: Context) -> Iterator[_Part]:
    variables = policy.version == VERSION_WITH_VARIABLES
    for statement in policy.statements:
        terms = Terms.of(statement, known)
        if terms is None:
            continue
        grants, resources, by_principal = statement.effect is Effect.ALLOW, statement.resources, statement.principals
        element = None
        if resources is not None:
            complete = by_principal is None or any("*" in pattern for pattern in resources.patterns)
            element = Element(resources.patterns, resources.negated, grants, complete, variables)
        elif grants and by_principal is None:
            continue
        yield _Part(statement, element, terms, bool(resources and resources.has_variables))


def _only_in(state: _State, other: _State, meant: tuple[tuple[str, str], ...]) -> Iterator[Grant]:
    """Yield what the state grants and the other does not."""
    found: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for allowed in product(*state.layers):
        for extra, absent in _reasons(allowed, state, other):
            for actions, resource, terms in _points((*allowed, *extra), (*state.denials, *absent), state, other, meant):
                found.setdefault((resource, terms.texts), set()).update(actions)
    for (resource, texts), named in found.items():
        yield Grant(tuple(sorted(named)), resource, texts)


def _reasons(
    allowed: tuple[_Part, ...], state: _State, other: _State
) -> Iterator[tuple[tuple[_Part, ...], tuple[_Part, ...]]]:
    """Yield why the other state may refuse: ``(statements that apply beside, statements that do not)``."""
    for layer in other.layers:
        if not any(part.lies_within(whole) for part in allowed for whole in layer):
            yield (), layer
    for denial in other.denials:
        if not any(denial.lies_within(known) for known in state.denials):
            yield (denial,), ()


def _points(
    inside: tuple[_Part, ...],
    outside: tuple[_Part, ...],
    state: _State,
    other: _State,
    meant: tuple[tuple[str, str], ...],
) -> Iterator[tuple[tuple[str, ...], str, Terms]]:
    """Yield ``(actions, resource, terms)`` for which all of the first statements apply and none of the others."""
    terms = Terms(())
    for part in inside:
        terms = terms.together(part.terms)
    if not terms.possible:
        return
    # The other statements apply under terms of their own, unless these terms include them: then they may not.
    against = tuple(part for part in outside if terms.imply(part.terms))
    for actions, without_resource in _classes(inside, against, state, other):
        stops = [part for part in against if part.covers(actions[0])]
        if without_resource:
            left = tuple(action for action in actions if (action, "*") not in meant)
            if left and all(part.holds("*") for part in inside) and not any(part.holds("*") for part in stops):
                yield left, "*", terms
            continue
        if any(part.element is None for part in stops):
            continue
        held = frozenset(part.element for part in inside if part.element is not None)
        for names, spared in _by_meant(actions, meant):
            resource = example(
                held,
                frozenset([*(part.element for part in stops if part.element is not None), *spared]),
                _like(names[0], state, other),
            )
            if resource is not None:
                yield names, resource, terms


def _by_meant(
    actions: tuple[str, ...], meant: tuple[tuple[str, str], ...]
) -> Iterator[tuple[tuple[str, ...], tuple[Element, ...]]]:
    """Yield the actions by the resources on which they are granted on purpose."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for action in actions:
        places = tuple(sorted(resource for name, resource in meant if name.lower() == action.lower()))
        groups.setdefault(places, []).append(action)
    for places, names in groups.items():
        yield tuple(names), ((Element(places, variables=False),) if places else ())


def _classes(
    inside: tuple[_Part, ...], against: tuple[_Part, ...], state: _State, other: _State
) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield what the first statements cover: the actions on one type of resource together that no other statement tells apart."""
    groups: dict[tuple[str, str | None, tuple[bool, ...]], list[str]] = {}
    left_out = {ALWAYS_ALLOWED, *state.void}
    covering, telling = ([part.statement.actions.covers for part in parts] for parts in (inside, against))
    for action in _actions(inside, state, other):
        folded, service, kind = _read(action)
        if folded not in left_out and all(covers(folded) for covers in covering):
            told_apart = tuple(covers(folded) for covers in telling)
            groups.setdefault((service, kind, told_apart), []).append(action)
    for (_, kind, _), actions in groups.items():
        yield tuple(actions), kind is None


@lru_cache(maxsize=4096)
def _read(action: str) -> tuple[str, str, str | None]:
    """Return the action in lower case, its service, and the type of its resources; None for one without resource level."""
    facts, folded = action_facts(action), action.lower()
    types = ("",) if facts is None else facts.resource_types
    return folded, folded.partition(":")[0], types[0] if types else None


def _actions(inside: tuple[_Part, ...], state: _State, other: _State) -> tuple[str, ...]:
    """Return the actions that the statements can name: by the first that lists some, else of every service named."""
    for part in inside:
        patterns = part.statement.actions.patterns
        if not part.statement.actions.negated and not any(names_every_action(pattern) for pattern in patterns):
            return _named(patterns)
    every = [pattern for part in (*state.parts, *other.parts) for pattern in part.statement.actions.patterns]
    wild = frozenset(each.lower() for each in every if _has_wild_service(each) and not names_every_action(each))
    listed = _ALWAYS.union(
        each.partition(":")[0].lower() for each in every if ":" in each and not _has_wild_service(each)
    )
    unknown = (each for each in every if not set(each) & {"*", "?"} and action_facts(each) is None)
    others = (
        tuple(action for action in _every_action() if action.partition(":")[0] not in listed)
        if state.whole
        else _of_other_services(listed, wild)
    )
    return (*_named(tuple(f"{service}:*" for service in sorted(listed))), *unknown, *others)


@lru_cache(maxsize=64)
def _of_other_services(listed: frozenset[str], wild: frozenset[str]) -> tuple[str, ...]:
    """Return one action of services not listed for all that the patterns, with their wildcards for the service, tell not apart."""
    matchers = [action_matcher([pattern]) for pattern in wild]
    found: dict[tuple[bool | None, ...], str] = {}
    for action in chain(_REPRESENTATIVES, _every_action()):
        if action.partition(":")[0] not in listed:
            found.setdefault((has_resource_level(action), *(match(action.lower()) for match in matchers)), action)
        if len(found) == 2 << len(matchers):
            break
    return tuple(found.values())


@lru_cache(maxsize=1)
def _every_action() -> tuple[str, ...]:
    return expand_actions(["*:*"])


@lru_cache(maxsize=512)
def _named(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the actions that the patterns stand for; one that stands for none that is known, stands for itself."""
    known = expand_actions(patterns) if patterns else ()
    unknown = (pattern for pattern in patterns if not _stands_for_known(pattern))
    return tuple(dict.fromkeys((*known, *unknown)))


@lru_cache(maxsize=1024)
def _stands_for_known(pattern: str) -> bool:
    return bool(expand_actions([pattern])) if set(pattern) & {"*", "?"} else action_facts(pattern) is not None


def _has_wild_service(pattern: str) -> bool:
    return bool(set(pattern.partition(":")[0]) & {"*", "?"})


def _actions_within(inner: Statement, outer: Statement) -> bool:
    own, whole = inner.actions, outer.actions
    if own.negated or whole.negated:
        if own.negated and whole.negated:
            return {item.lower() for item in whole.patterns} <= {item.lower() for item in own.patterns}
        return not whole.negated and any(matches_everything(pattern) for pattern in whole.patterns)
    listed = {item.lower() for item in whole.patterns}
    return any(matches_everything(pattern) for pattern in whole.patterns) or all(
        pattern.lower() in listed or (not set(pattern) & {"*", "?"} and whole.covers(pattern.lower()))
        for pattern in own.patterns
    )


def _resources_within(inner: _Part, outer: _Part) -> bool:
    own, whole = inner.element, outer.element
    if whole is None:
        return outer.holds("*")
    if own is None:
        return whole.names_everything and not whole.negated
    if own.negated or whole.negated:
        same = own.negated and whole.negated and set(whole.patterns) <= set(own.patterns)
        return same or (not whole.negated and whole.names_everything)
    return whole.names_everything or set(own.patterns) <= set(whole.patterns)


def _weight(action: str) -> int:
    facts = action_facts(action)
    level = facts.access_level if facts else ""
    return next((place for place, word in enumerate(_WEIGHTS) if word in level), len(_WEIGHTS))


def _like(action: str, state: _State, other: _State) -> tuple[str, ...]:
    """Return resources that make good examples: those that the policies spell out, and one of the action's service."""
    spelled = {
        pattern
        for part in (*state.parts, *other.parts)
        if part.element is not None
        for pattern in part.element.patterns
        if not set(pattern) & {"*", "?", "$"}
    }
    service = action.partition(":")[0]
    account = next((arn.account for pattern in sorted(spelled) if (arn := Arn.parse(pattern)) and arn.has_account), "")
    values = {"Partition": "aws", "Region": "us-east-1", "Account": account or "111122223333"}
    form = min(forms_for_action(action), key=len, default=str(Arn("aws", service, "${Region}", "${Account}", "any")))
    made = _VARIABLE.sub(lambda variable: values.get(variable[1], "any"), form)
    return (*sorted(pattern for pattern in spelled if f":{service}:" in pattern), made)


def _variables_in(old: _State, new: _State) -> tuple[str, ...]:
    """Return why policy variables leave the comparison open: one stands in a statement that only one state has."""
    known = [
        {(part.statement.effect, part.statement.actions.patterns, part.element, part.terms) for part in state.parts}
        for state in (old, new)
    ]
    apart = [
        part
        for state, others in ((old, known[1]), (new, known[0]))
        for part in state.parts
        if part.variables
        and (part.statement.effect, part.statement.actions.patterns, part.element, part.terms) not in others
    ]
    return tuple(
        dict.fromkeys(
            f"{part.statement.name} names resources by a policy variable, whose value is not known" for part in apart
        )
    )

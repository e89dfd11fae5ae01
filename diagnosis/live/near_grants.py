"""Find what a policy grants beside the need by mistake: a wrong name, account or region in an ARN, a misspelled action.

Such a grant has no effect on the release. It is told at the gate, and corrected where it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from diagnosis.facts.account import NamedPolicy
from diagnosis.lint.catalogue import apart
from diagnosis.live.near_names import name_difference
from diagnosis.names.arn import Arn
from diagnosis.policy import Condition, Effect, Policy, Statement, action_facts, has_resource_level
from diagnosis.policy.language.matching import matches_everything, resource_matcher, string_matcher

_REPOSITORY = "repository/"
_REGISTRY_SERVICES = ("ecr", "ecr-public")
_SHOWN = 2
_ALIKE = 0.8
"""From this ratio on (see ``difflib``) two names are taken for spellings of one."""


class Amiss(StrEnum):
    """Which element of a statement misses the need."""

    RESOURCE = "resource"
    ACTION = "action"


@dataclass(frozen=True, slots=True)
class NearGrant:
    """One string of an Allow statement that misses the need by little."""

    amiss: Amiss
    policy: NamedPolicy
    index: int
    """The statement's position in the document, from 0."""
    statement: str
    """Sid, or ``Statement[2]``."""
    written: str
    meant: str
    difference: str
    """A clause: ``region us-east-1 is granted, eu-west-1 is needed``."""
    is_slip: bool = True
    """False for another repository of the same registry, which may be granted on purpose."""

    @property
    def text(self) -> str:
        """Where it stands and what is wrong, without a full stop."""
        return f"{self.statement} of {self.policy.name}: {self.difference}"


def near_grants(policies: Iterable[NamedPolicy], pairs: Iterable[tuple[str, str]]) -> tuple[NearGrant, ...]:
    """Return the strings that miss the ``(action, resource)`` pairs by little, in the order of the documents."""
    wanted = tuple(dict.fromkeys(pairs))
    found: list[NearGrant] = []
    for named in policies:
        policy = named.document.policy
        if isinstance(policy, Policy):
            for index, statement in enumerate(policy.statements):
                if statement.effect is Effect.ALLOW and not statement.actions.negated:
                    found += _resources(named, index, statement, wanted)
                    found += _actions(named, index, statement, wanted)
    return tuple(dict.fromkeys(found))


def slip_words(policies: Iterable[NamedPolicy], pairs: Iterable[tuple[str, str]]) -> str:
    """Return what is granted by a slip in the place of the pairs, and what only under conditions: sentences, each after a space."""
    listed, wanted = tuple(policies), tuple(pairs)
    found = list(dict.fromkeys(item.text for item in near_grants(listed, wanted) if item.is_slip))
    found += [item.text for item in grants_on_condition(listed, wanted)]
    return "".join(f" {text}." for text in found[:_SHOWN])


@dataclass(frozen=True, slots=True)
class GrantOnCondition:
    """An Allow statement that names a lacking action and its resource, and grants it under conditions alone."""

    policy: NamedPolicy
    statement: str
    """Sid, or ``Statement[2]``."""
    conditions: tuple[Condition, ...]

    @property
    def text(self) -> str:
        """Where it stands and what it asks for, without a full stop."""
        asked = " and ".join(f"{item.key} {item.name} {' or '.join(item.values[:3])}" for item in self.conditions)
        return f"{self.statement} of {self.policy.name} grants it where {asked}, which the run does not meet"


def grants_on_condition(
    policies: Iterable[NamedPolicy], pairs: Iterable[tuple[str, str]]
) -> tuple[GrantOnCondition, ...]:
    """Return the statements that grant one of the lacking ``(action, resource)`` pairs but for their conditions."""
    wanted = tuple(dict.fromkeys(pairs))
    return tuple(
        GrantOnCondition(named, statement.name, statement.conditions)
        for named in policies
        if isinstance(policy := named.document.policy, Policy)
        for statement in policy.allows
        if statement.conditions and any(_names(statement, action, resource) for action, resource in wanted)
    )


def _names(statement: Statement, action: str, resource: str) -> bool:
    places = statement.resources
    if places is None or places.negated or not statement.actions.covers(action.lower()):
        return False
    if resource == "*":
        return any(matches_everything(written) for written in places.patterns)
    return any(resource_matcher(written, variables=False)(resource, {}) for written in places.patterns)


def _resources(
    named: NamedPolicy, index: int, statement: Statement, wanted: tuple[tuple[str, str], ...]
) -> Iterator[NearGrant]:
    if statement.resources is None or statement.resources.negated:
        return
    covered = [pair for pair in wanted if statement.actions.covers(pair[0].lower())]
    for written in statement.resources.patterns:
        for action, resource in covered:
            if resource == "*":
                if has_resource_level(action) is False and not matches_everything(written):
                    words = f"{action} is granted on {written}, where it has no effect: only `*` counts"
                    yield NearGrant(Amiss.RESOURCE, named, index, statement.name, written, resource, words)
                continue
            difference = arn_difference(written, resource, any_name=True)
            if difference:
                slip = arn_difference(written, resource) is not None
                yield NearGrant(Amiss.RESOURCE, named, index, statement.name, written, resource, difference, slip)


def _actions(
    named: NamedPolicy, index: int, statement: Statement, wanted: tuple[tuple[str, str], ...]
) -> Iterator[NearGrant]:
    for written in statement.actions.patterns:
        if set(written) & {"*", "?"} or action_facts(written) is not None:
            continue
        meant = nearest_action(written, (action for action, _ in wanted))
        if meant:
            words = f"`{written}` is no action ({_slip(written, meant)}); {meant} is meant"
            yield NearGrant(Amiss.ACTION, named, index, statement.name, written, meant, words)


def nearest_action(written: str, actions: Iterable[str]) -> str | None:
    """Return the action of which the text is a misspelling; None where it is none of them."""
    plain = _plain(written)
    best = max(actions, key=lambda action: SequenceMatcher(None, plain, action.lower()).ratio(), default=None)
    if best is None:
        return None
    near = SequenceMatcher(None, plain, best.lower(), autojunk=False).ratio()
    return best if near >= 0.9 and apart(plain, best.lower(), 2) is not None else None


def _plain(text: str) -> str:
    return "".join(text.split()).lower().replace("::", ":").replace("\u2010", "-")


def _slip(written: str, meant: str) -> str:
    if "".join(written.split()).lower() == meant.lower():
        return "a space in its name"
    service, _, name = _plain(written).partition(":")
    wanted, _, wanted_name = meant.lower().partition(":")
    if service != wanted and name == wanted_name:
        return f"there is no service {service}"
    return "a misspelled name"


def arn_difference(written: str, needed: str, *, any_name: bool = False) -> str | None:
    """Return in which part a resource pattern misses the needed ARN; None where it is another thing altogether.

    One that matches the ARN misses nothing: None. ``any_name``: another repository of the same registry counts as a miss.
    """
    wanted, given = Arn.parse(needed), Arn.parse(written)
    if wanted is None or given is None or given.service.lower() != wanted.service:
        return None
    if resource_matcher(written, variables=False)(needed, {}):
        return None
    differing = [
        f"{name} {granted or '(none)'} is granted, {asked} is needed"
        for name, granted, asked in (
            ("partition", given.partition, wanted.partition),
            ("region", given.region, wanted.region),
            ("account", given.account, wanted.account),
        )
        if not _is_like(granted.lower(), asked)
    ]
    if wanted.service in _REGISTRY_SERVICES:
        name = _name_difference(given.resource, wanted, any_name=any_name)
    else:
        name = name_difference(given.resource, wanted, _is_like, _alike)
    if name is None or (name and differing):
        return None
    return " and ".join([*differing, *([name] if name else [])]) or None


def _is_like(pattern: str, value: str) -> bool:
    return string_matcher(pattern, variables=False, wildcards=True)(value, {})


def _name_difference(written: str, wanted: Arn, *, any_name: bool) -> str | None:
    """Return how the resource part differs: empty where it does not, None where it names something else."""
    name = wanted.resource_id
    if _is_like(written, wanted.resource):
        return ""
    if _is_like(written, name) or _is_like(written.lstrip("/"), wanted.resource):
        return f"`{_REPOSITORY}` is missing before the name in {written}, {wanted.resource} is needed"
    kind, _, given = written.partition("/")
    if kind != _REPOSITORY.rstrip("/"):
        return f"{written} is granted, {wanted.resource} is needed" if _is_like(given, name) else None
    if _alike(given, name) or (any_name and given.strip("*?/")):
        return f"{_REPOSITORY}{given} is granted, {wanted.resource} is needed"
    return None


def _alike(given: str, name: str) -> bool:
    """Return whether a name (or a pattern of names) may have been meant for another."""
    literal = given.replace("*", "").replace("?", "").strip("-_/.").lower()
    folded = name.lower()
    if not literal:
        return False
    if folded.startswith(literal) or literal.startswith(folded):
        return True
    return literal == folded.strip("-_/.") or SequenceMatcher(None, literal, folded, autojunk=False).ratio() >= _ALIKE

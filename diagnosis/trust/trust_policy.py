"""A trust policy taken apart for questions and counterfactuals: statements and conditions as plain JSON values.

Only documents that :func:`diagnosis.policy.parse_policy` has read come here; nothing here judges.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from diagnosis.policy import Unparsable, parse_policy

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
JsonObject: TypeAlias = "dict[str, Json]"

WEB_IDENTITY_ACTION = "sts:AssumeRoleWithWebIdentity"

_OPERATOR = re.compile(r"(ForAllValues:|ForAnyValue:)?([A-Za-z]+?)(IfExists)?\Z", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{([^},]*)[^}]*\}")
_EXACT = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"})


def load(text: str) -> JsonObject | Unparsable:
    """The document as JSON values, where it is a policy."""
    parsed = parse_policy(text)
    if isinstance(parsed, Unparsable):
        return parsed
    document = json.loads(text)
    return document if isinstance(document, dict) else Unparsable("the document is no JSON object")


def as_list(value: Json) -> list[Json]:
    """IAM writes one value or a list of them; this is always the list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def statements(document: Mapping[str, Json]) -> list[JsonObject]:
    """The statements, in their order."""
    return [item for item in as_list(document.get("Statement")) if isinstance(item, dict)]


def allows(document: Mapping[str, Json]) -> list[JsonObject]:
    """The Allow statements, in their order."""
    return [item for item in statements(document) if item.get("Effect") == "Allow"]


def path_of_allow(document: Mapping[str, Json], position: int) -> str:
    """The JSON path of an Allow statement by its position among them: ``Statement[2]``."""
    if not isinstance(document.get("Statement"), list):
        return "Statement"
    places = [index for index, item in enumerate(statements(document)) if item.get("Effect") == "Allow"]
    return f"Statement[{places[position]}]" if position < len(places) else "Statement"


def with_statements(document: Mapping[str, Json], items: list[JsonObject]) -> JsonObject:
    """The document with these statements in place of its own."""
    listed: list[Json] = [*items]
    return {**document, "Statement": listed}


def conditions(statement: Mapping[str, Json]) -> Iterator[tuple[str, str, list[str]]]:
    """Each ``(operator, key, values)`` of a statement, values as text."""
    condition = statement.get("Condition")
    if not isinstance(condition, dict):
        return
    for operator, block in condition.items():
        if isinstance(block, dict):
            for key, values in block.items():
                yield operator, key, [str(value) for value in as_list(values)]


def values_of(statement: Mapping[str, Json], key: str) -> list[str]:
    """What a statement wants of a condition key under an operator of equality or likeness."""
    wanted = key.lower()
    return [
        value
        for operator, name, values in conditions(statement)
        if name.lower() == wanted and base_operator(operator) in _EXACT
        for value in values
    ]


def keys_asked(document: Mapping[str, Json]) -> frozenset[str]:
    """Every condition key and policy variable that the document names, in lower case."""
    named = {key.lower() for item in statements(document) for _, key, _ in conditions(item)}
    if document.get("Version") != "2012-10-17":
        return frozenset(named)  # older versions take a variable literally
    variables = {name.strip().lower() for name in _VARIABLE.findall(json.dumps(document, ensure_ascii=False))}
    return frozenset(named | variables - {"*", "?", "$"})


def base_operator(operator: str) -> str:
    """``stringlike`` of ``ForAnyValue:StringLikeIfExists``."""
    read = _OPERATOR.match(operator)
    return read.group(2).lower() if read else operator.lower()


def without_conditions(statement: Mapping[str, Json], drop: Callable[[str], bool]) -> JsonObject:
    """The statement without its conditions on the keys that ``drop`` names (given in lower case)."""
    condition = statement.get("Condition")
    if not isinstance(condition, dict):
        return dict(statement)
    kept: JsonObject = {}
    for operator, block in condition.items():
        if not isinstance(block, dict):
            kept[operator] = block
            continue
        left: JsonObject = {key: values for key, values in block.items() if not drop(key.lower())}
        if left:
            kept[operator] = left
    return {**statement, "Condition": kept}


def as_patterns(statement: Mapping[str, Json]) -> JsonObject:
    """The statement with every comparison of strings made a match of patterns, and all values in lower case.

    Where two operators ask for one key, the second keeps its name, so that both still have to hold.
    """
    condition = statement.get("Condition")
    if not isinstance(condition, dict):
        return dict(statement)
    changed: dict[str, dict[str, Json]] = {}
    for operator, block in condition.items():
        if not isinstance(block, dict):
            continue
        lowered: dict[str, Json] = {key: [str(value).lower() for value in as_list(block[key])] for key in block}
        read = _OPERATOR.match(operator)
        name = operator
        if read and read.group(2).lower() in _EXACT:
            name = f"{read.group(1) or ''}StringLike{read.group(3) or ''}"
        there = changed.get(name, {})
        if there.keys() & lowered.keys():
            name, there = operator, {}
        changed[name] = {**there, **lowered}
    return {**statement, "Condition": {**changed}}


def federated(statement: Mapping[str, Json]) -> list[str]:
    """The names under Principal, whatever their type."""
    principal = statement.get("Principal")
    if isinstance(principal, dict):
        return [str(name) for names in principal.values() for name in as_list(names)]
    return [str(name) for name in as_list(principal)]

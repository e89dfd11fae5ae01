"""Between what the open places of a document can make of it: the least that it can say, and the most.

For each value that the open places may have, the policy allows all that ``least`` allows, and nothing that ``most`` does not.
A verdict that is the same on both is sound; where they differ it is unknown, and the open places are the reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from diagnosis.iac.node import Json, Node, Open, Sort, Text
from diagnosis.iac.proposal import OpenDocument

_GLOB = "stringlike"
_ARN_GLOBS = {"arnlike", "arnequals"}
"""Operators that widen where a ``*`` stands for what is open. All others lose the condition."""
_COLONS_OF_ARN = 5


@dataclass(frozen=True, slots=True)
class Bounds:
    """Two documents as JSON text."""

    least: str
    most: str


def bounds(document: OpenDocument) -> Bounds | None:
    """Return the bounds; None where the open places leave none: statements, effects or principals that are not settled."""
    members = document.tree.members
    listed = members.get("Statement")
    if document.within_text and not document.is_harmless:
        return None
    others = {name: node for name, node in members.items() if name != "Statement"}
    if listed is None or any(_is_open(node) for name, node in others.items() if name != "Id"):
        return None
    least: list[Json] = []
    most: list[Json] = []
    for statement in listed.items:
        effect = statement.get("Effect")
        if isinstance(statement.value, Open) or effect is None or effect.text not in ("Allow", "Deny"):
            return None
        if not any(_is_open(node) for name, node in statement.members.items() if name != "Sid"):
            whole = _without_open_sid(statement)
            least.append(whole)
            most.append(whole)
            continue
        wide = _widened(statement)
        if wide is None:
            return None
        (most if effect.text == "Allow" else least).append(wide)
    base: dict[str, Json] = {name: node.plain(_never) for name, node in others.items() if not _is_open(node)}
    return Bounds(json.dumps({**base, "Statement": least}), json.dumps({**base, "Statement": most}))


def _never(_: Open) -> str:
    return ""


def _is_open(node: Node) -> bool:
    return next(node.opens(), None) is not None


def _without_open_sid(statement: Node) -> dict[str, Json]:
    return {name: node.plain(_never) for name, node in statement.members.items() if name != "Sid" or not _is_open(node)}


def _widened(statement: Node) -> dict[str, Json] | None:
    """Return a statement that applies wherever this one applies; None where there is none that can be written."""
    found: dict[str, Json] = {}
    for name, node in statement.members.items():
        if not _is_open(node):
            found[name] = node.plain(_never)
        elif name == "Action":
            found[name] = [_action(item) for item in node.items]
        elif name == "Resource":
            found[name] = [_glob(item) if _stays_arn(item) else "*" for item in node.items]
        elif name in ("NotAction", "NotResource"):
            # Everything is more than everything but something.
            found[name.removeprefix("Not")] = "*"
        elif name == "Condition":
            conditions = _conditions(node)
            if conditions is None:
                continue
            found[name] = conditions
        elif name != "Sid":
            return None
    return found


def _glob(item: Node) -> str:
    value = item.value
    if isinstance(value, Text):
        return "".join(part if isinstance(part, str) else "*" for part in value.parts)
    return value if isinstance(value, str) else "*"


def _action(item: Node) -> str:
    """Return a pattern of actions; everything where the service is open, since a pattern has to name one."""
    value = item.value
    known = value.parts[0] if isinstance(value, Text) else value
    return _glob(item) if isinstance(known, str) and ":" in known else "*"


def _stays_arn(item: Node) -> bool:
    """Return whether a ``*`` for what is open matches all that it may be: ARNs are compared between colons, part by part."""
    value = item.value
    if not isinstance(value, Text):
        return isinstance(value, str)
    before = ""
    for part in value.parts:
        if isinstance(part, str):
            before += part
        elif not before or part.sort is Sort.ARN or (part.sort is Sort.ANY and before.count(":") < _COLONS_OF_ARN):
            return False
    return True


def _conditions(node: Node) -> dict[str, Json] | None:
    """Return the conditions without those that are open, or with a star for what is; None where none is left."""
    found: dict[str, Json] = {}
    for operator, keys in node.members.items():
        kept: dict[str, Json] = dict(_keys(operator, keys.members))
        if kept:
            found[operator] = kept
    return found or None


def _keys(operator: str, keys: Mapping[str, Node]) -> Iterator[tuple[str, Json]]:
    for key, values in keys.items():
        if not _is_open(values):
            yield key, values.plain(_never)
        elif isinstance(values.value, Open) or any(isinstance(item.value, Open) for item in values.items):
            continue
        elif operator.lower() == _GLOB or (operator.lower() in _ARN_GLOBS and all(map(_stays_arn, values.items))):
            yield key, [_glob(item) for item in values.items]

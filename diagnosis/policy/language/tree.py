"""Edit a policy document as plain JSON values; code that only reads a policy takes the compiled one.

Every function takes the values of a document that is a policy (see :class:`diagnosis.policy.PolicyDocument`), judges
nothing, and changes nothing that it was given: edits are returned as new values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
JsonObject: TypeAlias = "dict[str, Json]"

WEB_IDENTITY_ACTION = "sts:AssumeRoleWithWebIdentity"
"""The action that a trust policy allows to whoever presents a token of an OIDC provider."""


def as_list(value: Json) -> list[Json]:
    """Return a value or a list of them, which IAM takes in the same place, as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def one_or_list(values: Sequence[str]) -> Json:
    """Return one value bare and several as a list, as people write policies."""
    return values[0] if len(values) == 1 else list(values)


def statements(document: Mapping[str, Json]) -> list[JsonObject]:
    """Return the statements in their order; what stands among them and is no object is left out."""
    return [item for item in as_list(document.get("Statement")) if isinstance(item, dict)]


def with_statements(document: Mapping[str, Json], items: Iterable[Json]) -> JsonObject:
    """Return the document with these statements in place of its own."""
    return {**document, "Statement": [*items]}


def with_own_sids(items: Iterable[Json]) -> list[Json]:
    """Return the statements with each Sid once; a repeated one is numbered, since IAM refuses documents that repeat one."""
    result: list[Json] = []
    seen: set[str] = set()
    for item in items:
        if not isinstance(item, dict) or not item.get("Sid"):
            result.append(item)
            continue
        sid, number = str(item["Sid"]), 2
        free = sid
        while free in seen:
            free, number = f"{sid}{number}", number + 1
        seen.add(free)
        result.append({**item, "Sid": free})
    return result


def conditions(statement: Mapping[str, Json]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield each ``(operator, key, values)`` of a statement, values as text."""
    condition = statement.get("Condition")
    if not isinstance(condition, dict):
        return
    for operator, block in condition.items():
        if isinstance(block, dict):
            for key, values in block.items():
                yield operator, key, [str(value) for value in as_list(values)]

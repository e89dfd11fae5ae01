"""Smallest edits of permission documents: add what is needed, take away what is not. Text in, text out."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Statement: TypeAlias = "dict[str, Json]"

INLINE_LIMIT = 10_240
"""Characters that all inline policies of a role share, white space not counted."""
MANAGED_LIMIT = 6_144
"""Characters of one managed policy, white space not counted."""
ATTACHED_LIMIT = 10
"""Managed policies a role, by default; AWS raises it on request."""
VERSIONS_LIMIT = 5
"""Versions that a managed policy keeps."""
TRUST_LIMIT, LARGEST_TRUST_LIMIT = 2_048, 4_096
"""Characters of a trust policy, white space not counted: by default, and at the largest quota that AWS grants."""
SESSION_LIMIT = 2_048
"""Characters of an inline session policy."""
CONTROL_LIMIT = 5_120
"""Characters of a service or resource control policy; white space counts, and can be left out."""
REPOSITORY_POLICY_LIMIT = 10_240
"""Characters of an ECR repository policy."""


def written(document: Mapping[str, object]) -> str:
    """The document as JSON text with two spaces, in the order in which it was built."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def size(document_text: str) -> int:
    """Characters as IAM counts them: white space left out."""
    return sum(1 for character in document_text if not character.isspace())


def grants(needed: Iterable[tuple[str, str]]) -> list[Statement]:
    """Statements that allow exactly the ``(action, resource)`` pairs: one a resource, ``*`` first, actions sorted."""
    by_resource: dict[str, set[str]] = {}
    for action, resource in needed:
        by_resource.setdefault(resource, set()).add(action)
    ordered = sorted(by_resource.items(), key=lambda item: (item[0] != "*", item[0]))
    return [
        {"Sid": _sid(resource), "Effect": "Allow", "Action": one_or_list(sorted(actions)), "Resource": resource}
        for resource, actions in ordered
    ]


def _sid(resource: str) -> str:
    if resource == "*":
        return "RegistryLogin"
    name = resource.rpartition("/")[2] or resource
    return "Release" + "".join(part.capitalize() for part in "".join(c if c.isalnum() else " " for c in name).split())


def one_or_list(values: Sequence[str]) -> Json:
    """One value bare, several as a list: as people write policies."""
    return values[0] if len(values) == 1 else list(values)


def as_list(value: Json) -> list[Json]:
    """IAM writes one value or a list of them; this is always the list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def statements(document: Mapping[str, Json]) -> list[Statement]:
    """The document's statements as a list of objects; anything else in their place is left out."""
    return [item for item in as_list(document.get("Statement")) if isinstance(item, dict)]


def with_own_sids(items: list[Json]) -> list[Json]:
    """The statements with each Sid once; a repeated one is numbered, since IAM refuses documents that repeat one."""
    seen: set[str] = set()
    for item in items:
        if not isinstance(item, dict) or not item.get("Sid"):
            continue
        sid, number = str(item["Sid"]), 2
        while str(item["Sid"]) in seen:
            item["Sid"], number = f"{sid}{number}", number + 1
        seen.add(str(item["Sid"]))
    return items


def extended(document_text: str | None, needed: Iterable[tuple[str, str]]) -> str:
    """The document with the ``(action, resource)`` pairs allowed too.

    A plain Allow statement (no condition, no exclusion) on exactly the pair's resource takes the action; other pairs
    get statements of their own. ``None`` gives a new document. Raises ``ValueError`` where the text is no policy.
    """
    fresh: dict[str, Json] = {"Version": "2012-10-17", "Statement": []}
    document = _load(document_text) if document_text is not None else fresh
    current = statements(document)
    left: list[tuple[str, str]] = []
    for action, resource in sorted(set(needed)):
        home = next((s for s in current if _is_plain_allow_on(s, resource)), None)
        if home is None:
            left.append((action, resource))
        elif action not in as_list(home.get("Action")):
            home["Action"] = [*as_list(home.get("Action")), action]
    sids = {str(s.get("Sid")) for s in current if s.get("Sid")}
    for statement in grants(left):
        sid, number = str(statement["Sid"]), 2
        while statement["Sid"] in sids:
            statement["Sid"], number = f"{sid}{number}", number + 1
        sids.add(str(statement["Sid"]))
        current.append(statement)
    document["Statement"] = [*current]
    document.setdefault("Version", "2012-10-17")
    return written(document)


def _is_plain_allow_on(statement: Statement, resource: str) -> bool:
    plain = set(statement) <= {"Sid", "Effect", "Action", "Resource"} and statement.get("Effect") == "Allow"
    if not plain or as_list(statement.get("Resource")) != [resource]:
        return False
    # A statement on `*` that holds other actions than the login is not the place for it: the token stands alone.
    return resource != "*" or all(
        str(action).lower() == "ecr:getauthorizationtoken" for action in as_list(statement.get("Action"))
    )


def _load(document_text: str) -> dict[str, Json]:
    loaded = json.loads(document_text)
    if not isinstance(loaded, dict):
        raise ValueError("the policy is not a JSON object")  # noqa: TRY004 - a wrong document, no wrong call
    return loaded


def difference(before: str | None, after: str | None, name: str) -> str:
    """A unified difference of two documents, both formatted alike first."""
    return "\n".join(
        difflib.unified_diff(_lines(before), _lines(after), f"{name} (now)", f"{name} (proposed)", lineterm="", n=3)
    )


def _lines(text: str | None) -> list[str]:
    if text is None:
        return []
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False).splitlines()
    except ValueError:
        return text.splitlines()

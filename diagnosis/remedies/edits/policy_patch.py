"""Extend a permission policy by the smallest addition that grants what is needed, and show the difference."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from diagnosis.policy import PolicyDocument, write_document
from diagnosis.policy.language.strict_json import json_text
from diagnosis.policy.language.tree import JsonObject, as_list, one_or_list, statements


def grants(needed: Iterable[tuple[str, str]]) -> list[JsonObject]:
    """Return statements that allow exactly the ``(action, resource)`` pairs: one a resource, ``*`` first, actions sorted."""
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


def extended(document: PolicyDocument | None, needed: Iterable[tuple[str, str]]) -> PolicyDocument:
    """Return the document with the ``(action, resource)`` pairs allowed too.

    A plain Allow statement (no condition, no exclusion) on exactly the pair's resource takes the action; other pairs
    get statements of their own. ``None`` gives a new document. Raises ``ValueError`` where the text is no policy.
    """
    fresh: JsonObject = {"Version": "2012-10-17", "Statement": []}
    tree = document.editable() if document is not None else fresh
    current = statements(tree)
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
    tree["Statement"] = [*current]
    tree.setdefault("Version", "2012-10-17")
    return write_document(tree)


def _is_plain_allow_on(statement: JsonObject, resource: str) -> bool:
    plain = set(statement) <= {"Sid", "Effect", "Action", "Resource"} and statement.get("Effect") == "Allow"
    if not plain or as_list(statement.get("Resource")) != [resource]:
        return False
    # A statement on `*` that holds other actions than the login is not the place for it: the token stands alone.
    return resource != "*" or all(
        str(action).lower() == "ecr:getauthorizationtoken" for action in as_list(statement.get("Action"))
    )


def difference(before: PolicyDocument | None, after: PolicyDocument | None, name: str) -> str:
    """Return the unified difference of two documents, both laid out alike first."""
    return "\n".join(
        difflib.unified_diff(_lines(before), _lines(after), f"{name} (now)", f"{name} (proposed)", lineterm="", n=3)
    )


def _lines(document: PolicyDocument | None) -> list[str]:
    if document is None:
        return []
    text = json_text(document.tree, indent=2) if document.tree else document.text
    return text.splitlines()

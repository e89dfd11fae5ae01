"""Extend a permission policy by the smallest addition that grants what is needed, and show the difference."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument, has_resource_level, write_document
from diagnosis.policy.language.strict_json import json_text
from diagnosis.policy.language.tree import JsonObject, as_list, one_or_list, statements

PASS_ROLE = "iam:PassRole"  # noqa: S105 - an action, no secret
PASSED_TO = "iam:PassedToService"
"""The condition key of the service that a role is passed to."""
LOGINS = ("ecr:getauthorizationtoken", "ecr-public:getauthorizationtoken", "sts:getservicebearertoken")
_LONGEST_SID = 60

Contexts: TypeAlias = Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]]
"""By pair: the condition keys that its calls certainly carry, with all their values."""


def grants(needed: Iterable[tuple[str, str]], contexts: Contexts | None = None) -> list[JsonObject]:
    """Return statements that allow exactly the ``(action, resource)`` pairs: one a resource, ``*`` first, actions sorted.

    What passes roles stands by itself, on all roles that are passed to the same service and under the condition that it is
    this service, where ``contexts`` tell.
    """
    by_resource: dict[tuple[bool, str], set[str]] = {}
    passed: dict[tuple[str, ...], set[str]] = {}
    for action, resource in needed:
        if passes_role(action):
            services = (contexts or {}).get((action, resource), {}).get(PASSED_TO, ())
            passed.setdefault(tuple(sorted(services)), set()).add(resource)
        else:
            # A login stands alone: whoever reads the policy sees what it is for.
            login = resource == "*" and action.lower() in LOGINS
            by_resource.setdefault((not login, resource), set()).add(action)
    ordered = sorted(by_resource.items(), key=lambda item: (item[0][1] != "*", item[0]))
    made: list[JsonObject] = [
        {
            "Sid": _sid(resource) if other else "RegistryLogin",
            "Effect": "Allow",
            "Action": one_or_list(sorted(actions)),
            "Resource": resource,
        }
        for (other, resource), actions in ordered
    ]
    for services, roles in sorted(passed.items()):
        statement: JsonObject = {"Sid": "ReleasePassRole", "Effect": "Allow", "Action": PASS_ROLE}
        statement["Resource"] = one_or_list(sorted(roles))
        if services:
            statement["Condition"] = {"StringEquals": {PASSED_TO: one_or_list(list(services))}}
        made.append(statement)
    return made


def passes_role(action: str) -> bool:
    """Return whether the action passes a role to a service."""
    return action.lower() == PASS_ROLE.lower()


def _sid(resource: str) -> str:
    if resource == "*":
        return "ReleaseServices"
    arn = Arn.parse(resource)
    name = resource.rpartition("/")[2] or resource
    if arn is not None and arn.service != "ecr":
        name = f"{arn.service} {arn.resource}"
    words = "".join(
        part.capitalize() for part in "".join(c if c.isascii() and c.isalnum() else " " for c in name).split()
    )
    return f"Release{words}"[:_LONGEST_SID]


def extended(
    document: PolicyDocument | None,
    needed: Iterable[tuple[str, str]],
    contexts: Contexts | None = None,
    *,
    only: Arn | None = None,
) -> PolicyDocument:
    """Return the document with the ``(action, resource)`` pairs allowed too.

    A plain Allow statement (no condition, no exclusion) on exactly the pair's resource takes the action; other pairs
    get statements of their own, as :func:`grants` writes them. ``None`` gives a new document. ``only`` is the one role for which
    they are allowed, where the document hangs on others too. Raises ``ValueError`` where the text is no policy.
    """
    fresh: JsonObject = {"Version": "2012-10-17", "Statement": []}
    tree = document.editable() if document is not None else fresh
    current = statements(tree)
    left: list[tuple[str, str]] = []
    for action, resource in sorted(set(needed)):
        home = next((s for s in current if only is None and _is_plain_allow_on(s, resource, action)), None)
        if home is None:
            left.append((action, resource))
        elif action not in as_list(home.get("Action")):
            home["Action"] = [*as_list(home.get("Action")), action]
    sids = {str(s.get("Sid")) for s in current if s.get("Sid")}
    for statement in grants(left, contexts):
        sid, number = str(statement["Sid"]), 2
        while statement["Sid"] in sids:
            statement["Sid"], number = f"{sid}{number}", number + 1
        if only is not None:
            condition = statement.get("Condition")
            asked = condition if isinstance(condition, dict) else {}
            statement["Condition"] = {**asked, "ArnEquals": {"aws:PrincipalArn": str(only)}}
        sids.add(str(statement["Sid"]))
        current.append(statement)
    # A Version that the document does not have stays away: it would turn text such as ${aws:username} into variables.
    tree["Statement"] = [*current]
    return write_document(tree)


def _is_plain_allow_on(statement: JsonObject, resource: str, action: str) -> bool:
    """Return whether the statement can take the action and grants nothing else by that."""
    listed = [str(item) for item in as_list(statement.get("Action"))]
    if passes_role(action) or any(map(passes_role, listed)):
        return False
    plain = set(statement) <= {"Sid", "Effect", "Action", "Resource"} and statement.get("Effect") == "Allow"
    if not plain or as_list(statement.get("Resource")) != [resource]:
        return False
    if resource != "*":
        return True
    # A statement on `*` that holds other actions than the login is not the place for it: the token stands alone.
    if action.lower() in LOGINS:
        return all(each.lower() in LOGINS for each in listed)
    return all(has_resource_level(each) is False and each.lower() not in LOGINS for each in listed)


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

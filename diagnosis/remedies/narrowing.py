"""Narrowing a Deny: the smallest edit after which it no longer stops the release, and stops everybody else as before."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable

from diagnosis.policy import Layers, Outcome, Request, Unparsable, evaluate, parse_policy
from diagnosis.remedies.patch import Json, Statement, as_list, statements, written


def narrowed(
    document_text: str,
    needs: Iterable[tuple[str, str]],
    session: str,
    role_arn: str,
    *,
    of_role: bool,
) -> str | None:
    """The document with its denying statements narrowed; None where no statement denies a need.

    ``needs`` are ``(action, resource)`` pairs. ``of_role``: the document is a policy of the role itself, where excepting
    the role would switch the Deny off, so the needed actions or resources are taken out instead.
    """
    document = json.loads(document_text)
    wanted = tuple(needs)
    kept: list[Json] = []
    changed = False
    for statement in statements(document):
        denied = [pair for pair in wanted if _denies(statement, pair, session, role_arn)]
        if not denied:
            kept.append(statement)
            continue
        changed = True
        smaller = _without(statement, denied) if of_role else _excepting(statement, role_arn)
        if smaller is not None:
            kept.append(smaller)
    if not changed:
        return None
    document["Statement"] = kept
    return written(document)


def _denies(statement: Statement, pair: tuple[str, str], session: str, role_arn: str) -> bool:
    if statement.get("Effect") != "Deny":
        return False
    action, resource = pair
    by_principal = "Principal" in statement or "NotPrincipal" in statement
    policy = parse_policy({"Version": "2012-10-17", "Statement": [statement]})
    if isinstance(policy, Unparsable):
        return False
    account = (role_arn.split(":") + [""] * 5)[4]
    request = Request(
        principal=session,
        action=action,
        resource=resource,
        resource_account=account if resource == "*" else (resource.split(":") + [""] * 5)[4],
        context={"aws:PrincipalArn": (role_arn,), "aws:PrincipalAccount": (account,), "aws:SecureTransport": ("true",)},
        wildcard_only_action=resource == "*",
    )
    layers = Layers(resource=policy) if by_principal else Layers(identity=(policy,))
    return evaluate(request, layers).outcome is Outcome.EXPLICIT_DENY


def _without(statement: Statement, denied: list[tuple[str, str]]) -> Statement | None:
    """A role's own Deny without the needed actions, or without the needed resources; None: nothing of it is left."""
    smaller = copy.deepcopy(statement)
    actions = [str(action) for action in as_list(statement.get("Action"))]
    gone = {action.lower() for action, _ in denied}
    if actions and not any("*" in action or "?" in action for action in actions):
        left: list[Json] = [action for action in actions if action.lower() not in gone]
        if not left:
            return None
        smaller["Action"] = left
        return smaller
    resources = sorted({resource for _, resource in denied})
    if as_list(statement.get("Resource")) == ["*"] and "*" not in resources:
        del smaller["Resource"]
        smaller["NotResource"] = [*resources]
        return smaller
    return None


def _excepting(statement: Statement, role_arn: str) -> Statement:
    """A shared Deny that excepts exactly this role."""
    smaller = copy.deepcopy(statement)
    condition = smaller.setdefault("Condition", {})
    if not isinstance(condition, dict):
        return smaller
    block = condition.setdefault("ArnNotEquals", {})
    if isinstance(block, dict):
        block["aws:PrincipalArn"] = [*as_list(block.get("aws:PrincipalArn")), role_arn]
    return smaller

"""Bounding a document: statements that grant more than the release needs give way to exactly what they granted of it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable

from diagnosis.facts.account import NamedPolicy
from diagnosis.live.excess import excess
from diagnosis.policy import Layers, Outcome, Request, Unparsable, evaluate, parse_policy
from diagnosis.remedies.policy_patch import Json, Statement, as_list, grants, statements, with_own_sids, written
from diagnosis.verdicts.replay import Need


def bounded_document(policy: NamedPolicy, needs: tuple[Need, ...], session: str, role_arn: str) -> str | None:
    """The document without its excess. ``""`` where nothing of it is left, None where it grants nothing beyond the need.

    What a statement grants of other services and does not exceed in itself stays as it is.
    """
    try:
        document = json.loads(policy.document)
    except ValueError:
        return None
    if not isinstance(document, dict):
        return None
    kept: list[Json] = []
    changed = False
    for statement in statements(document):
        if statement.get("Effect") != "Allow" or not _exceeds(policy.name, statement, needs):
            kept.append(statement)
            continue
        changed = True
        rest = _other_services(statement)
        if rest is not None and not _exceeds(policy.name, rest, needs):
            kept.append(rest)
        kept += grants(_granted(statement, needs, session, role_arn))
    if not changed:
        return None
    if not kept:
        return ""
    document["Statement"] = with_own_sids(kept)
    return written(document)


def _exceeds(name: str, statement: Statement, needs: tuple[Need, ...]) -> bool:
    alone = NamedPolicy(name=name, document=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return bool(excess((alone,), needs).items)


def _other_services(statement: Statement) -> Statement | None:
    """The statement's part that names other services' actions; None where there is none or it cannot be told apart."""
    actions = [str(action) for action in as_list(statement.get("Action"))]
    others: list[Json] = [
        action for action in actions if ":" in action and not action.lower().startswith(("ecr:", "*:"))
    ]
    if not others:
        return None
    rest = copy.deepcopy(statement)
    rest["Action"] = others
    return rest


def _granted(statement: Statement, needs: Iterable[Need], session: str, role_arn: str) -> list[tuple[str, str]]:
    """Which needs the statement alone allows."""
    policy = parse_policy({"Version": "2012-10-17", "Statement": [statement]})
    if isinstance(policy, Unparsable):
        return []
    account = (role_arn.split(":") + [""] * 5)[4]
    found = []
    for need in needs:
        if need.resource is None:
            continue
        request = Request(
            principal=session,
            action=need.action,
            resource=need.resource,
            resource_account=account,
            context={"aws:PrincipalArn": (role_arn,), "aws:SecureTransport": ("true",)},
            wildcard_only_action=need.resource == "*",
        )
        if evaluate(request, Layers(identity=(policy,))).outcome is Outcome.ALLOWED:
            found.append((need.action, need.resource))
    return found

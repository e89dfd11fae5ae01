"""Bound a policy to the need: a statement that grants more is replaced by what it granted of the need, and no more."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import replace

from diagnosis.facts.account import NamedPolicy
from diagnosis.live.excess import excess_of
from diagnosis.names.arn import Arn
from diagnosis.policy import (
    Effect,
    Layers,
    Outcome,
    Policy,
    PolicyDocument,
    Request,
    Unparsable,
    evaluate,
    write_document,
)
from diagnosis.policy.language.tree import Json, JsonObject, as_list, statements, with_own_sids
from diagnosis.remedies.edits.policy_patch import grants
from diagnosis.verdicts.replay import Need


def bounded_document(named: NamedPolicy, needs: tuple[Need, ...], session: str, role_arn: Arn) -> PolicyDocument | None:
    """Return the document without its excess: itself where it has none, None where nothing of it is left.

    What a statement grants of other services and does not exceed in itself stays as it is.
    """
    document, policy = named.document, named.document.policy
    if isinstance(policy, Unparsable):
        return document
    tree = document.editable()
    kept: list[Json] = []
    changed = False
    for statement, compiled in zip(statements(tree), policy.statements, strict=True):
        alone = replace(policy, statements=(compiled,))
        if compiled.effect is not Effect.ALLOW or not _exceeds(named.name, alone, needs):
            kept.append(statement)
            continue
        changed = True
        rest = _other_services(tree, statement)
        if rest is not None and not _exceeds(named.name, rest[1], needs):
            kept.append(rest[0])
        kept += grants(_granted(alone, needs, session, role_arn))
    if not changed:
        return document
    return write_document({**tree, "Statement": with_own_sids(kept)}) if kept else None


def _exceeds(name: str, policy: Policy, needs: tuple[Need, ...]) -> bool:
    return bool(excess_of(((name, policy),), needs).items)


def _other_services(tree: JsonObject, statement: JsonObject) -> tuple[JsonObject, Policy] | None:
    """Return the statement's part that names other services' actions; None where there is none or it cannot be told apart."""
    actions = [str(action) for action in as_list(statement.get("Action"))]
    others: list[Json] = [
        action for action in actions if ":" in action and not action.lower().startswith(("ecr:", "*:"))
    ]
    if not others:
        return None
    rest = copy.deepcopy(statement)
    rest["Action"] = others
    policy = write_document({**tree, "Statement": [rest]}).policy
    return None if isinstance(policy, Unparsable) else (rest, policy)


def _granted(policy: Policy, needs: Iterable[Need], session: str, role_arn: Arn) -> list[tuple[str, str]]:
    """Return the needs that the policy alone allows."""
    found = []
    for need in needs:
        if need.resource is None:
            continue
        request = Request(
            principal=session,
            action=need.action,
            resource=need.resource,
            resource_account=role_arn.account,
            context={"aws:PrincipalArn": (str(role_arn),), "aws:SecureTransport": ("true",)},
            wildcard_only_action=need.resource == "*",
        )
        if evaluate(request, Layers(identity=(policy,))).outcome is Outcome.ALLOWED:
            found.append((need.action, need.resource))
    return found

"""Narrow a Deny with the smallest edit after which it no longer stops the release and stops everything else as before."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from diagnosis.names.arn import Arn
from diagnosis.policy import Layers, Outcome, Policy, PolicyDocument, Request, evaluate, expand_actions, write_document
from diagnosis.policy.language.matching import matches_everything, resource_matcher
from diagnosis.policy.language.tree import Json, JsonObject, as_list, one_or_list, statements, with_own_sids
from diagnosis.remedies.edits.policy_patch import Contexts


def narrowed(
    document: PolicyDocument,
    needs: Iterable[tuple[str, str]],
    session: str,
    role_arn: Arn,
    *,
    of_role: bool,
    contexts: Contexts | None = None,
) -> PolicyDocument | None:
    """Return the document with its denying statements narrowed; None where no statement denies a need.

    ``needs`` are ``(action, resource)`` pairs. ``of_role``: the document is a policy of the role itself, where excepting
    the role would switch the Deny off, so the needed pairs are taken out of it instead. In a document that others share the
    statement excepts the role, and what else it denied is denied to the role by statements of its own. ``contexts`` are
    condition keys that calls carry. Raises ``ValueError`` where the text is no policy.
    """
    tree, policy = document.editable(), document.compiled()
    wanted = tuple(needs)
    kept: list[Json] = []
    changed = False
    for statement, compiled in zip(statements(tree), policy.statements, strict=True):
        alone = replace(policy, statements=(compiled,))
        denied = [pair for pair in wanted if _denies(alone, pair, session, role_arn, (contexts or {}).get(pair, {}))]
        if not denied:
            kept.append(statement)
            continue
        changed = True
        rest = _without(statement, denied)
        kept += rest if of_role else [excepting(statement, role_arn), *_for_role(rest, role_arn)]
    if not changed:
        return None
    return write_document({**tree, "Statement": with_own_sids(kept)})


def _denies(
    policy: Policy, pair: tuple[str, str], session: str, role_arn: Arn, carried: Mapping[str, tuple[str, ...]]
) -> bool:
    """Return whether a policy, reduced to one statement, denies the pair."""
    action, resource = pair
    by_principal = any(statement.principals is not None for statement in policy.statements)
    own, named = role_arn.account, Arn.parse(resource)
    request = Request(
        principal=session,
        action=action,
        resource=resource,
        resource_account=own if resource == "*" else named.account if named else "",
        context={
            "aws:PrincipalArn": (str(role_arn),),
            "aws:PrincipalAccount": (own,),
            "aws:SecureTransport": ("true",),
            # Of several values one call carries one: what it is denied for one, it is denied.
            **{key: values[:1] for key, values in carried.items()},
        },
        wildcard_only_action=resource == "*",
    )
    layers = Layers(resource=policy) if by_principal else Layers(identity=(policy,))
    return evaluate(request, layers).outcome is Outcome.EXPLICIT_DENY


def _without(statement: JsonObject, denied: list[tuple[str, str]]) -> list[JsonObject]:
    """Return a role's own Deny without the needed pairs; it denies the rest still. Empty where nothing of it is left."""
    needed = list(dict.fromkeys(action for action, _ in denied))
    rest = _other_actions(statement, needed)
    kept = [rest] if rest is not None else []
    exact = sorted({resource for _, resource in denied if resource != "*"})
    elsewhere = _elsewhere(statement, [action for action in needed if (action, "*") not in denied], exact)
    return [*kept, elsewhere] if elsewhere is not None else kept


def _elsewhere(statement: JsonObject, actions: list[str], exact: list[str]) -> JsonObject | None:
    """Return a Deny of the needed actions on the statement's other resources; None where there are none, or no list."""
    listed = [str(item) for item in as_list(statement.get("Resource"))]
    if not exact or not actions or not listed:
        return None
    kept = copy.deepcopy(statement)
    for element in ("Action", "NotAction", "Resource"):
        kept.pop(element, None)
    kept["Action"] = one_or_list(actions)
    if listed == ["*"]:
        kept["NotResource"] = one_or_list(exact)
        return kept
    matchers = {item: resource_matcher(item, variables=False) for item in listed}
    rest = [item for item in listed if not any(matchers[item](arn, {}) for arn in exact)]
    if not rest:
        return None
    kept["Resource"] = one_or_list(rest)
    return kept


def _other_actions(statement: JsonObject, needed: list[str]) -> JsonObject | None:
    """Return the statement about all of its actions but the needed ones; None where it is about no other."""
    smaller = copy.deepcopy(statement)
    if "NotAction" in statement:
        smaller["NotAction"] = [*as_list(statement.get("NotAction")), *needed]
        return smaller
    patterns = [str(action) for action in as_list(statement.get("Action"))]
    if any(matches_everything(pattern) for pattern in patterns):
        del smaller["Action"]
        smaller["NotAction"] = one_or_list(needed)
        return smaller
    gone = {action.lower() for action in needed}
    plain = [pattern for pattern in patterns if not set(pattern) & {"*", "?"}]
    wild = [pattern for pattern in patterns if set(pattern) & {"*", "?"}]
    # A pattern that holds a needed action is written out; the others stay patterns.
    hit = [pattern for pattern in wild if gone & {action.lower() for action in expand_actions([pattern])}]
    left = [
        *(pattern for pattern in plain if pattern.lower() not in gone),
        *(pattern for pattern in wild if pattern not in hit),
        *(action for action in (expand_actions(hit) if hit else ()) if action.lower() not in gone),
    ]
    if not left:
        return None
    smaller["Action"] = one_or_list(list(dict.fromkeys(left)))
    return smaller


def _for_role(denials: Iterable[JsonObject], role_arn: Arn) -> Iterator[JsonObject]:
    """Yield the statements under the condition that the caller is the role, where their conditions have room for it."""
    for denial in denials:
        condition = denial.setdefault("Condition", {})
        blocks = condition if isinstance(condition, dict) else {}
        asked = [name for name, block in blocks.items() if isinstance(block, dict) and _asks_for_principal(block)]
        # These two mean the same; beside a value that is there already the role would be one of several.
        free = next((name for name in ("ArnEquals", "ArnLike") if name not in asked), None)
        block = blocks.setdefault(free, {}) if free else None
        if isinstance(block, dict):
            block["aws:PrincipalArn"] = str(role_arn)
            yield denial


def _asks_for_principal(block: JsonObject) -> bool:
    return any(name.lower() == "aws:principalarn" for name in block)


def excepting(statement: JsonObject, role_arn: Arn) -> JsonObject:
    """Return a shared Deny that excepts exactly this role; it stops everybody else as before."""
    smaller = copy.deepcopy(statement)
    condition = smaller.setdefault("Condition", {})
    if not isinstance(condition, dict):
        return smaller
    block = condition.setdefault("ArnNotEquals", {})
    if isinstance(block, dict):
        key = next((name for name in block if name.lower() == "aws:principalarn"), "aws:PrincipalArn")
        block[key] = one_or_list([*(str(item) for item in as_list(block.get(key))), str(role_arn)])
    return smaller

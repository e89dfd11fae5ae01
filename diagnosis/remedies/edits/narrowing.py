"""Narrow a Deny with the smallest edit after which it no longer stops the release and stops everything else as before."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from diagnosis.names.arn import Arn
from diagnosis.policy import (
    Layers,
    Outcome,
    Policy,
    PolicyDocument,
    Request,
    Unparsable,
    evaluate,
    expand_actions,
    write_document,
)
from diagnosis.policy.language.actions import forms_for_action
from diagnosis.policy.language.matching import matches_everything, resource_matcher
from diagnosis.policy.language.tree import Json, JsonObject, as_list, one_or_list, statements, with_own_sids
from diagnosis.remedies.edits.policy_patch import PASS_ROLE, PASSED_TO, Contexts, passes_role

_PLACEHOLDER = re.compile(r"\$\{\w+\}")
_ANY = "*any*"
"""Stands for whatever an ARN may have in a place: nothing but a wildcard of a pattern is meant to match it."""


def narrowed(
    document: PolicyDocument,
    needs: Iterable[tuple[str, str]],
    session: str,
    role_arn: Arn,
    *,
    of_role: bool,
    contexts: Contexts | None = None,
    within: str = "",
) -> PolicyDocument | None:
    """Return the document with its denying statements narrowed; None where no statement denies a need, or none can be narrowed.

    ``needs`` are ``(action, resource)`` pairs. ``of_role``: the document is a policy of the role itself, where excepting
    the role would switch the Deny off, so the needed pairs are taken out of it instead. In a document that others share the
    statement excepts the role, and what else it denied is denied to the role by statements of its own. ``contexts`` are
    condition keys that calls carry; ``within`` is the ARN of the resource that the document hangs on, empty where it hangs on
    none. Raises ``ValueError`` where the text is no policy.
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
        rest = _without(statement, denied, contexts or {}, within)
        kept += rest if of_role else [excepting(statement, role_arn), *_for_role(rest, role_arn)]
    if not changed:
        return None
    after = write_document({**tree, "Statement": with_own_sids(kept)})
    # A pattern over many services, written out action by action, may be longer than any policy.
    return None if isinstance(after.policy, Unparsable) else after


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


def _without(statement: JsonObject, denied: list[tuple[str, str]], contexts: Contexts, within: str) -> list[JsonObject]:
    """Return a role's own Deny without the needed pairs; it denies the rest still. Empty where nothing of it is left."""
    places: dict[str, set[str]] = {}
    for action, resource in denied:
        places.setdefault(action, set()).add(resource)
    rest = _other_actions(statement, list(places))
    # An action that is needed in one place stays denied where only another one is needed.
    by_place: dict[tuple[str, ...], list[str]] = {}
    for action, resources in places.items():
        if "*" not in resources:
            by_place.setdefault(tuple(sorted(resources)), []).append(action)
    found = [
        rest,
        *(item for exact, actions in by_place.items() for item in _elsewhere(statement, actions, exact, within)),
    ]
    return [item for item in (*found, *_to_other_services(statement, denied, contexts)) if item is not None]


def _to_other_services(
    statement: JsonObject, denied: list[tuple[str, str]], contexts: Contexts
) -> Iterator[JsonObject]:
    """Yield a Deny of passing the needed roles to any service but those to which they are passed, as far as these are known."""
    passed: dict[tuple[str, ...], list[str]] = {}
    for action, resource in denied:
        services = contexts.get((action, resource), {}).get(PASSED_TO, ()) if passes_role(action) else ()
        if services:
            passed.setdefault(tuple(services), []).append(resource)
    for services, roles in passed.items():
        kept = _about(statement, [PASS_ROLE])
        kept["Resource"] = one_or_list(roles)
        condition = kept.setdefault("Condition", {})
        block = condition.setdefault("StringNotEquals", {}) if isinstance(condition, dict) else None
        if isinstance(block, dict):
            key = next((name for name in block if name.lower() == PASSED_TO.lower()), PASSED_TO)
            held = [str(item) for item in as_list(block.get(key))]
            block[key] = one_or_list(list(dict.fromkeys([*held, *services])))
            yield kept


def _about(statement: JsonObject, actions: list[str]) -> JsonObject:
    """Return the statement about these actions, on nothing yet."""
    kept = copy.deepcopy(statement)
    for element in ("Action", "NotAction", "Resource", "NotResource"):
        kept.pop(element, None)
    kept["Action"] = one_or_list(actions)
    return kept


def _elsewhere(statement: JsonObject, actions: list[str], exact: tuple[str, ...], within: str) -> Iterator[JsonObject]:
    """Yield a Deny of the needed actions on the statement's other resources; none where there are none, or it names none."""
    if "NotResource" in statement:
        kept = _about(statement, actions)
        spared = [str(item) for item in as_list(statement.get("NotResource"))]
        kept["NotResource"] = one_or_list(list(dict.fromkeys([*spared, *exact])))
        yield kept
        return
    listed = [str(item) for item in as_list(statement.get("Resource"))]
    # On all resources that an action can have, its Deny can leave out the needed ones by name.
    everywhere = [action for action in actions if any(_is_everywhere(item, action, exact, within) for item in listed)]
    matchers = {item: resource_matcher(item, variables=False) for item in listed}
    if everywhere:
        # The objects of a bucket are named without the bucket itself.
        around = [within] if within and not any(covers(within, {}) for covers in matchers.values()) else []
        kept = _about(statement, everywhere)
        kept["NotResource"] = one_or_list([*exact, *around])
        yield kept
    others = [action for action in actions if action not in everywhere]
    rest = [item for item in listed if not any(matchers[item](arn, {}) for arn in exact)]
    if others and rest:
        kept = _about(statement, others)
        kept["Resource"] = one_or_list(rest)
        yield kept


def _is_everywhere(pattern: str, action: str, exact: tuple[str, ...], within: str) -> bool:
    """Return whether a pattern covers every resource of an action that is called on these, whatever its region and account.

    What an action of IAM works on is of the caller's own account. The policy of a bucket is about its own objects alone.
    """
    if matches_everything(pattern):
        return True
    if within and "?" not in pattern and all(resource.startswith(f"{within}/") for resource in exact):
        return resource_matcher(pattern, variables=False)(f"{within}/{_ANY}", {})
    forms, known = forms_for_action(action), Arn.parse(exact[0])
    if not forms or known is None or "?" in pattern:
        return False
    certain = {"${Partition}": known.partition, **({"${Account}": known.account} if known.service == "iam" else {})}
    covers = resource_matcher(pattern, variables=False)
    return all(covers(_PLACEHOLDER.sub(lambda found: certain.get(found[0], _ANY), form), {}) for form in forms)


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

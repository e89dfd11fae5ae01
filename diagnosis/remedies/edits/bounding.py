"""Bound a policy: of a statement that grants too much stays what is exact, and what it granted of the need."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import replace

from diagnosis.facts.account import NamedPolicy
from diagnosis.live.excess import REGISTRY_SERVICES, ExcessKind, is_unbounded, items_of
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
    expand_actions,
    write_document,
)
from diagnosis.policy.language.matching import names_every_action
from diagnosis.policy.language.tree import Json, JsonObject, as_list, one_or_list, statements, with_own_sids
from diagnosis.remedies.edits.policy_patch import grants
from diagnosis.remedies.offer import contexts_of
from diagnosis.verdicts.release import Need

EVERY_KIND = frozenset(ExcessKind)
OF_REGISTRY = frozenset({ExcessKind.ACTION, ExcessKind.RESOURCE})


def bounded_document(
    named: NamedPolicy,
    needs: tuple[Need, ...],
    session: str,
    role_arn: Arn,
    kinds: frozenset[ExcessKind] = EVERY_KIND,
) -> PolicyDocument | None:
    """Return the document without its excess of these kinds: itself where it has none, None where nothing of it is left.

    Of a statement that exceeds the need stays what does not exceed it: what it grants of other services, exact actions of the
    registry on exact resources, and what the statement granted of the need.
    """
    document, policy = named.document, named.document.policy
    if isinstance(policy, Unparsable):
        return document
    tree = document.editable()
    kept: list[Json] = []
    changed = False
    for statement, compiled in zip(statements(tree), policy.statements, strict=True):
        alone = replace(policy, statements=(compiled,))
        if compiled.effect is not Effect.ALLOW or not _exceeds(named.name, alone, needs, kinds):
            kept.append(statement)
            continue
        changed = True
        parts = [part for part in _parts(tree, statement, kinds) if not _exceeds(named.name, part[1], needs, kinds)]
        kept += [part for part, _ in parts]
        held = {pair for _, compiled_part in parts for pair in _granted(compiled_part, needs, session, role_arn)}
        missing = [pair for pair in _granted(alone, needs, session, role_arn) if pair not in held]
        kept += grants(missing, contexts_of(needs))
    if not changed:
        return document
    return write_document({**tree, "Statement": with_own_sids(kept)}) if kept else None


def _exceeds(name: str, policy: Policy, needs: tuple[Need, ...], kinds: frozenset[ExcessKind] = EVERY_KIND) -> bool:
    return any(item.kind in kinds for item in items_of(((name, policy),), needs))


def _parts(
    tree: JsonObject, statement: JsonObject, kinds: frozenset[ExcessKind]
) -> Iterator[tuple[JsonObject, Policy]]:
    """Yield the statement's parts that may be no excess: other services' actions, exact resources of the registry."""
    actions = [part for action in as_list(statement.get("Action")) for part in _by_service(str(action))]
    registry = [action for action in actions if action.partition(":")[0].lower() in REGISTRY_SERVICES]
    others = [action for action in actions if ":" in action and action not in registry and action != "*:*"]
    single = [(action, made) for action in others if (made := _with(tree, statement, Action=[action])) is not None]
    spared = [action for action, (_, policy) in single if not _exceeds("", policy, (), kinds)]
    rest = _with(tree, statement, Action=spared) if spared else None
    if rest is not None:
        yield rest
    exact = [str(place) for place in as_list(statement.get("Resource")) if not is_unbounded(str(place))]
    named = [action for action in registry if not set(action) & {"*", "?"}]
    kept = _with(tree, statement, Action=named, Resource=exact) if named and exact else None
    if kept is not None:
        yield kept


def _by_service(action: str) -> list[str]:
    """Return a pattern with a wildcard in the service's name as one for each service; any other pattern as it is."""
    service, colon, name = action.partition(":")
    if not colon or names_every_action(action) or not set(service) & {"*", "?"}:
        return [action]
    return list(dict.fromkeys(f"{found.partition(':')[0]}:{name}" for found in expand_actions([action])))


def _with(tree: JsonObject, statement: JsonObject, **elements: list[str]) -> tuple[JsonObject, Policy] | None:
    """Return the statement with these elements in place of its own; None where that is no policy."""
    part = copy.deepcopy(statement)
    part.update({name: one_or_list(values) for name, values in elements.items()})
    policy = write_document({**tree, "Statement": [part]}).policy
    return None if isinstance(policy, Unparsable) else (part, policy)


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
            context={"aws:PrincipalArn": (str(role_arn),), "aws:SecureTransport": ("true",)}
            | {key: (value,) for key, value in need.context},
            wildcard_only_action=need.resource == "*",
        )
        if evaluate(request, Layers(identity=(policy,))).outcome is Outcome.ALLOWED:
            found.append((need.action, need.resource))
    return found

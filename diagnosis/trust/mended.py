"""Mend the faults of one statement of a trust policy where they stand, and nothing else of it."""

from __future__ import annotations

import copy
from collections.abc import Iterable

from diagnosis.names.arn import Arn
from diagnosis.policy.language.tree import WEB_IDENTITY_ACTION, Json, JsonObject, as_list, one_or_list
from diagnosis.trust.faults import Fault, Mend


def mended(statement: JsonObject, faults: Iterable[Fault], provider: Arn, *, escape: bool) -> JsonObject:
    """Return the statement with each fault mended where it stands; ``escape`` where its document has policy variables."""
    changed = copy.deepcopy(statement)
    for fault in faults:
        if fault.mend is Mend.PRINCIPAL:
            changed.pop("NotPrincipal", None)
            changed["Principal"] = {"Federated": str(provider)}
        elif fault.mend is Mend.ACTION:
            listed = [str(action) for action in as_list(changed.get("Action"))]
            changed["Action"] = one_or_list([*listed, WEB_IDENTITY_ACTION])
        else:
            mend_condition(changed, fault, escape=escape)
    return changed


def mend_condition(statement: JsonObject, fault: Fault, *, escape: bool) -> None:
    """Mend one condition in the statement that was given, which is the caller's own."""
    condition = statement.get("Condition")
    block = condition.get(fault.operator) if isinstance(condition, dict) else None
    if not isinstance(condition, dict) or not isinstance(block, dict) or fault.key not in block:
        return
    listed = [str(value) for value in as_list(block[fault.key])]
    if fault.mend is Mend.REMOVE:
        del block[fault.key]
        if not block:
            del condition[fault.operator]
        if not condition:
            del statement["Condition"]
    elif fault.mend is Mend.RENAME:
        values = listed + ([literal(fault.joined, escape)] if fault.joined else [])
        items = [(fault.new, one_or_list(values)) if key == fault.key else (key, old) for key, old in block.items()]
        block.clear()
        block.update(items)
    elif fault.mend is Mend.REPLACE:
        right = fault.new if set(fault.new) & {"*", "?"} else literal(fault.new, escape)
        values = [right if value == fault.old else value for value in listed]
        block[fault.key] = _as_written(block[fault.key], list(dict.fromkeys(values)))
    elif fault.mend is Mend.JOIN and fault.new:
        block[fault.key] = one_or_list(list(dict.fromkeys([*listed, literal(fault.new, escape)])))


def _as_written(before: Json, values: list[str]) -> Json:
    """Return one value as a list where it stood in one."""
    return [*values] if isinstance(before, list) else one_or_list(values)


def literal(text: str, escape: bool) -> str:
    """Return the text as a policy value that means itself: a branch may be named like a policy variable."""
    return text.replace("${", "${$}{") if escape else text

"""Read one row of the evaluation-case format (policies and a request) and write its decision with the reason.

A row is a JSON object: ``id``; ``request`` {``principal``, ``action``, ``resource``, ``resource_account``, ``context``
{key: [values]}, ``multivalued_keys``, ``wildcard_only_action``}; ``identity_policies`` [document]; ``resource_policy``
document or null; ``permission_boundaries`` [document] or null; ``session_policy`` document or null; ``scps`` (and
``rcps``) null or [{``level``, ``policies`` [document]}], root first. Other members are left unread.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from diagnosis.logs.scrubbed_values import MARK, scrub_json_text
from diagnosis.policy.evaluation.evaluate import Decision
from diagnosis.policy.evaluation.layers import Layers
from diagnosis.policy.language.parsing import Policy, Unparsable, parse_policy
from diagnosis.policy.language.rejections import PolicyKind
from diagnosis.policy.language.size_limits import OF_KINDS
from diagnosis.policy.language.strict_json import JsonFault, JsonNumber, outer_member, read_json
from diagnosis.policy.request import Request

JsonValue: TypeAlias = "str | int | float | bool | list[JsonValue] | dict[str, JsonValue] | None"
_Levels: TypeAlias = tuple[tuple[str, tuple[Policy, ...]], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A readable row."""

    id: JsonValue
    request: Request
    layers: Layers


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row that cannot be read: its id where there is one, and why."""

    id: JsonValue
    error: str


_MOST_VALUES = 1_000
"""Of one context key. AWS's multivalued keys hold some dozens; every one is compared with every value of a policy."""
_SHORT_INTEGER = re.compile(r"-?\d{1,18}\Z", re.ASCII)


class _RowError(Exception):
    """Raised inside this module only; :func:`read_row` turns it into :class:`RowFault`."""


def read_row(source: str | Mapping[str, object]) -> Row | RowFault:
    """Read a row from JSON text or a mapping; never raises.

    Secrets in a text are not kept. Where one could decide, the row is not decided: a fault says so.
    """
    tree: object = source
    if isinstance(source, str):
        source = scrub_json_text(source)
        tree = read_json(source)
        if isinstance(tree, JsonFault):
            line = "" if tree.line in (None, 1) else f"line {tree.line}, "
            where = "" if tree.column is None else f" ({line}column {tree.column})"
            return RowFault(row_id(source), tree.why + where)
    if not isinstance(tree, Mapping):
        return RowFault(None, "a row must be a JSON object")
    identifier = _identifier(tree.get("id"))
    try:
        return Row(identifier, _request(tree.get("request")), _layers(tree))
    except _RowError as fault:
        return RowFault(identifier, str(fault))


def result_of(row: Row, decision: Decision) -> dict[str, JsonValue]:
    """Return ``{"id", "decision", "because": {"layer", "statement", "decisive", "text"}}``."""
    because = decision.because
    return {
        "id": row.id,
        "decision": decision.outcome.value,
        "because": {
            "layer": because.layer.value,
            "statement": because.statement,
            "decisive": because.decisive,
            "text": because.text,
        },
    }


def row_id(text: str) -> JsonValue:
    """Return the id of a row whose text is no JSON, as far as it can be told; None where it cannot."""
    return _identifier(outer_member(text, "id"))


def _identifier(value: object) -> JsonValue:
    """Return an id as it may be given back: text and plain values; anything else is not carried over."""
    if isinstance(value, JsonNumber):
        return int(value.text) if _SHORT_INTEGER.match(value.text) else value.text
    return value if isinstance(value, (str, bool, int)) else None


def _request(tree: object) -> Request:
    if not isinstance(tree, Mapping):
        raise _RowError("request must be an object")
    if MARK in repr(tree):
        raise _RowError("request: a value looks like a secret and was not kept")
    account = tree.get("resource_account")
    if isinstance(account, JsonNumber):
        account = account.text
    if account is not None and not isinstance(account, str):
        raise _RowError("request.resource_account must be a string")
    context = _context(tree.get("context"))
    if len(_text_of(tree)) > _LONGEST_REQUEST:
        raise _RowError(f"request has more than {_LONGEST_REQUEST} characters, which no request to AWS carries")
    only = tree.get("wildcard_only_action", False)
    if only is not None and not isinstance(only, bool):
        raise _RowError("request.wildcard_only_action must be true or false")
    return Request(
        principal=_text(tree, "principal"),
        action=_text(tree, "action"),
        resource=_text(tree, "resource"),
        resource_account=account,
        context=context,
        multivalued_keys=frozenset(_texts(tree.get("multivalued_keys") or (), "request.multivalued_keys")),
        wildcard_only_action=bool(only),
    )


def _text(tree: Mapping[str, object], name: str) -> str:
    value = tree.get(name)
    if not isinstance(value, str) or not value:
        raise _RowError(f"request.{name} must be a string")
    return value


def _texts(values: object, path: str) -> tuple[str, ...]:
    if not isinstance(values, (list, tuple)):
        raise _RowError(f"{path} must be a list")
    return tuple(_scalar(value, path) for value in values)


def _scalar(value: object, path: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, JsonNumber):
        return value.text
    if isinstance(value, (str, int, float)):
        return str(value)
    raise _RowError(f"{path} must hold strings")


def _context(tree: object) -> dict[str, tuple[str, ...]]:
    if tree is None:
        return {}
    if not isinstance(tree, Mapping):
        raise _RowError("request.context must be an object")
    context: dict[str, tuple[str, ...]] = {}
    for key, values in tree.items():
        if not isinstance(key, str):
            raise _RowError("request.context must have string keys")
        path = "a value of request.context"
        if isinstance(values, (list, tuple)) and len(values) > _MOST_VALUES:
            raise _RowError(f"a key of request.context has more than {_MOST_VALUES} values")
        context[key] = _texts(values, path) if isinstance(values, (list, tuple)) else (_scalar(values, path),)
    return context


def _layers(tree: Mapping[str, object]) -> Layers:
    boundaries = tree.get("permission_boundaries")
    return Layers(
        identity=_policies(tree.get("identity_policies") or (), "identity_policies", PolicyKind.IDENTITY),
        resource=_optional(tree.get("resource_policy"), "resource_policy", PolicyKind.RESOURCE),
        boundaries=None if boundaries is None else _policies(boundaries, "permission_boundaries", PolicyKind.BOUNDARY),
        session=_optional(tree.get("session_policy"), "session_policy", PolicyKind.SESSION),
        scps=_levels(tree.get("scps"), "scps", PolicyKind.SCP),
        rcps=_levels(tree.get("rcps"), "rcps", PolicyKind.RCP),
    )


def _policy(tree: object, path: str, kind: PolicyKind) -> Policy:
    if not isinstance(tree, (str, Mapping)):
        raise _RowError(f"{path} must be a policy document")
    # A document that stands in the row as an object has no white space of its own that would count.
    refusal = OF_KINDS[kind].refusal(tree if isinstance(tree, str) else _text_of(tree))
    if refusal is not None:
        raise _RowError(f"{path}: {refusal}")
    policy = parse_policy(tree, kind)
    if isinstance(policy, Unparsable):
        raise _RowError(f"{path}: {policy.text}")
    if policy.not_kept:
        raise _RowError(f"{path}: a value looks like a secret and was not kept (at {policy.not_kept[0]})")
    return policy


_LONGEST_REQUEST = 131_072
"""Each pattern of each policy may be compared with all of it."""


def _text_of(tree: Mapping[str, object]) -> str:
    """Return the document as AWS would be given it; a number as its own digits."""
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":"), default=lambda value: getattr(value, "text", ""))


def _optional(tree: object, path: str, kind: PolicyKind) -> Policy | None:
    return None if tree is None else _policy(tree, path, kind)


def _policies(tree: object, path: str, kind: PolicyKind) -> tuple[Policy, ...]:
    if not isinstance(tree, (list, tuple)):
        raise _RowError(f"{path} must be a list of policy documents")
    return tuple(_policy(document, f"{path}[{index}]", kind) for index, document in enumerate(tree))


def _levels(tree: object, path: str, kind: PolicyKind) -> _Levels | None:
    if tree is None:
        return None
    if not isinstance(tree, Sequence) or isinstance(tree, str):
        raise _RowError(f"{path} must be a list of levels")
    levels: list[tuple[str, tuple[Policy, ...]]] = []
    for index, level in enumerate(tree):
        if not isinstance(level, Mapping):
            raise _RowError(f"{path}[{index}] must be an object")
        name = level.get("level")
        policies = _policies(level.get("policies") or (), f"{path}[{index}].policies", kind)
        levels.append((name if isinstance(name, str) else str(index), policies))
    return tuple(levels)

"""Read a packet back from its JSON, member by member: nothing more and nothing less than the schema has, each of its kind."""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from diagnosis.documents.packet import SCHEMA, Facts, Packet, completed
from diagnosis.gates import ALL_GATES, GATES, Gate, Verdict
from diagnosis.policy.language.strict_json import JsonFault, JsonNumber, read_json

T = TypeVar("T")

_LONGEST_NUMBER = 20
_KINDS: dict[Any, str] = {
    str: "a text",
    int: "a number",
    bool: "true or false",
    tuple: "a list",
    datetime: "a UTC time",
}


class NotAPacketError(ValueError):
    """What is wrong with the JSON, as the end of a sentence that begins with the name of its file."""


def packet_of(text: str) -> Packet:
    """Return the packet that a JSON text holds. Raises NotAPacketError for any text that no packet was written as."""
    document = read_json(text)
    if isinstance(document, JsonFault):
        at = f" at line {document.line}, column {document.column}" if document.line is not None else ""
        raise NotAPacketError(f"cannot be read: {document.why}{at}")
    if not isinstance(document, dict):
        raise NotAPacketError("holds no JSON object")
    if document.pop("schema", None) != SCHEMA:
        raise NotAPacketError(f"is not of schema {SCHEMA}; export it again with this version")
    packet = _object(Packet, document, "")
    if not packet.attempts:
        raise NotAPacketError("holds no attempts")
    for index, attempt in enumerate(packet.attempts):
        _require_verdicts(attempt.verdicts, f"attempts[{index}].verdicts")
    for index, session in enumerate(packet.sessions):
        _require_verdicts(session.verdicts, f"sessions[{index}].verdicts")
    if packet.now:
        _require_verdicts([(entry.gate, entry.verdict) for entry in packet.now], "now")
    if packet.fix is not None:
        _require_verdicts([(entry.gate, entry.verdict) for entry in packet.fix.gates], "fix.gates")
    _require_sentences(packet)
    return packet


def _require_verdicts(verdicts: Sequence[tuple[Gate, Verdict]], place: str) -> None:
    """Require one verdict at each gate, in order: the four, or these and service authorization."""
    if [gate for gate, _ in verdicts] not in ([*GATES], [*ALL_GATES]):
        raise NotAPacketError(f"lacks a verdict at each gate: `{place}`")


def _require_sentences(packet: Packet) -> None:
    """Require that every sentence about the facts is the one that they make."""
    made = completed(packet)
    for field in fields(Packet)[len(fields(Facts)) :]:
        if getattr(packet, field.name) != getattr(made, field.name):
            raise NotAPacketError(f"says what its own facts do not make: `{field.name}`")


def _object(kind: type[T], value: object, place: str) -> T:
    if not isinstance(value, dict):
        raise NotAPacketError(f"is not an object at `{place}`")
    known = _members_of(kind)  # type: ignore[arg-type] # a class can be a key; its metaclass may say otherwise
    if len(value) != len(known) or any(name not in value for name in known):
        lacking = [name for name in known if name not in value]
        what = f"lacks `{lacking[0]}`" if lacking else "holds a member that the schema does not know"
        raise NotAPacketError(f"{what} at `{place}`" if place else what)
    return kind(**{name: _value(hint, value[name], f"{place}.{name}".lstrip(".")) for name, hint in known.items()})


@cache
def _members_of(kind: type[Any]) -> dict[str, Any]:
    """Return the members of a kind of object, each with what it holds."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _value(hint: Any, value: object, place: str) -> object:
    """Return the value as what the hint says. The hints of a packet are few: texts, numbers, times, objects and lists."""
    if get_origin(hint) in (Union, types.UnionType):
        (inner,) = (member for member in get_args(hint) if member is not type(None))
        return None if value is None else _value(inner, value, place)
    if get_origin(hint) is tuple:
        return _list(get_args(hint), value, place)
    if isinstance(hint, type) and is_dataclass(hint):
        return _object(hint, value, place)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _member(hint, value, place)
    if hint is str and isinstance(value, str):
        return value
    if hint is int and isinstance(value, JsonNumber) and len(value.text) < _LONGEST_NUMBER and value.text.isdigit():
        return int(value.text)
    if hint is bool and isinstance(value, bool):
        return value
    if hint is datetime and isinstance(value, str):
        return _moment(value, place)
    raise NotAPacketError(f"is not {_KINDS[hint]} at `{place}`")


def _member(kind: type[StrEnum], value: object, place: str) -> StrEnum:
    known = {each.value: each for each in kind}
    if not isinstance(value, str) or value not in known:
        raise NotAPacketError(f"holds what is none of {', '.join(known)} at `{place}`")
    return known[value]


def _list(members: tuple[Any, ...], value: object, place: str) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise NotAPacketError(f"is not a list at `{place}`")
    if members[-1] is Ellipsis:
        return tuple(_value(members[0], item, f"{place}[{index}]") for index, item in enumerate(value))
    if len(members) != len(value):
        raise NotAPacketError(f"is not a list of {len(members)} at `{place}`")
    pairs = zip(members, value, strict=True)
    return tuple(_value(member, item, f"{place}[{index}]") for index, (member, item) in enumerate(pairs))


def _moment(text: str, place: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise NotAPacketError(f"is not a UTC time at `{place}`") from None

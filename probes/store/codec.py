"""Write frozen dataclasses as JSON and read them back by their type hints; what does not fit exactly is a CodecError."""

from __future__ import annotations

import hashlib
import types
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

_CLASS = ""
"""The member that names the class: no field can have this name."""


class CodecError(ValueError):
    """A JSON value that is not what the type says."""


def encode(value: Any, text: Callable[[str], str] = str) -> Any:
    """Return a value as JSON; ``text`` is applied to every string."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, tuple):
        return [encode(item, text) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        members = {field.name: encode(getattr(value, field.name), text) for field in fields(value)}
        return {_CLASS: type(value).__name__, **members}
    raise CodecError(f"a {type(value).__name__} cannot be kept")


def decode(hint: Any, data: Any) -> Any:
    """Return the value of type ``hint`` from which ``data`` was made. Raises CodecError."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _decode_union(get_args(hint), data)
    if origin is tuple:
        return _decode_tuple(get_args(hint), data)
    if isinstance(origin, type) and is_dataclass(origin):
        parameters = getattr(origin, "__parameters__", ())
        return _decode_dataclass(origin, data, dict(zip(parameters, get_args(hint), strict=True)))
    if isinstance(hint, type) and is_dataclass(hint):
        return _decode_dataclass(hint, data, {})
    return _decode_scalar(hint, data)


def fingerprint(*roots: type, without: Collection[type] = ()) -> str:
    """Return a short text that changes when the shape of a class, or of a class within it, changes.

    ``without`` names classes that are never kept: their shape, and what only they hold, does not count.
    """
    seen = set(without)
    for root in roots:
        _classes(root, seen)
    lines = sorted(line for kind in seen.difference(without) for line in _shape(kind))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _decode_union(members: tuple[Any, ...], data: Any) -> Any:
    if data is None:
        if type(None) in members:
            return None
        raise CodecError("nothing stands where something must")
    if isinstance(data, dict):
        for member in members:
            kind = get_origin(member) or member
            if isinstance(kind, type) and is_dataclass(kind) and kind.__name__ == data.get(_CLASS):
                return decode(member, data)
        raise CodecError("a class that the type does not name")
    for member in members:
        try:
            return decode(member, data)
        except CodecError:
            continue
    raise CodecError("no member of the union fits")


def _decode_tuple(members: tuple[Any, ...], data: Any) -> tuple[Any, ...]:
    if not isinstance(data, list):
        raise CodecError("no list")
    if len(members) == 2 and members[1] is Ellipsis:
        return tuple(decode(members[0], item) for item in data)
    if len(members) != len(data):
        raise CodecError("a list of another length")
    return tuple(decode(member, item) for member, item in zip(members, data, strict=True))


def _decode_dataclass(kind: type, data: Any, parameters: Mapping[Any, Any]) -> Any:
    if not isinstance(data, dict) or data.get(_CLASS) != kind.__name__:
        raise CodecError(f"no {kind.__name__}")
    hints = hints_of(kind)
    if data.keys() - {_CLASS} != hints.keys():
        raise CodecError(f"a {kind.__name__} with other members")
    return kind(**{name: decode(parameters.get(hint, hint), data[name]) for name, hint in hints.items()})


def _decode_scalar(hint: Any, data: Any) -> Any:
    if hint is datetime:
        if not isinstance(data, str):
            raise CodecError("no time")
        try:
            moment = datetime.fromisoformat(data)
        except ValueError:
            raise CodecError("no time") from None
        if moment.tzinfo is None:
            raise CodecError("a time without its zone")
        return moment
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(data)
        except ValueError:
            raise CodecError(f"no {hint.__name__}") from None
    # bool is an int to Python, never to JSON.
    if hint in (str, int, float, bool) and type(data) is hint:
        return data
    raise CodecError("a value of another kind")


_KNOWN_HINTS: dict[type, dict[str, Any]] = {}


def hints_of(kind: Any) -> dict[str, Any]:
    """Return the type hints of a dataclass, resolved once."""
    found = _KNOWN_HINTS.get(kind)
    if found is None:
        hints = get_type_hints(kind)
        found = _KNOWN_HINTS[kind] = {field.name: hints[field.name] for field in fields(kind)}
    return found


def _classes(hint: Any, seen: set[type]) -> set[type]:
    """Return every dataclass and enum that a type holds."""
    kind = get_origin(hint) or hint
    for member in get_args(hint):
        _classes(member, seen)
    if isinstance(kind, type) and kind not in seen and (is_dataclass(kind) or issubclass(kind, Enum)):
        seen.add(kind)
        if is_dataclass(kind):
            for member in hints_of(kind).values():
                if not isinstance(member, TypeVar):
                    _classes(member, seen)
    return seen


def _shape(kind: Any) -> list[str]:
    if issubclass(kind, Enum):
        return [f"{kind.__name__}={member.value}" for member in kind]
    # As written, not as resolved: Python's versions print resolved types in different ways.
    return [f"{kind.__name__}.{field.name}: {field.type}" for field in fields(kind)]

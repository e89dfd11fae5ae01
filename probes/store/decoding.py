"""Read values back from JSON by their type hints. A type is looked at once and becomes a function that reads such values."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

CLASS = ""
"""The member that names the class: no field can have this name."""

Reader: TypeAlias = Callable[[Any], Any]
"""Returns the value that JSON was made from. Raises CodecError where it is not exactly such a value."""

_SCALARS = (str, int, float, bool)


class CodecError(ValueError):
    """A JSON value that is not what the type says."""


_READERS: dict[Any, Reader] = {}


def reader_of(hint: Any) -> Reader:
    """Return what reads values of this type."""
    found = _READERS.get(hint)
    if found is None:
        found = _READERS[hint] = _reader(hint)
    return found


def _reader(hint: Any) -> Reader:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _union(get_args(hint))
    if origin is tuple:
        return _tuple(get_args(hint))
    if isinstance(origin, type) and is_dataclass(origin):
        parameters = getattr(origin, "__parameters__", ())
        return _dataclass(origin, dict(zip(parameters, get_args(hint), strict=True)))
    if isinstance(hint, type) and is_dataclass(hint):
        return _dataclass(hint, {})
    if hint is datetime:
        return _time
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enum(hint)
    return _scalar(hint)


def _union(members: tuple[Any, ...]) -> Reader:
    empty = type(None) in members
    kinds = {}
    for member in reversed(members):
        kind = get_origin(member) or member
        if isinstance(kind, type) and is_dataclass(kind):
            kinds[kind.__name__] = member
    others = [member for member in members if member is not type(None) and member not in kinds.values()]
    plain = frozenset(others) if all(member in _SCALARS for member in others) else frozenset()

    def read(data: Any) -> Any:
        if data is None:
            if empty:
                return None
            raise CodecError("nothing stands where something must")
        if type(data) in plain:
            return data
        if isinstance(data, dict):
            named = data.get(CLASS)
            if isinstance(named, str) and named in kinds:
                return reader_of(kinds[named])(data)
            raise CodecError("a class that the type does not name")
        for member in others:
            try:
                return reader_of(member)(data)
            except CodecError:
                continue
        raise CodecError("no member of the union fits")

    return read


def _tuple(members: tuple[Any, ...]) -> Reader:
    alike = len(members) == 2 and members[1] is Ellipsis

    def read(data: Any) -> Any:
        if not isinstance(data, list):
            raise CodecError("no list")
        if alike:
            one = reader_of(members[0])
            return tuple([one(item) for item in data])
        if len(members) != len(data):
            raise CodecError("a list of another length")
        return tuple([reader_of(member)(item) for member, item in zip(members, data, strict=True)])

    return read


def _dataclass(kind: Any, parameters: Mapping[Any, Any]) -> Reader:
    readers: dict[str, Reader] = {}

    def read(data: Any) -> Any:
        if not isinstance(data, dict) or data.get(CLASS) != kind.__name__:
            raise CodecError(f"no {kind.__name__}")
        if not readers:
            # Not before: a class may hold values of its own type.
            readers.update({name: reader_of(parameters.get(hint, hint)) for name, hint in hints_of(kind).items()})
        if len(data) != len(readers) + 1:
            raise CodecError(f"a {kind.__name__} with other members")
        try:
            return kind(**{name: read_member(data[name]) for name, read_member in readers.items()})
        except KeyError:
            raise CodecError(f"a {kind.__name__} with other members") from None

    return read


def _time(data: Any) -> datetime:
    if not isinstance(data, str):
        raise CodecError("no time")
    try:
        moment = datetime.fromisoformat(data)
    except ValueError:
        raise CodecError("no time") from None
    if moment.tzinfo is None:
        raise CodecError("a time without its zone")
    return moment


def _enum(kind: type[Enum]) -> Reader:
    def read(data: Any) -> Enum:
        try:
            return kind(data)
        except ValueError:
            raise CodecError(f"no {kind.__name__}") from None

    return read


def _scalar(kind: Any) -> Reader:
    known = kind in _SCALARS

    def read(data: Any) -> Any:
        # bool is an int to Python, never to JSON.
        if known and type(data) is kind:
            return data
        raise CodecError("a value of another kind")

    return read


_KNOWN_HINTS: dict[type, dict[str, Any]] = {}


def hints_of(kind: Any) -> dict[str, Any]:
    """Return the type hints of a dataclass, resolved once."""
    found = _KNOWN_HINTS.get(kind)
    if found is None:
        hints = get_type_hints(kind)
        found = _KNOWN_HINTS[kind] = {field.name: hints[field.name] for field in fields(kind)}
    return found

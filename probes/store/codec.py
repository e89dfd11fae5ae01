"""Write frozen dataclasses as JSON and read them back by their type hints; what does not fit exactly is a CodecError."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar, get_args, get_origin

from probes.store.decoding import CLASS, CodecError, hints_of, reader_of

__all__ = ["CodecError", "decode", "encode", "fingerprint"]


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
        members = {name: encode(getattr(value, name), text) for name in hints_of(type(value))}
        return {CLASS: type(value).__name__, **members}
    raise CodecError(f"a {type(value).__name__} cannot be kept")


def decode(hint: Any, data: Any) -> Any:
    """Return the value of type ``hint`` from which ``data`` was made. Raises CodecError."""
    return reader_of(hint)(data)


def fingerprint(*roots: type, without: Collection[type] = ()) -> str:
    """Return a short text that changes when the shape of a class, or of a class within it, changes.

    ``without`` names classes that are never kept: their shape, and what only they hold, does not count.
    """
    seen = set(without)
    for root in roots:
        _classes(root, seen)
    lines = sorted(line for kind in seen.difference(without) for line in _shape(kind))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


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

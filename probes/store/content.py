"""Give a value a name that is another wherever its content is: a digest over every member, at any depth."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any

from diagnosis.facts.workflow import ActionFile, WorkflowFile
from probes.store.codec import CodecError


def content_key(*values: Any) -> str:
    """Return the digest of frozen values, as 64 hexadecimal digits. Raises CodecError for what has no fixed content.

    Every piece is written with its kind and its length, so two values never share one writing. A parsed file counts by its
    text and its path alone: the parser belongs to the rules (:mod:`probes.store.rules`).
    """
    pieces: list[bytes] = []
    for value in values:
        _write(value, pieces.append)
    return hashlib.sha256(b"".join(pieces)).hexdigest()


def _write(value: Any, add: Callable[[bytes], None]) -> None:
    kind = type(value)
    if kind is str:
        text = value.encode("utf-8", "surrogatepass")
        add(b"s%d:" % len(text))
        add(text)
    elif value is None or kind is bool or kind is int or kind is float:
        add(b"%s;" % repr(value).encode())
    elif kind is tuple:
        add(b"(%d:" % len(value))
        for item in value:
            _write(item, add)
    elif kind is datetime or kind is date:
        add(b"d%s;" % value.isoformat().encode())
    elif isinstance(value, Enum):
        add(b"e%s.%s;" % (kind.__name__.encode(), value.name.encode()))
    elif kind is WorkflowFile or kind is ActionFile:
        add(b"f%s:" % kind.__name__.encode())
        _write((value.text, value.parsed.path), add)
    elif is_dataclass(kind):
        add(b"c%s:" % kind.__name__.encode())
        for name in _members(kind):
            _write(getattr(value, name), add)
    else:
        raise CodecError(f"a {kind.__name__} has no fixed content")


@cache
def _members(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))

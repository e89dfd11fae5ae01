"""Taking values out of an AWS answer without trusting it: what is not as documented raises :class:`BrokenAnswer`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from diagnosis.policy import PolicyDocument, read_document
from probes.aws.session.errors import BrokenAnswer


def part(answer: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """The structure under a path of members."""
    value: object = answer
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping):
        raise BrokenAnswer(f"{'.'.join(path)} is missing")
    return value


def parts(answer: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The structures of a list member; the list itself must be there, empty or not."""
    values = answer.get(name)
    if not isinstance(values, list) or not all(isinstance(value, Mapping) for value in values):
        raise BrokenAnswer(f"{name} is missing")
    return values


def texts(answer: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The strings of a list member; the list itself must be there, empty or not."""
    values = answer.get(name)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise BrokenAnswer(f"{name} is missing")
    return tuple(values)


def text(answer: Mapping[str, Any], name: str) -> str:
    """A string that must be there and not be empty."""
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise BrokenAnswer(f"{name} is missing")
    return value


def maybe_text(answer: Mapping[str, Any], name: str) -> str | None:
    """A string that may be missing."""
    value = answer.get(name)
    return value if isinstance(value, str) and value else None


def maybe_number(answer: Mapping[str, Any], name: str) -> int | None:
    """A whole number that may be missing."""
    value = answer.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def maybe_moment(answer: Mapping[str, Any], name: str) -> datetime | None:
    """A time that may be missing, in UTC (botocore gives some in the machine's own zone)."""
    value = answer.get(name)
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo is not None else None


def document(answer: Mapping[str, Any], name: str) -> PolicyDocument:
    """A policy document. IAM sends its text percent-encoded; what is not encoded already begins with a brace."""
    value = text(answer, name)
    return read_document(value if value.lstrip().startswith("{") else unquote(value))

"""Members of GitHub's JSON as checked values: a member of another kind counts as absent, never as a crash."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from probes.github.client import Json
from probes.github.errors import BrokenAnswer


def text(value: Json, name: str, default: str = "") -> str:
    """A text."""
    found = value.get(name)
    return found if isinstance(found, str) else default


def optional_text(value: Json, name: str) -> str | None:
    """A text, or None where it is null, absent or empty."""
    return text(value, name) or None


def number(value: Json, name: str) -> int | None:
    """A whole number."""
    found = value.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def required_number(value: Json, name: str, what: str) -> int:
    """A whole number without which the object means nothing. Raises BrokenAnswer."""
    found = number(value, name)
    if found is None:
        raise BrokenAnswer(f"GitHub's answer describes a {what} without `{name}`", "try again")
    return found


def flag(value: Json, name: str) -> bool | None:
    """True or false."""
    found = value.get(name)
    return found if isinstance(found, bool) else None


def moment(value: Json, name: str) -> datetime | None:
    """A time of day, UTC."""
    try:
        found = datetime.fromisoformat(text(value, name))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def child(value: Json, name: str) -> Json:
    """An object; empty where it is absent."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def children(value: Json, name: str) -> Iterable[Json]:
    """The objects in a list; empty where it is absent."""
    found = value.get(name)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def texts(value: Json, name: str) -> tuple[str, ...]:
    """The texts in a list; empty where it is absent."""
    found = value.get(name)
    return tuple(entry for entry in found if isinstance(entry, str)) if isinstance(found, list) else ()

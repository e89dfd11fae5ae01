"""Members of GitHub's JSON as checked values: a member of another kind counts as absent, never as a crash.

Texts are scrubbed of secrets here, as they enter: people write titles, branches, names of steps and environments, and
whatever they pasted into one would stand on the screen.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from diagnosis.logs.scrub import scrub
from probes.github.http.client import Json
from probes.github.http.errors import BrokenAnswer

_SHORTEST_SECRET = 12
"""Characters, with what makes it one: ``://a:b@host``. Shorter texts are most of all, and are not searched."""


def text(value: Json, name: str, default: str = "") -> str:
    """A text, secrets replaced."""
    return _scrubbed(raw_text(value, name, default))


def raw_text(value: Json, name: str, default: str = "") -> str:
    """A text as it was sent: for what is decoded before it is scrubbed, and for times."""
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
        found = datetime.fromisoformat(raw_text(value, name))
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
    """The texts in a list, secrets replaced; empty where it is absent."""
    found = value.get(name)
    return tuple(_scrubbed(entry) for entry in found if isinstance(entry, str)) if isinstance(found, list) else ()


def _scrubbed(found: str) -> str:
    return found if len(found) < _SHORTEST_SECRET else scrub(found)

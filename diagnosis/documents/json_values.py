"""What all JSON documents write in the same way: times, texts, pieces of evidence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypeAlias

from diagnosis.facts.evidence import Evidence

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Object: TypeAlias = dict[str, Json]


def time(moment: datetime | None) -> Json:
    """Return the time as ISO 8601 in UTC, ending in Z; null where it is not known."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def strings(values: Iterable[str]) -> list[Json]:
    """Return texts as JSON values."""
    return list(values)


def evidence_object(evidence: Evidence) -> Object:
    """Return one piece of evidence."""
    return {
        "kind": evidence.kind.value,
        "origin": evidence.origin.value,
        "text": evidence.text,
        "address": evidence.address,
        "line": evidence.line,
        "at": time(evidence.at),
        "before": strings(evidence.before),
        "after": strings(evidence.after),
    }

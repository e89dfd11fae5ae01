"""Moments and durations as text."""

from __future__ import annotations

from datetime import UTC, datetime


def age(then: datetime, now: datetime) -> str:
    """Return how long ago it was, in one unit: ``now``, ``5m``, ``3h``, ``12d``, ``8mo``, ``2y``."""
    seconds = (_aware(now) - _aware(then)).total_seconds()
    if seconds < 60:
        return "now"
    for limit, size, unit in ((3600, 60, "m"), (86400, 3600, "h"), (60 * 86400, 86400, "d")):
        if seconds < limit:
            return f"{int(seconds // size)}{unit}"
    if seconds < 730 * 86400:
        return f"{int(seconds // (30.44 * 86400))}mo"
    return f"{int(seconds // (365.25 * 86400))}y"


def utc(moment: datetime | None, pattern: str = "%d %b %H:%M") -> str:
    """Return a moment in UTC, as GitHub and CloudTrail write times; ``–`` where there is none."""
    return _aware(moment).astimezone(UTC).strftime(pattern) if moment is not None else "–"


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def seconds_text(seconds: float) -> str:
    """Return a duration as text: ``81 s``, ``1 h 02 min``, ``13 ms``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"

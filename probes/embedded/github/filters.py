"""Apply the filters of GitHub's run lists: branch, event, status, actor, created, head_sha."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from probes.recording.format import JsonObject, moment_of

_FILTERS = ("branch", "event", "status", "actor", "created", "head_sha")
_SEARCH_LIMIT = 1000
"""GitHub gives at most this many runs to a filtered list."""


def select_runs(runs: list[JsonObject], query: Mapping[str, str]) -> list[JsonObject]:
    """Return the runs that the query's filters let through. ValueError for a ``created`` that is no date or range."""
    used = {name: query[name] for name in _FILTERS if query.get(name)}
    if not used:
        return runs
    created = _span(used["created"]) if "created" in used else None
    chosen = [run for run in runs if _matches(run, used) and (created is None or _within(run, created))]
    return chosen[:_SEARCH_LIMIT]


def _matches(run: JsonObject, wanted: Mapping[str, str]) -> bool:
    return all(
        value in (run.get("status"), run.get("conclusion"))
        if name == "status"
        else _login(run.get("actor")) == value.lower()
        if name == "actor"
        else run.get(_MEMBERS[name]) == value
        for name, value in wanted.items()
        if name != "created"
    )


def _login(actor: object) -> str:
    return str(actor.get("login", "")).lower() if isinstance(actor, dict) else ""


_MEMBERS = {"branch": "head_branch", "event": "event", "head_sha": "head_sha"}


def _within(run: JsonObject, span: tuple[datetime | None, datetime | None]) -> bool:
    start, end = span
    at = moment_of(run["created_at"])
    return (start is None or at >= start) and (end is None or at < end)


def _span(text: str) -> tuple[datetime | None, datetime | None]:
    """Read GitHub's date search: ``A``, ``>A``, ``>=A``, ``<A``, ``<=A``, ``A..B``, ``*..B``; start included, end not."""
    if ".." in text:
        first, _, last = text.partition("..")
        return None if first == "*" else _bounds(first)[0], None if last == "*" else _bounds(last)[1]
    for sign in (">=", "<=", ">", "<"):
        if text.startswith(sign):
            start, end = _bounds(text[len(sign) :])
            return {">=": (start, None), "<=": (None, end), ">": (end, None), "<": (None, start)}[sign]
    return _bounds(text)


def _bounds(text: str) -> tuple[datetime, datetime]:
    """Return the span that a date or a time names: the whole day, or one second."""
    if len(text) == 10:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        return day, day + timedelta(days=1)
    moment = moment_of(text)
    return moment, moment + timedelta(seconds=1)

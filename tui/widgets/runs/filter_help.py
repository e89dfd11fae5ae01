"""Say what is wrong with a filter, and complete what is being typed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from tui.backend import RunRow
from tui.foreign_text import defused_line
from tui.widgets.runs.run_filter import ALIASES, KEYS, quoted, split_token, tokens_of

STATUSES = (
    *("failure", "success", "in_progress", "queued", "cancelled", "completed", "waiting", "pending", "requested"),
    *("action_required", "timed_out", "startup_failure", "skipped", "neutral", "stale"),
)
"""What GitHub takes as ``status``, the usual ones first."""
EVENTS = (
    *("push", "pull_request", "workflow_dispatch", "schedule", "release", "workflow_run", "repository_dispatch"),
    *("pull_request_target", "merge_group", "workflow_call", "create", "delete", "deployment", "deployment_status"),
    *("issue_comment", "issues", "label", "dynamic", "page_build", "registry_package", "check_run", "check_suite"),
    *("branch_protection_rule", "discussion", "discussion_comment", "fork", "gollum", "milestone", "public", "status"),
    *("pull_request_review", "pull_request_review_comment", "watch", "member", "project"),
)
"""Events that start workflows, the usual ones first; GitHub may have others."""
_MOST_OFFERED = 6
_DATES = re.compile(r"(?:(?:>=|<=|>|<)?(?P<one>[^.<>=*]+)|(?P<begin>[^.<>=]+)\.\.(?P<end>[^.<>=]+))")


def fault_of(text: str) -> str:
    """Return what is wrong with a filter, as a sentence that says what to write; empty where nothing is."""
    seen: set[str] = set()
    for token in tokens_of(text):
        key, value = split_token(token)
        if not key:
            fault = _no_such_key(token)
        elif key in seen:
            fault = f"{key} stands there twice; GitHub takes one."
        elif key == "status":
            fault = _unknown("status", value, STATUSES, sure=True)
        elif key == "event":
            fault = _unknown("event", value, EVENTS, sure=False)
        else:
            fault = _no_dates(value) if key == "created" else ""
        if fault:
            return fault
        seen.add(key or token)
    return ""


def is_refused(text: str) -> bool:
    """Return whether GitHub would take it for an error; what is merely unusual is asked."""
    pairs = [split_token(token) for token in tokens_of(text)]
    return any(
        (key == "status" and value and value not in STATUSES) or (key == "created" and value and _no_dates(value))
        for key, value in pairs
    )


def _no_such_key(token: str) -> str:
    name, colon, _ = token.partition(":")
    if not colon or not name.isalpha():
        return ""
    near = difflib.get_close_matches(name.lower(), [*KEYS, *ALIASES], n=1)
    return f"No filter is called {defused_line(name)[:30]}; did you mean {near[0]}?" if near else ""


def _unknown(what: str, value: str, known: Sequence[str], *, sure: bool) -> str:
    if not value or value in known:
        return ""
    near = difflib.get_close_matches(value.lower(), known, n=1, cutoff=0.6 if sure else 0.75)
    shown = defused_line(value)[:40]
    if near:
        return f"GitHub knows no {what} {shown}; did you mean {near[0]}?"
    return f"GitHub knows no {what} {shown}; there are {', '.join(known[:4])} and others." if sure else ""


def _no_dates(value: str) -> str:
    if not value:
        return ""
    found = _DATES.fullmatch(value)
    dates = [each for each in found.group("one", "begin", "end") if each] if found else []
    if dates and all(map(_is_moment, dates)):
        return ""
    return "Write created:2026-01-31, created:>=2026-01-31 or created:2026-01-01..2026-01-31."


def _is_moment(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text)) if len(text) == 10 else "-" in text and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


class Completions:
    """The values that are known for each key: GitHub's own, and those of the runs and workflows read so far."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, None]] = {}
        self.workflows: tuple[str, ...] = ()
        """The files of the repository's workflows, once they were asked for."""

    def learn(self, rows: Iterable[RunRow]) -> None:
        """Take the values of runs; what was known stays."""
        known = {key: self._values.setdefault(key, {}) for key in ("branch", "actor", "event", "workflow")}
        for row in rows:
            known["branch"].setdefault(row.ref)
            known["actor"].setdefault(row.actor)
            known["event"].setdefault(row.event)
            known["workflow"].setdefault(row.workflow_path.partition("@")[0].rpartition("/")[2] or row.workflow)

    def values(self, key: str) -> tuple[str, ...]:
        """Return the values known for a key, those met first first."""
        met = [value for value in self._values.get(key, {}) if value]
        fixed = {"status": STATUSES, "event": EVENTS, "workflow": self.workflows}.get(key, ())
        return tuple(dict.fromkeys([*met, *fixed]))

    def complete(self, text: str) -> str | None:
        """Return the text with its last part completed; None where nothing begins like it."""
        if not text or text[-1:].isspace():
            return None
        tokens = tokens_of(text)
        last = tokens[-1] if tokens else ""
        if not last or not text.endswith(last):
            return None
        _, colon, typed = last.partition(":")
        if not colon:
            fitting = [key for key in KEYS if key.startswith(last.lower())]
            return f"{text}{fitting[0][len(last) :]}:" if fitting else None
        key, _ = split_token(last)
        for value in self.values(key):
            shown = quoted(value)
            if typed and shown != typed and shown.lower().startswith(typed.lower()) and shown.isprintable():
                return text + shown[len(typed) :]
        return None

    def offered(self, text: str) -> str:
        """Return the values that the last part of a filter may have, as a line; empty where none are known."""
        tokens = tokens_of(text)
        if not tokens or text[-1:].isspace() or ":" not in tokens[-1]:
            return ""
        key, typed = split_token(tokens[-1])
        if key == "created":
            return "" if typed else "created:2026-01-31, >=2026-01-31, 2026-01-01..2026-01-31"
        fitting = [value for value in self.values(key) if typed.lower() in value.lower() and value != typed]
        more = ", …" if len(fitting) > _MOST_OFFERED else ""
        return defused_line(", ".join(fitting[:_MOST_OFFERED])) + more

"""A fleet as CSV for spreadsheets: one line for each release workflow, and for each repository that was not read, or not whole.

Spreadsheets take a cell that begins with ``=``, ``+``, ``-``, ``@`` or a blank before one of them for a formula; names of
branches and reasons are foreign, so such a cell gets an apostrophe before it.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence

from diagnosis.documents.fleet import Fleet
from diagnosis.documents.json_values import time
from diagnosis.fleet.order import Sort, ordered
from diagnosis.fleet.row import RepositoryRow, Status, WorkflowRow, untold
from diagnosis.visible_text import visible_line

_FORMULA = frozenset("=+-@|%\N{MINUS SIGN}")
COLUMNS = (
    *("repository", "workflow", "verdict", "next_run", "fails_at", "causes", "actions", "event", "ref"),
    *("callers", "caller_classes", "callers_too_many", "second_doors", "open_doors", "gravest_caller"),
    *("wave", "subject_today", "subject_afterwards", "wave_role"),
    *("beyond_need", "grants_beyond", "gravest_grant", "other_users", "roles"),
    *(
        "newest_run",
        "newest_conclusion",
        "newest_at",
        "newest_url",
        "status",
        "reason",
        "way_out",
        "read_at",
        "state",
        "starts",
    ),
)


def csv_text(fleet: Fleet, by: Sort = Sort.GRAVITY) -> str:
    """Return the whole as CSV (RFC 4180), the header first."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="")
    writer.writeheader()
    for row in ordered(fleet.rows, by):
        writer.writerow(_safe(_workflow(row)))
    told: dict[str, list[str]] = {}
    for row in fleet.rows:
        told.setdefault(row.repository, []).append(row.workflow)
    for place in sorted(fleet.repositories, key=lambda each: each.repository.lower()):
        left = untold(place, told.get(place.repository, ()))
        if place.status is not Status.READ or left:
            writer.writerow(_safe(_unread(place, left)))
    return out.getvalue()


def safe_cell(text: str) -> str:
    """Return foreign text on one line that no spreadsheet takes for a formula."""
    shown = visible_line(text)
    # Wide forms of the signs count too in some programs.
    first = unicodedata.normalize("NFKC", shown.lstrip())[:1]
    return f"'{shown}" if first in _FORMULA else shown


def _safe(cells: dict[str, object]) -> dict[str, str]:
    """Return the cells as text; a number of ours stays a number."""
    return {name: str(cell) if isinstance(cell, int) else safe_cell(str(cell)) for name, cell in cells.items()}


def _workflow(row: WorkflowRow) -> dict[str, object]:
    scope, newest, callers, wave = row.scope, row.newest, row.callers, row.wave
    stopped = row.fails_at.value if row.fails_at else "registry-state" if row.stopped else ""
    return {
        "repository": row.repository,
        "workflow": row.workflow,
        "verdict": row.verdict.value,
        "next_run": row.next_run.value,
        "fails_at": stopped,
        "causes": " ".join(dict.fromkeys(stop.cause for stop in row.stops)),
        "actions": " ".join(dict.fromkeys(action for stop in row.stops for action in stop.actions)),
        "event": row.event,
        "ref": row.ref,
        "callers": callers.verdict.value,
        "caller_classes": callers.classes,
        "callers_too_many": callers.too_many,
        "second_doors": callers.doors,
        "open_doors": callers.open_doors,
        "gravest_caller": callers.gravest,
        "wave": wave.effect.value if wave.effect else "unknown",
        "subject_today": wave.today,
        "subject_afterwards": wave.after,
        "wave_role": wave.role,
        "beyond_need": scope.verdict.value if scope else "unknown",
        "grants_beyond": scope.grants if scope else "",
        "gravest_grant": scope.gravest if scope else "",
        "other_users": " ".join(scope.users) if scope else "",
        "roles": " ".join([*(str(use.role) for use in row.roles), *row.unknown_roles]),
        "newest_run": newest.run_id if newest else "",
        "newest_conclusion": newest.conclusion if newest else "",
        "newest_at": time(newest.created_at) if newest else "",
        "newest_url": newest.url if newest else "",
        "status": Status.READ.value,
        "reason": _why(row),
        "way_out": "",
        "read_at": time(row.read_at),
        "state": row.state or "active",
        "starts": "; ".join(f"{each.event} {each.ref} {each.verdict.value}" for each in row.starts),
    }


def _why(row: WorkflowRow) -> str:
    """Return the first thing that keeps a line from passing, as a sentence."""
    if row.stops:
        return row.stops[0].reason
    if row.too_broad:
        return row.too_broad[0].reason
    if row.scope is not None and row.scope.verdict.value != "pass":
        return row.scope.reason
    return f"Not known: {row.unknown[0].what}: {row.unknown[0].why}." if row.unknown else ""


def _unread(place: RepositoryRow, left: Sequence[str]) -> dict[str, object]:
    return {
        "repository": place.repository,
        "verdict": "unknown" if left or not place.status.settled else "",
        "status": place.status.value,
        "reason": place.reason or "; ".join(left),
        "way_out": place.way_out,
        "read_at": time(place.read_at),
    }

"""A fleet as JSON Lines: the documented, versioned schema of ``planescope fleet`` (one object a line, the header first)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from diagnosis.documents.diagnosis import endpoint_objects
from diagnosis.documents.exit_code import ExitCode
from diagnosis.documents.json_values import Json, Object, strings, time
from diagnosis.facts.endpoints import Endpoint
from diagnosis.fleet.order import Sort, Totals, ordered, totals
from diagnosis.fleet.row import RepositoryRow, RoleRecord, WorkflowRow
from diagnosis.fleet.settle import settled
from diagnosis.fleet.slices import Slice
from diagnosis.gates import Verdict
from diagnosis.verdicts.gate_verdict import Missing

SCHEMA = "planescope.fleet/1"


@dataclass(frozen=True, slots=True)
class Header:
    """What a file of a fleet was asked for, and by which planescope."""

    tool: str
    """Its version."""
    options: str
    """A digest of what was asked for; a file is gone on with for the same alone."""
    asked: str
    """The same in words, for people."""
    slice: Slice
    began_at: datetime
    owners: tuple[str, ...] = ()
    """Owners all of whose repositories belong to the fleet, in all slices together."""
    left_out: tuple[tuple[str, int], ...] = ()
    """Repositories of these owners that were left out, by the reason."""
    endpoints: tuple[Endpoint, ...] = ()
    """The servers that were asked in github.com's or AWS's place."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Everything that is known of a fleet."""

    header: Header
    rows: tuple[WorkflowRow, ...] = ()
    repositories: tuple[RepositoryRow, ...] = ()
    roles: tuple[RoleRecord, ...] = ()
    notes: tuple[str, ...] = ()
    """What is to be said of its files and lists: a repository that stands in two files."""
    gaps: tuple[str, ...] = ()
    """What is missing, so that the whole is not known: a slice, a file that was not finished."""

    @property
    def totals(self) -> Totals:
        """What it comes to."""
        return totals(self.rows, self.repositories)

    @property
    def known_owners(self) -> tuple[str, ...]:
        """The owners all of whose repositories are here: one slice of several holds a part of them only."""
        return self.header.owners if self.header.slice.of == 1 else ()

    def settled(self) -> Fleet:
        """Return the fleet with what each role is granted beyond the needs of all its users."""
        whole = self.header.slice.of == 1
        rows = settled(self.rows, self.repositories, self.roles, self.known_owners, whole=whole)
        return replace(self, rows=ordered(rows, Sort.NAME))


def exit_code(fleet: Fleet) -> ExitCode:
    """Return how the command ends: 1 where a gate would fail or something is too broad, 3 where anything is not known."""
    verdicts = {row.verdict for row in fleet.rows}
    if Verdict.FAIL in verdicts:
        return ExitCode.FAILED
    unread = any(not place.status.settled or place.open_users for place in fleet.repositories)
    return ExitCode.UNKNOWN if unread or fleet.gaps or verdicts - {Verdict.PASS} else ExitCode.PASSED


def lines(fleet: Fleet) -> list[Object]:
    """Return a whole fleet, line by line: the same for the same, in whatever order it was read."""
    places = sorted(fleet.repositories, key=lambda row: (row.repository.lower(), row.repository))
    return [
        header_object(fleet.header),
        *(workflow_object(row) for row in ordered(fleet.rows, Sort.NAME)),
        *(repository_object(row) for row in places),
        *(role_object(record) for record in sorted(fleet.roles, key=lambda record: str(record.role))),
        totals_object(fleet),
    ]


def header_object(header: Header) -> Object:
    """Return the first line."""
    return {
        "schema": SCHEMA,
        "kind": "header",
        "tool": header.tool,
        "options": header.options,
        "asked": header.asked,
        "slice": str(header.slice),
        "began_at": time(header.began_at),
        "owners": strings(header.owners),
        "left_out": dict(header.left_out),
        "endpoints": endpoint_objects(header.endpoints),
    }


def workflow_object(row: WorkflowRow) -> Object:
    """Return the line of one release workflow."""
    newest = row.newest
    callers = row.callers
    return {
        "kind": "workflow",
        "repository": row.repository,
        "workflow": row.workflow,
        "verdict": row.verdict.value,
        "state": row.state or "active",
        "next_run": {
            "verdict": row.next_run.value,
            "event": row.event,
            "ref": row.ref,
            "source": row.source,
            "fails_at": row.fails_at.value if row.fails_at else None,
            "starts": [
                {"event": start.event, "ref": start.ref, "source": start.source, "verdict": start.verdict.value}
                for start in row.starts
            ],
            "gates": [
                {"gate": gate.value, "verdict": verdict.value, "reason": reason} for gate, verdict, reason in row.gates
            ],
            "forecast": [
                {
                    "gate": stop.gate.value if stop.gate else None,
                    "checkpoint": stop.checkpoint,
                    "cause": stop.cause,
                    "reason": stop.reason,
                    "actions": strings(stop.actions),
                    "role": stop.role,
                }
                for stop in row.stops
            ],
        },
        "callers": {
            "verdict": callers.verdict.value,
            "classes": callers.classes,
            "too_many": callers.too_many,
            "doors": callers.doors,
            "open_doors": callers.open_doors,
            "gravest": callers.gravest,
            "reason": callers.reason,
        },
        "too_broad": [{"cause": item.cause, "reason": item.reason, "role": item.role} for item in row.too_broad],
        "wave": {
            "verdict": row.wave.verdict.value,
            "effect": row.wave.effect.value if row.wave.effect else None,
            "today": row.wave.today,
            "after": row.wave.after,
            "role": row.wave.role,
            "reason": row.wave.reason,
        },
        "beyond": None
        if row.scope is None
        else {
            "verdict": row.scope.verdict.value,
            "grants": row.scope.grants,
            "gravest": row.scope.gravest,
            "reason": row.scope.reason,
            "users": strings(row.scope.users),
        },
        "newest_run": None
        if newest is None
        else {
            "run": newest.run_id,
            "conclusion": newest.conclusion,
            "created_at": time(newest.created_at),
            "url": newest.url,
        },
        "roles": [
            {
                "role": str(use.role),
                "needs": [[action, place] for action, place in use.needs],
                "left_out": use.left_out,
                "open_uses": strings(use.open_uses),
            }
            for use in row.roles
        ],
        "unknown_roles": strings(row.unknown_roles),
        "unknown": [_missing(item) for item in row.unknown],
        "read_at": time(row.read_at),
    }


def _missing(item: Missing) -> Json:
    return {"what": item.what, "why": item.why, "how": item.how, "permission": item.permission}


def repository_object(row: RepositoryRow) -> Object:
    """Return the line of one repository."""
    return {
        "kind": "repository",
        "repository": row.repository,
        "status": row.status.value,
        "reason": row.reason,
        "way_out": row.way_out,
        "workflows": row.workflows,
        "releases": row.releases,
        "open_users": strings(row.open_users),
        "again": row.again,
        "read_at": time(row.read_at),
    }


def role_object(record: RoleRecord) -> Object:
    """Return the line of one role."""
    return {
        "kind": "role",
        "role": str(record.role),
        "why_not": record.why_not,
        "trust": record.trust,
        "policies": [{"name": name, "document": text} for name, text in record.policies],
        "read_at": time(record.read_at),
    }


def totals_object(fleet: Fleet) -> Object:
    """Return the last line; a file without it was not finished."""
    found = fleet.totals
    failing: Object = dict(found.failing)
    unread: Object = {status.value: count for status, count in found.unread}
    numbers = {name: value for name, value in asdict(found).items() if name not in ("failing", "unread")}
    return {
        "kind": "totals",
        **numbers,
        "failing": failing,
        "unread": unread,
        "exit_code": int(exit_code(fleet)),
        "notes": strings(fleet.notes),
        "gaps": strings(fleet.gaps),
    }

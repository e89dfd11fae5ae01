"""Read the lines of a fleet back into values: a file that was cut off, that is of another kind, or was written by others."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from diagnosis.documents.fleet import SCHEMA, Fleet, Header
from diagnosis.facts.endpoints import Endpoint, Service
from diagnosis.fleet.row import (
    Callers,
    NewestRun,
    RepositoryRow,
    RoleRecord,
    RoleUse,
    Scope,
    StartRow,
    Status,
    Stop,
    TooBroad,
    Wave,
    WorkflowRow,
)
from diagnosis.fleet.slices import Slice
from diagnosis.gates import Gate, Verdict
from diagnosis.json_members import JsonFault, JsonMembers
from diagnosis.migration.effects import Effect
from diagnosis.verdicts.gate_verdict import Missing

E = TypeVar("E", bound=StrEnum)


def read_header(line: JsonMembers) -> Header:
    """Read the first line. Raises JsonFault where it is none of this schema."""
    schema = line.maybe_text("schema") or ""
    if schema != SCHEMA or line.maybe_text("kind") != "header":
        raise JsonFault(f"is no header of {SCHEMA}" + (f" but of {schema[:60]}" if schema and schema != SCHEMA else ""))
    part = Slice.parse(line.text("slice"))
    if part is None:
        raise line.fault("slice", "is no slice such as 3/8")
    left_out = line.mapping("left_out")
    return Header(
        tool=line.text("tool"),
        options=line.text("options"),
        asked=line.text("asked"),
        slice=part,
        began_at=line.moment("began_at"),
        owners=line.texts("owners"),
        left_out=tuple((name, count) for name, count in left_out.items() if isinstance(count, int)),
        endpoints=tuple(
            Endpoint(_member(Service, item, "service"), item.text("address")) for item in line.objects("endpoints", ())
        ),
    )


def read_lines(header: Header, found: Iterable[JsonMembers]) -> Fleet:
    """Read the lines behind the header. Raises JsonFault; a kind of line that is not known here is passed over."""
    rows: dict[str, tuple[WorkflowRow, ...]] = {}
    read: dict[str, dict[str, WorkflowRow]] = {}
    places: dict[str, RepositoryRow] = {}
    roles: dict[str, RoleRecord] = {}
    notes: dict[str, None] = {}
    gaps: dict[str, None] = {}
    for line in found:
        kind = line.text("kind")
        if kind == "workflow":
            row = _workflow(line)
            read.setdefault(row.repository, {})[row.workflow] = row
        elif kind == "repository":
            place = _repository(line)
            places[place.repository] = place
            # Read a second time, it may have a workflow less.
            rows[place.repository] = tuple(read.pop(place.repository, {}).values())
        elif kind == "role":
            record = _role(line)
            known = roles.get(str(record.role))
            # What could not be read one time does not stand before what was read another.
            if known is None or known.why_not or not record.why_not:
                roles[str(record.role)] = record
        elif kind == "totals":
            # What the lines themselves do not show: that an owner has repositories which the token does not see.
            notes |= dict.fromkeys(line.texts("notes", ()))
            gaps |= dict.fromkeys(line.texts("gaps", ()))
    found_rows = (
        *(row for each in rows.values() for row in each),
        *(row for own in read.values() for row in own.values()),
    )
    return Fleet(header, found_rows, tuple(places.values()), tuple(roles.values()), tuple(notes), tuple(gaps))


def _workflow(line: JsonMembers) -> WorkflowRow:
    run, callers, wave = line.object("next_run"), line.object("callers"), line.object("wave")
    effect = wave.maybe_text("effect")
    return WorkflowRow(
        repository=line.filled_text("repository"),
        workflow=line.filled_text("workflow"),
        event=run.text("event"),
        ref=run.text("ref"),
        source=run.text("source"),
        newest=_newest(line.object("newest_run")) if line.has("newest_run") else None,
        roles=tuple(_use(item) for item in line.objects("roles")),
        unknown_roles=line.texts("unknown_roles"),
        gates=tuple(
            (_member(Gate, item, "gate"), _member(Verdict, item, "verdict"), item.text("reason"))
            for item in run.objects("gates")
        ),
        stops=tuple(_stop(item) for item in run.objects("forecast")),
        callers=Callers(
            verdict=_member(Verdict, callers, "verdict"),
            classes=callers.integer("classes"),
            too_many=callers.integer("too_many"),
            doors=callers.integer("doors"),
            open_doors=callers.integer("open_doors"),
            gravest=callers.text("gravest"),
            reason=callers.text("reason"),
        ),
        too_broad=tuple(
            TooBroad(item.text("cause"), item.text("reason"), item.text("role")) for item in line.objects("too_broad")
        ),
        wave=Wave(
            _member(Effect, wave, "effect") if effect else None,
            wave.text("today"),
            wave.text("after"),
            wave.text("role"),
            wave.text("reason"),
        ),
        unknown=tuple(_missing(item) for item in line.objects("unknown")),
        read_at=line.moment("read_at"),
        scope=_scope(line.object("beyond")) if line.has("beyond") else None,
        starts=tuple(
            StartRow(item.text("event"), item.text("ref"), item.text("source"), _member(Verdict, item, "verdict"))
            for item in run.objects("starts", ())
        ),
        state=line.text("state", "active").removeprefix("active"),
    )


def _newest(value: JsonMembers) -> NewestRun:
    return NewestRun(value.integer("run"), value.text("conclusion"), value.moment("created_at"), value.text("url"))


def _stop(value: JsonMembers) -> Stop:
    gate = _member(Gate, value, "gate") if value.has("gate") else None
    checkpoint, cause, reason = (value.text(name) for name in ("checkpoint", "cause", "reason"))
    return Stop(gate, checkpoint, cause, reason, value.texts("actions"), value.text("role"))


def _use(value: JsonMembers) -> RoleUse:
    needs: list[tuple[str, str | None]] = []
    for pair in value.maybe_list("needs"):
        match pair:
            case [str(action), str() | None as place]:
                needs.append((action, place))
            case _:
                raise value.fault("needs", "holds what is no action with its resource")
    return RoleUse(value.arn("role"), tuple(needs), value.integer("left_out", 0), value.texts("open_uses", ()))


def _scope(value: JsonMembers) -> Scope:
    return Scope(
        _member(Verdict, value, "verdict"),
        value.integer("grants"),
        value.text("gravest"),
        value.text("reason"),
        value.texts("users", ()),
    )


def _missing(value: JsonMembers) -> Missing:
    return Missing(value.text("what"), value.text("why"), value.text("how"), value.maybe_text("permission"))


def _repository(line: JsonMembers) -> RepositoryRow:
    return RepositoryRow(
        repository=line.filled_text("repository"),
        status=_member(Status, line, "status"),
        reason=line.text("reason"),
        way_out=line.text("way_out"),
        workflows=line.integer("workflows"),
        releases=line.integer("releases"),
        open_users=line.texts("open_users"),
        read_at=line.moment("read_at"),
        again=line.text("again", ""),
    )


def _role(line: JsonMembers) -> RoleRecord:
    return RoleRecord(
        role=line.arn("role"),
        why_not=line.text("why_not"),
        trust=line.text("trust"),
        policies=tuple((item.text("name"), item.text("document")) for item in line.objects("policies")),
        read_at=line.moment("read_at"),
    )


def _member(kind: type[E], value: JsonMembers, name: str) -> E:
    text = value.text(name)
    try:
        return kind(text)
    except ValueError:
        raise value.fault(name, f"is none of {', '.join(each.value for each in kind)}") from None

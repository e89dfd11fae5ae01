"""The timeline of a packet as a drawing takes it: gates as rows, attempts, NOW and AFTER FIX as columns, and the same in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from diagnosis.documents.packet import Packet
from diagnosis.gates import Gate, Plane
from tui.packet.inert_text import line

_SHORT = {
    Gate.OIDC_TRUST: "OIDC trust",
    Gate.ROLE_ASSUMPTION: "Role",
    Gate.REGISTRY_AUTHORIZATION: "Registry",
    Gate.SERVICE_AUTHORIZATION: "Services",
    Gate.LEAST_PRIVILEGE: "Least priv.",
}
_WIDEST, _NARROWEST = 128, 118
"""Columns in pixels: a date and a time need the lesser."""


@dataclass(frozen=True, slots=True)
class Column:
    """One moment: an attempt, the account now, or the model after the fix."""

    kind: str
    """``attempt``, ``now`` or ``fix``."""
    head: str
    ref: str
    """Foreign text, for an attempt."""
    when: str
    cells: tuple[str, ...]
    """A verdict for each row; empty where the release had no such use."""
    then: str
    """What was done after it, in a word or two."""


@dataclass(frozen=True, slots=True)
class PlaneRows:
    """The rows of one plane, which stand together."""

    label: str
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """All of it."""

    rows: tuple[Gate, ...]
    planes: tuple[PlaneRows, ...]
    columns: tuple[Column, ...]
    words: str
    """The drawing in words, for who does not see it."""

    @property
    def short_rows(self) -> tuple[str, ...]:
        """The gates' names where they stand as columns of a narrow drawing."""
        return tuple(_SHORT[gate] for gate in self.rows)

    def step(self, room: int) -> int:
        """Return how wide a column of a wide drawing is, so that as many as can be read fit the room."""
        return max(_NARROWEST, min(_WIDEST, room // max(1, len(self.columns))))


def timeline_of(packet: Packet) -> Timeline:
    """Return the timeline of a packet."""
    rows = packet.columns
    columns = [
        Column(
            kind="attempt",
            head=f"{each.run}",
            ref=(f"#{each.attempt} " if each.attempt > 1 else "")
            + each.ref.removeprefix("refs/heads/").removeprefix("refs/tags/"),
            when=_clock(each.started_at),
            cells=_cells(rows, each.verdicts),
            then=each.remediation.source.value,
        )
        for each in packet.attempts
    ]
    if packet.now:
        cells = _cells(rows, ((entry.gate, entry.verdict) for entry in packet.now))
        columns.append(Column("now", "NOW", "the account", _clock(packet.now_read_at), cells, ""))
    if packet.fix:
        cells = _cells(rows, ((entry.gate, entry.verdict) for entry in packet.fix.gates))
        columns.append(Column("fix", "AFTER FIX", "on a model", "", cells, "proposed"))
    return Timeline(rows, _planes(rows), tuple(columns), " ".join(_words(rows, each) for each in columns))


def _cells(rows: tuple[Gate, ...], verdicts: Iterable[tuple[Gate, str]]) -> tuple[str, ...]:
    known = dict(verdicts)
    return tuple(str(known.get(gate, "")) for gate in rows)


def _planes(rows: tuple[Gate, ...]) -> tuple[PlaneRows, ...]:
    found = []
    for plane in (Plane.AUTHENTICATION, Plane.AUTHORIZATION):
        places = [place for place, gate in enumerate(rows) if gate.plane is plane]
        found.append(PlaneRows(plane.label, places[0], len(places)))
    return tuple(found)


def _clock(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%MZ}" if moment else ""


def _words(rows: tuple[Gate, ...], column: Column) -> str:
    verdicts = ", ".join(f"{gate.label} {cell or 'no such use'}" for gate, cell in zip(rows, column.cells, strict=True))
    head = f"Run {column.head} on {line(column.ref)}" if column.kind == "attempt" else column.head
    return f"{head}: {verdicts}."

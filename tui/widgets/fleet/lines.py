"""The lines of a fleet as the screen holds them: each with the words that a filter finds, in the order that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from diagnosis.fleet.order import Sort, sort_key
from diagnosis.fleet.row import RepositoryRow, Status, WorkflowRow, untold
from diagnosis.gates import Gate, Verdict

Row: TypeAlias = WorkflowRow | RepositoryRow
LineKey: TypeAlias = tuple[str, str]
"""Repository, and path of the workflow; empty for the line of a repository."""

REGISTRY_STATE = "registry-state"
_FIELDS = ("repo", "workflow", "verdict", "gate", "cause", "callers", "wave", "beyond", "status", "role", "event")
"""What may stand before a colon in the filter."""
FILTER_HINT = "words  verdict:  gate:  cause:  callers:  wave:  beyond:  status:  role:"

_WAYS = {
    Sort.GRAVITY: "gravity",
    Sort.NAME: "name",
    Sort.GATE: "gate",
    Sort.CALLERS: "callers",
    Sort.WAVE: "the wave",
    Sort.BEYOND: "beyond need",
    Sort.NEWEST: "newest run",
}


def order_words(by: Sort, *, reverse: bool) -> str:
    """Return the order as a clause: ``by gravity, reversed``."""
    return f"by {_WAYS[by]}{', reversed' if reverse else ''}"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a release workflow, or a repository of which not all could be read."""

    key: LineKey
    row: Row
    fields: tuple[tuple[str, str], ...]
    """What a filter with a field looks at, in small letters."""
    words: str
    """What a filter without one looks at."""
    places: tuple[tuple[Any, ...], ...]
    """By what it is put in order, for each way of sorting."""


def lines_of(repositories: Iterable[RepositoryRow], rows: Iterable[WorkflowRow]) -> list[Line]:
    """Return the lines of workflows, and of the repositories of which no workflow's line tells all that is open."""
    found = [_line(row) for row in rows]
    told: dict[str, list[str]] = {}
    for line in found:
        told.setdefault(line.key[0], []).append(line.key[1])
    for place in repositories:
        left = untold(place, told.get(place.repository, ()))
        if place.status is not Status.READ or left:
            found.append(_line(replace(place, open_users=left)))
    return found


def key_of(row: Row) -> LineKey:
    """Return what tells a line from all others."""
    return (row.repository, row.workflow if isinstance(row, WorkflowRow) else "")


def _line(row: Row) -> Line:
    found = _of_workflow(row) if isinstance(row, WorkflowRow) else _of_place(row)
    pairs = tuple((name, text.casefold()) for name, text in found)
    return Line(key_of(row), row, pairs, "\n".join(text for _, text in pairs), tuple(_places(row)))


def _places(row: Row) -> Iterator[tuple[Any, ...]]:
    """Yield by what a line is put in order: by name all together, by gravity those not read before what does not fail."""
    name = (row.repository.lower(), row.repository, row.workflow if isinstance(row, WorkflowRow) else "")
    for by in Sort:
        if by is Sort.NAME:
            yield (0, name)
        elif isinstance(row, WorkflowRow):
            yield (0 if by is not Sort.GRAVITY or row.verdict is Verdict.FAIL else 2, sort_key(row, by))
        else:
            yield (1 if by is Sort.GRAVITY and not _runs_nothing(row) else 3, name)


def _of_workflow(row: WorkflowRow) -> Iterator[tuple[str, str]]:
    yield "repo", row.repository
    yield "workflow", row.workflow
    yield "verdict", row.verdict.value
    gate = row.fails_at
    if gate is not None:
        yield "gate", f"{gate.value} {gate.label}"
    elif row.stopped:
        yield "gate", REGISTRY_STATE
    yield "event", f"{row.event} {row.ref}"
    yield "callers", f"{row.callers.verdict.value} {row.callers.gravest}"
    yield "wave", f"{row.wave.verdict.value} {row.wave.effect.value if row.wave.effect else ''}"
    if row.scope is not None:
        yield "beyond", f"{row.scope.verdict.value} {row.scope.gravest}"
    yield from (("cause", f"{stop.cause} {' '.join(stop.actions)}") for stop in row.stops)
    yield from (("cause", item.cause) for item in row.too_broad)
    yield from (("role", str(use.role)) for use in row.roles)
    yield from (("role", text) for text in row.unknown_roles)
    yield "status", row.newest.conclusion if row.newest else "never run"


def _of_place(place: RepositoryRow) -> Iterator[tuple[str, str]]:
    yield "repo", place.repository
    yield "status", place.status.value
    yield "verdict", "nothing runs" if _runs_nothing(place) else "unknown"
    yield "", f"{place.reason} {' '.join(place.open_users)}"


class Filter:
    """What the user typed: words that must all be found, some of them in one field."""

    def __init__(self, text: str = "") -> None:
        self.text = text.strip()
        self._words: list[str] = []
        self._in_fields: list[tuple[str, str]] = []
        for word in self.text.casefold().split():
            name, colon, value = word.partition(":")
            if colon and name in _FIELDS:
                self._in_fields.append((name, value))
            else:
                self._words.append(word)

    def __bool__(self) -> bool:
        return bool(self._words or self._in_fields)

    def holds(self, line: Line) -> bool:
        """Return whether a line has all of it."""
        return all(word in line.words for word in self._words) and all(
            any(field == name and value in text for field, text in line.fields) for name, value in self._in_fields
        )


class FleetModel:
    """The lines so far, in order, and those of them that the filter leaves."""

    def __init__(self) -> None:
        self.by, self.reverse = Sort.GRAVITY, False
        self.filter = Filter()
        self._lines: dict[str, list[Line]] = {}
        """By repository: one that is read again replaces all that was known of it."""
        self._places: dict[str, RepositoryRow] = {}
        self._ordered: list[Line] | None = []

    def add(self, repositories: Iterable[RepositoryRow], lines: Iterable[Line]) -> None:
        """Take in lines as they come, those of one repository together."""
        for place in repositories:
            self._places[place.repository] = place
            self._lines[place.repository] = []
        for line in lines:
            self._lines.setdefault(line.key[0], []).append(line)
        self._ordered = None

    def replace(self, repositories: Iterable[RepositoryRow], lines: Iterable[Line]) -> None:
        """Take these lines in place of all."""
        self._places, self._lines = {}, {}
        self.add(repositories, lines)

    @property
    def places(self) -> list[RepositoryRow]:
        """All repositories."""
        return list(self._places.values())

    def _all(self) -> Iterator[Line]:
        for lines in self._lines.values():
            yield from lines

    def sort(self, by: Sort, *, reverse: bool) -> None:
        """Change the order."""
        if (by, reverse) != (self.by, self.reverse):
            self.by, self.reverse, self._ordered = by, reverse, None

    @property
    def total(self) -> int:
        """Lines with or without the filter."""
        return sum(len(lines) for lines in self._lines.values())

    def shown(self) -> list[Line]:
        """Return the lines that the filter leaves, in order."""
        if self._ordered is None:
            place = list(Sort).index(self.by)
            self._ordered = sorted(self._all(), key=lambda line: line.places[place], reverse=self.reverse)
        return [line for line in self._ordered if self.filter.holds(line)] if self.filter else list(self._ordered)

    def all(self) -> list[Line]:
        """Return all lines, in no order."""
        return list(self._all())


def _runs_nothing(row: Row) -> bool:
    return isinstance(row, RepositoryRow) and row.status.settled and row.status is not Status.READ


GATE_WORDS = {
    Gate.OIDC_TRUST: "OIDC trust",
    Gate.ROLE_ASSUMPTION: "Role assumption",
    Gate.REGISTRY_AUTHORIZATION: "Registry",
    Gate.SERVICE_AUTHORIZATION: "Service",
    Gate.LEAST_PRIVILEGE: "Least privilege",
}
"""The gates' names where a line has room for one alone."""

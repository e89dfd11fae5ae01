"""The orders in which the lines of a fleet are shown, and what they come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from diagnosis.fleet.row import RepositoryRow, Status, WorkflowRow
from diagnosis.gates import ALL_GATES, Gate, Verdict

_RANK = {Verdict.FAIL: 0, Verdict.UNKNOWN: 1, Verdict.BLOCKED: 1, Verdict.PASS: 2}
_REGISTRY_STATE = "registry-state"
"""What stands for the gate of a stop that belongs to none."""


class Sort(StrEnum):
    """What stands first."""

    GRAVITY = "gravity"
    """What the next run would meet first, then what is too open, the wave, what is not known."""
    NAME = "name"
    GATE = "gate"
    CALLERS = "callers"
    WAVE = "wave"
    BEYOND = "beyond"
    NEWEST = "newest"
    """The newest run first."""


def ordered(rows: Iterable[WorkflowRow], by: Sort = Sort.GRAVITY) -> tuple[WorkflowRow, ...]:
    """Return the rows in this order; among equals by name."""
    return tuple(sorted(rows, key=lambda row: sort_key(row, by)))


def sort_key(row: WorkflowRow, by: Sort) -> tuple[Any, ...]:
    """Return by what a row is put in order: whoever sorts the same rows again and again keeps it."""
    return _KEYS[by](row), _name(row)


def _name(row: WorkflowRow) -> tuple[str, str, str]:
    return row.repository.lower(), row.repository, row.workflow


def _gravity(row: WorkflowRow) -> tuple[int, ...]:
    return (
        _RANK[row.verdict],
        _RANK[row.next_run],
        row.fails_at.order if row.fails_at else len(ALL_GATES),
        -row.callers.open_doors,
        -row.callers.too_many,
        _RANK[row.scope.verdict] if row.scope else 1,
        _RANK[row.wave.verdict],
    )


def _gate(row: WorkflowRow) -> tuple[int, ...]:
    return _RANK[row.next_run], row.fails_at.order if row.fails_at else len(ALL_GATES)


def _callers(row: WorkflowRow) -> tuple[int, ...]:
    callers = row.callers
    return _RANK[callers.verdict], -callers.open_doors, -callers.too_many, -callers.classes, -callers.doors


def _beyond(row: WorkflowRow) -> tuple[int, ...]:
    return (_RANK[row.scope.verdict], -row.scope.grants) if row.scope else (1, 0)


def _newest(row: WorkflowRow) -> tuple[float, ...]:
    return (-row.newest.created_at.timestamp(),) if row.newest else (1.0,)


_KEYS: Mapping[Sort, Callable[[WorkflowRow], tuple[Any, ...]]] = {
    Sort.GRAVITY: _gravity,
    Sort.NAME: lambda _row: (),
    Sort.GATE: _gate,
    Sort.CALLERS: _callers,
    Sort.WAVE: lambda row: (_RANK[row.wave.verdict],),
    Sort.BEYOND: _beyond,
    Sort.NEWEST: _newest,
}


@dataclass(frozen=True, slots=True)
class Totals:
    """What the lines of a fleet come to."""

    repositories: int
    read: int
    unread: tuple[tuple[Status, int], ...]
    """Repositories that were not read, by the reason."""
    workflows: int
    """Workflow files of all repositories."""
    releases: int
    """Those among them that take AWS credentials: the lines."""
    passing: int
    failing: tuple[tuple[str, int], ...]
    """Lines whose next run would fail, by the gate at which it would; registry state beside them."""
    too_broad: int
    """Lines that admit, or are granted, more than is needed."""
    unknown: int
    """Lines of which nothing fails and not all is known."""
    broken_by_wave: int
    disabled: int = 0
    """Lines that GitHub starts by nothing: they neither pass nor fail."""

    @property
    def stopped(self) -> int:
        """Lines whose next run would fail."""
        return sum(count for _, count in self.failing)


def totals(rows: Iterable[WorkflowRow], repositories: Iterable[RepositoryRow]) -> Totals:
    """Add up."""
    lines, places = list(rows), list(repositories)
    stopped = Counter(row.fails_at for row in lines if row.stopped)
    gates = [(gate.value, stopped[gate]) for gate in Gate if stopped[gate]]
    unread: Counter[Status] = Counter(place.status for place in places)
    return Totals(
        repositories=len(places),
        read=sum(place.status is Status.READ for place in places),
        unread=tuple((status, unread[status]) for status in Status if unread[status] and status is not Status.READ),
        workflows=sum(place.workflows for place in places),
        releases=len(lines),
        passing=sum(row.verdict is Verdict.PASS and not row.state for row in lines),
        failing=(*gates, *([(_REGISTRY_STATE, stopped[None])] if stopped[None] else ())),
        too_broad=sum(row.breadth is Verdict.FAIL for row in lines),
        unknown=sum(row.verdict not in (Verdict.PASS, Verdict.FAIL) for row in lines),
        broken_by_wave=sum(row.wave.breaks for row in lines),
        disabled=sum(bool(row.state) for row in lines),
    )

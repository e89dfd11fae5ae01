"""The columns of a fleet's line: which of them a width has room for, and what stands in each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from textual.content import Content

from diagnosis.fleet.order import Sort
from diagnosis.fleet.row import NewestRun, RepositoryRow, Status, WorkflowRow
from diagnosis.gates import Verdict
from tui.foreign_text import defused_line
from tui.widgets.base import signs, times
from tui.widgets.base.elide import Differences, elide
from tui.widgets.fleet.lines import GATE_WORDS, Row, order_words

MUTED = "$text-muted"
_SORTED = "bold $text-accent"
PENDING = "…"
"""Where it is judged as soon as all repositories are read."""
_WORKFLOWS = ".github/workflows/"
_UNDER_WAY = frozenset({"queued", "in_progress", "requested", "waiting", "pending"})
_GAP = 1


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, its width where that is fixed, and what stands in it."""

    heading: str
    width: int
    """Cells; 0: it shares what the others leave."""
    cell: Callable[[WorkflowRow, Drawing], tuple[str, str]]
    """Text, already defused, and its style."""
    sort: Sort | None = None
    share: int = 0
    right: bool = False
    """Whether its text is cut at neither end but stands at the right."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What cells need to know beyond their row."""

    now: datetime
    repositories: Differences = field(default_factory=Differences)
    """Where their names, as they are shown, differ from one another."""
    workflows: Differences = field(default_factory=Differences)
    owner: str = ""
    """Of all repositories, where they have one and there is little room: then it stands in the heading alone."""

    def name(self, repository: str) -> str:
        """Return a repository's name as its column shows it."""
        return defused_line(repository.removeprefix(f"{self.owner}/") if self.owner else repository)


def short_workflow(path: str) -> str:
    """Return the name of a workflow's file, without the folder in which all of them lie."""
    return defused_line(path.removeprefix(_WORKFLOWS))


def next_run(row: WorkflowRow) -> tuple[str, str]:
    """Return what the next run would meet: sign and words, and their style."""
    if row.state:
        return "– disabled", MUTED
    verdict = row.next_run
    words = "passes" if verdict is Verdict.PASS else "unknown"
    if verdict is Verdict.FAIL:
        words = GATE_WORDS[row.fails_at] if row.fails_at else "Registry state"
    return f"{verdict.sign} {words}", signs.VERDICT_STYLES[verdict]


def callers(row: WorkflowRow) -> tuple[str, str]:
    """Return how many get in who should not."""
    return _counted(row.callers.verdict, row.callers.too_many + row.callers.open_doors)


def wave(row: WorkflowRow) -> tuple[str, str]:
    """Return whether the immutable subjects break its trust."""
    verdict = row.wave.verdict
    return f"{verdict.sign}{' breaks' if verdict is Verdict.FAIL else ''}", signs.VERDICT_STYLES[verdict]


def beyond(row: WorkflowRow) -> tuple[str, str]:
    """Return how much is granted, or open, beyond need."""
    if row.scope is None and not row.too_broad:
        return PENDING, MUTED
    verdict = row.scope.verdict if row.scope else Verdict.UNKNOWN
    if row.too_broad:
        verdict = Verdict.FAIL
    return _counted(verdict, (row.scope.grants if row.scope else 0) + len(row.too_broad))


def _counted(verdict: Verdict, count: int) -> tuple[str, str]:
    return f"{verdict.sign} {count:,}" if count else verdict.sign, signs.VERDICT_STYLES[verdict]


def newest_sign(run: NewestRun) -> tuple[str, str]:
    """Return sign and style of a run's conclusion; of one that has not ended its status stands in that place."""
    ended = run.conclusion not in _UNDER_WAY
    return signs.conclusion_sign("completed" if ended else run.conclusion, run.conclusion if ended else None)


def _newest(row: WorkflowRow, drawing: Drawing) -> tuple[str, str]:
    if row.newest is None:
        return "– none", MUTED
    sign, style = newest_sign(row.newest)
    return f"{sign} {times.age(row.newest.created_at, drawing.now)} ago".replace("now ago", "now"), style


def _cause(row: WorkflowRow, _drawing: Drawing) -> tuple[str, str]:
    if not row.stops:
        return "", MUTED
    more = f" +{len(row.stops) - 1}" if len(row.stops) > 1 else ""
    return f"{defused_line(row.stops[0].cause)}{more}", "$text"


def _unknown(row: WorkflowRow, _drawing: Drawing) -> tuple[str, str]:
    return (f"? {len(row.unknown)}", signs.VERDICT_STYLES[Verdict.UNKNOWN]) if row.unknown else ("", MUTED)


def _event(row: WorkflowRow, _drawing: Drawing) -> tuple[str, str]:
    return (defused_line(f"{row.event} {row.ref}".strip()) or "nothing starts it"), MUTED


def _role(row: WorkflowRow, _drawing: Drawing) -> tuple[str, str]:
    known = [use.role.name for use in row.roles]
    written = [*known, *row.unknown_roles]
    return defused_line(", ".join(written)) or "– none known", MUTED


_REPOSITORY = Column("Repository", 0, lambda row, _: (defused_line(row.repository), "bold $text"), Sort.NAME, share=3)
_WORKFLOW = Column("Workflow", 0, lambda row, _: (short_workflow(row.workflow), "$text"), share=2)
_NEXT = Column("Next run", 17, lambda row, _: next_run(row), Sort.GATE)
_WHO = Column("Who", 5, lambda row, _: callers(row), Sort.CALLERS)
_WAVE = Column("Wave", 8, lambda row, _: wave(row), Sort.WAVE)
_BEYOND = Column("Beyond", 8, lambda row, _: beyond(row), Sort.BEYOND)
_NEWEST = Column("Newest", 10, _newest, Sort.NEWEST)
_CAUSE = Column("Cause", 22, _cause)
_UNKNOWN = Column("Unknown", 8, _unknown)
_EVENT = Column("Started by", 18, _event)
_ROLE = Column("Role", 0, _role, share=2)

_SETS: tuple[tuple[int, tuple[Column, ...]], ...] = (
    (170, (_REPOSITORY, _WORKFLOW, _NEXT, _CAUSE, _WHO, _WAVE, _BEYOND, _UNKNOWN, _NEWEST, _EVENT, _ROLE)),
    (130, (_REPOSITORY, _WORKFLOW, _NEXT, _CAUSE, _WHO, _WAVE, _BEYOND, _UNKNOWN, _NEWEST)),
    (100, (_REPOSITORY, _WORKFLOW, _NEXT, _WHO, _WAVE, _BEYOND, _UNKNOWN, _NEWEST)),
    (0, (_REPOSITORY, _WORKFLOW, _NEXT, _WHO, _WAVE, _BEYOND)),
)
"""From which width on of the list, which columns: the widest first."""
ROOMY = 100
"""Cells of the list from which on an owner is told with each repository."""
_LEAST = 6
"""Cells of a column that shares."""


def columns_for(width: int) -> list[tuple[Column, int]]:
    """Return the columns for a list of this width, each with its own."""
    chosen = next(columns for least, columns in _SETS if width >= least)
    left = width - 2 - sum(column.width for column in chosen) - _GAP * (len(chosen) - 1)
    shares = sum(column.share for column in chosen)
    return [(column, column.width or max(_LEAST, left * column.share // shares)) for column in chosen]


def head_line(width: int, by: Sort, *, reverse: bool, owner: str = "") -> Content:
    """Draw the headings; the one of the order carries an arrow, that of gravity stands before all."""
    arrow = "▴" if reverse else "▾"
    columns = columns_for(width)
    shown = any(column.sort is by for column, _ in columns)
    parts = [Content.styled(f"{arrow} " if by is Sort.GRAVITY else "  ", _SORTED)]
    for column, own in columns:
        words = column.heading
        if column is _REPOSITORY and owner:
            words = f"{defused_line(owner)}/"
        heading = words
        if column is _REPOSITORY and not shown and by is not Sort.GRAVITY:
            words = f"{order_words(by, reverse=False)} {arrow}"  # its column has no room
        sorted_by = column.sort is by
        style = _SORTED if sorted_by or words != heading else MUTED
        parts.append(Content.styled(f"{words} {arrow}" if sorted_by else words, style).truncate(own, pad=True))
        parts.append(Content(" "))
    return Content("").join(parts).truncate(max(0, width))


def line_of(row: Row, width: int, drawing: Drawing) -> Content:
    """Draw one line; what does not fit is cut with a sign, in the middle of what is the same in others."""
    if isinstance(row, RepositoryRow):
        return _place_line(row, width, drawing)
    verdict = row.verdict
    parts = []
    for column, own in columns_for(width):
        text, style = column.cell(row, drawing)
        if column is _REPOSITORY:
            text = drawing.name(row.repository)
        differ = {_REPOSITORY: drawing.repositories, _WORKFLOW: drawing.workflows}.get(column)
        fitted = elide(text, own, differ.at(text) if differ else 0)
        parts.append(Content.styled(fitted, style).truncate(own, pad=True))
    return Content.styled(f"{verdict.sign} ", signs.VERDICT_STYLES[verdict]) + Content(" ").join(parts)


def place_sign(row: RepositoryRow) -> tuple[str, str]:
    """Return sign and style of a repository's line: not read, or nothing runs there."""
    if row.status is not Status.READ and row.status.settled:
        return "–", MUTED
    return Verdict.UNKNOWN.sign, signs.VERDICT_STYLES[Verdict.UNKNOWN]


def place_words(row: RepositoryRow) -> str:
    """Return in a few words why a repository has a line of its own."""
    if row.status is Status.READ:
        left = row.open_users
        more = f" (+{len(left) - 1})" if len(left) > 1 else ""
        return f"read in part: {left[0] if left else ''}{more}"
    return f"{row.status.value.replace('-', ' ')}: {row.reason}"


def _place_line(row: RepositoryRow, width: int, drawing: Drawing) -> Content:
    sign, style = place_sign(row)
    own = columns_for(width)[0][1]
    name = drawing.name(row.repository)
    first = Content.styled(elide(name, own, drawing.repositories.at(name)), "bold $text").truncate(own, pad=True)
    words = defused_line(place_words(row))
    told = Content.styled(words, style).truncate(max(1, width - own - 3), ellipsis=True)
    return Content.styled(f"{sign} ", style) + first + Content(" ") + told


def drawing_of(rows: Sequence[Row], now: datetime, brief: bool, before: Drawing) -> Drawing:
    """Return what the cells of these lines need to know; names that were known before are not looked at again."""
    owners = {row.repository.partition("/")[0] for row in rows if "/" in row.repository} if brief else set()
    owner = owners.pop() if len(owners) == 1 else ""
    known = before if before.owner == owner else Drawing(now, owner=owner)
    known.repositories.add(known.name(row.repository) for row in rows)
    known.workflows.add(short_workflow(row.workflow) for row in rows if isinstance(row, WorkflowRow))
    return replace(known, now=now)

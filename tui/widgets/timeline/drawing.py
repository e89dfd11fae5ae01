"""Draw the timeline for a width, and note which cell lies where."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.diagnosis import Diagnosis
from tui.foreign_text import defused_line
from tui.widgets.base import signs, times
from tui.widgets.base.elide import Differences, elide
from tui.widgets.timeline.columns import Cell, Column, Side
from tui.widgets.timeline.run_titles import RunTitles

LABELS = 24
"""Cells for the gates' names."""
NARROWEST = 10
"""Cells of a recorded column at least: marker, sign, blank and the longest word."""
WIDEST = 16
LIVE_WIDTHS = ((15, 15), (13, 13), (11, 0))
"""Cells of NOW and of AFTER FIX (separators aside), each with what it must leave for a recorded column."""
_SCRAPS = 12
"""Cells from which on start and end of a long ref are both legible."""
ROOMY = 72
"""From this width on the planes say their question."""

GROUNDS = {Side.RECORDED: "", Side.NOW: "on $now-ground", Side.AFTER_FIX: "on $after-ground"}
SEPARATORS = {Side.NOW: "┃", Side.AFTER_FIX: "║"}


@dataclass(frozen=True, slots=True)
class Geometry:
    """Widths of the columns, and how many recorded ones are in view."""

    recorded: int
    live: int
    room: int
    """How many recorded columns fit."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """The drawn lines, with the places of columns and rows for the mouse."""

    content: Content
    columns: tuple[tuple[int, int, int], ...]
    """``(index, from, to)`` in cells."""
    rows: tuple[tuple[int, int], ...]
    """``(line, row)``."""

    def column_at(self, x: int) -> int | None:
        """Return the column at a cell of the screen."""
        return next((index for index, left, right in self.columns if left <= x < right), None)

    def row_at(self, y: int) -> int | None:
        """Return the row at a line of the screen."""
        return next((row for line, row in self.rows if line == y), None)


def geometry(width: int, recorded: int) -> Geometry:
    """Share a width among the columns: NOW and AFTER FIX come first, the recorded ones get the rest."""
    fitting = [wide for wide, least in LIVE_WIDTHS if _left_for_recorded(width, wide) // max(1, recorded) >= least]
    live = fitting[0] if fitting else LIVE_WIDTHS[-1][0]
    space = max(NARROWEST, _left_for_recorded(width, live))
    each = min(WIDEST, max(NARROWEST, space // max(1, recorded)))
    return Geometry(each, live, max(1, space // each))


def _left_for_recorded(width: int, live: int) -> int:
    return width - LABELS - 2 * (live + 1)


def window_start(width: int, recorded: int, cursor: int, before: int) -> int:
    """Return the first recorded column in view; it moves only as far as the cursor asks."""
    room = geometry(width, recorded).room
    last = max(0, recorded - room)
    start = min(before, last)
    if cursor >= recorded:
        return last
    return min(max(start, cursor - room + 1), cursor, last)


def height_of(gates: int, *, compact: bool) -> int:
    """Return the number of lines for so many gates."""
    return gates + (5 if compact else 9)


def draw(
    diagnosis: Diagnosis,
    columns: tuple[Column, ...],
    cell: Cell,
    width: int,
    *,
    start: int,
    compact: bool,
    focused: bool,
    path_index: int,
) -> Drawing:
    """Draw all lines of the timeline."""
    sizes = geometry(width, len(columns) - 2)
    shown = [*range(start, min(start + sizes.room, len(columns) - 2)), len(columns) - 2, len(columns) - 1]
    pen = _Pen(
        diagnosis, columns, cell, width, sizes, shown, focused, path_index, diagnosis.gates,
        RunTitles(diagnosis.replays),
        Differences(defused_line(replay.attempt.head_branch or "") for replay in diagnosis.replays),
    )  # fmt: skip
    lines: list[Content] = []
    rows: list[tuple[int, int]] = []
    lines += pen.heads(compact, start)
    for row, gate in enumerate(pen.gates):
        if row == 0 or gate.plane is not pen.gates[row - 1].plane:
            if not compact and row:
                lines.append(pen.line(Content(" " * LABELS), [Content("")] * len(shown)))
            lines.append(pen.plane(gate))
        rows.append((len(lines), row))
        lines.append(pen.gate(gate))
    if not compact:
        lines.append(pen.rule())
    rows.append((len(lines), len(pen.gates)))
    lines.append(pen.outcomes())
    lines = [line.truncate(max(1, width)) for line in lines]
    return Drawing(Content("\n").join(lines), pen.places(), tuple(rows))


@dataclass(frozen=True, slots=True)
class _Pen:
    diagnosis: Diagnosis
    columns: tuple[Column, ...]
    cell: Cell
    width: int
    sizes: Geometry
    shown: list[int]
    focused: bool
    path_index: int
    gates: tuple[Gate, ...]
    titles: RunTitles
    differs: Differences
    """Where each ref begins to differ from the others."""

    def places(self) -> tuple[tuple[int, int, int], ...]:
        places, left = [], LABELS
        for index in self.shown:
            right = left + self._width(index) + (self.columns[index].side is not Side.RECORDED)
            places.append((index, left, right))
            left = right
        return tuple(places)

    def _width(self, index: int) -> int:
        return self.sizes.recorded if self.columns[index].side is Side.RECORDED else self.sizes.live

    def line(self, label: Content, contents: list[Content]) -> Content:
        parts = [label.truncate(LABELS, ellipsis=True, pad=True)]
        for index, content in zip(self.shown, contents, strict=True):
            side = self.columns[index].side
            if side is not Side.RECORDED:
                parts.append(Content.styled(SEPARATORS[side], "$primary"))
            piece = content.truncate(self._width(index), ellipsis=True, pad=True)
            parts.append(piece.stylize_before(GROUNDS[side]) if GROUNDS[side] else piece)
        return Content("").join(parts)

    def heads(self, compact: bool, start: int) -> list[Content]:
        earlier, later = start, len(self.columns) - 2 - start - (len(self.shown) - 2)
        hint = "  ".join(
            words for words in (f"‹ {earlier} earlier" if earlier else "", f"{later} later ›" if later else "") if words
        )
        note = Content.styled(hint, "bold $text-warning") if hint else Content("")
        titles = [self._head(index, self._title(index)) for index in self.shown]
        refs = [self._head(index, self._second(index)) for index in self.shown]
        if compact:
            return [self.line(note or _muted("Run"), titles), self.line(_muted("Ref"), refs)]
        times = [self._head(index, self._third(index)) for index in self.shown]
        kinds = [self._head(index, self._kind(index)) for index in self.shown]
        return [
            self.line(note, kinds),
            self.line(_muted("Run"), titles),
            self.line(_muted("Ref"), refs),
            self.line(_muted("Time, UTC"), times),
        ]

    def _head(self, index: int, content: Content) -> Content:
        lead = " "
        content = Content(lead) + content.truncate(self._width(index) - 1, ellipsis=True)
        return content.stylize("bold") if index == self.cell.column else content

    def _kind(self, index: int) -> Content:
        words = {Side.RECORDED: "recorded", Side.NOW: "live", Side.AFTER_FIX: "modelled"}
        return _muted(words[self.columns[index].side])

    def _title(self, index: int) -> Content:
        column = self.columns[index]
        if column.replay is None:
            return Content.styled(column.side.value, "bold $text")
        subject = self.diagnosis.subject
        mark = "◆" if subject is not None and subject.attempt.key == column.key else ""
        title = self.titles.fitting(column.replay, self._width(index) - 1 - len(mark))
        return Content.styled(mark, "$accent") + Content.styled(title, "$text")

    def _second(self, index: int) -> Content:
        column = self.columns[index]
        if column.replay is not None:
            branch = defused_line(column.replay.attempt.head_branch or "no branch")
            room, differs = self._width(index) - 1, self.differs.at(branch)
            # In so few cells one beginning says more than two scraps, where it tells the refs apart.
            whole = room >= _SCRAPS or differs >= room - 1
            return Content.styled(elide(branch, room, differs), "$text") if whole else Content.styled(branch, "$text")
        if column.side is Side.NOW:
            subject = self.diagnosis.subject
            room = self._width(index) - len(" for ")
            return _muted(f"for {self.titles.fitting(subject, room)}" if subject else "for no run")
        if self.diagnosis.subject is None:
            return Content("")
        count = len(self.diagnosis.paths)
        if count:
            return _muted(f"path {self.path_index % count + 1}/{count}")
        return _muted("no path" if column.outcome.verdict is Verdict.UNKNOWN else "not needed")

    def _third(self, index: int) -> Content:
        column = self.columns[index]
        if column.replay is not None:
            started = column.replay.attempt.started_at or column.replay.attempt.created_at
            return _muted(times.utc(started, "%d %b %H:%M" if self.sizes.recorded >= 14 else "%H:%M"))
        if column.side is Side.NOW:
            live = self.diagnosis.live
            moment = live.account.read_at if live and live.account.read_at else self.diagnosis.made_at
            return _muted(times.utc(moment, "%H:%M:%S"))
        return _muted("if applied") if column.gates else Content("")

    def plane(self, gate: Gate) -> Content:
        style = signs.PLANE_STYLES[gate.plane]
        name = Content.styled(gate.plane.label.upper(), style)
        if self.places()[-1][2] >= ROOMY:
            name = name + Content.styled(f" {signs.PLANE_QUESTIONS[gate.plane]}", "$text-muted")
        fill = max(0, self.places()[-1][2] - name.cell_length - 1)
        return name + Content.styled(" " + "─" * fill, style.removeprefix("bold "))

    def gate(self, gate: Gate) -> Content:
        bar = Content.styled("▌ ", signs.PLANE_STYLES[gate.plane].removeprefix("bold "))
        here = gate is self.cell.gate
        label = bar + Content.styled(gate.label, "bold $text" if here else "$text")
        return self.line(label, [self._verdict(index, gate) for index in self.shown])

    def _verdict(self, index: int, gate: Gate) -> Content:
        verdict = self.columns[index].at(gate)
        mark = _muted("–") if verdict is None else signs.verdict_mark(verdict.verdict)
        if verdict is None and self.columns[index].outcome.verdict is Verdict.UNKNOWN:
            mark = signs.verdict_mark(Verdict.UNKNOWN)
        if self.columns[index].side is Side.NOW:
            mark = mark + signs.drift_mark(self.diagnosis.drift, gate)
        return self._at_cursor(mark, Cell(index, self.gates.index(gate), self.cell.gates))

    def outcomes(self) -> Content:
        here = self.cell.gate is None
        contents = []
        for index in self.shown:
            outcome = self.columns[index].outcome
            mark = Content.styled(f"{outcome.sign} {outcome.word}", signs.VERDICT_STYLES[outcome.verdict])
            contents.append(self._at_cursor(mark, Cell(index, len(self.gates), self.cell.gates)))
        return self.line(Content("  ") + Content.styled("Outcome", "bold $text" if here else "$text"), contents)

    def rule(self) -> Content:
        return Content.styled("─" * self.places()[-1][2], "$text-disabled")

    def _at_cursor(self, mark: Content, cell: Cell) -> Content:
        if cell != self.cell:
            return Content(" ") + mark
        chosen = (Content("▸") + mark).truncate(self._width(cell.column), pad=True)
        if self.focused:
            return Content.styled(chosen.plain, "bold $block-cursor-foreground on $block-cursor-background")
        return chosen.stylize("bold on $surface-active")


def _muted(text: str) -> Content:
    return Content.styled(text, "$text-muted")

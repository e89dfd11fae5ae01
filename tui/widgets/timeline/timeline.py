"""The timeline widget: gates as rows below their planes, attempts as columns; NOW and AFTER FIX are always in view."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import RenderResult
from textual.binding import BindingType
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from diagnosis.gates import GATES
from diagnosis.verdicts.diagnosis import Diagnosis
from tui import keymap, messages
from tui.widgets.timeline import columns as model
from tui.widgets.timeline.columns import Cell, Column, Side
from tui.widgets.timeline.drawing import Drawing, draw, height_of, window_start

SHORT_SCREEN = 32
"""Screens with fewer lines get the timeline without its air."""
NARROW_SCREEN = 100
"""Screens with fewer columns have no frames."""


def lines_taken(diagnosis: Diagnosis, screen: Size) -> int:
    """Return how many lines the timeline of a diagnosis takes on a screen of this size, with its frame."""
    compact = screen.height < SHORT_SCREEN
    bare = compact or screen.width < NARROW_SCREEN
    return height_of(len(diagnosis.gates), compact=compact) + (0 if bare else 2)


class Timeline(Widget, can_focus=True):
    """Show a diagnosis with a cursor, and post what the user chooses."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("matrix")

    cell: reactive[Cell] = reactive(Cell())
    """The cursor; the screen watches it and shows the details of the cell."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.diagnosis: Diagnosis | None = None
        self.path_index = 0
        self.columns: tuple[Column, ...] = ()
        self._drawing: Drawing | None = None
        self._start = 0

    @property
    def compact(self) -> bool:
        """Whether the screen is too low for blank lines."""
        return self.app.size.height < SHORT_SCREEN

    @property
    def column(self) -> Column | None:
        """The column under the cursor."""
        return self.columns[self.cell.column] if self.columns else None

    def show(self, diagnosis: Diagnosis, path_index: int = 0) -> None:
        """Show another diagnosis; the cursor stays on the same attempt and gate where they are still there."""
        here, gate = self.column, self.cell.gate
        before = self.diagnosis
        self.diagnosis, self.path_index = diagnosis, path_index
        self.columns = model.columns_of(diagnosis, path_index)
        same_subject = _subject_key(before) == _subject_key(diagnosis)
        place = next((i for i, column in enumerate(self.columns) if here and _same(here, column)), None)
        gates = diagnosis.gates
        if place is not None and same_subject:
            self.cell = Cell(place, gates.index(gate) if gate in gates else len(gates), gates)
        else:
            self.cell = model.opening_cell(diagnosis, self.columns)
        self.refresh(layout=True)

    def go_to(self, cell: Cell) -> None:
        """Move the cursor to a cell, kept inside the timeline."""
        if self.columns and self.diagnosis is not None:
            gates = self.diagnosis.gates
            column, row = min(max(cell.column, 0), len(self.columns) - 1), min(max(cell.row, 0), len(gates))
            self.cell = Cell(column, row, gates)

    def action_move(self, down: int, right: int) -> None:
        """Move the cursor."""
        self.go_to(Cell(self.cell.column + right, self.cell.row + down))

    def action_edge(self, side: int) -> None:
        """Move the cursor to the first or the last column."""
        self.go_to(Cell(0 if side < 0 else len(self.columns) - 1, self.cell.row))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to judge NOW for an attempt where there is one."""
        return action != "judge" or (self.diagnosis is not None and bool(self.diagnosis.replays))

    def action_judge(self) -> None:
        """Judge NOW for the attempt under the cursor."""
        column = self.column
        if column is not None and column.key is not None:
            self.post_message(messages.SubjectChosen(column.key))
        elif column is not None:
            self.app.notify("NOW is judged for an attempt: move to one.", severity="warning", markup=False, timeout=4)

    def action_open_cell(self) -> None:
        """Ask for the details of the cell."""
        if self.columns:
            self.post_message(messages.CellOpened())

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the clicked cell, and open the one that has it; a double click on a head judges NOW for it."""
        offset = event.get_content_offset(self)
        if offset is None or self._drawing is None:
            return
        column, row = self._drawing.column_at(offset.x), self._drawing.row_at(offset.y)
        if column is None:
            return
        before = self.cell
        self.go_to(Cell(column, row if row is not None else self.cell.row))
        if row is None and event.chain == 2:
            self.action_judge()
        elif row is not None and self.cell == before:
            self.action_open_cell()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines."""
        rows = len(self.diagnosis.gates) if self.diagnosis is not None else len(GATES)
        return height_of(rows, compact=self.compact)

    def render(self) -> RenderResult:
        """Draw the part of the recorded columns in which the cursor stands."""
        if self.diagnosis is None:
            return ""
        width = self.content_size.width
        recorded = len(self.columns) - 2
        self._start = window_start(width, recorded, self.cell.column, self._start)
        self._drawing = draw(
            self.diagnosis, self.columns, self.cell, width,
            start=self._start, compact=self.compact, focused=self.has_focus, path_index=self.path_index,
        )  # fmt: skip
        return self._drawing.content


def _subject_key(diagnosis: Diagnosis | None) -> tuple[int, int] | None:
    return diagnosis.subject.attempt.key if diagnosis and diagnosis.subject else None


def _same(one: Column, other: Column) -> bool:
    return one.side is other.side and (one.side is not Side.RECORDED or one.key == other.key)

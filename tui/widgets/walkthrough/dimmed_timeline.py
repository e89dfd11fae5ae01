"""The timeline with all of it dimmed but what a step is about: one cell, or the planes."""

from __future__ import annotations

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from diagnosis.documents.walkthrough.steps import Column as StepColumn
from diagnosis.documents.walkthrough.steps import Kind, Place, Step
from diagnosis.gates import GATES
from diagnosis.verdicts.diagnosis import Diagnosis
from tui.backend import RunKey
from tui.messages import AttemptPointed
from tui.widgets.timeline.columns import Cell, Column, Side, columns_of
from tui.widgets.timeline.drawing import LABELS, Drawing, draw, height_of, window_start
from tui.widgets.timeline.timeline import SHORT_SCREEN

_SIDES = {StepColumn.NOW: Side.NOW, StepColumn.AFTER_FIX: Side.AFTER_FIX}


class DimmedTimeline(Widget):
    """Draws the timeline of one moment; a click on an attempt asks for its step."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.step: Step | None = None
        self.diagnosis: Diagnosis | None = None
        self.columns: tuple[Column, ...] = ()
        self.cell: Cell | None = None
        self._drawing: Drawing | None = None

    @property
    def compact(self) -> bool:
        """Whether the screen is too low for blank lines."""
        return self.app.size.height < SHORT_SCREEN

    def show(self, step: Step, diagnosis: Diagnosis) -> None:
        """Show the timeline of a moment, and what of it is not dimmed."""
        self.step, self.diagnosis = step, diagnosis
        self.columns = columns_of(diagnosis)
        self.cell = cell_of(step.place, diagnosis, self.columns) if step.place is not None else None
        self.refresh(layout=True)

    def on_click(self, event: events.Click) -> None:
        """Ask for the step of the attempt that was clicked."""
        offset = event.get_content_offset(self)
        index = self._drawing.column_at(offset.x) if offset is not None and self._drawing is not None else None
        key: RunKey | None = self.columns[index].key if index is not None else None
        if key is not None:
            event.stop()
            self.post_message(AttemptPointed(key))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines."""
        rows = len(self.diagnosis.gates) if self.diagnosis is not None else len(GATES)
        return rows + 2 if self._bare else height_of(rows, compact=self.compact)

    @property
    def _bare(self) -> bool:
        """Whether only headings, gates and outcomes are drawn: lines are scarce, and the step is not about the planes."""
        return self.compact and self.step is not None and self.step.kind is not Kind.PLANES

    def render(self) -> RenderResult:
        """Draw it, with the part of the recorded columns in view in which the cell lies."""
        if self.diagnosis is None or self.step is None:
            return ""
        recorded, gates, width = len(self.columns) - 2, self.diagnosis.gates, self.content_size.width
        # Without a cell the cursor stands beside the timeline, and the newest attempts are in view.
        cell = self.cell or Cell(-1, len(gates), gates)
        start = window_start(width, recorded, cell.column if cell.column >= 0 else recorded, 0)
        self._drawing = draw(
            self.diagnosis, self.columns, cell, width,
            start=start, compact=self.compact, focused=True, path_index=0,
        )  # fmt: skip
        lit = (
            _of_planes(self._drawing)
            if self.step.kind is Kind.PLANES
            else _of_cell(self._drawing, self.cell, heading=0 if self.compact else 1)
        )
        content = dimmed(self._drawing.content, lit)
        if not self._bare:
            return content
        kept = {0, *(number for number, _ in self._drawing.rows)}
        lines = content.split("\n", allow_blank=True)
        return Content("\n").join([line for number, line in enumerate(lines) if number in kept])


def cell_of(place: Place, diagnosis: Diagnosis, columns: tuple[Column, ...]) -> Cell | None:
    """Return where a step's cell lies on the timeline of a moment; None where it is not on it."""
    side, key = _SIDES.get(place.column), (place.run, place.attempt)
    index = next((i for i, each in enumerate(columns) if (each.side is side if side else each.key == key)), None)
    gates = diagnosis.gates
    if index is None or (place.gate is not None and place.gate not in gates):
        return None
    return Cell(index, gates.index(place.gate) if place.gate is not None else len(gates), gates)


def dimmed(content: Content, lit: dict[int, list[tuple[int, int]]]) -> Content:
    """Return the content in one dim colour, but for pieces of lines, which stay as they are."""
    lines = []
    for number, line in enumerate(content.split("\n", allow_blank=True)):
        parts, end = [], 0
        for left, right in sorted(lit.get(number, ())):
            parts += [Content.styled(line.plain[end:left], "$text-disabled"), line[left:right]]
            end = right
        lines.append(Content("").join([*parts, Content.styled(line.plain[end:], "$text-disabled")]))
    return Content("\n").join(lines)


def _of_cell(drawing: Drawing, cell: Cell | None, *, heading: int) -> dict[int, list[tuple[int, int]]]:
    """Return the pieces to leave lit for a cell: itself, its gate's name, and the heading of its column."""
    place = next(((left, right) for index, left, right in drawing.columns if cell and index == cell.column), None)
    if cell is None or place is None:
        return {}
    lines = dict(drawing.rows)
    here = next((number for number, row in lines.items() if row == cell.row), None)
    return {heading: [place]} | ({here: [(0, LABELS), place]} if here is not None else {})


def _of_planes(drawing: Drawing) -> dict[int, list[tuple[int, int]]]:
    """Return the pieces to leave lit where the planes themselves are told: their headings and the names of their gates."""
    gates = [number for number, _ in drawing.rows][:-1]
    headings = [number - 1 for number in gates if number - 1 not in gates]
    return {number: [(0, 10_000)] for number in headings} | {number: [(0, LABELS)] for number in gates}

"""The list of a fleet: one line a release workflow, drawn only where it is in view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from textual.content import Content

from tui import messages
from tui.widgets.base.virtual_list import VirtualList
from tui.widgets.fleet.columns import ROOMY, Drawing, drawing_of, line_of
from tui.widgets.fleet.lines import Line, LineKey


class FleetList(VirtualList[Line]):
    """The lines; the cursor stays on its line, whatever comes before it."""

    def __init__(self, clock: Callable[[], datetime], *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._clock = clock
        self.drawing = Drawing(clock())

    def learn(self, lines: Sequence[Line], known: tuple[Drawing, ...] = ()) -> None:
        """Take note of the names that have come, by which each can be told from the others where it is cut.

        ``known``: what was found out of all of them already, where there is room and where there is little.
        """
        if known:
            self.drawing = replace(known[self.brief], now=self._clock())
        else:
            self.drawing = drawing_of([line.row for line in lines], self._clock(), self.brief, self.drawing)

    @property
    def brief(self) -> bool:
        """Whether there is too little room for an owner that all have."""
        return self.scrollable_content_region.width < ROOMY

    def show_lines(self, lines: Sequence[Line], keep: LineKey | None) -> None:
        """Show these lines, with the cursor on the one of this key; where it is gone, in its place."""
        place = next((at for at, line in enumerate(lines) if line.key == keep), None) if keep is not None else None
        self.show(lines)
        if place is not None:
            self.cursor = place
            self.refresh()

    def lines_of(self, item: Line, width: int, *, chosen: bool) -> Sequence[Content]:
        """Return the line of a workflow, or of a repository."""
        return (line_of(item.row, width, self.drawing),)

    def choose(self, item: Line) -> None:
        """Open the workflow that was clicked a second time."""
        self.post_message(messages.FleetLineChosen())

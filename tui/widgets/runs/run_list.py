"""The list of workflow runs, newest first, two lines a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from tui import keymap, messages
from tui.backend import RunKey, RunRow
from tui.foreign_text import foreign_line
from tui.widgets.base import signs, times
from tui.widgets.base.virtual_list import VirtualList


class RunList(VirtualList[RunRow]):
    """Show the rows that pass the filter, and mark the attempts on the timeline."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("runs")
    item_height = 2

    def __init__(self, clock: Callable[[], datetime], *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._clock = clock
        self.shown_chain: frozenset[RunKey] = frozenset()
        """The attempts on the timeline; they carry a mark."""

    def mark(self, chain: Sequence[RunKey]) -> None:
        """Mark the runs that the timeline shows."""
        self.shown_chain = frozenset(chain)
        self.refresh()

    def lines_of(self, item: RunRow, width: int, *, chosen: bool) -> Sequence[Content]:
        """Return two lines: sign, number, ref and age; then title and id."""
        sign, style = signs.conclusion_sign(item.status, item.conclusion)
        age = times.age(item.created_at, self._clock())
        attempt = f".{item.key[1]}" if item.key[1] > 1 else ""
        mark = Content.styled("┃", "$accent") if item.key in self.shown_chain else Content(" ")
        left = Content("").join([
            mark, Content.styled(sign, style), Content.styled(f" #{item.number}{attempt} ", "bold"),
            foreign_line(item.ref or item.event),
        ])  # fmt: skip
        room = max(0, width - len(age) - 2)
        first = left.truncate(room, ellipsis=True, pad=True) + Content.styled(f" {age} ", "$text-muted")
        second = mark + Content("  ") + foreign_line(item.title or item.workflow, "$text-muted")
        identity = Content.styled(f" {item.key[0]} ", "$text-disabled")
        if width >= 2 * identity.cell_length + 12:
            second = second.truncate(width - identity.cell_length, ellipsis=True, pad=True) + identity
        return first, second

    def choose(self, item: RunRow) -> None:
        """Ask for the diagnosis of a run."""
        self.post_message(messages.RunChosen(item.key))

    def action_choose(self) -> None:
        """Choose the run under the cursor."""
        if self.chosen is not None:
            self.choose(self.chosen)

    def near_end(self) -> None:
        """Ask for the next page."""
        self.post_message(messages.MoreRunsWanted())

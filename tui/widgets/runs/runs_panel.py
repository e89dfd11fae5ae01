"""The left side of the main screen: the list of workflow runs with its filter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from tui import messages
from tui.backend import BackendProblem, RunKey, RunPage, RunQuery
from tui.foreign_text import defused_line, foreign_line
from tui.widgets.runs import run_filter
from tui.widgets.runs.run_list import RunList
from tui.widgets.runs.run_pages import RunPages


class RunsPanel(Vertical):
    """Keep the runs loaded so far and show those that pass the filter.

    Words of the filter are looked for in the loaded rows at once. Where the part that GitHub filters changes, the panel
    posts :class:`tui.messages.QueryChanged` and waits for new pages.
    """

    def __init__(self, clock: Callable[[], datetime], start_filter: RunQuery) -> None:
        super().__init__(id="runs-panel")
        self.pages = RunPages()
        self.filter = run_filter.RunFilter(start_filter)
        self._list = RunList(clock, id="runs")
        self._entry = Input(id="filter", placeholder="words  branch:  status:  actor:  event:", compact=True)

    def compose(self) -> ComposeResult:
        """Lay out the list and, below it, the filter."""
        yield self._list
        yield self._entry

    def on_mount(self) -> None:
        """Name the panel and show the first filter as text."""
        self._name_panel(False)
        self._entry.value = run_filter.described(self.filter.query)
        self.watch(self._entry, "has_focus", self._name_panel, init=False)

    def _name_panel(self, typing: bool) -> None:
        self.border_title = "enter applies · esc clears" if typing else "Runs"

    def add(self, page: RunPage, number: int) -> None:
        """Take a page in and show its rows; page 1 replaces all earlier rows."""
        self.pages.add(page, number)
        self.show_rows()

    def show_rows(self) -> None:
        """Show the loaded rows that pass the filter."""
        rows = self.pages.shown(self.filter)
        filtered = self.pages.rows or self.filter.query != RunQuery()
        self._list.empty_text = "No run passes this filter." if filtered else "No runs yet."
        self._list.show(rows)
        self.border_subtitle = foreign_line(self.pages.count_words(len(rows)))

    def show_problem(self, problem: BackendProblem) -> None:
        """Say in the empty list why no runs could be read."""
        self._list.empty_text = f"✘ {defused_line(problem.sentence)} {defused_line(problem.way_out)}"

    def mark(self, attempts: Iterable[RunKey]) -> None:
        """Mark the attempts that the timeline shows."""
        self._list.mark(list(attempts))

    def open_filter(self) -> None:
        """Show the filter and put the cursor into it."""
        self.add_class("-filtering")
        self._entry.focus()

    def leave_filter(self) -> bool:
        """Clear the filter if the cursor stands in it; return whether it did."""
        if not self._entry.has_focus:
            return False
        self._entry.value = ""
        self._apply("")
        return True

    @on(Input.Changed, "#filter")
    def _typed(self, event: Input.Changed) -> None:
        wanted = run_filter.parse(event.value)
        self.filter = run_filter.RunFilter(self.filter.query, wanted.words)
        if self.pages.rows:
            self.show_rows()

    @on(Input.Submitted, "#filter")
    def _submitted(self, event: Input.Submitted) -> None:
        self._apply(event.value)

    def _apply(self, text: str) -> None:
        before, self.filter = self.filter, run_filter.parse(text)
        self.set_class(bool(text.strip()), "-filtering")
        if before.query != self.filter.query:
            self.post_message(messages.QueryChanged(self.filter.query))
        else:
            self.show_rows()
        self._list.focus()

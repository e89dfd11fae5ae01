"""The left side of the main screen: the list of workflow runs with its filter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from tui import messages
from tui.backend import BackendProblem, RunKey, RunPage, RunQuery, RunRow
from tui.foreign_text import defused_line, foreign_line
from tui.widgets.runs import run_filter
from tui.widgets.runs.filter_entry import FilterEntry
from tui.widgets.runs.filter_help import Completions, fault_of, is_refused
from tui.widgets.runs.run_address import SHORTEST_ID, address_in, id_in, number_in
from tui.widgets.runs.run_list import RunList
from tui.widgets.runs.run_pages import RunPages


class RunsPanel(Vertical):
    """Keep the runs loaded so far and show those that pass the filter.

    Words of the filter are looked for in the loaded rows at once. Where the part that GitHub filters changes, the panel
    posts :class:`tui.messages.QueryChanged` and waits for new pages; for the address of a run :class:`tui.messages.PlaceNamed`.
    """

    def __init__(self, clock: Callable[[], datetime], start_filter: RunQuery) -> None:
        super().__init__(id="runs-panel")
        self.pages = RunPages()
        self.filter = run_filter.RunFilter(start_filter)
        self.text = run_filter.described(start_filter)
        """The filter in force, as it was typed."""
        self.completions = Completions()
        self._list = RunList(clock, id="runs")
        self._note = Static(id="filter-note", markup=False)
        self._entry = FilterEntry(self.completions)

    def compose(self) -> ComposeResult:
        """Lay out the list and, below it, the filter with what is to be said of it."""
        yield self._list
        yield self._note
        yield self._entry

    def on_mount(self) -> None:
        """Name the panel and show the first filter as text."""
        self._name_panel(False)
        self._entry.value = self.text
        self.watch(self._entry, "has_focus", self._name_panel, init=False)

    def _name_panel(self, typing: bool) -> None:
        self.border_title = "enter applies · esc clears" if typing else "Runs"
        self._say_what_is_wrong(self._entry.value if typing else "")
        self._count()

    def start_with(self, text: str) -> None:
        """Begin with a filter; what GitHub filters of it is read with the first page."""
        self.filter, self.text = run_filter.parse(text), text
        self._entry.value = text
        self.set_class(bool(text.strip()), "-filtering")

    def add(self, page: RunPage, number: int) -> None:
        """Take a page in and show its rows; page 1 replaces all earlier rows."""
        self.pages.add(page, number)
        self.completions.learn(page.rows)
        self.show_rows()

    def poll(self, first: RunPage | None, further: Iterable[RunRow]) -> None:
        """Take in what a look at the active runs has brought; all other rows and the cursor stay."""
        self.pages.poll(first, further)
        self.completions.learn(first.rows if first is not None else ())
        self.show_rows()

    @property
    def newest(self) -> RunRow | None:
        """The newest run that passes the filter."""
        return self._list.items[0] if self._list.items else None

    @property
    def focused(self) -> bool:
        """Whether the keys go to the list or the filter."""
        return self._list.has_focus or self._entry.has_focus

    def show_rows(self) -> None:
        """Show the loaded rows that pass the filter."""
        rows = self.pages.shown(self.filter)
        self._list.empty_text = self._empty_text()
        self._list.looks_for_words = bool(self.filter.words)
        self._list.show(rows)
        self._count()

    def _count(self) -> None:
        count = self.pages.count_words(len(self._list.items))
        if self.filter.words and self.pages.next_page is not None and not self._entry.has_focus:
            count = f"{count.removesuffix(' runs')} · G more"
        self.border_subtitle = foreign_line(count if self.pages.rows else "")

    def _empty_text(self) -> str:
        if not self.pages.rows and self.filter.query == RunQuery():
            return "No runs yet. One is shown here as soon as a workflow has started; r reads again."
        if self.pages.next_page is None:
            return "No run passes this filter. esc clears it."
        read = f"{len(self.pages.rows):,} of {self.pages.total:,}"
        return f"No run passes this filter among the {read} read. G reads more; esc clears it."

    def show_problem(self, problem: BackendProblem) -> None:
        """Say in the empty list why no runs could be read."""
        clears = " esc clears the filter." if self.text else ""
        self._list.empty_text = f"✘ {defused_line(problem.sentence)} {defused_line(problem.way_out)}{clears}"

    def mark(self, attempts: Iterable[RunKey]) -> None:
        """Mark the attempts that the timeline shows."""
        self._list.mark(list(attempts))

    def point_at(self, key: RunKey) -> None:
        """Move the cursor to a run, if it is shown."""
        self._list.point_at(key)

    def open_filter(self) -> None:
        """Show the filter and put the cursor into it."""
        self.add_class("-filtering")
        self._entry.cursor_position = len(self._entry.value)
        self._entry.focus()

    def leave_filter(self) -> bool:
        """Clear the filter if the cursor stands in it; return whether it did."""
        if not self._entry.has_focus:
            return False
        self.apply("")
        return True

    def clear_filter(self) -> bool:
        """Clear the filter in force; return False where there is none."""
        if not self.text:
            return False
        self.apply("")
        return True

    @on(Input.Changed, "#filter")
    def _typed(self, event: Input.Changed) -> None:
        wanted = run_filter.parse(event.value)
        words = () if address_in(event.value) is not None else wanted.words
        self.filter = run_filter.RunFilter(self.filter.query, words)
        if self._entry.has_focus:
            self._say_what_is_wrong(event.value)
        if self.pages.rows:
            self.show_rows()

    def _say_what_is_wrong(self, text: str) -> None:
        """Say what is wrong with the filter, else what its last part may be."""
        fault = fault_of(text)
        words = fault or self.completions.offered(text)
        self._note.update(foreign_line(words, "$text-warning" if fault else "$text-muted"))
        self._note.set_class(bool(words), "-saying")

    @on(Input.Submitted, "#filter")
    def _submitted(self, event: Input.Submitted) -> None:
        if self._names_run(event.value):
            self.post_message(messages.PlaceNamed(event.value))
        elif is_refused(event.value):
            self._say_what_is_wrong(event.value)
        else:
            self.apply(event.value)

    def _names_run(self, text: str) -> bool:
        """Return whether a text is a run's address, id or number; a short number may also be a word."""
        run = id_in(text)
        known = run is not None and (run >= 10 ** (SHORTEST_ID - 1) or any(key[0] == run for key in self.pages.rows))
        return known or address_in(text) is not None or number_in(text) is not None

    def numbered(self, number: int) -> tuple[RunRow, ...]:
        """Return the runs read that bear a number; runs of several workflows may."""
        return tuple(row for row in self.pages.rows.values() if row.number == number)

    def drop_typed(self) -> None:
        """Put the filter in force back into the line, and leave it."""
        self._entry.value = self.text
        self.filter = run_filter.parse(self.text)
        self.set_class(bool(self.text), "-filtering")
        self.show_rows()

    def apply(self, text: str) -> None:
        """Filter the runs; the line shows the filter as long as there is one."""
        had_focus = self._entry.has_focus
        before, self.filter, self.text = self.filter, run_filter.parse(text), text.strip()
        self._entry.value = self.text
        self._entry.cursor_position = 0  # a long filter is read from its start
        self.set_class(bool(self.text), "-filtering")
        self.post_message(messages.FilterApplied(self.text))
        if before.query != self.filter.query:
            self.post_message(messages.QueryChanged(self.filter.query))
        else:
            self.show_rows()
        if had_focus:
            self._list.focus()

"""The parts of the main screen and how what is known is shown in them; nothing is read here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Input

from diagnosis.verdicts.diagnosis import Diagnosis
from tui.backend import Backend, Progress, RunKey, RunQuery
from tui.foreign_text import foreign_line
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.page import Page
from tui.widgets.base.status_page import StatusPage
from tui.widgets.base.top_line import TopLine
from tui.widgets.detail.details import BLOCKS, Details
from tui.widgets.detail.selection import RemediationForm, Section, Selection
from tui.widgets.runs import run_filter
from tui.widgets.runs.run_list import RunList
from tui.widgets.runs.run_pages import RunPages
from tui.widgets.summary.summary import Summary
from tui.widgets.timeline.timeline import Timeline

SECTION_KEYS = {
    Section.EVIDENCE: "v log · o open · c copy address",
    Section.REMEDIATION: "p path · d form · y copy",
}
"""What the keys do in a section, on its border."""


class TimelineBoard(Screen[None]):
    """What is shown; what lies where is the style sheet's."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (184, "-wide")]  # noqa: RUF012 - declared by Textual, as an instance variable
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall"), (48, "-high")]  # noqa: RUF012 - likewise
    AUTO_FOCUS = "#timeline"

    def __init__(self, *, clock: Callable[[], datetime], start_filter: RunQuery) -> None:
        super().__init__()
        self.clock = clock
        self.backend: Backend | None = None
        self.pages = RunPages()
        self.start_filter = start_filter
        self.filter = run_filter.RunFilter(start_filter)
        self.diagnosis: Diagnosis | None = None
        self.selected: RunKey | None = None
        self.subject: RunKey | None = None
        """The attempt that the user chose for NOW; None follows the chain's latest."""
        self.stale = False
        """The demo has moved on from what is shown."""
        self.path_index = 0
        self.form = RemediationForm.AWS_CLI
        self.under_way: dict[str, tuple[int, Progress]] = {}
        """Number and progress of each kind of work; the newest last."""

    def compose(self) -> ComposeResult:
        """The widgets."""
        yield TopLine()
        with Horizontal(id="body"):
            with Vertical(id="runs-panel"):
                yield RunList(self.clock, id="runs")
                yield Input(id="filter", placeholder="words  branch:  status:  actor:  event:", compact=True)
            with ContentSwitcher(id="work", initial="status"):
                yield StatusPage(id="status")
                with Container(id="board"):
                    with Vertical(id="centre"):
                        yield Timeline(id="timeline")
                        yield Summary(id="summary")
                    with Vertical(id="beside"):
                        yield Details(id="detail")
                        yield Page(id="companion")
        yield KeyLine(compact=True)

    def on_mount(self) -> None:
        """Name the parts."""
        self.query_one("#runs-panel").border_title = "Runs"
        self.query_one("#timeline").border_title = "Timeline"
        self.query_one("#summary").border_title = "At a glance"
        self.watch(self.query_one(Timeline), "cell", self._cell_moved, init=False)
        self.query_one(Input).value = run_filter.described(self.start_filter)

    def show_runs(self) -> None:
        """Show the rows that pass the filter."""
        rows = self.pages.shown(self.filter)
        runs = self.query_one(RunList)
        runs.empty_text = (
            "No run passes this filter." if self.pages.rows or self.filter.query != RunQuery() else "No runs yet."
        )
        runs.show(rows)
        self.query_one("#runs-panel").border_subtitle = foreign_line(self.pages.count_words(len(rows)))

    def show_board(self) -> None:
        """Show diagnosis and path in all parts of the board."""
        if self.diagnosis is not None:
            self.query_one(Timeline).show(self.diagnosis, self.path_index)
            self.query_one(Summary).show(self.diagnosis, self.path_index)
            self.show_detail()
            self.refresh_bindings()

    def _cell_moved(self) -> None:
        self.show_detail()

    def show_detail(self, section: Section | None = None) -> None:
        """Show the details of the chosen cell."""
        view, detail = self.view, self.query_one(Details)
        if view is not None:
            detail.show(view, section)
            gate = view.cell.gate
            detail.border_title = foreign_line(f"{view.column.title} › {gate.label if gate else 'Outcome'}")
            detail.border_subtitle = SECTION_KEYS.get(detail.section, "")
            self._show_companion(view, detail.section)

    @property
    def view(self) -> Selection | None:
        """What the details are about; None before the first diagnosis."""
        timeline = self.query_one(Timeline)
        if self.diagnosis is None or timeline.column is None:
            return None
        return Selection(self.diagnosis, timeline.column, timeline.cell, self.path_index, self.form)

    def _show_companion(self, view: Selection, section: Section) -> None:
        """On a large screen the remediation stays in view below any other section; where there is none, the evidence."""
        companion = self.query_one("#companion", Page)
        if not companion.display:
            return
        wanted = [Section.REMEDIATION] if view.path is not None else []
        other = next(s for s in (*wanted, Section.EVIDENCE, Section.CLOSURE) if s is not section)
        companion.border_title = other.value.title()
        self.query_one("#beside").set_class(section is Section.EVIDENCE, "-remedy-below")
        companion.show(BLOCKS[other](view), keep_place=True)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """While the filter is typed, its keys are named."""
        typing = event.widget.id == "filter"
        self.query_one("#runs-panel").border_title = "enter applies · esc clears" if typing else "Runs"

    def on_resize(self) -> None:
        """A part may have come into view."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        self.query_one(KeyLine).show_command_palette = not self.has_class("-narrow")
        self.refresh_bindings()
        self.query_one("#page", Page).dense = self.has_class("-short")
        self.show_detail()
        self.show_top()

    def show_top(self) -> None:
        """Title, moment, limits and the newest progress."""
        top, backend = self.query_one(TopLine), self.backend
        if backend is not None:
            bordered = not (self.has_class("-narrow") or self.has_class("-short"))
            top.title, top.origin_note = backend.title, "" if bordered else backend.origin_note
            self.query_one(Timeline).border_subtitle = foreign_line(backend.origin_note)
            top.limit_note = backend.limit_note
            top.moment_count = sum(moment.name.isdigit() for moment in backend.moments)
            top.moment = backend.moments[backend.moment_index] if backend.moments else None
        top.progress = next((progress for _, progress in reversed(self.under_way.values())), None)

"""The middle of the main screen: the diagnosis as timeline, summary and details, or a status page while there is none."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.widgets import ContentSwitcher

from diagnosis.documents.credentials import told_once
from diagnosis.verdicts.diagnosis import Diagnosis
from tui import messages
from tui.backend import BackendProblem, Progress
from tui.foreign_text import foreign_line
from tui.widgets.base.page import Page
from tui.widgets.base.status_page import StatusPage
from tui.widgets.detail.details import BLOCKS, Details
from tui.widgets.detail.selection import FORMS, RemediationForm, Section, Selection, form_text
from tui.widgets.summary.summary import Summary
from tui.widgets.timeline.timeline import Timeline

SECTION_KEYS = {
    Section.EVIDENCE: "v log · o open · c copy address",
    Section.REMEDIATION: "p path · d form · y copy",
}
"""What the keys do in a section, shown on its border."""


class DiagnosisPanel(ContentSwitcher):
    """Show one diagnosis, with the remediation path and the form that the user has selected.

    Nothing is read here: the screen hands diagnoses, progress and problems over.
    """

    def __init__(self) -> None:
        super().__init__(id="work", initial="status")
        self.diagnosis: Diagnosis | None = None
        self._shown: Diagnosis | None = None
        """The same as it is shown: what lacks for want of credentials is said once, by the first line."""
        self.path_index = 0
        self.form = RemediationForm.AWS_CLI
        self._stale = False

    def compose(self) -> ComposeResult:
        """Lay out the status page and the board; the style sheet says which part lies where."""
        timeline, summary = Timeline(id="timeline"), Summary(id="summary")
        timeline.border_title, summary.border_title = "Timeline", "At a glance"
        yield StatusPage(id="status")
        with Container(id="board"):
            with Vertical(id="centre"):
                yield timeline
                yield summary
            with Vertical(id="beside"):
                yield Details(id="detail")
                yield Page(id="companion")

    def on_mount(self) -> None:
        """Follow the timeline's cursor; where the user leaves while the screen is made there is none."""
        for timeline in self.query(Timeline):
            self.watch(timeline, "cell", self._cell_moved, init=False)

    # -- while there is no diagnosis

    def show_progress(self, progress: Progress) -> None:
        """Show on the status page what is being read; where a diagnosis is shown, do nothing."""
        if self.diagnosis is None:
            self.query_one(StatusPage).reading(progress)

    def show_stopped(self) -> None:
        """Say that the user stopped the first read; where a diagnosis is shown, do nothing."""
        if self.diagnosis is None:
            self.query_one(StatusPage).stopped()

    def show_problem(self, problem: BackendProblem) -> None:
        """Show on the status page why there is no diagnosis."""
        self.query_one(StatusPage).problem(problem)
        self.current = "status"

    # -- the diagnosis

    def show(self, diagnosis: Diagnosis) -> None:
        """Show a diagnosis; the selected path stays where the paths are the same."""
        if self.diagnosis is None or diagnosis.paths != self.diagnosis.paths:
            self.path_index = 0
        self.diagnosis, self._shown = diagnosis, told_once(diagnosis)
        self._stale = False
        self.query_one("#board").remove_class("-stale")
        self.current = "board"
        self._show_board()

    def mark_stale(self) -> None:
        """Dim what is shown: the demo has moved to another stage, whose diagnosis is being made."""
        self._stale = True
        self.query_one("#board").add_class("-stale")

    def drop_stale(self) -> None:
        """Take away a diagnosis of another stage than the first line names."""
        if self._stale:
            self._stale, self.diagnosis, self._shown = False, None, None
            self.current = "status"

    def _show_board(self) -> None:
        if self._shown is not None:
            self.query_one(Timeline).show(self._shown, self.path_index)
            self.query_one(Summary).show(self._shown, self.path_index)
            self.show_details()

    @property
    def selection(self) -> Selection | None:
        """The cell, path and form that the user has selected; None while there is no diagnosis."""
        timeline = self.query_one(Timeline)
        if self._shown is None or timeline.column is None:
            return None
        return Selection(self._shown, timeline.column, timeline.cell, self.path_index, self.form)

    # -- the details

    def show_details(self, section: Section | None = None) -> None:
        """Show the details of the selected cell: one section, or the section shown so far."""
        selection, details = self.selection, self.query_one(Details)
        if selection is not None:
            details.show(selection, section)
            gate = selection.cell.gate
            details.border_title = foreign_line(f"{selection.column.title} › {gate.label if gate else 'Outcome'}")
            offered = selection.diagnosis.replays
            details.border_subtitle = SECTION_KEYS.get(details.section, "") if offered else ""
            self._show_companion(selection, details.section)

    def _show_companion(self, selection: Selection, section: Section) -> None:
        """Keep the remediation, or else the evidence, in view below any other section on a large screen."""
        companion = self.query_one("#companion", Page)
        if not companion.display:
            return
        wanted = [Section.REMEDIATION] if selection.path is not None else []
        other = next(s for s in (*wanted, Section.EVIDENCE, Section.CLOSURE) if s is not section)
        companion.border_title = other.value.title()
        self.query_one("#beside").set_class(section is Section.EVIDENCE, "-remedy-below")
        companion.show(BLOCKS[other](selection), keep_place=True)

    def fit(self, *, dense: bool) -> None:
        """Show the details again after the size has changed; ``dense`` leaves blank lines out."""
        self.query_one("#page", Page).dense = dense
        self.show_details()

    def next_path(self) -> None:
        """Select the next remediation path; the column AFTER FIX follows."""
        if self.diagnosis is not None and self.diagnosis.paths:
            self.path_index = (self.path_index + 1) % len(self.diagnosis.paths)
            self._show_board()

    def next_form(self) -> None:
        """Select the next form in which the selected path can be copied, and show the remediation."""
        selection = self.selection
        if selection is None or selection.path is None:
            return
        offered = [form for form in FORMS if any(form_text(change, form) for change in selection.path.remediations)]
        if offered:
            place = offered.index(self.form) + 1 if self.form in offered else 0
            self.form = offered[place % len(offered)]
        self.show_details(Section.REMEDIATION)

    def _cell_moved(self) -> None:
        self.show_details()

    @on(messages.CellOpened)
    def _cell_opened(self) -> None:
        self.show_details(Section.EVIDENCE)
        self.query_one("#page").focus()

    @on(messages.SectionChosen)
    def _section_chosen(self, message: messages.SectionChosen) -> None:
        self.show_details(Section(message.section))

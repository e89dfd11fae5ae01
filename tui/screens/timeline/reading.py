"""Reading for the main screen: starts work on threads and takes in what comes back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual import on
from textual.timer import Timer
from textual.widgets import ContentSwitcher

from tui import messages
from tui.backend import Backend, BackendProblem, Progress, RunKey, RunQuery
from tui.background import reads
from tui.background.jobs import BackgroundJobs
from tui.foreign_text import defused_line
from tui.screens.dialogs.exported import ExportedScreen
from tui.screens.dialogs.problem import ProblemScreen
from tui.screens.timeline.board import TimelineBoard
from tui.widgets.base.status_page import StatusPage
from tui.widgets.base.top_line import TopLine
from tui.widgets.runs.run_list import RunList

FOR_THE_TIMELINE = ("backend", "case")
"""The kinds of work without which there is no timeline."""
REFRESH_SECONDS = 20.0
"""How long after a read it is looked whether an active run is further."""


class ReadingBoard(TimelineBoard):
    """What is shown stays until an answer replaces it, whatever happens to the work."""

    def __init__(
        self,
        backend_factory: Callable[[], Backend],
        *,
        clock: Callable[[], datetime],
        start_filter: RunQuery,
        refresh_seconds: float,
        always_refresh: bool = False,
    ) -> None:
        super().__init__(clock=clock, start_filter=start_filter)
        self.backend_factory = backend_factory
        self.jobs = BackgroundJobs(self, self._started)
        self.reading = reads.Reads()
        self.refresh_seconds = refresh_seconds
        self.always_refresh = always_refresh
        self._refresh_timer: Timer | None = None
        self._wanted_moment: int | None = None
        self._mask_accounts = True

    def on_mount(self) -> None:
        """Paint first; the backend is built on a thread."""
        super().on_mount()
        self.call_after_refresh(self.open_backend)

    def open_backend(self) -> None:
        """Build the backend, then read."""
        self.jobs.start("backend", "Starting", reads.opening(self.backend_factory))

    @on(messages.BackendReady)
    def _backend_ready(self, message: messages.BackendReady) -> None:
        self.backend = message.backend
        self.show_top()
        self.read_runs()
        self.read_case(None, None)
        self.refresh_bindings()

    def read_runs(self, page: int = 1) -> None:
        """Read a page of runs."""
        if self.backend is not None:
            what = "Reading runs" if page == 1 else f"Reading runs, page {page}"
            self.jobs.start("runs", what, self.reading.runs(self.backend, self.filter.query, page))

    def read_case(self, selected: RunKey | None, subject: RunKey | None) -> None:
        """Diagnose the chain of a run, judged for a subject; what is shown stays until the answer is there."""
        if self.backend is not None:
            self.jobs.start("case", "Diagnosing", self.reading.case(self.backend, selected, subject))

    def read_again(self) -> None:
        """Read runs and account again for what is shown."""
        if self.backend is None:
            self.open_backend()
            return
        self.jobs.stop("runs", tell=False)
        work = self.reading.refresh(self.backend, self.filter.query, self.selected, self.subject)
        self.jobs.start("case", "Reading again", work)

    def look_again(self) -> None:
        """Look whether an active run is further; the account is not asked for that."""
        if self.backend is not None:
            work = self.reading.poll(self.backend, self.filter.query, self.selected, self.subject)
            self.jobs.start("case", "Looking at the active runs", work)

    def move(self, by: int) -> bool:
        """Move the demo by so many moments from the one last asked for; False at the ends."""
        backend = self.backend
        if backend is None or not backend.moments:
            return False
        moving = self._wanted_moment is not None and self.jobs.running("case")
        wanted = (self._wanted_moment if moving and self._wanted_moment is not None else backend.moment_index) + by
        if not 0 <= wanted < len(backend.moments):
            return False
        self._wanted_moment = wanted
        self.jobs.stop("runs", tell=False)
        work = self.reading.move(backend, wanted, self.filter.query)
        self.jobs.start("case", f"Moving to stage {backend.moments[wanted].name}", work)
        return True

    def write_packet(self, mask_accounts: bool | None = True) -> None:
        """Write the packet of what is shown; None writes nothing."""
        if self.backend is not None and self.diagnosis is not None and mask_accounts is not None:
            self._mask_accounts = mask_accounts
            work = reads.exporting(self.backend, self.diagnosis, None, mask_accounts=mask_accounts)
            self.jobs.start("export", "Writing the packet", work)

    @on(messages.Exported)
    def _exported(self, message: messages.Exported) -> None:
        self.app.push_screen(ExportedScreen(message.result))

    def _started(self, kind: str, job: int, what: str) -> None:
        self._show_progress(kind, job, Progress(what))

    @on(messages.Progressed)
    def _progressed(self, message: messages.Progressed) -> None:
        if self.under_way.get(message.kind, (0,))[0] != message.job:
            return
        self._show_progress(message.kind, message.job, message.progress)

    def _show_progress(self, kind: str, job: int, progress: Progress) -> None:
        self.under_way[kind] = (job, progress)
        self.show_top()
        if self.diagnosis is None and kind in FOR_THE_TIMELINE:
            self.query_one(StatusPage).reading(progress)

    @on(messages.WorkEnded)
    def _ended(self, message: messages.WorkEnded) -> None:
        if not self._forget(message.kind, message.job):
            return
        if message.cancelled and message.kind in FOR_THE_TIMELINE:
            self._drop_stale()
            if self.diagnosis is None:
                self.query_one(StatusPage).stopped()
        self.watch_active_runs()

    @on(messages.WorkFailed)
    def _failed(self, message: messages.WorkFailed) -> None:
        if self._forget(message.kind, message.job):
            if message.kind == "case":
                self._drop_stale()
            self.show_problem(message.kind, message.problem)

    def _forget(self, kind: str, job: int) -> bool:
        if self.under_way.get(kind, (0,))[0] != job:
            return False
        del self.under_way[kind]
        self.show_top()
        return True

    def show_problem(self, kind: str, problem: BackendProblem) -> None:
        """In the middle of the screen while there is nothing else to show, else over it; a list's in the list."""
        if kind == "runs" and not self.pages.rows:
            self.query_one(RunList).empty_text = f"✘ {defused_line(problem.sentence)} {defused_line(problem.way_out)}"
        elif self.diagnosis is None:
            self.query_one(StatusPage).problem(problem)
            self.query_one(ContentSwitcher).current = "status"
        elif isinstance(self.app.screen, ProblemScreen):
            self.app.notify(defused_line(problem.sentence), severity="warning", markup=False)
        else:
            self.app.push_screen(ProblemScreen(problem), lambda retry: self.retry(kind) if retry else None)

    def retry(self, kind: str) -> None:
        """Do the failed piece again."""
        if kind == "export":
            self.write_packet(self._mask_accounts)
        elif kind == "runs":
            self.read_runs()
        else:
            self.read_again()

    @on(messages.RunsLoaded)
    def _runs_loaded(self, message: messages.RunsLoaded) -> None:
        self.pages.add(message.page, message.number)
        self.show_runs()

    @on(messages.MoreRunsWanted)
    def _more_runs(self) -> None:
        if self.pages.next_page is not None and "runs" not in self.under_way:
            self.read_runs(self.pages.next_page)

    @on(messages.MomentReached)
    def _moment_reached(self) -> None:
        self.selected = self.subject = None
        self.stale = True
        self.query_one("#board").add_class("-stale")
        self.show_top()

    def _drop_stale(self) -> None:
        """What is shown belongs to another moment than the first line says: better nothing."""
        if self.stale:
            self.stale, self.diagnosis = False, None
            self.query_one(ContentSwitcher).current = "status"
            self.refresh_bindings()

    @on(messages.Diagnosed)
    def _diagnosed(self, message: messages.Diagnosed) -> None:
        diagnosis = message.diagnosis
        if self.diagnosis is None or diagnosis.paths != self.diagnosis.paths:
            self.path_index = 0
        self.diagnosis, self.selected, self.subject = diagnosis, message.selected, message.subject
        self.stale = False
        self.query_one(RunList).mark([replay.attempt.key for replay in diagnosis.replays])
        self.query_one("#board").remove_class("-stale")
        self.query_one(ContentSwitcher).current = "board"
        self.show_board()
        self.show_top()

    def watch_active_runs(self) -> None:
        """While a run is active look whether it is further; at an interval that was asked for read again. One timer."""
        wanted = self.pages.active or self.always_refresh
        if wanted and not self.jobs.busy and self.refresh_seconds > 0 and self._refresh_timer is None:
            why = "a run is active: " if self.pages.active else ""
            what = "read again" if self.always_refresh else "looked at"
            self.query_one(TopLine).note = f"{why}{what} every {self.refresh_seconds:.0f} s"
            self._refresh_timer = self.set_timer(self.refresh_seconds, self._refresh_now)
        elif not wanted:
            self.query_one(TopLine).note = ""

    def _refresh_now(self) -> None:
        self._refresh_timer = None
        if self.jobs.busy:
            return
        if self.always_refresh:
            self.read_again()
        else:
            self.look_again()

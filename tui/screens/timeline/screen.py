"""The main screen: puts its parts together, carries out its keys, and passes on what arrives as messages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from diagnosis.documents.credentials import credentials_problem
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.replay import Replay
from tui import keymap, messages
from tui.backend import Backend, BackendProblem, Corrections, ExportChoice, ExportResult, Progress, RunQuery
from tui.collector import spare_what_stays
from tui.foreign_text import defused_line, foreign_line
from tui.remembered import Remembered
from tui.screens import downloads
from tui.screens.account.screen import AccountScreen
from tui.screens.compare import CompareScreen
from tui.screens.dialogs.export import ExportScreen
from tui.screens.dialogs.exported import ExportedScreen
from tui.screens.dialogs.problem import ProblemScreen
from tui.screens.ledger import LedgerScreen
from tui.screens.log.screen import LogScreen
from tui.screens.log.source import LogSource
from tui.screens.timeline import correcting
from tui.screens.timeline.auto_refresh import AutoRefresh
from tui.screens.timeline.diagnosis_panel import DiagnosisPanel
from tui.screens.timeline.finding_runs import FindingRuns
from tui.screens.timeline.reader import Reader
from tui.screens.walkthrough.screen import WalkthroughScreen
from tui.screens.walkthrough.telling import Telling
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.top_line import TopLine
from tui.widgets.detail.selection import Section, Selection
from tui.widgets.runs.runs_panel import RunsPanel
from tui.widgets.timeline.timeline import Timeline

FOR_THE_TIMELINE = ("backend", "case")
"""The kinds of work without which there is no timeline."""


class TimelineScreen(FindingRuns):
    """Show the runs on the left, and the diagnosis of the selected run's chain beside them.

    The parts are :class:`RunsPanel` and :class:`DiagnosisPanel`; :class:`Reader` asks the backend. What is shown stays
    until an answer replaces it, whatever happens to the work.
    """

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("timeline")
    AUTO_FOCUS = "#timeline"

    def __init__(
        self,
        backend_factory: Callable[[], Backend],
        *,
        clock: Callable[[], datetime],
        start_filter: RunQuery,
        refresh_seconds: float,
        always_refresh: bool = False,
        remembered: Remembered | None = None,
        walkthrough: bool = False,
        fleets: bool = False,
        over_fleet: bool = False,
    ) -> None:
        super().__init__()
        self._fleets, self._over_fleet = fleets, over_fleet
        """Whether the fleet can be opened from here, and whether it lies behind: then esc goes back there."""
        self.remembered = remembered or Remembered()
        """What the user did here before."""
        self.telling = Telling(clock)
        self._walkthrough_wanted = walkthrough
        self._waiting: dict[str, Callable[[], None]] = {}
        """Open the dialogs for what came while another screen stood over this one, by the kind of work."""
        self.clock = clock
        self.reader = Reader(self, backend_factory, self._show_progress)
        self.runs = RunsPanel(clock, start_filter)
        self.panel = DiagnosisPanel()
        self._refresher = AutoRefresh(self, refresh_seconds, self._refresh_due, always=always_refresh)

    def compose(self) -> ComposeResult:
        """Lay out the first line, the two panels and the line of keys."""
        yield TopLine()
        with Horizontal(id="body"):
            yield self.runs
            yield self.panel
        yield KeyLine(compact=True)

    def on_mount(self) -> None:
        """Paint first; then build the backend on a thread."""
        self.call_after_refresh(self.reader.open_backend)

    @property
    def backend(self) -> Backend | None:
        """What answers the screen's questions; None until it has been built."""
        return self.reader.backend

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The diagnosis shown."""
        return self.panel.diagnosis

    @property
    def selection(self) -> Selection | None:
        """The cell, path and form that the user has selected."""
        return self.panel.selection

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Do not offer keys that could do nothing here."""
        if action == "stage":
            return bool(self.backend is not None and self.backend.moments)
        if action in ("next_path", "copy_remediation", "next_form"):
            count = len(self.diagnosis.paths) if self.diagnosis else 0
            return count > 1 if action == "next_path" else count > 0
        if action == "fleet":
            return self._fleets
        if action == "account":
            return self.diagnosis is not None and self.diagnosis.live is not None and bool(self.diagnosis.replays)
        if action == "compare":
            return self.diagnosis is not None and len(self.diagnosis.replays) > 1
        if action in ("undo_correction", "keep_corrections"):
            kept = self.backend.corrections if self.backend is not None else Corrections()
            return kept.made > 0 and (action == "undo_correction" or kept.file is None)
        if action in ("export", "zoom", "add_run", "walkthrough"):
            return self.diagnosis is not None
        if action in ("view_log", "leave_out", "split"):
            return self.diagnosis is not None and bool(self.diagnosis.replays)
        return True

    # -- size

    def on_resize(self) -> None:
        """Show the parts that may have come into view."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        self.query_one(KeyLine).show_command_palette = not self.has_class("-narrow")
        self.refresh_bindings()
        self.panel.fit(dense=self.has_class("-short"))
        self._show_top()

    def _show_top(self) -> None:
        """Show title, stage, rate limit and the newest progress in the first line."""
        top, backend = self.query_one(TopLine), self.backend
        if backend is not None:
            bordered = not (self.has_class("-narrow") or self.has_class("-short"))
            top.title, top.origin_note = backend.title, "" if bordered else backend.origin_note
            self.query_one(Timeline).border_subtitle = foreign_line(backend.origin_note)
            top.limit_note = backend.limit_note
            top.credentials = credentials_problem(self.diagnosis) if self.diagnosis is not None else None
            top.moment_count = sum(moment.name.isdigit() for moment in backend.moments)
            top.moment = backend.moments[backend.moment_index] if backend.moments else None
        top.progress = self.reader.progress

    # -- work: begun, under way, ended

    def _show_progress(self, kind: str, progress: Progress) -> None:
        self._show_top()
        if kind in FOR_THE_TIMELINE:
            self.panel.show_progress(progress)

    @on(messages.Progressed)
    def _progressed(self, message: messages.Progressed) -> None:
        if self.reader.note_progress(message):
            self._show_progress(message.kind, message.progress)

    @on(messages.WorkEnded)
    def _ended(self, message: messages.WorkEnded) -> None:
        if not self.reader.note_end(message):
            return
        self._show_top()
        if message.cancelled and message.kind in FOR_THE_TIMELINE:
            self._drop_stale()
            self.panel.show_stopped()
        self.plan_refresh()

    @on(messages.WorkFailed)
    def _failed(self, message: messages.WorkFailed) -> None:
        if self.reader.note_end(message):
            self._show_top()
            if message.kind == "case":
                self._drop_stale()
            self.show_problem(message.kind, message.problem)

    def _drop_stale(self) -> None:
        self.panel.drop_stale()
        self.refresh_bindings()

    def show_problem(self, kind: str, problem: BackendProblem) -> None:
        """Show a problem in the middle of the screen while nothing else stands there, else over it; a list's in the list."""
        if kind == "workflows" and self.say_in_picker(problem):
            return
        if kind == "runs" and not self.runs.pages.rows:
            self.runs.show_problem(problem)
        elif self.diagnosis is None:
            self.panel.show_problem(problem)
        elif self.app.screen is self:
            self.app.push_screen(ProblemScreen(problem), lambda retry: self._retry(kind) if retry else None)
        else:
            # Over another screen a dialog would take the keys of whoever types there, or lie over another of its kind.
            self.app.notify(defused_line(problem.sentence), severity="warning", markup=False)
            if not isinstance(self.app.screen, ProblemScreen):
                self._waiting[kind] = partial(self.show_problem, kind, problem)

    def _retry(self, kind: str) -> None:
        self.reader.retry(kind, self.runs.filter.query)

    def plan_refresh(self) -> None:
        """Decide whether and when runs are looked at again, and say so in the first line."""
        active, following = self.runs.pages.active, self.following
        note = self._refresher.plan(active=active, busy=self.reader.busy, following=following)
        if note is not None:
            self.query_one(TopLine).note = note

    def _refresh_due(self) -> None:
        if self.reader.busy:
            return
        if self._refresher.always:
            self.reader.again(self.runs.filter.query)
        else:
            self.reader.poll(self.runs.filter.query)

    def retire(self) -> None:
        """Read nothing from now on: another dashboard takes this one's place."""
        self._refresher.stop()
        self.reader.stop_all()

    # -- answers

    @on(messages.BackendReady)
    def _backend_ready(self, message: messages.BackendReady) -> None:
        spare_what_stays()
        self.reader.backend = message.backend
        self._show_top()
        self.begin_with_remembered()
        self.reader.runs(self.runs.filter.query)
        self.reader.case(None, None)
        self.refresh_bindings()

    @on(messages.RunsLoaded)
    def _runs_loaded(self, message: messages.RunsLoaded) -> None:
        self._waiting.pop("runs", None)
        self.runs.add(message.page, message.number)
        if message.number == 1:
            self.follow_newest()

    @on(messages.MomentReached)
    def _moment_reached(self) -> None:
        self.reader.selected = self.reader.subject = None
        self.panel.mark_stale()
        self._show_top()

    @on(messages.Diagnosed)
    def _diagnosed(self, message: messages.Diagnosed) -> None:
        self.reader.selected, self.reader.subject = message.selected, message.subject
        self._waiting.pop("case", None)
        self.runs.mark(replay.attempt.key for replay in message.diagnosis.replays)
        self.panel.show(message.diagnosis)
        self.refresh_bindings()
        self._show_top()
        if self._walkthrough_wanted:
            self._walkthrough_wanted = False
            self.action_walkthrough()

    @on(messages.Corrected)
    def _chain_corrected(self, message: messages.Corrected) -> None:
        kept = correcting.where_kept(self.backend.corrections) if self.backend is not None else ""
        self.refresh_bindings()
        self.app.notify(defused_line(f"{message.sentence} {kept}".strip()), markup=False, timeout=8)

    @on(messages.Exported)
    def _exported(self, message: messages.Exported) -> None:
        self._waiting.pop("export", None)
        self._tell_exported(downloads.handed_over(self.app, message.result))

    def _tell_exported(self, result: ExportResult) -> None:
        if self.app.screen is self:
            self.app.push_screen(ExportedScreen(result))
        else:
            self._say("The packet is written.")
            self._waiting["export"] = partial(self._tell_exported, result)

    @on(events.ScreenResume)
    def _shown_again(self) -> None:
        """Open what has waited for this screen, one after the other."""
        if self._waiting:
            self.call_after_refresh(self._waiting.pop(next(iter(self._waiting))))

    # -- what the user chooses in the panels

    @on(messages.RunChosen)
    def _run_chosen(self, message: messages.RunChosen) -> None:
        self.stop_following()
        self.remove_class("-runs-open")
        self.reader.case(message.key, message.key)

    @on(messages.SubjectChosen)
    def _subject_chosen(self, message: messages.SubjectChosen) -> None:
        self.reader.case(self.reader.selected, message.key)

    @on(messages.QueryChanged)
    def _query_changed(self, message: messages.QueryChanged) -> None:
        self.reader.runs(message.query)

    @on(messages.MoreRunsWanted)
    def _more_runs(self) -> None:
        if self.runs.pages.next_page is not None and "runs" not in self.reader.kinds():
            self.reader.runs(self.runs.filter.query, self.runs.pages.next_page)

    # -- keys

    def action_section(self, section: str) -> None:
        """Show a section of the details."""
        self.panel.show_details(Section(section))

    def action_filter(self) -> None:
        """Open the filter."""
        self.reveal_runs(True)
        self.runs.open_filter()

    def action_toggle_runs(self) -> None:
        """Show or hide the runs; on a narrow screen they take the place of the timeline."""
        wanted = not self.runs.display
        self.reveal_runs(wanted)
        self.call_after_refresh(self.query_one("#runs" if wanted else "#timeline").focus)

    def reveal_runs(self, wanted: bool) -> None:
        """Show or hide the list of runs; on a narrow screen it takes the place of the timeline."""
        if self.has_class("-narrow"):
            self.set_class(wanted, "-runs-open")
        else:
            self.set_class(not wanted, "-runs-closed")

    def action_next_path(self) -> None:
        """Show the next remediation path; AFTER FIX follows."""
        self.panel.next_path()
        self.refresh_bindings()

    def action_next_form(self) -> None:
        """Show the path in the next form that it has."""
        self.panel.next_form()

    def action_copy_remediation(self) -> None:
        """Copy the remediation in the form shown."""
        selection = self.selection
        text = selection.copy_text() if selection is not None else ""
        self._copy(text, f"{self.panel.form.value} of the path shown" if text else "")

    def action_copy_address(self) -> None:
        """Copy the address of the proof."""
        selection = self.selection
        address = defused_line(selection.address or "") if selection is not None else ""
        self._copy(address, address)

    def _copy(self, text: str, what: str) -> None:
        if not text:
            self._say("There is nothing to copy here.", warn=True)
            return
        self.post_message(messages.CopyWanted(text, what))

    def action_open_address(self) -> None:
        """Open the proof in the browser."""
        selection = self.selection
        address = selection.web_address if selection is not None else None
        if address is None:
            self._say("This proof has no address on the web; c copies what it has.", warn=True)
            return
        self.app.open_url(address)
        self._say(f"Opened: {address}")

    def action_view_log(self) -> None:
        """Open the whole log of the attempt under the cursor, or of the attempt for which NOW is judged."""
        selection = self.selection
        if selection is None:
            return
        replay = selection.column.replay or selection.diagnosis.subject
        if replay is None:
            self._say("No attempt is chosen.", warn=True)
            return
        self.app.push_screen(
            LogScreen(
                LogSource.of(
                    replay, selection.log_line if selection.column.replay else None, selection.diagnosis.replays
                )
            )
        )

    def action_compare(self) -> None:
        """Show the attempt under the cursor, or the one for which NOW is judged, beside the one before it."""
        if self.backend is None or self.diagnosis is None:
            return
        column = self.query_one(Timeline).column
        chosen = (column.replay if column else None) or self.diagnosis.subject
        self.app.push_screen(CompareScreen(self.backend, self.diagnosis, chosen))

    def action_walkthrough(self) -> None:
        """Tell the chain shown step by step."""
        if self.backend is not None and self.diagnosis is not None:
            self.app.push_screen(WalkthroughScreen(self.backend, self.reader.reads, self.diagnosis, self.telling))

    def action_account(self) -> None:
        """Show the account's documents for the cell under the cursor."""
        if self.backend is not None and self.diagnosis is not None and self.diagnosis.live is not None:
            selection = self.selection
            chosen = (selection.column.replay if selection else None) or self.diagnosis.subject
            gate = selection.cell.gate if selection else None
            self.app.push_screen(AccountScreen(self.backend, self.diagnosis, chosen, gate))

    def action_zoom(self) -> None:
        """Give the whole screen to the details, or show all parts again."""
        if self.diagnosis is None:
            return
        zoomed = not self.has_class("-zoomed")
        self.set_class(zoomed, "-zoomed")
        self.call_after_refresh(self.query_one("#page" if zoomed else "#timeline").focus)

    def action_refresh_live(self) -> None:
        """Read everything again for what is shown."""
        self.reader.again(self.runs.filter.query)

    def action_stage(self, by: int) -> None:
        """Move the demo to another stage."""
        if not self.reader.move(by, self.runs.filter.query):
            self._say("This is the first stage." if by < 0 else "This is the last stage.", warn=True)

    def action_export(self) -> None:
        """Ask how the packet is to be, then write it."""
        if self.diagnosis is not None:
            self.app.push_screen(ExportScreen(self.diagnosis), partial(self._write_packet, self.diagnosis))

    def _write_packet(self, asked: Diagnosis, wanted: tuple[Path, ExportChoice] | None) -> None:
        """Write what the dialog named; a poll may have brought another diagnosis meanwhile."""
        if wanted is not None:
            self.reader.write_packet(asked, *downloads.place_for(self.app, *wanted))

    def action_add_run(self) -> None:
        """Ask for a run that belongs to the chain."""
        if self.diagnosis is not None and self.diagnosis.replays:
            correcting.ask_run(self, self.reader, self.diagnosis)

    def action_leave_out(self) -> None:
        """Leave the attempt under the cursor out of the chain."""
        replay = self._attempt_under_cursor()
        if self.diagnosis is not None and replay is not None:
            correcting.leave_out(self.reader, self.diagnosis, replay)

    def action_split(self) -> None:
        """Let another chain begin with the attempt under the cursor."""
        replay = self._attempt_under_cursor()
        if self.diagnosis is not None and replay is not None:
            correcting.split(self.reader, self.diagnosis, replay)

    def _attempt_under_cursor(self) -> Replay | None:
        column = self.query_one(Timeline).column
        if column is None or column.replay is None:
            self._say("Move the cursor to an attempt first.", warn=True)
            return None
        return column.replay

    def action_undo_correction(self) -> None:
        """Take the last correction of the chain back."""
        self.reader.undo()

    def action_keep_corrections(self) -> None:
        """Ask for the case file in which the corrections are kept."""
        if self.diagnosis is not None and self.diagnosis.replays:
            correcting.ask_file(self, self.reader, self.diagnosis)

    def action_ledger(self) -> None:
        """Show the calls made so far."""
        if self.backend is None:
            self._say("The repository is not open yet.", warn=True)
            return
        self.app.push_screen(LedgerScreen(self.backend.calls))

    def action_fleet(self) -> None:
        """Ask for a fleet, beside this repository."""
        self.post_message(messages.FleetAsked(self.backend.repository_address if self.backend is not None else ""))

    def _leave_for_fleet(self) -> None:
        """Go back to the fleet; corrections that would be lost by that are told once."""
        kept = self.backend.corrections if self.backend is not None else Corrections()
        if kept.made and kept.file is None and not self._warned:
            self._warned = True
            self._say("The corrections by hand go with this dashboard: w keeps them, esc again leaves.", warn=True)
            return
        self.post_message(messages.DashboardLeft())

    _warned = False

    def action_cancel(self) -> None:
        """Clear the filter, or stop what is being read, or go back to the timeline; from a workflow of a fleet to the fleet."""
        if self.runs.leave_filter():
            return
        if self._over_fleet and self.diagnosis is None:
            self._leave_for_fleet()
        elif self.reader.stop_all():
            self._say("Stopped. What is shown is what was read before; r reads again.")
        elif self.runs.focused and self.runs.clear_filter():
            return
        elif self.has_class("-zoomed"):
            self.action_zoom()
        elif self.has_class("-runs-open"):
            self.action_toggle_runs()
        elif self.panel.current == "board" and not self.query_one(Timeline).has_focus:
            self.query_one(Timeline).focus()
        elif self.runs.clear_filter():
            return
        elif self._over_fleet:
            self._leave_for_fleet()
        else:
            self._say("Nothing is open and nothing is being read; q leaves planescope.")

    def _say(self, sentence: str, *, warn: bool = False) -> None:
        """Show a passing note; its words are never parsed as markup."""
        self.app.notify(defused_line(sentence), severity="warning" if warn else "information", markup=False, timeout=4)

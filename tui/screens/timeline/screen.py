"""The main screen: what its keys do."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widgets import ContentSwitcher, Input

from tui import keymap, messages
from tui.foreign_text import defused_line
from tui.screens.compare import CompareScreen
from tui.screens.dialogs.export import ExportScreen
from tui.screens.ledger import LedgerScreen
from tui.screens.log_view import LogScreen, LogSource
from tui.screens.timeline.reading import ReadingBoard
from tui.widgets.detail.selection import FORMS, Section, form_text
from tui.widgets.runs import run_filter
from tui.widgets.runs.run_list import RunList
from tui.widgets.timeline.timeline import Timeline


class TimelineScreen(ReadingBoard):
    """Runs, timeline, what one look must give, and the details of the chosen cell."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("timeline")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that could do nothing here are not offered."""
        if action == "stage":
            return bool(self.backend is not None and self.backend.moments)
        if action in ("next_path", "copy_text", "next_form"):
            count = len(self.diagnosis.paths) if self.diagnosis else 0
            return count > 1 if action == "next_path" else count > 0
        if action == "compare":
            return self.diagnosis is not None and len(self.diagnosis.replays) > 1
        if action in ("export", "view_log", "zoom"):
            return self.diagnosis is not None
        return True

    @on(messages.RunChosen)
    def _run_chosen(self, message: messages.RunChosen) -> None:
        self.remove_class("-runs-open")
        self.read_case(message.key, message.key)

    @on(messages.SubjectChosen)
    def _subject_chosen(self, message: messages.SubjectChosen) -> None:
        self.read_case(self.selected, message.key)

    @on(messages.CellOpened)
    def _cell_opened(self) -> None:
        self.show_detail(Section.EVIDENCE)
        self.query_one("#page").focus()

    @on(messages.SectionChosen)
    def _section_chosen(self, message: messages.SectionChosen) -> None:
        self.action_section(message.section)

    def action_section(self, section: str) -> None:
        """Show a section of the details."""
        self.show_detail(Section(section))

    def action_filter(self) -> None:
        """Open the filter."""
        self._reveal_runs(True)
        self.add_class("-filtering")
        self.query_one("#filter", Input).focus()

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        wanted = run_filter.parse(event.value)
        self.filter = run_filter.RunFilter(self.filter.query, wanted.words)
        if self.pages.rows:
            self.show_runs()

    @on(Input.Submitted, "#filter")
    def _filter_done(self, event: Input.Submitted) -> None:
        self._carry_out_filter(event.value)
        self.query_one(RunList).focus()

    def _carry_out_filter(self, text: str) -> None:
        before, self.filter = self.filter, run_filter.parse(text)
        self.set_class(bool(text.strip()), "-filtering")
        if before.query != self.filter.query:
            self.read_runs()
        else:
            self.show_runs()

    def action_toggle_runs(self) -> None:
        """Show or hide the runs; on a narrow screen they take the place of the timeline."""
        wanted = not self.query_one("#runs-panel").display
        self._reveal_runs(wanted)
        self.call_after_refresh(self.query_one("#runs" if wanted else "#timeline").focus)

    def _reveal_runs(self, wanted: bool) -> None:
        if self.has_class("-narrow"):
            self.set_class(wanted, "-runs-open")
        else:
            self.set_class(not wanted, "-runs-closed")

    def action_next_path(self) -> None:
        """The next remediation path; AFTER FIX follows."""
        if self.diagnosis is not None and self.diagnosis.paths:
            self.path_index = (self.path_index + 1) % len(self.diagnosis.paths)
            self.show_board()

    def action_next_form(self) -> None:
        """The next form that the path shown has."""
        view = self.view
        if view is None or view.path is None:
            return
        offered = [form for form in FORMS if any(form_text(change, form) for change in view.path.remediations)]
        if offered:
            place = offered.index(self.form) + 1 if self.form in offered else 0
            self.form = offered[place % len(offered)]
        self.show_detail(Section.REMEDIATION)

    def action_copy_text(self) -> None:
        """Copy the remediation in the form shown."""
        view = self.view
        text = view.copy_text() if view is not None else ""
        self._copy(text, f"{self.form.value} of the path shown" if text else "")

    def action_copy_address(self) -> None:
        """Copy the address of the proof."""
        view = self.view
        address = view.address if view is not None else None
        self._copy(address or "", address or "")

    def _copy(self, text: str, what: str) -> None:
        if not text:
            self.say("There is nothing to copy here.", warn=True)
            return
        self.app.copy_to_clipboard(text)
        self.say(f"Copied: {what}")

    def action_open_address(self) -> None:
        """Open the proof in the browser."""
        view = self.view
        address = view.web_address if view is not None else None
        if address is None:
            self.say("This proof has no address on the web; c copies what it has.", warn=True)
            return
        self.app.open_url(address)
        self.say(f"Opened: {address}")

    def action_view_log(self) -> None:
        """The whole log of the attempt under the cursor, or of the subject."""
        view = self.view
        if view is None:
            return
        replay = view.column.replay or view.diagnosis.subject
        if replay is None:
            self.say("No attempt is chosen.", warn=True)
            return
        self.app.push_screen(LogScreen(LogSource.of(replay, view.log_line if view.column.replay else None)))

    def action_compare(self) -> None:
        """The attempt under the cursor, or the subject, beside the one before it."""
        if self.backend is None or self.diagnosis is None:
            return
        column = self.query_one(Timeline).column
        chosen = (column.replay if column else None) or self.diagnosis.subject
        self.app.push_screen(CompareScreen(self.backend, self.diagnosis, chosen))

    def action_zoom(self) -> None:
        """The details alone, or all parts."""
        if self.diagnosis is None:
            return
        zoomed = not self.has_class("-zoomed")
        self.set_class(zoomed, "-zoomed")
        self.call_after_refresh(self.query_one("#page" if zoomed else "#timeline").focus)

    def action_refresh_live(self) -> None:
        """Read everything again for what is shown."""
        self.read_again()

    def action_stage(self, by: int) -> None:
        """Move the demo to another moment."""
        if not self.move(by):
            self.say("This is the first stage." if by < 0 else "This is the last stage.", warn=True)

    def action_export(self) -> None:
        """Ask how the packet is to be, then write it."""
        if self.diagnosis is not None:
            self.app.push_screen(ExportScreen(self.diagnosis), self.write_packet)

    def action_ledger(self) -> None:
        """The calls made so far."""
        if self.backend is not None:
            self.app.push_screen(LedgerScreen(self.backend.calls))

    def action_cancel(self) -> None:
        """Leave the filter, or stop what is being read, or go back to the timeline."""
        entry = self.query_one("#filter", Input)
        if entry.has_focus:
            entry.value = ""
            self._carry_out_filter("")
            self.query_one(RunList).focus()
        elif self.jobs.stop_all():
            self.say("Stopped. What is shown is what was read before; r reads again.")
        elif self.has_class("-zoomed"):
            self.action_zoom()
        elif self.has_class("-runs-open"):
            self.action_toggle_runs()
        elif self.query_one(ContentSwitcher).current == "board":
            self.query_one(Timeline).focus()

    def say(self, sentence: str, *, warn: bool = False) -> None:
        """A passing note; its words are never parsed."""
        self.app.notify(defused_line(sentence), severity="warning" if warn else "information", markup=False, timeout=4)

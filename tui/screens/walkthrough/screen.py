"""A chain told step by step for an audience: the speaker's line, the cell in question large, the rest dimmed."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from diagnosis.verdicts.diagnosis import Diagnosis
from tui import keymap, messages
from tui.backend import Backend, Progress
from tui.background import reads
from tui.background.jobs import BackgroundJobs
from tui.foreign_text import defused_line
from tui.packet.names import free_handout
from tui.packet.place import current_folder
from tui.screens import downloads
from tui.screens.dialogs.ask import AskScreen
from tui.screens.dialogs.problem import ProblemScreen
from tui.screens.log.screen import LogScreen
from tui.screens.log.source import LogSource
from tui.screens.present_size import PresentSize
from tui.screens.walkthrough.stopwatch import minutes
from tui.screens.walkthrough.telling import Telling
from tui.widgets.base.blocks import GAP, field, paragraph
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.page import Page, Sheet
from tui.widgets.base.status_page import StatusPage
from tui.widgets.compare.rows import proof_of
from tui.widgets.timeline.columns import first_failing
from tui.widgets.walkthrough.cell_in_question import CellInQuestion
from tui.widgets.walkthrough.dimmed_timeline import DimmedTimeline
from tui.widgets.walkthrough.notes import account_blocks, note_blocks, spoken_blocks
from tui.widgets.walkthrough.step_list import StepList
from tui.widgets.walkthrough.walk_line import WalkLine

SECOND_DIGIT = 1.0
"""Seconds within which another digit makes a number of two with the one before."""


class Notes(Page, can_focus=False):
    """A page that leaves every key to the screen."""


class WalkthroughScreen(PresentSize, Screen[None]):
    """Show one step at a time. What is told was read before the first step: no step waits for anything."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("walk")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (150, "-wide")]  # noqa: RUF012 - declared by Textual, as an instance variable
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall"), (48, "-high")]  # noqa: RUF012 - likewise

    def __init__(self, backend: Backend, all_reads: reads.Reads, shown: Diagnosis, telling: Telling) -> None:
        super().__init__()
        self.backend = backend
        self.shown = shown
        self.telling = telling
        telling.about(shown)
        self.jobs = BackgroundJobs(self, self._begun)
        self._reads = all_reads
        self._pressed: deque[str] = deque()
        """The digits whose binding has not been carried out yet."""
        self._digits, self._digits_at = "", 0.0

    def compose(self) -> ComposeResult:
        """Lay out the line above, the steps, the step that is told, and the line of keys."""
        yield WalkLine()
        yield StepList(along=True, id="walk-line")
        with Horizontal(id="walk-body"):
            yield StepList(along=False, id="walk-list")
            with Vertical(id="walk-stage"):
                yield Sheet(id="walk-spoken")
                yield CellInQuestion(id="walk-cell")
                yield Notes(id="walk-notes")
                yield DimmedTimeline(id="walk-timeline")
        yield StatusPage(id="walk-status")
        yield KeyLine(compact=True)

    def on_mount(self) -> None:
        """Read what is told, where it was not read before, and let the time be shown."""
        self.set_interval(1.0, self._show_line)
        if self.telling.told is None:
            self._read()
        else:
            self.telling.stopwatch.start()
            self._show()

    def on_resize(self) -> None:
        """Lay the step out for the new size."""
        self.call_after_refresh(self._show)

    def on_unmount(self) -> None:
        """Stop what is being read, and the time."""
        self.jobs.stop_all()
        self.telling.stopwatch.pause()

    # -- reading

    def _read(self) -> None:
        self.add_class("-reading")
        self._show_line()
        self.query_one(StatusPage).reading(Progress("Reading the chain"))
        self.jobs.start("walkthrough", "Reading the chain", self._reads.walking(self.backend, self.shown))

    def _begun(self, kind: str, _job: int, what: str) -> None:
        if kind == "handout":
            self.notify(f"{what}…", markup=False, timeout=2)

    @on(messages.Progressed)
    def _progressed(self, message: messages.Progressed) -> None:
        if message.kind == "walkthrough":
            self.query_one(StatusPage).reading(message.progress)

    @on(messages.WorkFailed)
    def _failed(self, message: messages.WorkFailed) -> None:
        if message.kind == "walkthrough":
            self.query_one(StatusPage).problem(message.problem)
        else:
            self.app.push_screen(ProblemScreen(message.problem), lambda retry: self.action_handout() if retry else None)

    @on(messages.WalkthroughTold)
    def _told(self, message: messages.WalkthroughTold) -> None:
        self.remove_class("-reading")
        self.telling.begin(message.moments, message.told)
        self.refresh_bindings()
        self._show()

    # -- showing

    def _show(self) -> None:
        telling = self.telling
        step, diagnosis = telling.step, telling.diagnosis
        if step is None or diagnosis is None:
            return
        for steps in self.query(StepList):
            steps.show(telling.steps, telling.index)
        spoken = self.query_one("#walk-spoken", Sheet)
        spoken.dense = self.has_class("-short")
        spoken.show(spoken_blocks(step))
        cell = self.query_one(CellInQuestion)
        cell.whole, cell.dense = self.has_class("-high"), self.has_class("-short")
        cell.show(step)
        account, notes = account_blocks(step), note_blocks(step)
        page = self.query_one("#walk-notes", Page)
        page.dense = self.has_class("-short")
        page.show([*account, GAP, *notes] if step.moved or not notes else [*notes, GAP, *account])
        self.query_one(DimmedTimeline).show(step, diagnosis)
        self._show_line()

    def _show_line(self) -> None:
        line, telling = self.query_one(WalkLine), self.telling
        line.title = telling.told.title if telling.told is not None else self.backend.title
        line.origin = self.backend.origin_note
        if not telling.steps:
            return
        line.place = f"step {telling.index + 1} of {len(telling.steps)}"
        watch = telling.stopwatch
        paused = "" if watch.running else "paused "
        line.time = f"{paused}{minutes(watch.at_step)} of {minutes(watch.total)}" if telling.timer_shown else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Do not offer keys that could do nothing yet."""
        if action == "retry":
            return not self.telling.steps
        return bool(self.telling.steps) if hasattr(self, f"action_{action}") and action != "close" else True

    # -- going

    def _go(self, index: int) -> None:
        if self.telling.go_to(index):
            self._show()
        else:
            self.app.bell()

    def action_step(self, by: int) -> None:
        """Go to the next step, or the one before."""
        self._go(self.telling.index + by)

    def action_edge(self, side: int) -> None:
        """Go to the first step, or the last."""
        self._go(0 if side < 0 else len(self.telling.steps) - 1)

    def on_key(self, event: events.Key) -> None:
        """Remember which digit was pressed, which the binding does not tell."""
        bound = self.active_bindings.get(event.key)
        if bound is not None and bound.binding.id == "walk.jump" and bound.enabled and event.key[-1].isdigit():
            self._pressed.append(event.key[-1])

    def action_jump(self) -> None:
        """Go to the step of the number that was pressed; two digits in quick succession are one number."""
        if not self._pressed:
            return
        digit = self._pressed.popleft()
        now = time.monotonic()
        number = int(f"{self._digits}{digit}") if now - self._digits_at < SECOND_DIGIT else 0
        if not 1 <= number <= len(self.telling.steps):
            self._digits, number = "", int(digit)
        self._digits, self._digits_at = f"{self._digits}{digit}", now
        self._go(number - 1)

    @on(messages.StepChosen)
    def _step_chosen(self, message: messages.StepChosen) -> None:
        self._go(message.index)

    @on(messages.AttemptPointed)
    def _attempt_pointed(self, message: messages.AttemptPointed) -> None:
        index = self.telling.step_of(message.key)
        if index is not None:
            self._go(index)

    def action_scroll(self, by: int) -> None:
        """Scroll the evidence and the points."""
        self.query_one("#walk-notes", Page).scroll_relative(y=by, animate=False)

    # -- time

    def action_pause(self) -> None:
        """Stop the time, or let it run again."""
        watch = self.telling.stopwatch
        if watch.running:
            watch.pause()
        else:
            watch.start()
        self._show_line()

    def action_timer(self) -> None:
        """Hide the time, or show it again."""
        self.telling.timer_shown = not self.telling.timer_shown
        self._show_line()

    # -- evidence and hand-out

    def _address(self) -> str:
        step = self.telling.step
        found = (proof.address for proof in step.proofs if proof.address) if step is not None else iter(())
        return defused_line(next(found, ""))

    def action_open_address(self) -> None:
        """Open the first proof of the step in the browser."""
        address = self._address()
        if address.startswith(("https://", "http://")):
            self.app.open_url(address)
            self._say(f"Opened: {address}")
        else:
            self._say("This step has no address on the web.", warn=True)

    def action_view_log(self) -> None:
        """Open the log of the step's attempt at the line that proves what stopped it."""
        step, diagnosis = self.telling.step, self.telling.diagnosis
        key = (step.place.run, step.place.attempt) if step is not None and step.place is not None else None
        replays = diagnosis.replays if diagnosis is not None else ()
        replay = next((each for each in replays if each.attempt.key == key), None)
        if replay is None:
            self._say("This step is about no attempt, so it has no log.", warn=True)
            return
        stopped = first_failing(replay.gates)
        proof = proof_of(stopped) if stopped is not None else None
        self.app.push_screen(LogScreen(LogSource.of(replay, proof, replays)))

    def action_copy_address(self) -> None:
        """Copy the address of the first proof of the step."""
        address = self._address()
        if address:
            self.post_message(messages.CopyWanted(address, address))
        else:
            self._say("This step has no address.", warn=True)

    def action_handout(self) -> None:
        """Ask where the hand-out is to lie, then write it."""
        told = self.telling.told
        if told is None:
            return
        blocks = [
            paragraph("One page of Markdown: the steps with their lines and the addresses of their evidence."),
            field("Account ids", "masked"),
            field("Never", "a credential, a policy document, a whole log: a scan stops the export."),
            field("", ("A file that is there is not replaced.", "$text-muted")),
        ]
        name = free_handout(current_folder(), told.first_run).name
        self.app.push_screen(AskScreen("Write the hand-out", blocks, name), self._hand_out)

    def _hand_out(self, name: str | None) -> None:
        if name:
            place = downloads.file_for(self.app, Path(name))
            work = reads.handing_out(self.backend, self.telling.moments, place)
            self.jobs.start("handout", "Writing the hand-out", work)

    @on(messages.HandedOut)
    def _handed_out(self, message: messages.HandedOut) -> None:
        self._say(f"Hand-out written: {downloads.file_handed_over(self.app, message.place)}")

    def _say(self, sentence: str, *, warn: bool = False) -> None:
        self.notify(defused_line(sentence), severity="warning" if warn else "information", markup=False, timeout=4)

    # -- the way out

    def action_retry(self) -> None:
        """Read again what could not be read."""
        if not self.telling.steps and not self.jobs.busy:
            self._read()

    def action_close(self) -> None:
        """Go back to the timeline."""
        self.dismiss(None)

"""The whole log of a job, opened at the line that proves the verdict: its keys, and what stands around it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Job
from tui import keymap
from tui.background.jobs import in_daemon_thread
from tui.background.slices import work_off
from tui.foreign_text import defused_line
from tui.messages import CopyWanted
from tui.screens.dialogs.saving import ask_and_save
from tui.screens.log import around
from tui.screens.log.saving import saving_of
from tui.screens.log.source import LogSource, holds
from tui.screens.log.step_places import StepPlaces, step_places
from tui.screens.present_size import PresentSize
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.page import Page
from tui.widgets.log.groups import FoldedLines
from tui.widgets.log.job_log import JobLog
from tui.widgets.log.log_index import SLICE, Level, LogIndex, round_the_end
from tui.widgets.log.search import Search
from tui.widgets.log.shown_text import Wanted

AT_ONCE = 3 * SLICE
"""Characters of a log that are read or searched before the next paint; a longer one is worked off on a thread."""
_FOLDED_AT_ONCE = 20_000
"""Groups likewise."""
_ROWS_BELOW = 3
_MOST_DIGITS = 20
_ROUND = {1: "from the top again", -1: "from the end again"}


class LogScreen(PresentSize, Screen[None]):
    """Show the log of one job at a time."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("log")
    AUTO_FOCUS = "JobLog"

    def __init__(self, source: LogSource) -> None:
        super().__init__()
        self.source = source
        self.number = source.start
        self.places = StepPlaces()
        self._folded = bytearray()
        self._search: Search | None = None
        self._origin = 0
        """The line from which the search that is being typed begins."""
        self._landed = True
        """Whether the cursor has gone to the first line found, or to where the log opens."""
        self._said = ""
        """What the last jump met: the end, the number of an error."""
        self._saved = ""

    def compose(self) -> ComposeResult:
        """Lay out the log, or the reason why there is none, and the search below it."""
        with Vertical(classes="panel"):
            yield Static(id="log-note", markup=False)
            yield JobLog()
            yield Page(id="no-log")
            yield Static(id="log-line", markup=False)
            yield Input(id="find", placeholder="words to find; a capital letter makes case count", compact=True)
            yield Input(id="line-number", placeholder="number of a line", type="integer", compact=True)
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the first job."""
        self._show_job()

    @property
    def job(self) -> Job | None:
        """The job shown."""
        return self.source.jobs[self.number] if self.source.jobs else None

    @property
    def job_log(self) -> JobLog:
        """The log shown."""
        return self.query_one(JobLog)

    @property
    def index(self) -> LogIndex:
        """Where everything in it is."""
        return self.job_log.index

    # -- a job's log is read, in slices

    def _show_job(self) -> None:
        job = self.job
        text = job.log.value if job is not None and isinstance(job.log, Known) else ""
        index = LogIndex(text)
        self.places, self._folded, self._search, self._said, self._landed = StepPlaces(), bytearray(), None, "", False
        self.set_class(not text, "-empty")
        self._ask_nothing()
        if not text:
            self.job_log.show(index)
            self.query_one(Page).show(around.why_none(self.source, job))
            self.call_after_refresh(self.query_one(Page).focus)
            self._tell()
            return
        slices = self._reading(index)
        if len(text) <= AT_ONCE:
            for _ in slices:
                pass
        else:
            next(slices)
        self.job_log.show(index)
        self.set_focus(self.job_log)
        if index.complete:
            self._read()
        else:
            self.run_worker(self._read_on(slices), group="log", exclusive=True)
        self._tell()

    def _reading(self, index: LogIndex) -> Iterator[None]:
        yield from index.build()
        job = self.job
        if job is not None:
            places = step_places(self.source.attempt, job, index)
            if index is self.index or not self.index.text:
                self.places = places

    async def _read_on(self, slices: Iterator[None]) -> None:
        await work_off(slices, told=self._grown, name="planescope log")
        self._read()

    def _grown(self) -> None:
        self.job_log.grow()
        self._tell()

    def _read(self) -> None:
        """Fold what is read, but for what proves the verdict and the head of the step that failed; go there."""
        index, log = self.index, self.job_log
        proof = self.source.proof
        log.proof = proof.line - 1 if proof is not None and proof.line and holds(index.lines, proof) else None
        self._folded = bytearray(b"\1") * len(index.groups)
        start = self._place_to_open()
        failing = self.places.failing()
        for line in (start, index.section_of(start)[0], *(() if failing is None else (failing,))):
            for group in index.groups.around(line):
                self._folded[group] = 0
        moved = log.cursor != 0 or log.top != 0
        line = log.cursor if moved else start
        self._refold(lambda: self._go(line, reveal=False))

    def _place_to_open(self) -> int:
        errors, failing = self.index.marked[Level.ERROR], self.places.failing()
        if self.job_log.proof is not None:
            return self.job_log.proof
        if failing is not None:
            later = bisect_left(errors, failing)
            step = self.places.step_of(failing)
            own = self.places.step_of(errors[later]) if later < len(errors) else None
            return errors[later] if own is not None and step is not None and own[0] is step[0] else failing
        return errors[0] if errors else self.index.count - 1

    # -- folds

    def _refold(self, then: Callable[[], None] = lambda: None) -> None:
        """Work out which lines are in view, and show them."""
        index, folded = self.index, bytes(self._folded)
        if len(folded) <= _FOLDED_AT_ONCE:
            self.job_log.fold(FoldedLines(index.count, index.groups, folded))
            then()
        else:
            self.run_worker(self._refold_on(index, folded, then), group="fold", exclusive=True)

    async def _refold_on(self, index: LogIndex, folded: bytes, then: Callable[[], None]) -> None:
        views: list[FoldedLines] = []
        await in_daemon_thread(
            lambda: views.append(FoldedLines(index.count, index.groups, folded)), name="planescope folds"
        )
        if index is self.index:
            self.job_log.fold(views[0])
            then()

    @on(JobLog.Toggled)
    def _toggled(self, message: JobLog.Toggled) -> None:
        self._toggle(message.line)

    def _toggle(self, line: int) -> None:
        group = next((group for group in self.index.groups.around(line) if group < len(self._folded)), None)
        if group is None:
            self._warn("No group is here." if self.index.complete else "The log is still being read; groups fold then.")
            return
        if group in self.index.gaps:
            self._warn("These lines are not here: the log was too large to be read whole. o opens it on GitHub.")
            return
        self._folded[group] ^= 1
        self._refold()

    def action_fold(self) -> None:
        """Fold or unfold the group under the cursor."""
        self._toggle(self.job_log.cursor)

    def action_fold_all(self, folded: bool) -> None:
        """Fold or unfold all groups."""
        self._folded = bytearray(b"\1" if folded else b"\0") * len(self._folded)
        for gap in self.index.gaps[: len(self._folded)]:
            self._folded[gap] = 1
        self._refold()

    def _go(self, line: int, *, reveal: bool = True) -> None:
        """Bring the cursor to a line; groups that hide it are unfolded."""
        self._landed = True
        groups = self.index.groups
        hiding = [
            g for g in groups.around(line) if g < len(self._folded) and self._folded[g] and groups.start[g] < line
        ]
        if hiding and hiding[0] in self.index.gaps:
            line = groups.start[hiding.pop(0)]
        if reveal and hiding:
            for group in hiding:
                self._folded[group] = 0
            self._refold(lambda: self._go(line, reveal=False))
            return
        self.job_log.reach(line)
        self._tell()

    # -- what stands around the log

    @on(JobLog.Moved)
    def _moved(self) -> None:
        self._tell()

    def _tell(self) -> None:
        panel = self.query_one(Vertical)
        panel.border_title = around.title(self.source, self.number)
        panel.border_subtitle = " · ".join(filter(None, self._state()))
        note = around.left_out(self.job, self.index)
        self.query_one("#log-note", Static).update(note)
        self.set_class(bool(note), "-noted")
        self.query_one("#log-line", Static).update(self._cursor_line() if self.index.count else "")

    def _state(self) -> Iterator[str]:
        yield self._saved
        search = self._search
        if search is not None:
            number = search.number(self.job_log.found) if self.job_log.found is not None else None
            found = f"{number:,} of {search.count:,}" if number else f"{search.count:,}"
            yield f"found {found}" if search.complete else f"found {found} so far, {search.fraction:.0%}"
        yield self._said
        errors = len(self.index.marked[Level.ERROR])
        yield f"{errors:,} error{'s' if errors > 1 else ''}" if errors else ""
        yield "" if self.index.complete or not self.index.text else f"reading, {self.index.fraction:.0%}"
        yield f"{self.index.count:,} lines"

    def _cursor_line(self) -> Content:
        line = self.job_log.cursor
        words = self.job_log.drawing.words(line)[1][: _ROWS_BELOW * max(20, self.size.width)]
        return around.line(line, words, self.places)

    def _warn(self, sentence: str) -> None:
        self.app.notify(defused_line(sentence), severity="warning", markup=False, timeout=4)

    def _inform(self, sentence: str) -> None:
        self.app.notify(defused_line(sentence), markup=False, timeout=6)

    # -- search

    def action_find(self) -> None:
        """Open the search."""
        self._origin = self.job_log.search_line
        self._ask("#find", "-finding")

    @on(Input.Changed, "#find")
    def _typed(self, event: Input.Changed) -> None:
        if self.has_class("-finding"):
            self._find(event.value)

    @on(Input.Submitted, "#find")
    def _submitted(self, event: Input.Submitted) -> None:
        self._ask_nothing()
        if self._search is None or self._search.wanted.words != event.value:
            self._find(event.value)
        if self._search is not None and self._search.complete and not self._search.count:
            self._warn("Not found in this log.")

    def _find(self, words: str) -> None:
        """Search from where the search was opened; the first line found is gone to as soon as it is known."""
        self.workers.cancel_group(self, "search")
        log, text = self.job_log, self.index.text
        self._search = log.search = Search(Wanted(words), self._origin) if words and text else None
        log.found, self._said, self._landed = None, "", False
        if self._search is not None:
            slices = self._search.run(text, self.index.lines.start(self._origin))
            if len(text) <= AT_ONCE:
                for _ in slices:
                    pass
            else:
                self.run_worker(self._search_on(self._search, slices), group="search", exclusive=True)
            self._land()
        log.refresh()
        self._tell()

    async def _search_on(self, search: Search, slices: Iterator[None]) -> None:
        await work_off(slices, told=self._land, name="planescope search")
        if search is self._search:
            self._land()
            if not search.count and not self.has_class("-finding"):
                self._warn("Not found in this log.")

    def _land(self) -> None:
        """Go to the first line found, once; tell how far the search is."""
        search = self._search
        if search is not None and not self._landed and (search.after or (search.complete and search.count)):
            self._step_from(self._origin - 1, 1)
        self._tell()

    def _step_from(self, line: int, by: int) -> None:
        if self._search is None:
            return
        found, around = self._search.step(line, by)
        if found is None:
            self._warn("Not found in this log." if self._search.complete else "Nothing found yet; the search goes on.")
            return
        self.job_log.found, self._said = found, _ROUND[by] if around else ""
        self._go(found)

    def action_step(self, by: int) -> None:
        """Go to the next or the previous line found; after the last comes the first, which is said."""
        if self._search is None:
            self._warn("Nothing is searched for; / begins.")
            return
        self._step_from(self.job_log.search_line, by)

    # -- jumps

    def action_proof(self) -> None:
        """Go to the proving line, else to where the failing step begins, else to the first error, else to the end."""
        if self.index.complete and self.index.count:
            self._said = ""
            self._go(self._place_to_open())

    def action_marked(self, level: str, by: int) -> None:
        """Go to the next or the previous line that the runner marked as an error, or as a warning."""
        places = self.index.marked[Level(level)]
        found, around = round_the_end(places, self.job_log.search_line, by)
        if found is None:
            self._warn(f"No {level} is marked in this log." if self.index.complete else "The log is still being read.")
            return
        number = self.index.marked_between(Level(level), 0, found)
        self._said = f"{level} {number:,} of {len(places):,}" + (f", {_ROUND[by]}" if around else "")
        self._go(found)

    def action_section(self, by: int) -> None:
        """Go to where the next or the previous step's part of the log begins."""
        starts = self.index.sections
        line = self.job_log.search_line
        later = (
            [start for start in starts if start > line][:1]
            if by > 0
            else [start for start in starts if start < line][-1:]
        )
        if not later and by < 0 and line > 0:
            later = [0]
        if not later:
            self._warn("This is the last step." if by > 0 else "This is the first step.")
            return
        self._said = ""
        self._go(later[0])

    def action_go_to(self) -> None:
        """Ask for the number of a line."""
        self._ask("#line-number", "-numbering")

    def _ask(self, field: str, asking: str) -> None:
        """Open a field below the log; what is typed next goes there, without waiting for a paint."""
        if not self.index.count:
            return
        self._ask_nothing()
        self.add_class(asking)
        line = self.query_one(field, Input)
        with self.prevent(Input.Changed):
            line.value = ""
        line.display = True
        self.set_focus(line)

    def _ask_nothing(self) -> None:
        self.remove_class("-finding", "-numbering")
        for line in self.query(Input):
            line.display = False
        self.set_focus(self.job_log)

    @on(Input.Submitted, "#line-number")
    def _numbered(self, event: Input.Submitted) -> None:
        self._ask_nothing()
        digits = event.value.strip()
        # Python refuses to read a number of thousands of digits, which can be pasted.
        number = int(digits) if digits.isdecimal() and len(digits) <= _MOST_DIGITS else 0
        if not 0 < number <= self.index.count:
            self._warn(f"There is no such line; the log has {self.index.count:,}.")
            return
        self._go(number - 1)

    def action_job(self, by: int) -> None:
        """Show another job of the attempt."""
        if len(self.source.jobs) > 1:
            self.workers.cancel_group(self, "search")
            self.number = (self.number + by) % len(self.source.jobs)
            self._show_job()

    # -- moving about

    def action_move(self, by: int) -> None:
        """Move the cursor by lines."""
        self.job_log.move(by)

    def action_choose(self, by: int) -> None:
        """Choose lines together with the cursor's."""
        self.job_log.move(by, choose=True)

    def action_page(self, by: int) -> None:
        """Move the cursor by as many lines as are in view."""
        self.job_log.move(by * max(1, self.job_log.height - 1))

    def action_edge(self, side: int) -> None:
        """Go to the top or to the end."""
        self.job_log.reach(0 if side < 0 else self.job_log.view.line(max(0, self.job_log.view.rows - 1)))

    def action_shift(self, by: int) -> None:
        """Move long lines to the left or right."""
        self.job_log.shift(by)

    def action_look(self, what: str) -> None:
        """Show or hide line numbers or times, or wrap long lines."""
        look = self.job_log.look
        self.job_log.look = replace(look, **{what: not getattr(look, what)})

    # -- taking along

    def action_copy_lines(self) -> None:
        """Copy what was selected by mouse, or the chosen lines, or the cursor's."""
        selected = self.get_selected_text()
        if not self.index.count:
            self._warn("There is nothing to copy here.")
            return
        first, last = self.job_log.chosen
        text = selected or self.job_log.words_of(first, last)
        if text is None:
            self._warn("That is too much for a clipboard; s saves the log to a file.")
            return
        lines = f"line {first + 1:,}" if first == last else f"lines {first + 1:,} to {last + 1:,}"
        self.post_message(CopyWanted(text, "the selection" if selected else lines))

    @property
    def _address(self) -> tuple[str, str]:
        log = self.job_log
        return around.address(self.source, self.job, self.places, log.cursor, is_proof=log.cursor == log.proof)

    def action_copy_address(self) -> None:
        """Copy GitHub's address of the line."""
        address, what = self._address
        if not address.startswith("https://"):
            self._warn("No address on GitHub is known.")
            return
        self.post_message(CopyWanted(address, f"the address of {what}: {address}"))

    def action_open_address(self) -> None:
        """Open the line, or its job, on GitHub."""
        address, what = self._address
        if not address.startswith("https://"):
            self._warn("No address on GitHub is known.")
            return
        self.app.open_url(address)
        self._inform(f"Opened {what}: {address}")

    def action_save(self) -> None:
        """Ask for a file, and save the log to it."""
        if self.job is None or not self.index.text:
            self._warn("There is nothing to save here.")
            return
        ask_and_save(self, saving_of(self.source.attempt, self.job, self.index, self._save_told))

    def _save_told(self, state: str) -> None:
        self._saved = state
        self._tell()

    def action_close(self) -> None:
        """Close what is typed in, then end the search, then leave the chosen lines, then the log."""
        if self.has_class("-numbering"):
            self._ask_nothing()
        elif self.has_class("-finding") or self._search is not None:
            typing = self.has_class("-finding")
            self._ask_nothing()
            origin = self._origin if typing and self._search is not None else None
            self._find("")
            if origin is not None:
                self.job_log.reach(origin)
        elif self.job_log.other_end is not None:
            self.job_log.other_end = None
            self.job_log.refresh()
        else:
            self.dismiss(None)

"""Two attempts side by side: gates with their proving lines, the runs row by row, and what changed between them."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from diagnosis.facts.reading import Known
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.replay import Replay
from tui import keymap, messages
from tui.backend import Backend, Between, RunKey
from tui.background import reads
from tui.background.jobs import BackgroundJobs
from tui.foreign_text import foreign_line
from tui.screens.log.screen import LogScreen
from tui.screens.log.source import LogSource
from tui.screens.present_size import PresentSize
from tui.widgets.base.blocks import GAP
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.page import Page, Sheet
from tui.widgets.compare import comparison_blocks
from tui.widgets.compare.rows import proof_of
from tui.widgets.timeline.columns import first_failing
from tui.widgets.timeline.run_titles import RunTitles

WAITING = "◐ asking GitHub for commits, pull requests and environments"


class CompareScreen(PresentSize, Screen[None]):
    """Compare any two attempts of the chain, the earlier on the left; at first the chosen one and the one before it."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("compare")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (150, "-wide")]  # noqa: RUF012 - declared by Textual, as an instance variable
    AUTO_FOCUS = "#compare-sides"

    def __init__(self, backend: Backend, diagnosis: Diagnosis, chosen: Replay | None) -> None:
        super().__init__()
        self.backend = backend
        self.diagnosis = diagnosis
        place = next((index for index, replay in enumerate(diagnosis.replays) if replay is chosen), 0)
        self.places = (max(0, place - 1), max(1, place))
        """Of the earlier and of the later attempt."""
        self.jobs = BackgroundJobs(self, lambda _kind, _job, _what: None)
        self._read: dict[tuple[RunKey, RunKey], Between] = {}
        self._waiting = WAITING

    def compose(self) -> ComposeResult:
        """Lay out the heading and the two sides; what changed in between has its own page on a wide screen."""
        with Vertical(classes="panel"), Horizontal(id="compare"):
            with Vertical(id="compare-left"):
                yield Sheet(id="compare-head")
                yield Page(id="compare-sides")
            yield Page(id="compare-between")
        yield KeyLine()

    def on_mount(self) -> None:
        """Show what the record tells and ask GitHub for the rest."""
        self._show_pair()

    def on_resize(self) -> None:
        """Show everything again, since the second page may have come or gone."""
        self.call_after_refresh(self._show)

    def on_unmount(self) -> None:
        """Stop what is being read."""
        self.jobs.stop_all()

    @property
    def earlier(self) -> Replay:
        """The attempt on the left."""
        return self.diagnosis.replays[self.places[0]]

    @property
    def later(self) -> Replay:
        """The attempt on the right."""
        return self.diagnosis.replays[self.places[1]]

    @property
    def between(self) -> Between | None:
        """What lies between them, as far as it is known."""
        return self._read.get((self.earlier.attempt.key, self.later.attempt.key))

    def _show_pair(self) -> None:
        if self.between is None:
            self._waiting = WAITING
            self.jobs.start("between", "Comparing", reads.comparing(self.backend, self.earlier, self.later))
        for page in self.query(Page):
            page.scroll_home(animate=False)
        self._show()

    def _show(self) -> None:
        one, other, between = self.earlier, self.later, self.between
        panel, sides = self.query_one(".panel"), self.query_one("#compare-sides", Page)
        titles = RunTitles((one, other))
        panel.border_title = foreign_line(f"Compare {titles.of(one)} with {titles.of(other)}")
        panel.border_subtitle = "" if between is not None else foreign_line(self._waiting)
        self.query_one("#compare-head", Sheet).show([comparison_blocks.head_block(one, other)])
        changed = comparison_blocks.between_blocks(self.diagnosis, one, other, between, self._waiting)
        blocks = comparison_blocks.gate_blocks(one, other)
        if self.has_class("-wide"):
            self.query_one("#compare-between", Page).show(changed, keep_place=True)
        else:
            blocks += [GAP, *changed]
        sides.show([*blocks, *comparison_blocks.run_blocks(one, other, between)], keep_place=True)

    @on(messages.Compared)
    def _compared(self, message: messages.Compared) -> None:
        self._read[message.earlier, message.later] = message.between
        self._show()

    @on(messages.Progressed)
    def _progressed(self, message: messages.Progressed) -> None:
        self._waiting = f"◐ {message.progress.what}"
        self._show()

    @on(messages.WorkFailed)
    def _failed(self, message: messages.WorkFailed) -> None:
        self._waiting = f"✘ {message.problem.sentence} {message.problem.way_out}".rstrip()
        self._show()

    def action_later(self, by: int) -> None:
        """Show another attempt on the right; the left one stays before it."""
        place = min(max(self.places[1] + by, 1), len(self.diagnosis.replays) - 1)
        self._go((min(self.places[0], place - 1), place))

    def action_earlier(self, by: int) -> None:
        """Show another attempt on the left; the right one stays after it."""
        place = min(max(self.places[0] + by, 0), len(self.diagnosis.replays) - 2)
        self._go((place, max(self.places[1], place + 1)))

    def _go(self, places: tuple[int, int]) -> None:
        if places == self.places:
            self.app.notify("There is no further attempt on that side.", severity="warning", markup=False, timeout=4)
            return
        self.places = places
        self._show_pair()

    def action_view_log(self, side: str) -> None:
        """Open the log of a side at the line that proves what stopped it."""
        replay = self.later if side == "later" else self.earlier
        stopped = first_failing(replay.gates)
        self.app.push_screen(
            LogScreen(
                LogSource.of(replay, proof_of(stopped) if stopped is not None else None, (self.earlier, self.later))
            )
        )

    def action_open_address(self) -> None:
        """Open the comparison of the commits on GitHub."""
        reading = self.between.commits if self.between is not None else None
        address = reading.value.html_url if isinstance(reading, Known) else ""
        if address.startswith("https://"):
            self.app.open_url(address)
        else:
            self.app.notify("These commits have no comparison on GitHub.", severity="warning", markup=False, timeout=4)

    def action_refresh(self) -> None:
        """Ask GitHub again."""
        self._read.pop((self.earlier.attempt.key, self.later.attempt.key), None)
        self._show_pair()

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)

"""The fleet: a line for each release workflow of many repositories, as they are read; sorted, filtered, and each opened."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from diagnosis.fleet.order import Sort, Totals
from diagnosis.fleet.row import RepositoryRow, Status, WorkflowRow
from tui import keymap, messages
from tui.backend import BackendProblem, Progress
from tui.background.jobs import BackgroundJobs, Lane
from tui.collector import spare_what_was_read
from tui.fleet_backend import FleetBackend, FleetLines, Fleets
from tui.foreign_text import defused_line, foreign_line
from tui.screens.fleet.asking import ask_export, ask_fleet
from tui.screens.fleet.reading import FleetTold, reading
from tui.screens.ledger import LedgerScreen
from tui.screens.present_size import PresentSize
from tui.widgets.base.blocks import GAP, Block, paragraph
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.page import Page
from tui.widgets.base.status_page import problem_blocks
from tui.widgets.base.top_line import TopLine
from tui.widgets.fleet.columns import Drawing, head_line, short_workflow
from tui.widgets.fleet.fleet_list import FleetList
from tui.widgets.fleet.lines import FILTER_HINT, Filter, FleetModel, Line, order_words
from tui.widgets.fleet.row_blocks import blocks_of, text_of
from tui.widgets.fleet.totals_line import note_lines, totals_lines

_READ = "fleet"
REPAINT_SECONDS = 0.2
"""Between two repaints while lines come: as many as an eye follows."""
_SHORT = ("-narrow", "-short")
_MANY = 500
"""Lines."""
_AROUND_TITLE = 4
"""Cells of a border that its title does not get."""


class FleetScreen(PresentSize, Screen[None]):
    """Read a fleet and show its lines.

    ``over``: a dashboard lies behind, to which esc goes back. What was read stays while the screen is away.
    """

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("fleet")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (190, "-wide")]  # noqa: RUF012 - declared by Textual, as an instance variable
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012 - likewise
    AUTO_FOCUS = "#fleet-list"

    def __init__(
        self,
        factory: Callable[[], FleetBackend],
        *,
        clock: Callable[[], datetime],
        fleets: Fleets | None = None,
        over: bool = False,
    ) -> None:
        super().__init__()
        self._factory, self.clock, self._fleets, self._over = factory, clock, fleets, over
        self.backend: FleetBackend | None = None
        """None until it has been built."""
        self.model = FleetModel()
        self.jobs = BackgroundJobs(self, self._began)
        self._lane = Lane()
        self._job = 0
        """The number of the newest read; messages of another one are late."""
        self._progress: Progress | None = Progress("Reading the fleet")
        """How far it is; not None either until the first read begins, behind the first paint."""
        self._problem: BackendProblem | None = None
        self._stopped = False
        self._later = ""
        """How many repositories could be read if they were asked for again."""
        self._stale = False
        """Whether lines have come that are not painted yet."""
        self._due = 0.0
        """Not before this moment what comes is painted: the more lines there are, the seldomer."""
        self._totals: Totals | None = None
        self._unspared = 0
        """Lines that have come since the collector was told of those before."""
        self._drawings: tuple[Drawing, ...] = ()
        """What the cells of the whole need to know, as soon as it is there."""
        self._said: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        """What is missing of the whole, and what else is to be said of it."""
        self._list = FleetList(clock, id="fleet-list")

    # -- layout

    def compose(self) -> ComposeResult:
        """Lay out the first line, the sums, the list, the details, and the keys."""
        yield TopLine()
        with Vertical(id="fleet"):
            with Vertical(id="fleet-lines", classes="panel"):
                yield Static(id="fleet-totals", markup=False)
                yield Static(id="fleet-head", markup=False)
                yield self._list
                yield Input(id="fleet-filter", placeholder=FILTER_HINT, compact=True)
            yield Page(id="fleet-page", classes="panel")
        yield KeyLine(compact=True)

    def on_mount(self) -> None:
        """Paint first; then read."""
        self.query_one(TopLine).stops = "x"
        self.watch(self._list, "cursor", self._moved, init=False)
        self.set_interval(REPAINT_SECONDS, self._repaint)
        self.call_after_refresh(self._start)

    def on_unmount(self) -> None:
        """Nobody waits for what is still read."""
        self.jobs.stop_all()
        if self.backend is not None:
            self.backend.close()

    def on_resize(self) -> None:
        """Fit headings, sums and lines."""
        self.call_after_refresh(self._show)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Do not offer keys that could do nothing here."""
        if action == "stop":
            return self.reading
        if action == "again":
            return not self.reading
        if action in ("open", "copy_text", "copy_address", "open_address", "zoom"):
            return self._list.chosen is not None
        if action == "export":
            return self.backend is not None and bool(self.model.total or self.model.places)
        if action == "ledger":
            return self.backend is not None
        if action == "other":
            return self._fleets is not None
        if action == "close":
            return self._over or bool(self.model.filter) or self._typing or self.has_class("-zoomed")
        return True

    @property
    def _typing(self) -> bool:
        return self.query_one("#fleet-filter", Input).display

    # -- reading

    @property
    def reading(self) -> bool:
        """Whether lines still come."""
        return self.jobs.busy or self._progress is not None

    def _begin_named(self, _name: str, factory: Callable[[], FleetBackend]) -> None:
        self.begin(factory)

    def begin(self, factory: Callable[[], FleetBackend]) -> None:
        """Read another fleet in the place of this one."""
        self.jobs.stop_all()
        if self.backend is not None:
            self.backend.close()
        self.backend, self._factory, self.model, self._totals = None, factory, FleetModel(), None
        self._said = ((), ())
        self.query_one("#fleet-filter", Input).value = ""
        self._close_filter()
        self._start()

    def _start(self) -> None:
        self._problem, self._stopped, self._later = None, False, ""
        self._job = self.jobs.start(_READ, "Reading the fleet", reading(self.backend, self._factory, self._lane))
        self._show()

    def _began(self, _kind: str, number: int, what: str) -> None:
        self._job, self._progress = number, Progress(what)

    @on(messages.FleetReady)
    def _ready(self, message: messages.FleetReady) -> None:
        self.backend = message.backend
        self._show_top()

    @on(FleetTold)
    def _told(self, message: FleetTold) -> None:
        if message.job != self._job:
            return
        if message.whole:
            self.model.replace(message.places, message.lines)
        else:
            self.model.add(message.places, message.lines)
        self._totals = message.totals or self._totals
        self._said = (message.gaps, message.notes)
        self._drawings = message.drawings
        self._stale = True
        self._unspared += len(message.lines)
        if self._unspared >= _MANY:
            self._unspared = 0
            spare_what_was_read()
        if message.whole:
            self._later = _to_ask_again(message.places)
            self._due = 0.0
            self._repaint()

    @on(messages.Progressed)
    def _progressed(self, message: messages.Progressed) -> None:
        if message.job == self._job and self._progress is not None:
            self._progress = message.progress
            self._show_top()

    @on(messages.WorkEnded)
    def _ended(self, message: messages.WorkEnded) -> None:
        if message.job == self._job:
            self._stopped = message.cancelled
            self._settle()

    @on(messages.WorkFailed)
    def _failed(self, message: messages.WorkFailed) -> None:
        if message.job != self._job:
            return
        self._problem = message.problem
        self._settle()
        if self.model.total:
            said = f"{message.problem.sentence} {message.problem.way_out}".rstrip()
            self._say(f"{said} What was read stays.", warn=True, seconds=12)

    def _settle(self) -> None:
        self._progress = None
        self._show()

    # -- showing

    def _repaint(self) -> None:
        began = time.monotonic()
        if self._stale and self.is_current and began >= self._due:
            self._show()
            self._due = time.monotonic() + 10 * (time.monotonic() - began)

    def on_screen_resume(self) -> None:
        """Show what has come while another screen stood here; it can be left once more."""
        self._is_dismissed = False
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        """Show everything as it is now; the cursor stays on its line."""
        if self._stale or self._list.brief != self._brief:
            self._brief = self._list.brief
            self._list.learn(self.model.all(), self._drawings)
        self._stale = False
        chosen = self._list.chosen
        lines = self.model.shown()
        self._list.empty_text = self._why_empty()
        self._list.show_lines(lines, chosen.key if chosen is not None else None)
        self._show_top()
        self._show_heads(len(lines))
        self._moved()

    _brief = False
    """Whether the list had little room when it was painted last."""

    def _show_top(self) -> None:
        top, backend = self.query_one(TopLine), self.backend
        if backend is not None:
            top.title, top.origin_note = f"Fleet of {backend.title}", backend.origin_note
            top.limit_note = backend.limit_note
            top.credentials = backend.credentials_problem
        else:
            top.title = "Fleet"
        top.note = "stopped, r goes on" if self._stopped else self._later
        top.progress = self._progress

    def _show_heads(self, shown: int) -> None:
        model, bare = self.model, any(self.has_class(name) for name in _SHORT)
        width = max(10, self._list.scrollable_content_region.width or self.size.width - (0 if bare else 2))
        sums = totals_lines(self._totals, width - 1) if self._totals is not None else []
        sums += note_lines(*self._said, width - 1)
        told = self.query_one("#fleet-totals", Static)
        told.display = bool(sums)
        self._update(told, Content("\n").join(Content(" ") + line for line in sums))
        head = head_line(width, model.by, reverse=model.reverse, owner=self._list.drawing.owner)
        self._update(self.query_one("#fleet-head", Static), head)
        panel = self.query_one("#fleet-lines")
        panel.border_title = f"Fleet {order_words(model.by, reverse=model.reverse)}"
        panel.border_subtitle = f"{shown:,} of {model.total:,} lines" if model.filter else f"{shown:,} lines"

    def _update(self, part: Static, content: Content) -> None:
        """Show it, unless it is shown already: each change lays the whole screen out anew."""
        if part.content != content:
            part.update(content)

    def _why_empty(self) -> str:
        if self.model.filter and self.model.total:
            return f"No line has all of: {defused_line(self.model.filter.text)}. esc clears the filter."
        if self._problem is not None:
            return "Nothing was read."
        if self.reading:
            return "The first lines come as soon as a repository is read."
        if self._stopped:
            return "Stopped before anything was read. r reads."
        count = len(self.model.places)
        if not count:
            return "There is no repository in it."
        return f"No workflow of {'this repository' if count == 1 else f'these {count:,} repositories'} takes AWS credentials."

    def _moved(self) -> None:
        """Show the details of the line under the cursor."""
        page = self.query_one("#fleet-page", Page)
        page.dense = self.has_class("-short")
        line = self._list.chosen
        shown = (line, self._problem, page.size.width)
        if shown != self._detailed:
            same = line is not None and self._detailed[0] is not None and line.key == self._detailed[0].key
            self._detailed = shown
            page.border_title = foreign_line(_title_of(line)) if line is not None else ""
            page.show(self._detail_blocks(line) if line is not None else self._nothing_blocks(), keep_place=same)
        self.refresh_bindings()

    _detailed: tuple[Line | None, BackendProblem | None, int] = (None, None, -1)
    """The line whose details are shown, or the problem in their place, and the width for which they were laid out."""

    def _detail_blocks(self, line: Line) -> list[Block]:
        blocks = blocks_of(line.row, self.clock())
        title = foreign_line(_title_of(line))
        if title.cell_length > self.query_one("#fleet-page").size.width - _AROUND_TITLE:
            # The border cuts it.
            return [paragraph(foreign_line(_title_of(line), "bold $text-accent")), *blocks]
        return blocks

    def _nothing_blocks(self) -> list[Block]:
        if self._problem is not None:
            return [
                *problem_blocks(self._problem),
                GAP,
                paragraph(("r", "bold $text-accent"), (" tries again", "$text-muted"), indent=2),
            ]
        return []

    # -- keys: order and filter

    def action_sort(self) -> None:
        """Take the next order."""
        ways = list(Sort)
        self._sort(ways[(ways.index(self.model.by) + 1) % len(ways)], reverse=self.model.reverse)

    def action_reverse(self) -> None:
        """Turn the order round."""
        self._sort(self.model.by, reverse=not self.model.reverse)

    def _sort(self, by: Sort, *, reverse: bool) -> None:
        self.model.sort(by, reverse=reverse)
        self._show()

    def action_filter(self) -> None:
        """Open the line in which the filter is typed."""
        self.remove_class("-zoomed")
        entry = self.query_one("#fleet-filter", Input)
        entry.display = True
        entry.focus()

    @on(Input.Changed, "#fleet-filter")
    def _typed(self, event: Input.Changed) -> None:
        self.model.filter = Filter(event.value)
        self._show()

    @on(Input.Submitted, "#fleet-filter")
    def _applied(self) -> None:
        self._list.focus()
        if not self.model.filter:
            self._close_filter()

    def _close_filter(self) -> None:
        self.query_one("#fleet-filter", Input).display = False
        self._list.focus()

    # -- keys: reading

    def action_stop(self) -> None:
        """Stop reading."""
        if self.jobs.stop_all():
            self._stopped = True
            self._say("Stopped. The lines that are there stay; r goes on.")

    def action_again(self) -> None:
        """Go on reading, and ask again for what could not be read."""
        self._start()

    # -- keys: the line under the cursor

    @on(messages.FleetLineChosen)
    def action_open(self) -> None:
        """Open the workflow under the cursor in the dashboard."""
        line, backend = self._list.chosen, self.backend
        if line is None or backend is None:
            return
        row = line.row
        if isinstance(row, RepositoryRow):
            self._say(f"No workflow stands on this line. {row.reason} {row.way_out}".strip(), warn=True, seconds=8)
            return
        self.post_message(messages.DashboardOver(partial(backend.open, row)))

    def action_open_address(self) -> None:
        """Open the line on GitHub."""
        address = self._address
        if address.startswith("https://"):
            self.app.open_url(address)
            self._say(f"Opened: {address}")
        else:
            self._say("This line has no address on the web.", warn=True)

    def action_copy_address(self) -> None:
        """Copy the line's address on GitHub."""
        address = defused_line(self._address)
        if address:
            self.post_message(messages.CopyWanted(address, address))
        else:
            self._say("This line has no address on the web.", warn=True)

    @property
    def _address(self) -> str:
        line = self._list.chosen
        return self.backend.address(line.row) if line is not None and self.backend is not None else ""

    def action_copy_text(self) -> None:
        """Copy what is told of the line."""
        line = self._list.chosen
        if line is not None:
            self.post_message(messages.CopyWanted(text_of(line.row, self.clock()), defused_line(_title_of(line))))

    def action_zoom(self) -> None:
        """Give the whole screen to the details, or show the list again."""
        zoomed = not self.has_class("-zoomed")
        self.set_class(zoomed, "-zoomed")
        self.call_after_refresh(self.query_one("#fleet-page" if zoomed else "#fleet-list").focus)

    # -- keys: the whole

    def action_export(self) -> None:
        """Ask for form and file, and write the lines."""
        if self.backend is not None:
            lines = self.model.shown()
            rows = tuple(line.row for line in lines if isinstance(line.row, WorkflowRow))
            places = tuple(line.row for line in lines if isinstance(line.row, RepositoryRow))
            ask_export(self, self.backend, FleetLines(places, rows), self.model.by)

    def action_ledger(self) -> None:
        """Show the calls made so far."""
        if self.backend is not None:
            self.app.push_screen(LedgerScreen(self.backend.calls))

    def action_other(self) -> None:
        """Ask for another fleet, and read it in the place of this one."""
        if self._fleets is not None:
            ask_fleet(self, self._fleets, self.backend.title if self.backend is not None else "", self._begin_named)

    def action_close(self) -> None:
        """Leave the filter, clear it, leave the zoom; then go back."""
        if self._typing or self.model.filter:
            self.query_one("#fleet-filter", Input).value = ""
            self._close_filter()
        elif self.has_class("-zoomed"):
            self.action_zoom()
        elif self._over:
            self.dismiss(None)

    def _say(self, sentence: str, *, warn: bool = False, seconds: float = 4) -> None:
        self.app.notify(
            defused_line(sentence), severity="warning" if warn else "information", markup=False, timeout=seconds
        )


def _to_ask_again(places: Sequence[RepositoryRow]) -> str:
    count = sum(not place.final for place in places)
    limited = count == sum(place.status is Status.RATE_LIMITED for place in places)
    return f"{count:,} {'rate-limited' if limited else 'not read'}, r asks again" if count else ""


def _title_of(line: Line) -> str:
    repository, workflow = line.key
    return f"{repository} · {short_workflow(workflow)}" if workflow else repository

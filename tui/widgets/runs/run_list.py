"""The list of workflow runs, newest first, two lines a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import BindingType
from textual.content import Content
from textual.timer import Timer

from tui import keymap, messages
from tui.backend import RunKey, RunRow
from tui.foreign_text import defused_line
from tui.widgets.base import signs, times
from tui.widgets.base.elide import Differences, elide
from tui.widgets.base.virtual_list import VirtualList

WIDE, WIDER = 64, 96
"""Cells from which on a row shows its event, and its actor too, in columns of their own."""
SPINNER = "◐◓◑◒"
"""The sign of a run that is under way; its form turns, so that it needs no colour."""
SPIN_SECONDS = 0.5
_EVENT, _ACTOR, _AGE = 18, 16, 5


class RunList(VirtualList[RunRow]):
    """Show the rows that pass the filter, and mark the attempts on the timeline. A click opens a run."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("runs")
    item_height = 2
    click_chooses = True

    def __init__(self, clock: Callable[[], datetime], *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._clock = clock
        self.shown_chain: frozenset[RunKey] = frozenset()
        """The attempts on the timeline; they carry a mark."""
        self.looks_for_words = False
        """Whether the rows are those that contain some words: few of a page may, or none."""
        self._showing = False
        self._known: set[RunKey] = set()
        self._differ = Differences()
        """Where each ref and title begins to differ from its neighbours."""
        self._mixed = False
        """Whether runs of several workflows are shown: their numbers mean nothing by themselves."""
        self._turn = 0
        self._spinning: Timer | None = None

    def show(self, items: Sequence[RunRow]) -> None:
        """Replace the rows; the cursor stays on its run, and that at its place on the screen, as far as it is still there."""
        before, at, top = self.chosen, self.cursor, self.scroll_offset.y
        new = [row for row in items if row.key not in self._known]
        self._known.update(row.key for row in new)
        self._differ.add(defused_line(text) for row in new for text in (row.ref, row.title))
        self._mixed = len({row.workflow_path or row.workflow for row in items}) > 1
        self._showing = True
        super().show(items)
        self._showing = False
        if before is not None:
            self._keep_on(before, at, top)
        self._spin(any(row.status == "in_progress" for row in items))

    def _keep_on(self, run: RunRow, at: int, top: int) -> None:
        place = self.place_of(run.key)
        if place is not None and place != self.cursor:
            self.cursor = place
            if at:
                # From the very top new runs are seen coming in.
                self.scroll_to(y=top + (place - at) * self.item_height, animate=False, force=True)

    def place_of(self, key: RunKey) -> int | None:
        """Return where an attempt stands in the list, else another attempt of its run."""
        runs = [place for place, row in enumerate(self.items) if row.key[0] == key[0]]
        return next((place for place in runs if self.items[place].key == key), runs[0] if runs else None)

    def point_at(self, key: RunKey) -> None:
        """Move the cursor to a run, if it is shown."""
        place = self.place_of(key)
        if place is not None:
            self.cursor = place

    def mark(self, chain: Sequence[RunKey]) -> None:
        """Mark the runs that the timeline shows."""
        self.shown_chain = frozenset(chain)
        self.refresh()

    def lines_of(self, item: RunRow, width: int, *, chosen: bool) -> Sequence[Content]:
        """Return two lines: sign, number, ref and age, with event and actor where there is room; then title and id."""
        mark = Content.styled("┃", "$accent") if item.key in self.shown_chain else Content(" ")
        attempt = f".{item.key[1]}" if item.key[1] > 1 else ""
        left = mark + self._sign(item) + Content.styled(f" #{item.number}{attempt} ", "bold")
        right = self._right(item, width)
        room = max(0, width - left.cell_length - right.cell_length)
        first = left + Content(self._elided(item.ref or item.event, room)).truncate(room, pad=True) + right
        return first, self._second(item, width, mark)

    def _second(self, item: RunRow, width: int, mark: Content) -> Content:
        left, right = mark + Content("  "), Content("")
        title = defused_line(item.title or item.workflow)
        if self._mixed and item.workflow != item.title:
            # Two runs of two workflows may both be #1.
            left += Content.styled(f"{_workflow_words(item, width)}: ", "$text")
        room = max(0, width - left.cell_length)
        identity = Content.styled(f" {item.key[0]} ", "$text-disabled")
        if cell_len(title) + identity.cell_length <= room:
            right, room = identity, room - identity.cell_length
        return left + Content.styled(self._elided(title, room), "$text-muted").truncate(room, pad=True) + right

    def _right(self, item: RunRow, width: int) -> Content:
        age = times.age(item.created_at, self._clock())
        if width < WIDE:
            return Content.styled(f" {age} ", "$text-muted")
        columns = [Content("  ")]
        actor = [(item.actor, _ACTOR)] if width >= WIDER else []
        for text, room in [(_words(item), _EVENT), *actor]:
            columns += [
                Content.styled(elide(defused_line(text), room), "$text-muted").truncate(room, pad=True),
                Content("  "),
            ]
        return Content("").join([*columns, Content.styled(f"{age:>{_AGE}} ", "$text-muted")])

    def _elided(self, text: str, room: int) -> str:
        line = defused_line(text)
        return elide(line, room, self._differ.at(line))

    def _sign(self, item: RunRow) -> Content:
        if item.status == "in_progress":
            return Content.styled(SPINNER[self._turn % len(SPINNER)], "bold $text-warning")
        return Content.styled(*signs.conclusion_sign(item.status, item.conclusion))

    def _spin(self, wanted: bool) -> None:
        if wanted and self._spinning is None and self.app.animation_level != "none":
            self._spinning = self.set_interval(SPIN_SECONDS, self._spun)
        elif not wanted and self._spinning is not None:
            self._spinning.stop()
            self._spinning = None

    def _spun(self) -> None:
        self._turn += 1
        if self.is_on_screen:
            self.refresh()

    def choose(self, item: RunRow) -> None:
        """Ask for the diagnosis of a run."""
        self.post_message(messages.RunChosen(item.key))

    def action_choose(self) -> None:
        """Choose the run under the cursor."""
        if self.chosen is not None:
            self.choose(self.chosen)

    def action_edge(self, side: int) -> None:
        """Move the cursor to the first or the last run; where none passes the filter, look through further pages."""
        if side > 0 and self.cursor >= len(self.items) - 1:
            self.near_end()
        super().action_edge(side)

    def near_end(self) -> None:
        """Ask for the next page; where words are looked for only by the user's own move, for there may be no end of pages."""
        if not (self._showing and self.looks_for_words):
            self.post_message(messages.MoreRunsWanted())


def _workflow_words(item: RunRow, width: int) -> str:
    """Return the workflow's name, or where it is long the name of its file, which is shorter as a rule."""
    name, file = defused_line(item.workflow), defused_line(item.workflow_path.partition("@")[0].rpartition("/")[2])
    room = max(8, width // 3)
    words = name if name and cell_len(name) <= room else file.rpartition(".")[0] or name
    return elide(words, room)


def _words(item: RunRow) -> str:
    """Return how a run began; of one that is not over, what it does."""
    return item.event if item.status == "completed" else item.status.replace("_", " ")

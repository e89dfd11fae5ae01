"""The log of a job as a widget: only the lines in view are drawn, so its length does not matter."""

from __future__ import annotations

from bisect import bisect_right
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from tui.widgets.log.groups import FoldedLines
from tui.widgets.log.line_drawing import STYLES, LineDrawing, Look, Place, cuts
from tui.widgets.log.log_index import LogIndex
from tui.widgets.log.search import Search
from tui.widgets.log.shown_text import Wanted

_WHEEL_ROWS = 3
_MOST_KNOWN = 10_000
_EMPTY = 200
"""Characters that take no room, such as accents, that are drawn on one line beyond those that fill it."""
MOST_COPIED = 1_000_000
"""Characters; more than that no clipboard takes in good time."""


class JobLog(ScrollView, can_focus=True, inherit_bindings=False):
    """Lines with a cursor, folds, marks and found words. The screen around it has the keys."""

    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"job-log--{name}" for name in STYLES),
        "job-log--proof",
        "job-log--cursor",
        "job-log--chosen",
    }

    cursor: reactive[int] = reactive(0)
    """The line, from 0, that keys speak of."""
    look: reactive[Look] = reactive(Look())

    class Toggled(Message):
        """A click on the first line of a group folds or unfolds it."""

        def __init__(self, line: int) -> None:
            super().__init__()
            self.line = line

    class Moved(Message):
        """The cursor stands on another line."""

    def __init__(self) -> None:
        super().__init__()
        self._styles: dict[str, Style] = {}
        self.index = LogIndex("")
        self.view = FoldedLines(0)
        self.proof: int | None = None
        self.other_end: int | None = None
        """The other end of the lines that are chosen together with the cursor's."""
        self.search: Search | None = None
        self.found: int | None = None
        self.drawing = LineDrawing(self.index, self._style)
        self._cuts: dict[tuple[int, Wanted | None], list[int]] = {}
        self._drawn: tuple[tuple[int, Place, Wanted | None, FoldedLines], Text] | None = None
        self._shift = 0
        self._skipped = 0
        """Rows of the top line that are above the view, where long lines are wrapped."""

    # -- what is shown

    def show(self, index: LogIndex) -> None:
        """Show another log from its top."""
        self.index, self.view = index, FoldedLines(index.count)
        self.drawing = LineDrawing(index, self._style)
        self.proof = self.other_end = self.found = self.search = None
        self._shift = self._skipped = 0
        self.set_reactive(JobLog.cursor, 0)
        self._measure()
        self.scroll_to(y=0, animate=False, force=True)
        self.refresh()

    def fold(self, view: FoldedLines) -> None:
        """Take other folds; the cursor's line, or the line that hides it then, stays where it is on the screen."""
        before = self.view.row(self.cursor) - self.top if self.view.rows else 0
        self.view = view
        if view.rows and view.hides(self.cursor):
            self.cursor = view.line(view.row(self.cursor))
        self._measure()
        if 0 <= before < max(1, self.height):
            self.scroll_to(y=max(0, view.row(self.cursor) - before), animate=False, force=True)
        self.refresh()

    def grow(self) -> None:
        """Show the lines that were read since; nothing is folded before all are."""
        self.view = FoldedLines(self.index.count)
        self._measure()
        self.refresh()

    @property
    def height(self) -> int:
        """Rows in view."""
        return self.scrollable_content_region.height

    @property
    def top(self) -> int:
        """The row of all lines in view, each taken for one, that is the first on the screen."""
        return self.scroll_offset.y

    @property
    def chosen(self) -> tuple[int, int]:
        """First and last of the chosen lines; the cursor's where no others are."""
        other = self.cursor if self.other_end is None else self.other_end
        return min(self.cursor, other), max(self.cursor, other)

    def on_resize(self) -> None:
        """Measure again."""
        self._measure()

    def watch_look(self, old: Look, new: Look) -> None:
        """Draw anew; the cursor stays in view."""
        self._skipped = 0
        if old.wrap != new.wrap:
            self._shift = 0
        self._measure()
        self._into_view()
        self.refresh()

    def _measure(self) -> None:
        """Tell Textual how far the log can be scrolled: until its last row stands at the lower end."""
        self._cuts.clear()
        rows = self.view.rows
        if self.look.wrap and rows:
            rows = self._first_above(rows - 1) + max(1, self.height)
        self.virtual_size = Size(self.scrollable_content_region.width, rows)

    # -- the cursor

    def watch_cursor(self) -> None:
        """Keep the cursor in view."""
        self._into_view()
        self.refresh()
        self.post_message(self.Moved())

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor inside the log."""
        return max(0, min(cursor, self.index.count - 1))

    def move(self, rows: int, *, choose: bool = False) -> None:
        """Move the cursor by lines in view; from outside the view it comes in first."""
        if not self.view.rows:
            return
        if not choose:
            self.other_end = None
        elif self.other_end is None:
            self.other_end = self.cursor
        row = self.view.row(self.cursor)
        first, last = self.top, self._last_in_view()
        if not first <= row <= last:
            row = first if rows > 0 else last
        elif self.look.wrap and abs(rows) == 1 and self._inside(row, rows):
            return
        else:
            row = max(0, min(row + rows, self.view.rows - 1))
        self.cursor = self.view.line(row)
        self.refresh()

    def reach(self, line: int) -> None:
        """Bring the cursor to a line, a third of the way down the screen unless it is in view already."""
        if not self.view.rows:
            return
        line = max(0, min(line, self.index.count - 1))
        self.other_end = None
        row = self.view.row(line)
        if not self.top <= row < self._last_in_view():
            self._skipped = 0
            self.scroll_to(y=self._first_above(row, self._rows_of(row) + self.height // 3), animate=False, force=True)
        self.cursor = line
        self._show_found(line)
        self.refresh()

    @property
    def search_line(self) -> int:
        """The line from which a search goes on: the cursor's, or the top one in view where the cursor is not in view."""
        if not self.view.rows:
            return 0
        row = self.view.row(self.cursor)
        return (
            self.cursor
            if self.top <= row <= self._last_in_view()
            else self.view.line(min(self.top, self.view.rows - 1))
        )

    def shift(self, by: int) -> None:
        """Move long lines to the left or right by half of the screen."""
        if self.look.wrap:
            return
        width = self._body_width()
        longest = max((cell_len(self._plain(line)) for line in self._lines_in_view()), default=0)
        self._shift = max(0, min(self._shift + by * max(1, width // 2), longest - width // 2))
        self.refresh()

    def _show_found(self, line: int) -> None:
        """Bring the first words found on a line into view: from side to side, or among the rows of a long wrapped one."""
        text = self._text_of(line, self._place(line)) if self.search and line == self.found else None
        first, end = next(iter(self.drawing.hits(text)), (0, 0)) if text is not None else (0, 0)
        if self.look.wrap:
            rows, part = self._rows_of(self.view.row(line)), bisect_right(self._cuts_of(line), first)
            if end and rows > self.height:
                self.scroll_to(y=self.view.row(line), animate=False, force=True)
                self._skipped = max(0, min(part - self.height // 3, rows - self.height))
            return
        if text is None or not end:
            self._shift = 0
            return
        width, left, right = self._body_width(), cell_len(text.plain[:first]), cell_len(text.plain[:end])
        if not self._shift <= left <= right <= self._shift + width:
            self._shift = max(0, right - width * 2 // 3) if right > width else 0

    def _into_view(self) -> None:
        if not self.view.rows or self.height <= 0:
            return
        row = self.view.row(self.cursor)
        if row < self.top or (row == self.top and self._skipped):
            self._skipped = 0
            self.scroll_to(y=row, animate=False, force=True)
        elif row > self.top and row > self._last_in_view(whole=True):
            self._skipped = 0
            self.scroll_to(y=self._first_above(row), animate=False, force=True)

    # -- rows of wrapped lines

    def _plain(self, line: int) -> str:
        return self._text_of(line, self._place(line)).plain

    def _rows_of(self, row: int) -> int:
        """Return how many rows of the screen a line in view takes."""
        if not self.look.wrap:
            return 1
        line = self.view.line(row)
        return 1 + len(self._cuts_of(line))

    def _cuts_of(self, line: int) -> list[int]:
        """Return after which characters a wrapped line is cut."""
        # To the line that was found may be added what was found.
        key = (line, self.search.wanted if self.search and line == self.found else None)
        if key not in self._cuts:
            if len(self._cuts) >= _MOST_KNOWN:
                self._cuts.clear()
            self._cuts[key] = cuts(self._plain(line), self._body_width())
        return self._cuts[key]

    def _text_of(self, line: int, here: Place) -> Text:
        """Return a line's words with all marks; of a long wrapped line it is asked for each of its rows."""
        wanted = self.search.wanted if self.search else None
        state = (line, here, wanted, self.view)
        if self._drawn is None or self._drawn[0] != state:
            self._drawn = (state, self.drawing.body(line, here, wanted))
        return self._drawn[1]

    def _first_above(self, row: int, height: int | None = None) -> int:
        """Return the top row with which this row still stands wholly within the height, by default that of the screen."""
        room = (self.height if height is None else height) - self._rows_of(row)
        while row > 0 and (room := room - self._rows_of(row - 1)) >= 0:
            row -= 1
        return row

    def _last_in_view(self, *, whole: bool = False) -> int:
        """Return the last row on the screen, or the last that is there to its end."""
        if not self.look.wrap:
            return min(self.top + self.height, self.view.rows) - 1
        row, room = self.top, self.height + self._skipped
        while row < self.view.rows:
            room -= self._rows_of(row)
            if room <= 0:
                return row if room == 0 or not whole else max(self.top, row - 1)
            row += 1
        return self.view.rows - 1

    def _inside(self, row: int, by: int) -> bool:
        """Scroll within a line that is longer than the screen; return False where there is nothing more of it this way."""
        if row != self.top or self._rows_of(row) <= self.height:
            return False
        skipped = max(0, min(self._skipped + by, self._rows_of(row) - self.height))
        if skipped == self._skipped:
            return False
        self._skipped = skipped
        self.refresh()
        return True

    def _scroll_rows(self, by: int) -> None:
        top, skipped = self.top, self._skipped + by
        while skipped < 0 and top > 0:
            top -= 1
            skipped += self._rows_of(top)
        while top < self.max_scroll_y and skipped >= (rows := self._rows_of(top)):
            skipped -= rows
            top += 1
        most = max(0, self._rows_of(top) - (self.height if top >= self.max_scroll_y else 1)) if self.view.rows else 0
        self.scroll_to(y=top, animate=False, force=True)
        self._skipped = max(0, min(skipped, most))
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Begin with the first row of the top line, however the log was scrolled."""
        self._skipped = 0
        super().watch_scroll_y(old_value, new_value)

    # -- the mouse

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, 1)

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, by: int) -> None:
        event.stop()
        event.prevent_default()
        if event.shift or event.ctrl:
            self.shift(by)
        elif self.look.wrap:
            self._scroll_rows(by * _WHEEL_ROWS)
        else:
            self.scroll_to(y=self.top + by * _WHEEL_ROWS, animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        """Bring the cursor to a line, with shift choose up to it; fold or unfold the group that begins there."""
        offset = event.get_content_offset(self)
        if offset is None or not self.view.rows or self.text_selection is not None:
            return
        place = self._row_at(offset.y)
        if place is None:
            return
        line = self.view.line(place[0])
        if event.shift:
            self.other_end = self.cursor if self.other_end is None else self.other_end
        else:
            self.other_end = None
        self.cursor = line
        self.refresh()
        if not event.shift and self.index.groups.starting_at(line) >= 0:
            self.post_message(self.Toggled(line))

    # -- copying

    def words_of(self, first: int, last: int) -> str | None:
        """Return the words of lines, also of those folded away; None where they are too many to be copied."""
        lines = self.index.lines
        if lines.start(last) - lines.start(first) > MOST_COPIED or lines.length(last) > MOST_COPIED:
            return None
        return "\n".join(self.drawing.whole_words(line) for line in range(first, last + 1))

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text that was selected by mouse: of lines in view only, as it looks."""
        if selection.start is None or selection.end is None or not self.view.rows:
            return None
        (x, first), (end_x, last) = selection.start, selection.end
        rows = range(self.view.row(first), self.view.row(last) + 1)
        words = [self.drawing.words(self.view.line(row))[1] for row in rows[:10_000]]
        if len(words) == 1:
            return words[0][x:end_x], "\n"
        return "\n".join([words[0][x:], *words[1:-1], words[-1][:end_x]]), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw what is selected."""
        self.refresh()

    # -- drawing

    def notify_style_update(self) -> None:
        """Forget the styles of another theme."""
        super().notify_style_update()
        self._styles.clear()
        self._drawn = None

    def _style(self, name: str) -> Style:
        if name not in self._styles:
            self._styles[name] = self.get_component_rich_style(f"job-log--{name}", partial=True)
        return self._styles[name]

    def _place(self, line: int) -> Place:
        return Place(line == self.proof, line == self.cursor, line == self.found, self.view.folds(line))

    def _body_width(self) -> int:
        return max(8, self.scrollable_content_region.width - self.drawing.gutter_width(self.look))

    def _lines_in_view(self) -> list[int]:
        return [self.view.line(row) for row in range(self.top, self._last_in_view() + 1)]

    def _row_at(self, y: int) -> tuple[int, int] | None:
        """Return the row of all lines that stands in a row of the screen, and which part of it, where lines are wrapped."""
        if not self.look.wrap:
            row = self.top + y
            return (row, 0) if row < self.view.rows else None
        row, y = self.top, y + self._skipped
        while row < self.view.rows:
            rows = self._rows_of(row)
            if y < rows:
                return row, y
            y -= rows
            row += 1
        return None

    def render_line(self, y: int) -> Strip:
        """Draw a row of the screen."""
        width, ground = self.scrollable_content_region.width, self.rich_style
        place = self._row_at(y)
        if place is None:
            return Strip.blank(width, ground)
        line, part = self.view.line(place[0]), place[1]
        here = self._place(line)
        first, last = self.chosen
        if here.proof:
            ground += self._style("proof")
        elif here.cursor:
            ground += self._style("cursor")
        elif self.other_end is not None and first <= line <= last:
            ground += self._style("chosen")
        before = ground + self._style("cursor") if here.cursor else ground
        gutter = self._strip(self.drawing.gutter(line, here, self.look, first=part == 0), before)
        return Strip.join([gutter, self._body(line, here, part, ground)]).crop_extend(0, width, ground)

    def _body(self, line: int, here: Place, part: int, ground: Style) -> Strip:
        text = self._text_of(line, here)
        width = self._body_width()
        begin, end = 0, len(text)
        if self.look.wrap:
            edges = [0, *self._cuts_of(line), end]
            begin = edges[min(part, len(edges) - 2)]
            end = edges[min(part, len(edges) - 2) + 1]
        elif end > self._shift + width + _EMPTY:
            end = self._shift + width + _EMPTY
        text = text[begin:end]
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(line)) is not None:
            last = len(text) if span[1] < 0 else max(0, span[1] - begin)
            text.stylize(self.screen.get_component_rich_style("screen--selection"), max(0, span[0] - begin), last)
        strip = self._strip(text, ground)
        if self.look.wrap:
            return strip.apply_offsets(begin, line)
        if self._shift:
            begin = sum(len(segment.text) for segment in strip.crop(0, self._shift))
        return strip.crop(self._shift, self._shift + width).apply_offsets(begin, line)

    def _strip(self, text: Text, ground: Style) -> Strip:
        return Strip(Segment.apply_style(text.render(self.app.console), ground))

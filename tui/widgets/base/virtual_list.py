"""A list that draws only the lines in view, so that ten thousand items cost no more than fifty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from tui import keymap

ItemT = TypeVar("ItemT")


class VirtualList(ScrollView, Generic[ItemT], can_focus=True):
    """A list of items of equal height with a cursor. A subclass says how an item is drawn and what choosing it does."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("list")

    item_height = 1
    """Lines of one item."""

    click_chooses = False
    """Whether one click chooses an item; else it takes a second one."""

    cursor: reactive[int] = reactive(0, repaint=False)
    empty_text: reactive[str] = reactive("")
    """What a list without items says; no markup is read."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.items: Sequence[ItemT] = ()
        self._drawn_cursor = 0

    def lines_of(self, item: ItemT, width: int, *, chosen: bool) -> Sequence[Content]:
        """Return the lines of one item, ``item_height`` of them."""
        raise NotImplementedError

    def choose(self, item: ItemT) -> None:
        """Handle a click on the item under the cursor, or a double click on any item; for subclasses."""

    def near_end(self) -> None:
        """Handle that the cursor or the view comes near the last item; for subclasses."""

    @property
    def chosen(self) -> ItemT | None:
        """The item under the cursor."""
        return self.items[self.cursor] if 0 <= self.cursor < len(self.items) else None

    def show(self, items: Sequence[ItemT]) -> None:
        """Replace the items; the cursor stays where it is as far as there are items."""
        self.items = items
        self._measure()
        self.cursor = max(0, min(self.cursor, len(items) - 1))
        self.refresh()
        self._look_for_end()

    def on_resize(self) -> None:
        """Measure again: lines are as wide as the list."""
        self._measure()

    def _measure(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self.items) * self.item_height)

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor inside the items."""
        return max(0, min(cursor, len(self.items) - 1))

    def watch_cursor(self) -> None:
        """Keep the cursor in view."""
        top, height = self.cursor * self.item_height, self.scrollable_content_region.height
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True)
        elif top + self.item_height > self.scroll_offset.y + height:
            self.scroll_to(y=top + self.item_height - height, animate=False, force=True)
        # The other lines stay as they are drawn; where the list scrolls it is drawn anew anyway.
        for index in {self._drawn_cursor, self.cursor}:
            first = index * self.item_height
            if self.scroll_offset.y <= first < self.scroll_offset.y + max(1, height):
                self.refresh_lines(first, self.item_height)
        self._drawn_cursor = self.cursor
        self._look_for_end()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Notice that the wheel has come near the end."""
        super().watch_scroll_y(old_value, new_value)
        self._look_for_end()

    def _look_for_end(self) -> None:
        height = max(1, self.scrollable_content_region.height)
        seen = (self.scroll_offset.y + 2 * height) // self.item_height
        if self.items and max(seen, self.cursor + height // self.item_height) >= len(self.items):
            self.near_end()

    def action_move(self, down: int) -> None:
        """Move the cursor."""
        self.cursor += down

    def action_page(self, down: int) -> None:
        """Move the cursor by as many items as are in view."""
        self.cursor += down * max(1, self.scrollable_content_region.height // self.item_height)

    def action_edge(self, side: int) -> None:
        """Move the cursor to the first or the last item."""
        self.cursor = 0 if side < 0 else len(self.items) - 1

    def on_click(self, event: events.Click) -> None:
        """Move the cursor; a click on the item under the cursor, or a double click, chooses it."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        index = (offset.y + self.scroll_offset.y) // self.item_height
        if index >= len(self.items):
            return
        again = index == self.cursor
        self.cursor = index
        if event.chain == 1 if self.click_chooses else again or event.chain == 2:
            self.choose(self.items[index])

    def render_line(self, y: int) -> Strip:
        """Draw one line of one item."""
        width = self.scrollable_content_region.width
        index, line = divmod(y + self.scroll_offset.y, self.item_height)
        if width < 1:
            # While the terminal is resized the list may have no cell, and text of no width has no line.
            return Strip.blank(max(0, self.size.width), self.rich_style)
        if not self.items and self.empty_text:
            words = Content.styled(self.empty_text, "$text-muted").wrap(max(4, width))
            line_of_words = words[y] if y < len(words) else Content("")
            return Visual.to_strips(self, line_of_words, width, 1, self.visual_style, pad=True)[0]
        if index >= len(self.items):
            return Strip.blank(width, self.rich_style)
        content = self.lines_of(self.items[index], width, chosen=index == self.cursor)[line]
        content = content.truncate(width, ellipsis=True, pad=True)
        if index == self.cursor:
            ground = "$block-cursor-background" if self.has_focus else "$surface-active"
            style = f"bold $block-cursor-foreground on {ground}" if self.has_focus else f"on {ground}"
            content = Content.styled(content.plain, style) if self.has_focus else content.stylize_before(style)
        return Visual.to_strips(self, content, width, 1, self.visual_style, pad=True)[0]

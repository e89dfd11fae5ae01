"""A page of blocks that scrolls and is laid out again when its width changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import events
from textual.app import RenderResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from tui import keymap
from tui.foreign_text import defused_line
from tui.widgets.base.blocks import Block, layout


class Sheet(Widget):
    """Draws blocks, as tall as they need to be."""

    DEFAULT_CSS = "Sheet { width: 1fr; height: auto; }"

    def __init__(self, blocks: Iterable[Block] = (), *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._blocks = tuple(blocks)
        self._laid: tuple[int, list[Content]] | None = None
        self.dense = False
        """Without what stands aside: blank lines between parts, the lines before a proving one."""

    def show(self, blocks: Iterable[Block]) -> None:
        """Show other blocks."""
        self._blocks = tuple(blocks)
        self._laid = None
        self.refresh(layout=True)

    def _lines(self, width: int) -> list[Content]:
        if self._laid is None or self._laid[0] != width:
            blocks = [block for block in self._blocks if not block.aside] if self.dense else self._blocks
            self._laid = (width, layout(blocks, width))
        return self._laid[1]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines at this width."""
        return max(1, len(self._lines(width)))

    def on_click(self, event: events.Click) -> None:
        """Open the address on the web that was clicked; one that is folded, by any of its lines."""
        offset = event.get_content_offset(self)
        if offset is not None and (link := self._link_at(offset.x, offset.y)):
            self.app.open_url(link)
            self.app.notify(defused_line(f"Opened: {link}"), markup=False, timeout=4)

    def _link_at(self, x: int, y: int) -> str:
        line = 0
        for block in self._blocks:
            if block.aside and self.dense:
                continue
            lines = block.lines(self.content_size.width)
            if y < line + len(lines):
                return block.link if block.first.cell_length <= x < lines[y - line].cell_length else ""
            line += len(lines)
        return ""

    def render(self) -> RenderResult:
        """Draw the lines."""
        return Content("\n").join(self._lines(self.content_size.width))


class Page(VerticalScroll, can_focus=True):
    """A sheet that scrolls by arrows, ``j``/``k``, page keys and the wheel."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("page")

    def __init__(self, blocks: Iterable[Block] = (), *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        self.sheet = Sheet(blocks)
        super().__init__(self.sheet, id=id, classes=classes)

    def show(self, blocks: Iterable[Block], *, keep_place: bool = False) -> None:
        """Show other blocks from the top, or at the same place with ``keep_place``."""
        self.sheet.show(blocks)
        if not keep_place:
            self.scroll_home(animate=False)

    @property
    def dense(self) -> bool:
        """Whether blank lines and lines before a proving one are left out."""
        return self.sheet.dense

    @dense.setter
    def dense(self, dense: bool) -> None:
        self.sheet.dense = dense

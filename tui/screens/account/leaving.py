"""Ask before documents are lost that were edited and not saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from tui import keymap
from tui.foreign_text import foreign_line
from tui.screens.present_size import PresentSize
from tui.widgets.base.blocks import GAP, Block, bullet, heading, paragraph
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.page import Page


class LeaveScreen(PresentSize, ModalScreen[bool]):
    """Return True where the user leaves without what was edited."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("leave"), *keymap.everywhere()]

    def __init__(self, documents: Sequence[str]) -> None:
        super().__init__()
        self._documents = documents

    def compose(self) -> ComposeResult:
        """Lay out a box that names the documents."""
        blocks: list[Block] = [
            heading("Edited and not saved:"),
            *(bullet(foreign_line(name)) for name in self._documents),
        ]
        blocks += [GAP, paragraph(("Nothing was changed at AWS.", "$text-muted"))]
        with Vertical(classes="dialog") as box:
            box.border_title = "Leave them?"
            box.border_subtitle = "d leaves without them · esc stays"
            yield Page(blocks)
        yield KeyLine()

    def action_discard(self) -> None:
        """Leave without what was edited."""
        self.dismiss(True)

    def action_close(self) -> None:
        """Stay."""
        self.dismiss(False)

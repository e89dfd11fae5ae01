"""Ask for one line: a run that belongs to the chain, a file that is to be written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from tui import keymap
from tui.screens.present_size import PresentSize
from tui.widgets.base.blocks import Block
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.page import Page


class AskScreen(PresentSize, ModalScreen[str | None]):
    """Return what was typed, or None where the user went back or typed nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("", "dialog.close"), *keymap.everywhere()]
    AUTO_FOCUS = "#answer"

    def __init__(self, title: str, blocks: Sequence[Block], value: str = "") -> None:
        super().__init__()
        self._title, self._blocks, self._value = title, list(blocks), value

    def compose(self) -> ComposeResult:
        """Lay out a box with a page and, below it, the line to type in."""
        with Vertical(classes="dialog") as box:
            box.border_title = self._title
            box.border_subtitle = "enter takes it · esc goes back"
            yield Page(self._blocks)
            yield Input(self._value, id="answer", compact=True)
        yield KeyLine()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or None)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)

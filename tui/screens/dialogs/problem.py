"""Show a problem over the screen: one sentence, the way out, and the offer to try again."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from tui import keymap
from tui.backend import BackendProblem
from tui.screens.present_size import PresentSize
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.page import Page
from tui.widgets.base.status_page import problem_blocks


class ProblemScreen(PresentSize, ModalScreen[bool]):
    """Return True where the user wants to try again."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("", "dialog.close", "dialog.retry"), *keymap.everywhere()]

    def __init__(self, problem: BackendProblem) -> None:
        super().__init__()
        self.problem = problem

    def compose(self) -> ComposeResult:
        """Lay out a box with a page."""
        with Vertical(classes="dialog -problem") as box:
            box.border_title = "That did not work"
            box.border_subtitle = "r tries again · esc goes back"
            yield Page(problem_blocks(self.problem))
        yield KeyLine()

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(False)

    def action_retry(self) -> None:
        """Try again."""
        self.dismiss(True)

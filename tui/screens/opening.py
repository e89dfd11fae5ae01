"""The first paint: the main screen's frame, while the main screen itself is still loaded.

It imports nothing of a diagnosis. What is typed meanwhile is kept for the main screen.
"""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from tui import keymap
from tui.progress import Progress
from tui.screens.frame import Frame
from tui.screens.hand_over import Typed
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.status_page import StatusPage
from tui.widgets.base.top_line import TopLine

NEEDS_A_DIAGNOSIS = frozenset((
    "stage", "next_path", "copy_remediation", "next_form", "account", "compare", "undo_correction", "keep_corrections",
    "walkthrough", "export", "view_log", "zoom", "add_run", "leave_out", "split", "judge",
))  # fmt: skip
"""Actions of the main screen that it does not offer before anything is read."""
AT_ONCE = frozenset(("quit", "help_quit", "suspend", "toggle_theme"))
"""Actions that need no main screen."""


class OpeningScreen(Frame):
    """Show the frame and that the app starts."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("matrix"), *keymap.bindings("timeline")]

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Typed] = []
        """What was typed and pasted, for the main screen."""

    def compose(self) -> ComposeResult:
        """Lay out the parts as the main screen does, without what is in them."""
        starting = Progress("Starting")
        top, status = TopLine(), StatusPage(id="status")
        top.progress = starting
        status.reading(starting)
        runs = Vertical(id="runs-panel")
        runs.border_title = "Runs"
        yield top
        with Horizontal(id="body"):
            yield runs
            with Vertical(id="work"):
                yield status
        yield KeyLine(compact=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Show the keys that the main screen offers before anything is read."""
        return action not in NEEDS_A_DIAGNOSIS

    def on_resize(self) -> None:
        """Show the palette's key where there is room, as the main screen does."""
        self.query_one(KeyLine).show_command_palette = not self.has_class("-narrow")

    def keep(self, event: events.Event) -> bool:
        """Keep what is typed; return False for what needs no main screen, as the key that leaves."""
        if not isinstance(event, Typed):
            return False
        # A letter after another key may belong to what that one opens, such as the filter.
        if isinstance(event, events.Key) and not (self.kept and event.is_printable):
            bound = self.active_bindings.get(event.key)
            if bound is not None and bound.binding.action.rpartition(".")[2] in AT_ONCE:
                return False
        self.kept.append(event)
        return True

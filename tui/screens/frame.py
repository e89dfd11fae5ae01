"""What the main screen has in common with the frame that is painted before it."""

from __future__ import annotations

from textual.screen import Screen

from tui.screens.present_size import PresentSize


class Frame(PresentSize, Screen[None]):
    """A screen with a first line, the runs on the left, the diagnosis beside them, and a line of keys."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (184, "-wide")]  # noqa: RUF012 - declared by Textual, as an instance variable
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall"), (48, "-high")]  # noqa: RUF012 - likewise

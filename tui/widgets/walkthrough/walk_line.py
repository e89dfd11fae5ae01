"""The first line of the walkthrough: what is told, which step of how many, and the time."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.foreign_text import foreign_line
from tui.widgets.base.top_line import WIDE, fitting_note


class WalkLine(Widget):
    """Draws the line; the repository's name is cut where there is no room."""

    title: reactive[str] = reactive("")
    origin: reactive[str] = reactive("")
    """What kind of facts these are; the repository's name makes room for it."""
    place: reactive[str] = reactive("")
    """``step 2 of 7``."""
    time: reactive[str] = reactive("")
    """Empty where the timer is hidden."""

    def render(self) -> RenderResult:
        """Draw name and repository on the left, step and time on the right."""
        width = self.content_size.width
        right = Content.styled(self.place, "bold $text-accent")
        if self.time:
            right += Content.styled(f"  {self.time} ", "$text")
        brand = " planescope walkthrough " if width >= WIDE else " walkthrough "
        left = Content.styled(brand, "bold $block-cursor-foreground on $primary")
        room = width - right.cell_length - left.cell_length - 1
        origin = Content("")
        if self.origin:
            origin = Content(" ") + foreign_line(fitting_note(self.origin, room - 1), "$text-warning")
        title = foreign_line(f" {self.title}", "$text-muted")
        if title.cell_length + origin.cell_length + 2 > room:
            title = foreign_line(f" …/{self.title.partition('/')[2]}", "$text-muted")
        if not self.origin:
            left += title
        elif title.cell_length + origin.cell_length + 2 > room:
            left += origin
        else:
            left += title + Content.styled(" ·", "$text-muted") + origin
        return left.truncate(max(0, width - right.cell_length - 1), ellipsis=True, pad=True) + Content(" ") + right

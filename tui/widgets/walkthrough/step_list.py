"""The steps by number: a line of them above, or a list beside; a click goes to one."""

from __future__ import annotations

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from diagnosis.documents.walkthrough.steps import Kind, Step
from tui.foreign_text import foreign_line
from tui.messages import StepChosen

_SHORT = {
    Kind.PLANES: "Planes",
    Kind.ATTEMPT: "Attempt",
    Kind.FIX: "Fix",
    Kind.TODAY: "Today",
    Kind.PROPOSAL: "Proposal",
    Kind.CLOSURE: "Closure",
    Kind.NON_CLAIMS: "Not claimed",
}


class StepList(Widget):
    """Draws the steps with the one that is told marked."""

    def __init__(self, *, along: bool, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.along = along
        """Whether they stand on one line."""
        self.steps: tuple[Step, ...] = ()
        self.index = 0
        self._places: list[tuple[int, int, int]] = []

    def show(self, steps: tuple[Step, ...], index: int) -> None:
        """Show the steps, and which is told."""
        self.steps, self.index = steps, index
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines."""
        return 1 if self.along else max(1, len(self.steps))

    def render(self) -> RenderResult:
        """Draw the line, or the list."""
        width = self.content_size.width
        return self._line(width) if self.along else self._list(width)

    def _line(self, width: int) -> Content:
        """Return as many steps as fit with their words, the one that is told always among them; else their numbers alone."""
        for words in (True, False):
            parts = [self._short(number, words=words) for number in range(len(self.steps))]
            if sum(part.cell_length for part in parts) <= width:
                break
        first = 0
        while first < self.index and sum(part.cell_length for part in parts[first : self.index + 1]) > width:
            first += 1
        line, self._places = Content(""), []
        for number, part in enumerate(parts[first:], first):
            self._places.append((line.cell_length, line.cell_length + part.cell_length, number))
            line += part
        return line.truncate(width, ellipsis=True)

    def _short(self, number: int, *, words: bool) -> Content:
        text = (
            f" {number + 1} {_SHORT[self.steps[number].kind]} " if words or number == self.index else f" {number + 1} "
        )
        if number == self.index:
            return Content.styled(text, "bold $block-cursor-foreground on $block-cursor-background")
        return Content.styled(text, "$text" if number < self.index else "$text-muted")

    def _list(self, width: int) -> Content:
        lines = []
        for number, step in enumerate(self.steps):
            style = "$text" if number < self.index else "$text-muted"
            sign = "▸" if number == self.index else "✓" if number < self.index else " "
            if number == self.index:
                style = "bold $block-cursor-foreground on $block-cursor-background"
            line = foreign_line(f"{sign}{number + 1:>2} {step.title}", style).truncate(width, ellipsis=True, pad=True)
            lines.append(line.stylize_before(style))
        return Content("\n").join(lines)

    def on_click(self, event: events.Click) -> None:
        """Go to the step that was clicked."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        event.stop()
        number = offset.y
        if self.along:
            number = next((index for left, right, index in self._places if left <= offset.x < right), -1)
        if 0 <= number < len(self.steps):
            self.post_message(StepChosen(number))

"""A page in the middle of the screen while there is no diagnosis: what is being read, or why it could not be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from tui.foreign_text import foreign, foreign_line
from tui.widgets.base.blocks import GAP, Block, assemble, layout, paragraph

if TYPE_CHECKING:
    from tui.backend import BackendProblem, Progress

BAR = 32
"""Cells of the progress bar."""


def problem_blocks(problem: BackendProblem) -> list[Block]:
    """Return the sentence and the way out of a problem as blocks."""
    blocks = [
        Block(foreign(problem.sentence, "bold $text"), Content.styled("✘ ", "bold $text-error")),
    ]
    if problem.way_out:
        blocks += [GAP, paragraph(foreign(problem.way_out), indent=2)]
    return blocks


class StatusPage(Widget, can_focus=False):
    """Show progress, a problem, or that the user stopped."""

    blocks: reactive[tuple[Block, ...]] = reactive(())

    def reading(self, progress: Progress) -> None:
        """Show what is being read and how far."""
        self.set_class(False, "-problem")
        bar = Content.styled("╌" * BAR, "$text-disabled")
        if progress.total:
            filled = round(BAR * min(progress.done, progress.total) / progress.total)
            bar = assemble(("━" * filled, "$text-accent"), ("╌" * (BAR - filled), "$text-disabled"))
            bar = assemble(bar, (f"  {progress.done} of {progress.total}", "$text-muted"))
        self.blocks = (
            Block(foreign_line(progress.what, "bold $text"), Content.styled("◐ ", "$text-accent")),
            GAP,
            Block(bar, Content("  ")),
            GAP,
            paragraph(("esc stops, q leaves", "$text-muted"), indent=2),
        )

    def problem(self, problem: BackendProblem) -> None:
        """Show why nothing could be read."""
        self.set_class(True, "-problem")
        offered = {"r": "tries again", "S": "shows what is set up", "q": "leaves"}
        if self.app.check_action("setup", ()) is not True:
            del offered["S"]
        words = [((key, "bold $text-accent"), (f" {what}   ", "$text-muted")) for key, what in offered.items()]
        keys = paragraph(*(part for pair in words for part in pair), indent=2)
        self.blocks = (*problem_blocks(problem), GAP, keys)

    def stopped(self) -> None:
        """Say that the user stopped the read."""
        self.set_class(False, "-problem")
        self.blocks = (
            paragraph(("Stopped before anything was read.", "bold $text"), indent=2),
            GAP,
            paragraph(("r", "bold $text-accent"), (" reads again   ", "$text-muted"), ("q", "bold $text-accent"),
                      (" leaves", "$text-muted"), indent=2),
        )  # fmt: skip

    def watch_blocks(self) -> None:
        """Take the height that the words need."""
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines."""
        return max(1, len(layout(self.blocks, width)))

    def render(self) -> RenderResult:
        """Draw the lines."""
        return Content("\n").join(layout(self.blocks, self.content_size.width))

"""The middle of the screen while there is no timeline: what is being read, or why it could not be."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from tui.backend import BackendProblem, Progress
from tui.foreign_text import foreign, foreign_line
from tui.widgets.base.blocks import GAP, Block, assemble, layout, paragraph

BAR = 32
"""Cells of the progress bar."""


def problem_blocks(problem: BackendProblem) -> list[Block]:
    """The sentence and the way out."""
    blocks = [
        Block(foreign(problem.sentence, "bold $text"), Content.styled("✘ ", "bold $text-error")),
    ]
    if problem.way_out:
        blocks += [GAP, paragraph(foreign(problem.way_out), indent=2)]
    return blocks


class StatusPage(Widget, can_focus=False):
    """A few lines in the middle."""

    blocks: reactive[tuple[Block, ...]] = reactive(())

    def reading(self, progress: Progress) -> None:
        """Something is being read."""
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
        """It could not be read."""
        self.set_class(True, "-problem")
        keys = paragraph(("r", "bold $text-accent"), (" tries again   ", "$text-muted"), ("q", "bold $text-accent"),
                         (" leaves", "$text-muted"), indent=2)  # fmt: skip
        self.blocks = (*problem_blocks(problem), GAP, keys)

    def stopped(self) -> None:
        """The user stopped it."""
        self.set_class(False, "-problem")
        self.blocks = (
            paragraph(("Stopped before anything was read.", "bold $text"), indent=2),
            GAP,
            paragraph(("r", "bold $text-accent"), (" reads again   ", "$text-muted"), ("q", "bold $text-accent"),
                      (" leaves", "$text-muted"), indent=2),
        )  # fmt: skip

    def watch_blocks(self) -> None:
        """The height follows the words."""
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The number of lines."""
        return max(1, len(layout(self.blocks, width)))

    def render(self) -> RenderResult:
        """The lines."""
        return Content("\n").join(layout(self.blocks, self.content_size.width))

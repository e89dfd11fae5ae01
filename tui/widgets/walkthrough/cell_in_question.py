"""The cell that a step is about, large: its verdict, or what it was before and what it is now."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from diagnosis.documents.walkthrough.steps import Shown, Step
from tui.foreign_text import defused_line, foreign_line
from tui.widgets.base import signs
from tui.widgets.walkthrough.large_words import arrow, half_blocks, pixels, whole_blocks

GAP = 3
"""Cells between a word, the arrow, and the next word."""


class CellInQuestion(Widget):
    """Draws the large word or words of a step, with whose they are below; nothing where the step is about no cell."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.step: Step | None = None
        self.whole = False
        """Whether there is room for letters of whole blocks."""
        self.dense = False
        """Whether lines are scarce: what stands below the word stands beside it, where it fits."""

    def show(self, step: Step) -> None:
        """Show the cell of another step."""
        self.step = step
        self.display = bool(step.shown)
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines."""
        return len(self._lines(width))

    def render(self) -> RenderResult:
        """Draw the lines."""
        return Content("\n").join(self._lines(self.content_size.width))

    def _lines(self, width: int) -> list[Content]:
        step = self.step
        if step is None or not step.shown:
            return [Content("")]
        lines, told = large(step.shown, width, whole=self.whole), _told(step)
        beside = max(each.cell_length for each in lines) + GAP
        if self.dense and beside + max(each.cell_length for each in told) <= width and len(told) <= len(lines):
            padded = [line.truncate(beside, pad=True) for line in lines]
            return [line + told[row] if row < len(told) else line for row, line in enumerate(padded)]
        return [*lines, Content("  ").join(told).truncate(width, ellipsis=True)]


def large(words: tuple[Shown, ...], width: int, *, whole: bool) -> list[Content]:
    """Return the words in large letters with an arrow between them; in plain ones where they do not fit or have no letters."""
    drawn = [pixels(defused_line(each.word)) for each in words]
    for draw in (whole_blocks, half_blocks) if whole else (half_blocks,):
        rows = [draw(each) for each in drawn if each is not None]
        if len(rows) < len(words):
            break
        between = arrow(len(rows[0]))
        if sum(len(each[0]) for each in rows) + (len(words) - 1) * (2 * GAP + len(between[0])) <= width:
            return [_row(words, rows, between[line], line) for line in range(len(rows[0]))]
    plain = [foreign_line(f"{each.verdict.sign} {each.word}", signs.VERDICT_STYLES[each.verdict]) for each in words]
    return [Content.styled("  →  ", "$text-muted").join(plain).stylize("bold").truncate(width, ellipsis=True)]


def _row(words: tuple[Shown, ...], rows: list[tuple[str, ...]], shaft: str, line: int) -> Content:
    between = Content.styled(f"{' ' * GAP}{shaft}{' ' * GAP}", "$text-muted")
    parts = [
        Content.styled(each[line], signs.VERDICT_STYLES[word.verdict].removeprefix("bold "))
        for word, each in zip(words, rows, strict=True)
    ]
    return between.join(parts)


def _told(step: Step) -> list[Content]:
    """Return the gate and whose words these are, with their signs: a colour never stands alone."""
    gate = step.place.gate if step.place is not None else None
    told = [Content.styled(gate.label, signs.PLANE_STYLES[gate.plane])] if gate is not None else []
    for number, each in enumerate(step.shown):
        arrow = Content.styled("→ ", "$text-muted") if number else Content("")
        mark = Content.styled(each.verdict.sign, signs.VERDICT_STYLES[each.verdict])
        told.append(arrow + mark + foreign_line(f" {each.word} ", "$text") + foreign_line(each.where, "$text-muted"))
    return told

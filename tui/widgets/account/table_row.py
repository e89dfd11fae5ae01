"""A row of a table within a page: columns side by side where there is room, else one below the other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from textual.content import Content

from tui.widgets.base.blocks import EMPTY, Block, assemble, wrapped

_GAP = "  "
ROOMY = 96
"""Cells from which on columns stand side by side."""


@dataclass(frozen=True, slots=True)
class Row(Block):
    """``content`` is the first cell; ``cells`` are the others. ``weights`` share the width out among all of them."""

    cells: tuple[Content, ...] = ()
    weights: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    """What stands before each of the others where they stand below one another; the first may have none."""
    head: bool = False
    """Whether it names the columns: left out where they stand below one another."""

    def lines(self, width: int) -> list[Content]:
        """Lay the row out; nothing is cut."""
        if width < ROOMY:
            return [] if self.head else self._stacked(width)
        room = width - len(_GAP) * len(self.cells)
        widths = [max(6, room * weight // sum(self.weights)) for weight in self.weights]
        columns = [wrapped(cell, own) for cell, own in zip((self.content, *self.cells), widths, strict=True)]
        return [
            Content(_GAP).join(
                [part.pad_right(max(0, own - part.cell_length)) for part, own in zip(parts, widths, strict=True)]
            )
            for parts in zip_longest(*columns, fillvalue=EMPTY)
        ]

    def _stacked(self, width: int) -> list[Content]:
        pairs = [pair for pair in zip(self.labels, self.cells, strict=True) if pair[1].plain]
        head = self.content
        if pairs and not pairs[0][0]:
            # Without a label it goes with the first.
            head = assemble(head, "  ", pairs.pop(0)[1])
        lines = Block(head).lines(width)
        for label, cell in pairs:
            lines += Block(assemble((f"{label}: ", "$text-muted"), cell), Content("  "), Content("    ")).lines(width)
        return lines

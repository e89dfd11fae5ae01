"""All words on a page, unwrapped: what a test looks for whatever the width of the screen."""

from __future__ import annotations

from collections.abc import Iterable

from tui.widgets.base.blocks import Block, Pair
from tui.widgets.base.page import Page
from tui.widgets.base.status_page import StatusPage


def words_of(shown: Page | StatusPage | Iterable[Block]) -> str:
    """The words of blocks, one block a line; of a pair both sides, once where they are the same."""
    blocks = (
        shown.sheet._blocks if isinstance(shown, Page) else shown.blocks if isinstance(shown, StatusPage) else shown
    )
    return "\n".join(_words(block) for block in blocks)


def _words(block: Block) -> str:
    words = f"{block.first.plain}{block.content.plain}"
    return f"{words} | {block.right.plain}" if isinstance(block, Pair) and not block.same else words

"""A page as blocks: paragraphs, fields, quotes and code, laid out for a width with hanging indents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.content import Content

EMPTY = Content("")
LABEL_WIDTH = 13
"""Cells that the label of a field takes."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some text with what stands before its first and its further lines."""

    content: Content
    first: Content = EMPTY
    rest: Content | None = None
    """None: as many blanks as ``first`` is wide."""
    fill: str = ""
    """A style for the whole width of the page, such as a background."""


GAP = Block(EMPTY)


def heading(text: str | Content, style: str = "bold $text") -> Block:
    """A line that opens a part."""
    return Block(text if isinstance(text, Content) else Content.styled(text, style))


def paragraph(*parts: str | Content | tuple[str, str], indent: int = 0) -> Block:
    """Running text of our own words and of foreign pieces that went through ``foreign``."""
    return Block(assemble(*parts), Content(" " * indent))


def assemble(*parts: str | Content | tuple[str, str]) -> Content:
    """Contents and plain strings side by side; no part is parsed."""
    return Content("").join([Content.styled(*part) if isinstance(part, tuple) else _plain(part) for part in parts])


def _plain(part: str | Content) -> Content:
    return part if isinstance(part, Content) else Content(part)


def field(label: str, *parts: str | Content | tuple[str, str], width: int = LABEL_WIDTH) -> Block:
    """A label and its value; the value's further lines hang under the first."""
    return Block(assemble(*parts), Content.styled(label.ljust(width), "$text-muted"))


def bullet(*parts: str | Content | tuple[str, str], sign: str | Content = "•", indent: int = 0) -> Block:
    """One item of a list."""
    return Block(assemble(*parts), assemble(" " * indent, sign, " "))


def code(content: Content) -> list[Block]:
    """Text to take elsewhere, on a ground of its own; a continued line is marked so that nobody takes it for a new one."""
    first, rest = Content.styled("▎ ", "$primary"), Content.styled("▎ ↪ ", "$text-muted")
    lines = content.split("\n", allow_blank=True) if content.plain else [EMPTY]
    return [Block(line, first, rest, fill="on $boost") for line in lines]


def layout(blocks: Iterable[Block], width: int) -> list[Content]:
    """The lines of a page of ``width`` cells; words longer than a line are folded, never cut."""
    lines: list[Content] = []
    for block in blocks:
        rest = block.rest if block.rest is not None else Content(" " * block.first.cell_length)
        room = max(4, width - max(block.first.cell_length, rest.cell_length))
        prefix = block.first
        pieces = block.content.split("\n", allow_blank=True) if block.content.plain else [EMPTY]
        for piece in pieces:
            for line in piece.wrap(room) or [EMPTY]:
                whole = prefix + line.rstrip()
                lines.append(_filled(whole, width, block.fill) if block.fill else whole)
                prefix = rest
    return lines


def _filled(line: Content, width: int, style: str) -> Content:
    return line.pad_right(max(0, width - line.cell_length)).stylize_before(style)

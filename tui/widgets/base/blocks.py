"""Blocks of text that make up a page: paragraphs, fields, list items and code, laid out for a width."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest

from rich.cells import cell_len
from textual.content import Content

from tui.foreign_text import foreign_line

EMPTY = Content("")
LABEL_WIDTH = 13
"""Cells that the label of a field takes."""
BETWEEN = Content.styled(" │ ", "$text-disabled")
"""What stands between the two sides of a pair."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of text, with what stands before its first line and before its further lines."""

    content: Content
    first: Content = EMPTY
    rest: Content | None = None
    """None: as many blanks as ``first`` is wide."""
    fill: str = ""
    """A style for the whole width of the page, such as a background."""
    aside: bool = False
    """Left out where lines are scarce."""
    link: str = ""
    """An address on the web that a click opens."""

    def lines(self, width: int) -> list[Content]:
        """Lay the block out for ``width`` cells; words longer than a line are folded, never cut."""
        rest = self.rest if self.rest is not None else Content(" " * self.first.cell_length)
        room = max(4, width - max(self.first.cell_length, rest.cell_length))
        lines: list[Content] = []
        for line in wrapped(self.content, room):
            whole = (rest if lines else self.first) + line
            lines.append(_filled(whole, width, self.fill) if self.fill else whole)
        return lines


@dataclass(frozen=True, slots=True)
class Pair(Block):
    """Two texts side by side, each wrapped in its own column; where both are the same, one text over the whole width."""

    right: Content = EMPTY
    same: bool = False

    def lines(self, width: int) -> list[Content]:
        """Lay both sides out; they part in the middle of the page, whatever stands before the left one."""
        if self.same:
            return Block.lines(self, width)
        rest = self.rest if self.rest is not None else Content(" " * self.first.cell_length)
        half = (width - BETWEEN.cell_length) // 2
        room = max(4, half - self.first.cell_length)
        left, right = wrapped(self.content, room), wrapped(self.right, max(4, half))
        return [
            assemble(rest if place else self.first, one.truncate(room, pad=True), BETWEEN, other)
            for place, (one, other) in enumerate(zip_longest(left, right, fillvalue=EMPTY))
        ]


@dataclass(frozen=True, slots=True)
class OneLine(Block):
    """A text on one line; what does not fit is cut, with a sign for it."""

    def lines(self, width: int) -> list[Content]:
        """Cut the text to the width."""
        return [(self.first + self.content).truncate(width, ellipsis=True)]


GAP = Block(EMPTY, aside=True)


def heading(text: str | Content, style: str = "bold $text") -> Block:
    """Return a line that opens a part."""
    return Block(text if isinstance(text, Content) else Content.styled(text, style))


def paragraph(*parts: str | Content | tuple[str, str], indent: int = 0) -> Block:
    """Return running text, made of our own words and of pieces that went through ``foreign``."""
    return Block(assemble(*parts), Content(" " * indent))


def assemble(*parts: str | Content | tuple[str, str]) -> Content:
    """Join contents and plain strings; nothing is parsed as markup."""
    return Content("").join([Content.styled(*part) if isinstance(part, tuple) else _plain(part) for part in parts])


def _plain(part: str | Content) -> Content:
    return part if isinstance(part, Content) else Content(part)


def address(text: str, *, indent: int = 0) -> Block:
    """Return an address from elsewhere on a line of its own; one on the web opens by a click."""
    link = text if text.startswith("https://") else ""
    return Block(foreign_line(text, "$text-accent"), Content(" " * indent), link=link)


def field(label: str, *parts: str | Content | tuple[str, str], width: int = LABEL_WIDTH) -> Block:
    """Return a label and its value; the value's further lines hang under the first."""
    return Block(assemble(*parts), Content.styled(label.ljust(width), "$text-muted"))


def bullet(*parts: str | Content | tuple[str, str], sign: str | Content = "•", indent: int = 0) -> Block:
    """Return one item of a list."""
    return Block(assemble(*parts), assemble(" " * indent, sign, " "))


def code(content: Content) -> list[Block]:
    """Return text to copy, on a ground of its own; the continuation of a long line is marked."""
    first, rest = Content.styled("▎ ", "$primary"), Content.styled("▎ ↪ ", "$text-muted")
    lines = content.split("\n", allow_blank=True) if content.plain else [EMPTY]
    return [Block(line, first, rest, fill="on $boost") for line in lines]


def layout(blocks: Iterable[Block], width: int) -> list[Content]:
    """Return the lines of a page of ``width`` cells."""
    return [line for block in blocks for line in block.lines(width)]


def wrapped(content: Content, room: int) -> list[Content]:
    """Wrap a text to ``room`` cells; return at least one line."""
    pieces = content.split("\n", allow_blank=True) if content.plain else [EMPTY]
    return [line.rstrip() for piece in pieces for line in _lines(piece, room)]


def _lines(piece: Content, room: int) -> list[Content]:
    """Break at blanks. A very long word, such as an ARN or an address, begins on the line where it stands and is folded."""
    long = room * 4 // 5
    if piece.cell_length <= room or all(len(word) <= long for word in piece.plain.split(" ")):
        return piece.wrap(room) or [EMPTY]
    lines, text, start = [], piece.plain, 0
    while cell_len(text[start:]) > room:
        end = _fitting(text, start, room)
        blank = text.rfind(" ", start, end + 1)
        word = text[blank + 1 :].partition(" ")[0]
        if blank > start and (len(word) <= long or end - blank <= _LEAST_OF_A_WORD):
            lines.append(piece[start:blank])
            start = blank + 1
        else:
            lines.append(piece[start:end])
            start = end
    return [*lines, piece[start:]] if start < len(text) else lines


_LEAST_OF_A_WORD = 12
"""Fewer cells of a folded word than these are not worth a break."""


def _fitting(text: str, start: int, room: int) -> int:
    """Return the end of the text that fits into ``room`` cells; at least one character fits."""
    end = start + room
    while end > start + 1 and cell_len(text[start:end]) > room:
        end -= 1
    return min(end, len(text))


def _filled(line: Content, width: int, style: str) -> Content:
    return line.pad_right(max(0, width - line.cell_length)).stylize_before(style)

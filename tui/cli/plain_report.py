"""A report as plain text: a table row by row, a line for each cell; no rule, no indentation, no sign beside a word that says it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.console import Console, ConsoleRenderable, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text


def told_plainly(renderable: RenderableType, console: Console) -> Iterator[RenderableType]:
    """Yield the parts of a report without what must be seen."""
    if isinstance(renderable, Table):
        yield from _rows(renderable, console)
    elif isinstance(renderable, Rule):
        yield renderable.title
    elif isinstance(renderable, Padding):
        yield from told_plainly(renderable.renderable, console)
    elif isinstance(renderable, Group):
        for each in renderable.renderables:
            yield from told_plainly(each, console)
    elif isinstance(renderable, Text):
        yield _without_signs(renderable.plain)
    else:
        yield renderable


_SIGN = re.compile(r"^( {0,16})([✔✘◌•│┃→◆▲]) ", re.MULTILINE)
"""A sign before a word that says the same, or before a quotation."""


_STATES = {
    "✔": "good",
    "✘": "fails",
    "!": "attention",
    "?": "unknown",
    "○": "note",
    "◌": "note",
    "·": "note",
    "–": "none",
}
"""What a cell says that is nothing but a sign."""


_CHANGE = re.compile(r"→ [✔✘◌?] ")
_VERDICT = re.compile(r"[✔✘◌?] (?=(?:pass|fail|blocked|unknown)\b)")
"""A verdict's sign, wherever its word follows."""


def _without_signs(text: str) -> str:
    return _VERDICT.sub("", _CHANGE.sub("becomes ", _SIGN.sub(_said, text)))


def _said(sign: re.Match[str]) -> str:
    return f"{sign.group(1)}{'quoted: ' if sign.group(2) in '│┃' else ''}"


def _rows(table: Table, console: Console) -> Iterator[str]:
    """Yield a line for each cell: what the row is of, the column's head, the cell."""
    if table.title:
        yield _words(table.title, console)
    heads = [_words(column.header, console) for column in table.columns]
    rows = list(zip(*([_words(cell, console) for cell in column.cells] for column in table.columns), strict=False))
    # A first column with gaps groups the rows: what it says holds until it says something else.
    labels = 2 if len(heads) > 2 and any(not row[0] for row in rows) and any(row[0] for row in rows) else 1
    group = ""
    if len(heads) == 2 and rows and all(_is_sign(row[0]) or not row[0] for row in rows):
        yield from (f"{row[1]}: {_STATES.get(row[0], 'note')}" if row[0] else row[1] for row in rows)
        return
    if len(heads) > 2 and rows and all(_is_sign(row[0]) for row in rows):
        # The sign stands for the row's state: told behind what the row is of.
        rows = [(row[1], _STATES.get(row[0], "note"), *row[2:]) for row in rows]
        heads, labels = [heads[1], heads[0], *heads[2:]], 1
    for row in rows:
        group = row[0] or group
        of = ", ".join(part for part in ((group, row[1]) if labels == 2 else row[:1]) if part)
        cells = [(head, cell) for head, cell in zip(heads[labels:], row[labels:], strict=True) if cell]
        if not cells and any(row):
            yield of
        for head, cell in cells:
            yield ": ".join(part for part in (of, head, cell) if part)


def _is_sign(word: str) -> bool:
    return len(word) == 1 and not word.isalnum()


def _words(cell: RenderableType, console: Console) -> str:
    """Return a cell's words on one line."""
    if isinstance(cell, ConsoleRenderable) and not isinstance(cell, Text):
        lines = console.render_lines(cell, console.options.update(width=10_000), pad=False)
        text = "\n".join("".join(segment.text for segment in line) for line in lines)
    else:
        text = cell.plain if isinstance(cell, Text) else str(cell)
    return " ".join(_without_signs(text).split())

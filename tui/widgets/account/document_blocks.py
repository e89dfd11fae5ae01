"""One document of the account as blocks: where it stands, what decides in it, and its text with the deciding statements marked."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from diagnosis.account_view.documents import AccountDocument, DocumentKind
from diagnosis.account_view.view import Deciding
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.policy import PolicyDocument, Unparsable
from tui.foreign_text import foreign, foreign_line
from tui.widgets.account.document_text import coloured, document_lines
from tui.widgets.account.marks import SIGNS, mark_blocks
from tui.widgets.base.blocks import GAP, Block, assemble, field, heading

_UNMARKED = Content("  ")


def document_blocks(document: AccountDocument, marks: Sequence[Deciding]) -> tuple[list[Block], int]:
    """Return the blocks of a document, and the position of the first that is to be seen: its first mark."""
    blocks = [
        heading(assemble(document.kind.value[:1].upper() + document.kind.value[1:], "  ", foreign_line(document.name)))
    ]
    if document.place:
        blocks.append(field("Where", foreign_line(document.place)))
    reading = document.reading
    source = reading.source.address if not isinstance(reading, Unreadable) and reading.source is not None else None
    if source:
        blocks.append(field("Read by", foreign_line(source)))
    if isinstance(reading, Unreadable):
        blocks += unread_blocks(reading)
    elif isinstance(reading, Absent):
        blocks.append(Block(assemble("Not there: ", foreign(reading.what), "."), Content.styled("○ ", "$text-muted")))
    whole = [mark for mark in marks if mark.statement is None]
    first = len(blocks) if whole else 0
    blocks += [*([GAP] if whole else []), *mark_blocks(whole), GAP]
    if isinstance(reading, Known):
        text, marked = _text(document.kind, reading.value, [mark for mark in marks if mark.statement is not None])
        first = first or (len(blocks) + marked if marked is not None else 0)
        blocks += text
    return blocks, first


def unread_blocks(reading: Unreadable) -> list[Block]:
    """Return what was not read, why, by which permission it would be, and the way to it."""
    blocks = [
        Block(
            assemble(("Not read: ", "bold $text-warning"), foreign(reading.why.removesuffix(".")), "."),
            Content.styled("? ", "bold $text-warning"),
        )
    ]
    if reading.permission:
        blocks.append(field("Permission", foreign_line(reading.permission)))
    if reading.how:
        blocks.append(field("To obtain it", foreign(reading.how)))
    return blocks


def _text(kind: DocumentKind, document: PolicyDocument, marks: Sequence[Deciding]) -> tuple[list[Block], int | None]:
    """Return the text's blocks and the position of the first marked statement among them."""
    blocks: list[Block] = []
    first: int | None = None
    if isinstance(document.policy, Unparsable) and kind is not DocumentKind.PROVIDER:
        said = assemble(("It has no meaning: ", "bold $text-error"), foreign(document.policy.text), ".")
        blocks += [Block(said, Content.styled("✘ ", "bold $text-error")), GAP]
    before: int | None = None
    for line in document_lines(document):
        own = [mark for mark in marks if mark.statement == line.statement] if line.statement is not None else []
        if own and line.statement != before:
            # The marks come by their weight: the gravest is to be seen.
            first = len(blocks) if line.statement == marks[0].statement else first
            blocks += mark_blocks(own)
        before = line.statement
        bar = Content.styled("▌ ", SIGNS[own[0].part][1]) if own else _UNMARKED
        lead = Content(" " * line.indent)
        blocks.append(
            Block(
                coloured(line.text.lstrip(" ")), bar + lead, bar + lead + Content("  "), fill="on $boost" if own else ""
            )
        )
    return blocks, first

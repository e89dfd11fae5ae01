"""The list on the left of the account screen: every document with its sign at the chosen gate, who gets in, what is too much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.message import Message

from diagnosis.account_view.documents import AccountDocument, DocumentKind
from diagnosis.account_view.view import Deciding
from diagnosis.facts.reading import Absent, Unreadable
from tui.foreign_text import foreign_line
from tui.widgets.account.marks import sign_of
from tui.widgets.base.blocks import assemble
from tui.widgets.base.virtual_list import VirtualList

_SHORT = {
    DocumentKind.PROVIDER: "provider",
    DocumentKind.TRUST: "trust",
    DocumentKind.BOUNDARY: "boundary",
    DocumentKind.INLINE: "inline",
    DocumentKind.MANAGED: "managed",
    DocumentKind.SESSION: "session",
    DocumentKind.REPOSITORY: "repository",
    DocumentKind.RESOURCE: "resource",
    DocumentKind.SCP: "SCP",
    DocumentKind.RCP: "RCP",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list."""

    title: str
    document: int | None = None
    """Position among the documents; None for a page of its own."""
    content: AccountDocument | None = None
    marks: tuple[Deciding, ...] = ()
    edited: bool = False


class DocumentList(VirtualList[Entry]):
    """Choose what is shown on the right."""

    class Moved(Message):
        """Another entry is under the cursor."""

    def lines_of(self, item: Entry, width: int, *, chosen: bool) -> Sequence[Content]:
        """Return the entry's line: sign, kind, name; of what is not there or was not read, that."""
        if item.content is None:
            return (assemble("  ", (item.title, "bold $text")),)
        reading, sign = item.content.reading, sign_of(item.marks)
        name = foreign_line(item.content.name)
        if isinstance(reading, Unreadable):
            name = assemble(("not read ", "$text-warning"), name)
            sign = Content.styled("?", "$text-warning") if not item.marks else sign
        elif isinstance(reading, Absent):
            name = assemble(("none ", "$text-muted"), foreign_line(item.content.name, "$text-muted"))
        elif item.content.kind in (DocumentKind.SCP, DocumentKind.RCP):
            name = assemble(name, foreign_line(f" at {item.content.place}", "$text-muted"))
        edited = Content.styled("*", "bold $text-warning") if item.edited else Content("")
        return (assemble(sign, " ", (f"{_SHORT[item.content.kind]} ", "$text-muted"), edited, name),)

    def watch_cursor(self) -> None:
        """Tell the screen."""
        super().watch_cursor()
        self.post_message(self.Moved())

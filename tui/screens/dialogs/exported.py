"""Say where the packet was written."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from tui import keymap, messages
from tui.backend import ExportResult
from tui.foreign_text import defused_line, foreign_line
from tui.screens.present_size import PresentSize
from tui.widgets.base.blocks import GAP, Block, bullet, paragraph
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.page import Page


class ExportedScreen(PresentSize, ModalScreen[None]):
    """Show the folder or file, what it holds, and its root hash."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *keymap.bindings("", "dialog.close", "dialog.copy", "dialog.copy_root"),
        *keymap.everywhere(),
    ]

    def __init__(self, result: ExportResult) -> None:
        super().__init__()
        self.result = result

    def compose(self) -> ComposeResult:
        """Lay out a box with a page."""
        with Vertical(classes="dialog") as box:
            box.border_title = "The packet is written"
            box.border_subtitle = "c copies the path · h the root hash · esc goes back"
            yield Page(self._blocks())
        yield KeyLine()

    def _blocks(self) -> list[Block]:
        return [
            Block(foreign_line(str(self.result.place), "bold $text-accent"), Content.styled("✔ ", "$text-success")),
            GAP,
            *(bullet(foreign_line(name), indent=2) for name in self.result.files),
            GAP,
            paragraph("Root hash, to compare over another channel:", indent=2),
            Block(Content.styled(self.result.root, "bold"), Content("  ")),
            GAP,
            paragraph(_account_words(self.result.masked), indent=2),
            paragraph(("No policy document and no whole log is in it.", "$text-muted"), indent=2),
            paragraph(("planescope packet verify checks it offline.", "$text-muted"), indent=2),
        ]

    def action_copy(self) -> None:
        """Copy its path."""
        path = defused_line(str(self.result.place))
        self.post_message(messages.CopyWanted(path, path))

    def action_copy_root(self) -> None:
        """Copy its root hash."""
        self.post_message(messages.CopyWanted(self.result.root, "the root hash"))

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)


def _account_words(masked: bool) -> tuple[str, str]:
    """Say whether account ids are masked in this packet."""
    if masked:
        return "Account ids are masked.", "$text-muted"
    return "! Account ids stand in it as they are.", "$text-warning"

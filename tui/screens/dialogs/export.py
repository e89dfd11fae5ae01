"""Ask, before the packet is written, whether account ids are masked; say what goes in and where it will lie."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from diagnosis.verdicts.diagnosis import Diagnosis
from tui import keymap
from tui.foreign_text import foreign_line
from tui.screens.present_size import PresentSize
from tui.widgets.base.blocks import GAP, Block, field, paragraph
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.page import Page
from tui.widgets.timeline.columns import attempt_title


class ExportScreen(PresentSize, ModalScreen[bool | None]):
    """Return whether to mask account ids, or None where nothing is to be written."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("export"), *keymap.bindings("", "dialog.close")]

    def __init__(self, diagnosis: Diagnosis) -> None:
        super().__init__()
        self.diagnosis = diagnosis
        self.masked = True

    def compose(self) -> ComposeResult:
        """Lay out a box with a page."""
        with Vertical(classes="dialog") as box:
            box.border_title = "Write the evidence packet"
            box.border_subtitle = "enter writes · m account ids · esc goes back"
            yield Page(self._blocks())
        yield KeyLine()

    def _blocks(self) -> list[Block]:
        titles = ", ".join(attempt_title(replay) for replay in self.diagnosis.replays)
        first = self.diagnosis.replays[0].attempt.run_id if self.diagnosis.replays else 0
        masked = ("● masked", "bold $text") if self.masked else ("○ masked", "$text-muted")
        plain = ("○ as they are", "$text-muted") if self.masked else ("● as they are", "bold $text-warning")
        return [
            field("Attempts", foreign_line(titles or "none")),
            field("Folder", (f"planescope-packet-{first}", "$text-accent"), " in the folder where planescope was started"),
            field("", ("Files of an older packet there are replaced.", "$text-muted")),
            field("Account ids", masked, "   ", plain, ("   m changes it", "$text-muted")),
            GAP,
            field("It holds", "verdicts, reasons, one proving line an attempt, addresses, closure, what is not known."),
            field("Never", "a policy document, a whole log, a credential: a scan of the files stops the export."),
            *([] if self.masked else [GAP, paragraph(("! Account ids name your accounts to whoever reads it.", "$text-warning"))]),
        ]  # fmt: skip

    def action_mask(self) -> None:
        """Change between masked account ids and plain ones."""
        self.masked = not self.masked
        self.query_one(Page).show(self._blocks(), keep_place=True)

    def action_write(self) -> None:
        """Write the packet."""
        self.dismiss(self.masked)

    def action_close(self) -> None:
        """Go back without writing."""
        self.dismiss(None)

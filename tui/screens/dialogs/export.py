"""Ask, before the packet is written, how it is to be; say what goes in and where it will lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from diagnosis.documents.audience import Audience
from diagnosis.verdicts.diagnosis import Diagnosis
from tui import keymap
from tui.backend import ExportChoice
from tui.foreign_text import foreign_line
from tui.packet.names import free_name
from tui.screens.present_size import PresentSize
from tui.widgets.base.blocks import GAP, Block, field, paragraph
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.page import Page
from tui.widgets.timeline.run_titles import RunTitles

READERS = {Audience.AUDITOR: "auditor", Audience.INCIDENT: "incident", Audience.INTERVIEWER: "interviewer"}
"""For whom a packet may be laid out, as the dialog names them."""


class ExportScreen(PresentSize, ModalScreen[tuple[Path, ExportChoice] | None]):
    """Return where to write the packet and how, or None where nothing is to be written."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *keymap.bindings("export"),
        *keymap.bindings("", "dialog.close"),
        *keymap.everywhere(),
    ]

    def __init__(self, diagnosis: Diagnosis) -> None:
        super().__init__()
        self.diagnosis = diagnosis
        self.choice = ExportChoice()

    def compose(self) -> ComposeResult:
        """Lay out a box with a page."""
        with Vertical(classes="dialog") as box:
            box.border_title = "Write the evidence packet"
            box.border_subtitle = "enter writes · a m z change it · esc goes back"
            yield Page(self._blocks())
        yield KeyLine()

    def _blocks(self) -> list[Block]:
        names = RunTitles(self.diagnosis.replays)
        titles = ", ".join(names.of(replay) for replay in self.diagnosis.replays)
        masked = self.choice.masked
        place = self._place()
        return [
            *([field("Arrives", ("as a download: one zip file, kept by the browser", "$text-accent"))] if self.app.is_web else []),
            field("Attempts", foreign_line(titles or "none")),
            field("Laid out for", *_one_of(READERS, self.choice.audience), ("   a changes it", "$text-muted")),
            field("Written as", *_either("a folder", "one zip file", not self.choice.zipped), ("   z changes it", "$text-muted")),
            field("Name", (place.name, "$text-accent"), " in the folder where planescope was started"),
            field("", ("Nothing that is there is replaced: this name is free.", "$text-muted")),
            field("Account ids", *_either("masked", "as they are", masked, other="bold $text-warning"),
                ("   m changes it", "$text-muted")),
            GAP,
            field("It holds", "verdicts, reasons, one proving line an attempt, addresses, closure, what is not known."),
            field("Never", "a policy document, a whole log, a credential: a scan of the files stops the export."),
            *([] if masked else [GAP, paragraph(("! Account ids name your accounts to whoever reads it.", "$text-warning"))]),
        ]  # fmt: skip

    def action_mask(self) -> None:
        """Change between masked account ids and plain ones."""
        self._choose(replace(self.choice, masked=not self.choice.masked))

    def action_reader(self) -> None:
        """Lay it out for the next reader."""
        names = list(READERS)
        self._choose(replace(self.choice, audience=names[(names.index(self.choice.audience) + 1) % len(names)]))

    def action_zip(self) -> None:
        """Change between a folder and one zip file."""
        self._choose(replace(self.choice, zipped=not self.choice.zipped))

    def _choose(self, choice: ExportChoice) -> None:
        self.choice = choice
        self.query_one(Page).show(self._blocks(), keep_place=True)

    def _place(self) -> Path:
        """Return a name that is free, for a packet never takes the place of something."""
        first = self.diagnosis.replays[0].attempt.run_id if self.diagnosis.replays else 0
        return free_name(Path.cwd(), first, zipped=self.choice.zipped)

    def action_write(self) -> None:
        """Write the packet."""
        self.dismiss((self._place(), self.choice))

    def action_close(self) -> None:
        """Go back without writing."""
        self.dismiss(None)


def _one_of(choices: Mapping[Audience, str], chosen: Audience) -> tuple[tuple[str, str], ...]:
    """Return the choices, with a sign at the one that is made."""
    return tuple(
        (f"● {words}  " if name == chosen else f"○ {words}  ", "bold $text" if name == chosen else "$text-muted")
        for name, words in choices.items()
    )


def _either(
    first: str, second: str, is_first: bool, *, other: str = "bold $text"
) -> tuple[tuple[str, str], str, tuple[str, str]]:
    """Return two choices, with a sign at the one that is made; ``other`` is the style of the second where it is."""
    marked, unmarked = ("● ", "bold $text"), ("○ ", "$text-muted")
    one, two = (marked, unmarked) if is_first else (unmarked, ("● ", other))
    return (f"{one[0]}{first}", one[1]), "   ", (f"{two[0]}{second}", two[1])

"""Ask, before the packet is written, how it is to be; say what goes in and where it will lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from diagnosis.documents.audience import Audience
from diagnosis.verdicts.diagnosis import Diagnosis
from tui import keymap
from tui.backend import ExportChoice
from tui.foreign_text import defused_line, foreign_line
from tui.packet.place import Found, Place, place_of, shown
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
    AUTO_FOCUS = "Page"

    def __init__(self, diagnosis: Diagnosis) -> None:
        super().__init__()
        self.diagnosis = diagnosis
        self.choice = ExportChoice()
        self._run = diagnosis.replays[0].attempt.run_id if diagnosis.replays else 0
        self._offered = self._usual()
        """The name that stands there until another is typed."""

    def compose(self) -> ComposeResult:
        """Lay out a box: where the packet is to lie, what is there, and a page of the rest."""
        with Vertical(classes="dialog") as box:
            box.border_title = "Write the evidence packet"
            box.border_subtitle = "enter writes · f a z m change it · esc goes back"
            yield Static("Where: a folder or a name (f)", classes="label", markup=False)
            yield Input(self._offered, id="place", compact=True)
            yield Static(id="found", markup=False)
            yield Page(self._blocks())
        yield KeyLine()

    def on_mount(self) -> None:
        """Say what lies at the name that is offered; a browser decides by itself where its download lies."""
        if self.app.is_web:
            self.query_one("#place", Input).disabled = True
            for part in self.query("#place, #found, .label"):
                part.display = False
            self.query_one(".dialog").border_subtitle = "enter downloads · a m change it · esc goes back"
            self.query_one(Page).focus()
        self._look()

    @property
    def place(self) -> Place:
        """Where the packet is to lie, and what is there now."""
        return place_of(self.query_one("#place", Input).value, self._run, zipped=self.choice.zipped)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what an older packet asks for only where one lies."""
        if action in ("place", "zip", "other_name", "replace") and self.app.is_web:
            return False
        if action in ("replace", "other_name") and self.is_mounted:
            found = self.place.found
            return found is Found.PACKET or (action == "other_name" and found is Found.IN_THE_WAY)
        return True

    def _usual(self) -> str:
        return place_of("", self._run, zipped=self.choice.zipped).path.name

    def _look(self) -> None:
        place = self.place
        marks = {Found.NOTHING: ("✔", "$text-success"), Found.PACKET: ("!", "$text-warning")}
        sign, style = marks.get(place.found, ("✘", "$text-error"))
        words = f"{sign} {place.path}"
        if place.found is Found.NOTHING:
            words += ": nothing is there yet."
        else:
            words += f": {place.sentence} n takes {place.free.name}"
            words += "; x replaces the packet." if place.found is Found.PACKET else "."
        self.query_one("#found", Static).update(foreign_line(words, style))
        self.refresh_bindings()

    @on(Input.Changed, "#place")
    def _typed(self, event: Input.Changed) -> None:
        if event.value.strip().lower().endswith(".zip") and not self.choice.zipped:
            self._choose(replace(self.choice, zipped=True))
        self._look()

    @on(Input.Submitted, "#place")
    def _submitted(self) -> None:
        self.action_write()

    def _blocks(self) -> list[Block]:
        titles = ", ".join(map(RunTitles(self.diagnosis.replays).of, self.diagnosis.replays))
        masked = self.choice.masked
        return [
            *([field("Arrives", ("as a download: one zip file, kept by the browser", "$text-accent"))] if self.app.is_web else []),
            field("Attempts", foreign_line(titles or "none")),
            field("Laid out for", *_one_of(READERS, self.choice.audience), (" a", "$text-muted")),
            *([] if self.app.is_web
                else [field("Written as", *_either("a folder", "one zip file", not self.choice.zipped), (" z", "$text-muted"))]),
            field("Account ids", *_either("masked", "as they are", masked, other="bold $text-warning"),
                (" m", "$text-muted")),
            *([] if masked else [paragraph(("! Account ids name your accounts to whoever reads it.", "$text-warning"))]),
            GAP,
            field("It holds", "verdicts, reasons, one proving line an attempt, closure, what is not known"),
            field("Never", "a policy document, a whole log, a credential; a scan makes sure"),
        ]  # fmt: skip

    def action_mask(self) -> None:
        """Change between masked account ids and plain ones."""
        self._choose(replace(self.choice, masked=not self.choice.masked))

    def action_reader(self) -> None:
        """Lay it out for the next reader."""
        names = list(READERS)
        self._choose(replace(self.choice, audience=names[(names.index(self.choice.audience) + 1) % len(names)]))

    def action_zip(self) -> None:
        """Change between a folder and one zip file; the name follows."""
        line = self.query_one("#place", Input)
        untouched = line.value == self._offered
        self._choose(replace(self.choice, zipped=not self.choice.zipped))
        self._offered = self._usual()
        if untouched:
            line.value = self._offered
        elif not self.choice.zipped and line.value.lower().endswith(".zip"):
            line.value = line.value[: -len(".zip")]
        self._look()

    def _choose(self, choice: ExportChoice) -> None:
        self.choice = choice
        self.query_one(Page).show(self._blocks(), keep_place=True)

    def action_place(self) -> None:
        """Type another folder or name."""
        self.query_one("#place", Input).focus()

    def action_write(self) -> None:
        """Write the packet, but never over what lies there."""
        place = self.place
        if place.found is Found.NOTHING or self.app.is_web:
            self.dismiss((place.path, self.choice))
            return
        self.query_one(Page).focus()
        self.app.notify(defused_line(f"Not written: {place.sentence}"), severity="warning", markup=False, timeout=6)

    def action_replace(self) -> None:
        """Write the packet in the place of the older one that lies there."""
        self.dismiss((self.place.path, replace(self.choice, force=True)))

    def action_other_name(self) -> None:
        """Take the nearest name that is free."""
        self.query_one("#place", Input).value = shown(self.place.free)
        self.query_one(Page).focus()

    def action_close(self) -> None:
        """Leave the line that is typed in, else go back without writing."""
        if self.query_one("#place", Input).has_focus:
            self.query_one(Page).focus()
        else:
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

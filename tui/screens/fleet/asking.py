"""Ask which fleet is meant, and where its lines are to be written."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from textual.screen import Screen

from diagnosis.fleet.order import Sort
from tui.backend import BackendProblem
from tui.fleet_backend import FleetBackend, FleetForm, FleetLines, Fleets
from tui.foreign_text import defused_line
from tui.screens.dialogs.ask import AskScreen
from tui.screens.dialogs.choose import Choice, ChooseScreen
from tui.screens.dialogs.saving import Saving, ask_and_save
from tui.widgets.base.blocks import field

_ENDINGS = {FleetForm.JSON_LINES: "jsonl", FleetForm.CSV: "csv"}


def ask_fleet(
    screen: Screen[Any],
    fleets: Fleets,
    offered: str,
    taken: Callable[[str, Callable[[], FleetBackend]], object],
    *,
    known: str = "",
) -> None:
    """Ask for an organization or a file; ``taken`` gets its name, and what builds the fleet. ``known`` was read before."""
    files = not screen.app.is_web

    def answered(text: str | None) -> None:
        if text is None:
            return
        try:
            factory = fleets.named(text, files=files)
        except BackendProblem as problem:
            said = defused_line(f"{problem.sentence} {problem.way_out}".rstrip())
            screen.app.notify(said, severity="warning", markup=False, timeout=8)
            ask_fleet(screen, fleets, text, taken, known=known)
            return
        taken(text, factory)

    blocks = [field("Organization", "its name: all its repositories, or a user's")]
    if files:
        blocks += [
            field("Or a file", "of repositories, OWNER/REPO one a line"),
            field("Or", "the JSON Lines of an earlier `planescope fleet`, which asks nobody"),
        ]
    if known:
        blocks.append(field("As it was", "the name left as it is comes back to the lines that were read"))
    screen.app.push_screen(AskScreen("Which fleet?", blocks, defused_line(offered)), answered)


def ask_export(screen: Screen[Any], backend: FleetBackend, lines: FleetLines, by: Sort) -> None:
    """Ask for the form, then for the file, and write it."""
    shown = len(lines.rows) + len(lines.repositories)
    choices = [
        Choice(FleetForm.JSON_LINES, "JSON Lines", "everything that was read", "It can be opened here again."),
        Choice(
            FleetForm.CSV,
            "CSV",
            f"the lines shown, {shown:,}",
            "For a spreadsheet: a row for each line, filtered as shown.",
        ),
    ]

    def chosen(value: str | None) -> None:
        if value is None:
            return
        form = FleetForm(value)
        text = backend.written(form, lines, by)
        name = f"planescope-fleet.{_ENDINGS[form]}"
        words = [
            field("Lines", f"{len(text.splitlines()):,}"),
            field("Form", "JSON Lines" if form is FleetForm.JSON_LINES else "CSV"),
        ]
        # The dialog that was chosen in has to be gone before the next one comes.
        screen.call_after_refresh(partial(ask_and_save, screen, Saving("Write the fleet", words, name, text)))

    screen.app.push_screen(ChooseScreen("Write the lines to a file", choices, what="JSON Lines or CSV"), chosen)

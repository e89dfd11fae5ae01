"""The chain is corrected with the keyboard alone, on a small screen too: what was done and where it is kept is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from backend_double import BackendDouble
from incident_names import REPOSITORY, RUN_IDS
from incident_values import diagnosis_of
from textual.widgets import Input

from diagnosis.closure.corrections import Correction, Kind
from tui import keymap
from tui.backend import BackendProblem
from tui.screens.dialogs.ask import AskScreen
from tui.screens.timeline.correcting import run_named

SMALL = (80, 24)
FIRST, SECOND, THIRD = RUN_IDS[:3]


def said(app: Any) -> str:
    """The notes that were shown."""
    return " ".join(note.message for note in app.app._notifications)


def test_a_run_is_named_by_number_or_address() -> None:
    home = diagnosis_of(1).replays[0].attempt
    address = f"https://github.com/{REPOSITORY}/actions/runs/77"
    named = (
        "77",
        " 77 ",
        address,
        f"{address}/job/5?pr=1",
        f"<{address}>,",
    )
    assert [run_named(text, home) for text in named] == [77] * 5
    others = ("https://github.com/o/other/actions/runs/77", address.replace("github.com", "ghe.example"), f"{address}x")
    for text in ("", "x", "-1", "77 78", "9" * 19, *others):
        assert run_named(text, home) is None, text


async def test_attempts_are_left_out_split_and_brought_back(opened: Any) -> None:
    async with opened(BackendDouble(3), SMALL) as app:
        assert not app.main.check_action("undo_correction", ())
        await app.press("home", "minus")
        assert app.backend.corrected == [Correction(Kind.DROP, FIRST)]
        assert app.backend.asked[-1] == ((THIRD, 1), (THIRD, 1)), "what is left of the chain is diagnosed"
        assert f"Run {FIRST}, attempt 1, is left out. It is in memory alone: w keeps it in a case file" in said(app)
        await app.until(lambda: "It is in memory" in app.text)
        await app.press("home", "right", "s")
        assert app.backend.corrected[-1] == Correction(Kind.SPLIT, SECOND)
        assert app.backend.asked[-1][0] == (SECOND, 1)
        assert app.main.check_action("undo_correction", ())
        await app.press("u")
        assert app.backend.corrected == [Correction(Kind.DROP, FIRST)]
        # NOW and AFTER FIX are no attempts.
        await app.press("end", "minus")
        assert len(app.backend.corrected) == 1
        await app.until(lambda: "Move the cursor to an attempt first." in app.text)


async def test_a_run_is_added_by_its_address(opened: Any) -> None:
    async with opened(BackendDouble(2), SMALL) as app:
        await app.pilot.press("plus")
        assert isinstance(app.app.screen, AskScreen)
        for words in ("Add a run to the chain", "its number, or its address", "enter takes it · esc goes back"):
            assert words in app.text
        await app.pilot.press("escape")
        await app.pilot.press("plus", *"nothing", "enter")
        await app.rest()
        assert app.backend.corrected == []
        assert "nothing is neither a run's number nor its address" in said(app)
        await app.pilot.press("plus")
        app.app.screen.query_one(Input).value = f"https://github.com/{REPOSITORY}/actions/runs/77"
        await app.pilot.press("enter")
        await app.rest()
        assert app.backend.corrected == [Correction(Kind.ADD, 77)]


async def test_corrections_are_kept_in_a_file_that_is_asked_for(opened: Any) -> None:
    async with opened(BackendDouble(3), SMALL) as app:
        await app.press("w")
        assert not isinstance(app.app.screen, AskScreen), "there is nothing to keep"
        await app.press("home", "minus")
        await app.pilot.press("w")
        assert app.app.screen.query_one(Input).value == f"planescope-case-{FIRST}.toml"
        await app.pilot.press("enter")
        await app.rest()
        assert app.backend.case_file == Path(f"planescope-case-{FIRST}.toml")
        assert not app.main.check_action("keep_corrections", ()), "what comes later goes there by itself"
        assert f"It stands in planescope-case-{FIRST}.toml; u undoes it." in said(app)


async def test_a_correction_that_cannot_be_kept_is_told_and_the_screen_stays(opened: Any) -> None:
    async with opened(BackendDouble(3), SMALL) as app:
        app.backend.problems["correct"] = BackendProblem("case.toml was changed meanwhile.", "Nothing was corrected.")
        await app.press("home", "minus")
        assert "was changed meanwhile" in app.text
        await app.press("escape")
        assert len(app.main.diagnosis.replays) == 3


def test_the_keys_stand_in_the_palette() -> None:
    keys = {key.id: key for key in keymap.KEYS}
    for name in ("add_run", "leave_out", "split", "undo", "keep"):
        assert keys[f"timeline.{name}"].palette

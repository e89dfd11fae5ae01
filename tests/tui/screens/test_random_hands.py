"""Keys, words, clicks and sizes without a plan break nothing; and what such storms broke once holds."""

from __future__ import annotations

import threading
import warnings
from pathlib import Path
from typing import Any

import pytest
from backend_double import PROBLEM, BackendDouble
from live_worlds import live_backend
from opened_screens import open_screen
from random_hands import Storm
from setup_double import ALL, SetupDouble
from textual.widgets import TextArea
from thoroughness import THOROUGH, spread

from tui import messages
from tui.background.jobs import BackgroundJobs
from tui.screens.account.leaving import LeaveScreen
from tui.screens.account.proposed import ProposedScreen
from tui.screens.dialogs.ask import AskScreen
from tui.screens.dialogs.export import ExportScreen
from tui.screens.dialogs.exported import ExportedScreen
from tui.screens.dialogs.problem import ProblemScreen
from tui.screens.help import HelpScreen
from tui.screens.start.screen import StartScreen
from tui.widgets.account.document_list import DocumentList


@pytest.mark.parametrize("seed", spread(range(2, 32), 1))
async def test_a_storm_breaks_nothing(seed: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    await Storm(seed).run(80 if THOROUGH else 15)


async def _edit(app: Any) -> ProposedScreen:
    await app.press("i")
    await app.until(lambda: app.app.screen.query("DocumentList") and app.app.screen.view is not None)
    listed = app.app.screen.query_one(DocumentList)
    listed.cursor = next(
        at
        for at, entry in enumerate(listed.items)
        if entry.content is not None and app.app.screen._editable(entry.content)
    )
    await app.pilot.pause()
    await app.pilot.press("e")
    await app.until(lambda: isinstance(app.app.screen, ProposedScreen) and app.app.screen.query(TextArea))
    await app.pilot.press("x")
    screen = app.app.screen
    assert isinstance(screen, ProposedScreen)
    return screen


async def test_a_document_that_is_being_edited_is_asked_about_before_anything_leaves_it(opened: Any) -> None:
    async with opened(live_backend("services"), setup=SetupDouble(*ALL)) as app:
        screen = await _edit(app)
        await app.pilot.press("ctrl+q")
        await app.until(lambda: isinstance(app.app.screen, LeaveScreen))
        assert app.app._exit is False
        await app.pilot.press("escape")
        assert app.app.screen is screen
        # Kept, it is asked about as well where another dashboard is to take the place of all.
        await app.pilot.press("escape", "S")
        await app.until(lambda: isinstance(app.app.screen, StartScreen) and not app.app.screen.looking)
        await app.pilot.press("d")
        await app.until(lambda: isinstance(app.app.screen, LeaveScreen))
        before = app.main
        await app.pilot.press("d")
        await app.until(lambda: app.main is not before and app.app.screen is app.main)


async def test_what_comes_while_another_screen_is_open_waits_and_takes_no_key(opened: Any) -> None:
    backend = BackendDouble(2)
    async with opened(backend) as app:
        backend.hang.set()
        await app.pilot.press("r", "plus")
        await app.until(lambda: isinstance(app.app.screen, AskScreen))
        app.main.post_message(messages.WorkFailed("case", app.main.reader._under_way["case"][0], PROBLEM))
        await app.pilot.press("r", "c")
        assert app.app.screen.query_one("#answer").value == "rc"
        await app.pilot.press("escape")
        await app.until(lambda: isinstance(app.app.screen, ProblemScreen))
        backend.hang.clear()


async def test_the_packet_is_of_the_diagnosis_that_the_dialog_named(
    opened: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    backend = BackendDouble(2)
    async with opened(backend) as app:
        named = app.main.diagnosis
        await app.pilot.press("e")
        await app.until(lambda: isinstance(app.app.screen, ExportScreen))
        backend._index = 2
        app.main.reader.poll(app.main.runs.filter.query)
        await app.until(lambda: app.main.diagnosis is not named)
        await app.pilot.press("enter")
        await app.until(lambda: isinstance(app.app.screen, ExportedScreen))
        assert backend.exported == [named]


async def test_help_and_setup_are_open_once(opened: Any) -> None:
    async with opened(setup=SetupDouble(*ALL)) as app:
        await app.pilot.press("question_mark", "S")
        await app.until(lambda: isinstance(app.app.screen, StartScreen) and not app.app.screen.looking)
        await app.pilot.press("question_mark", "S")
        assert [type(screen) for screen in app.app.screen_stack[1:]] == [StartScreen, HelpScreen]


async def test_work_that_is_given_up_before_it_began_leaves_nothing_behind(opened: Any) -> None:
    async with opened() as app:
        begun = threading.Event()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            jobs = BackgroundJobs(app.main, lambda *_told: None)
            for _ in range(3):
                jobs.start("late", "Working", lambda _job: begun.set())
            jobs.stop("late", tell=False)
            await app.pilot.pause()
        assert not begun.is_set()


@pytest.mark.parametrize("kind", [HelpScreen, ExportScreen, AskScreen], ids=lambda kind: kind.__name__)
async def test_a_screen_that_is_left_twice_takes_no_other_with_it(kind: Any, opened: Any) -> None:
    async with opened() as app:
        await open_screen(app, kind)
        screen = app.app.screen
        screen.action_close()
        screen.action_close()
        await app.pilot.pause()
        assert app.app.screen is app.main


async def test_enter_pressed_twice_in_the_palette_does_one_thing(opened: Any) -> None:
    async with opened() as app:
        await app.pilot.press("ctrl+p", *"ledger")
        await app.until(lambda: app.app.screen._hit_count)
        palette = app.app.screen
        palette._action_cursor_down()
        palette._action_command_list("select")
        await app.pilot.pause()
        if app.app.screen is palette:
            palette._select_or_command()
        palette._select_or_command()
        await app.pilot.pause()
        assert [type(screen).__name__ for screen in app.app.screen_stack[1:]] in (
            ["LedgerScreen"],
            ["TimelineScreen", "LedgerScreen"],
        )

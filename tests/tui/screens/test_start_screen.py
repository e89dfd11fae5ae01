"""The start screen: each of its actions, what it opens, and that nothing of others' is obeyed on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from backend_double import NOW, BackendDouble
from conftest import PATIENCE, screen_text
from hostile_text import HOSTILE
from setup_double import ALL, NOTHING, PARTLY, SetupDouble
from textual.pilot import Pilot
from textual.widgets import Input
from thoroughness import THOROUGH

from tui.app import PlanescopeApp
from tui.backend import BackendProblem
from tui.readiness.check import What, note
from tui.screens.start.screen import Checked, StartScreen
from tui.screens.timeline.screen import TimelineScreen


class Started:
    """A running app that began with the start screen."""

    def __init__(self, app: PlanescopeApp, pilot: Pilot[None], setup: SetupDouble) -> None:
        self.app, self.pilot, self.setup = app, pilot, setup

    async def until(self, what: Any) -> None:
        async with asyncio.timeout(PATIENCE):
            while not what():
                await self.pilot.pause(0.005)
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    @property
    def start(self) -> StartScreen:
        assert isinstance(self.app.screen, StartScreen)
        return self.app.screen

    async def rest(self) -> None:
        await self.until(lambda: isinstance(self.app.screen, StartScreen) and not self.start.looking)

    async def dashboard(self) -> TimelineScreen:
        """Wait for the dashboard, at rest."""
        await self.until(lambda: isinstance(self.app.screen, TimelineScreen))
        main = self.app.screen
        assert isinstance(main, TimelineScreen)
        assert self.app.timeline is main
        await self.until(lambda: main.backend is not None and not main.reader.busy)
        return main

    @property
    def text(self) -> str:
        return screen_text(self.app)


@asynccontextmanager
async def started(
    setup: SetupDouble, size: tuple[int, int] = (80, 24), *, backend: BackendDouble | None = None, **options: Any
) -> AsyncIterator[Started]:
    values: dict[str, Any] = {"begin_with_setup": True, **options}
    app = PlanescopeApp(
        lambda: backend or BackendDouble(1), clock=lambda: NOW, refresh_seconds=0.0, setup=setup, **values
    )
    app.animation_level = "none"
    async with app.run_test(size=size, notifications=True) as pilot:
        yield Started(app, pilot, setup)


async def test_with_nothing_set_up_one_screen_says_what_to_do() -> None:
    async with started(SetupDouble(*NOTHING)) as app:
        await app.rest()
        for words in (
            "Missing here: repository, token, AWS identity.", "Type OWNER/REPO in the line above",
            "gh auth login --hostname github.com",
            "aws configure sso", "✔ Demo", "It needs: repository, token.", "d Demo", "r Again",
        ):  # fmt: skip
            assert words in " ".join(app.text.split()), words
        assert "github.com." not in [line.split("  ")[-1].strip() for line in app.text.splitlines()]


async def test_the_demo_is_one_click_away_and_the_start_screen_one_key_back() -> None:
    async with started(SetupDouble(*NOTHING)) as app:
        await app.rest()
        await app.pilot.click(offset=(app.text.splitlines()[-1].index("d Demo"), 23))
        main = await app.dashboard()
        assert main.backend is app.setup.backends["demo"]
        assert not main.remembered.kept
        await app.press("S")
        await app.rest()
        assert app.setup.looks == ["", ""]
        await app.press("escape")
        assert app.app.screen is main


@pytest.mark.skipif(not THOROUGH, reason="what is opened from a dashboard is looked at below")
async def test_what_was_opened_last_stands_in_the_line_and_from_its_dashboard_another_is_opened() -> None:
    async with started(SetupDouble(*NOTHING[:2], ALL[1], *NOTHING[3:], last="a/b")) as app:
        await app.rest()
        await app.press("enter")
        assert isinstance(app.start.focused, Input)
        await app.press("enter")
        await app.until(lambda: "a/b" in app.setup.backends and isinstance(app.app.screen, TimelineScreen))
        first = app.app.screen
        await app.press("S")
        await app.rest()
        await app.press("slash", "ctrl+u", *"c/d", "enter")
        await app.until(lambda: "c/d" in app.setup.backends and isinstance(app.app.screen, TimelineScreen))
        assert first not in app.app.screen_stack
        await app.until(lambda: app.setup.backends["a/b"].closed.is_set())
        assert not app.setup.backends["c/d"].closed.is_set()


async def test_from_the_dashboard_that_came_first_another_repository_is_opened() -> None:
    async with started(SetupDouble(*ALL, repository="o/r"), begin_with_setup=False) as app:
        first = await app.dashboard()
        await app.press("S")
        await app.rest()
        assert isinstance(app.app.screen, StartScreen)  # it was called: it does not go by itself
        assert "Copy command" not in app.text
        await app.press("o", "ctrl+u", *"c/d", "enter")
        await app.until(lambda: "c/d" in app.setup.backends and isinstance(app.app.screen, TimelineScreen))
        assert app.app.timeline is app.app.screen is not first
        assert first._refresher.plan(active=True, busy=False) is None
        assert not first.reader.busy


async def test_nonsense_is_a_sentence_copying_takes_the_first_command_and_looking_again_finds_what_is_new() -> None:
    async with started(SetupDouble(*NOTHING)) as app:
        await app.rest()
        await app.press("o", *"shop", "enter")
        assert "`shop` names no repository. Write OWNER/REPO" in app.text
        await app.press("x")
        assert "names no repository" not in app.text
        await app.press("escape")
        assert not isinstance(app.start.focused, Input)
        await app.press("c")
        assert app.app.clipboard == "gh auth login --hostname github.com"
        app.setup.checks = ALL
        await app.press("r")
        await app.rest()
        app.start.post_message(Checked(1, NOTHING[0]))  # of the look before
        await app.pilot.pause()
        assert "All that is needed is set up." in app.text
        assert isinstance(app.app.screen, StartScreen)


async def test_without_a_token_what_was_typed_is_looked_at_and_not_opened() -> None:
    async with started(SetupDouble(*NOTHING)) as app:
        await app.rest()
        await app.press("o", *"a/b", "enter")
        await app.rest()
        assert app.setup.looks == ["", "a/b"]
        assert "Missing here: token, AWS identity." in app.text or "a/b, as it was given" in app.text
        assert app.setup.backends == {}


async def test_where_nothing_is_missing_it_goes_to_the_dashboard_by_itself() -> None:
    async with started(SetupDouble(*ALL)) as app:
        assert (await app.dashboard()).backend is app.setup.backends[""]


async def test_where_the_dashboard_cannot_read_it_names_the_key_to_what_is_set_up() -> None:
    backend = BackendDouble(1)
    backend.problems["diagnose"] = BackendProblem("GitHub does not accept the token.", "Make a new one.")
    async with started(SetupDouble(*ALL), begin_with_setup=False, backend=backend) as app:
        await app.until(lambda: "Make a new one." in app.text)
        assert "S shows what is set up" in app.text


async def test_it_does_not_go_away_under_the_hands_of_who_types() -> None:
    setup = SetupDouble(*ALL)
    setup.hang.set()
    async with started(setup) as app:
        await app.until(lambda: What.DEMO in app.start.checks)
        await app.press("o")
        setup.hang.clear()
        await app.rest()
        assert isinstance(app.app.screen, StartScreen)


async def test_a_demo_that_cannot_open_says_what_to_install() -> None:
    async with started(SetupDouble(*NOTHING[:3], *PARTLY[4:])) as app:
        await app.rest()
        await app.press("d")
        assert "pip install 'planescope[demo]'" in app.text
        assert "demo" not in app.setup.backends


async def test_a_look_that_fails_is_said_and_can_be_tried_again() -> None:
    setup = SetupDouble(*NOTHING)
    setup.broken = BackendProblem("It broke.", "Try again.")
    async with started(setup) as app:
        await app.rest()
        await app.until(lambda: "It broke. Try again." in app.text)
        setup.broken = None
        await app.press("r")
        await app.rest()
        assert "Missing here" in app.text


async def test_leaving_waits_for_nothing() -> None:
    setup = SetupDouble(*NOTHING)
    setup.hang.set()
    async with started(setup) as app:
        await app.until(lambda: What.AWS in app.start.checks)
        await app.press("q")
        assert app.app.return_code == 0 or not app.app.is_running


@pytest.mark.parametrize("text", [HOSTILE, "\x1b[2J\u202e\x07 \u200b"])
async def test_text_of_others_is_shown_and_not_obeyed(text: str) -> None:
    kinds = (What.TOKEN, What.AWS, What.REPOSITORY)
    checks = [note(what, f"a {text} b", f"do {text}", f"run {text}") for what in kinds]
    async with started(SetupDouble(*checks, NOTHING[4], PARTLY[5], last=text), (120, 40)) as app:
        await app.rest()
        assert not set("\x1b\u202e\x07\u200b") & set(app.text)
        assert "a fix [skip ci]" in app.text or "a ␛[2J" in app.text
        app.start.query_one(Input).value = "[b]nonsense[@click=app.quit]"
        await app.press("o", "enter")
        assert "`[b]nonsense[@click=app.quit]` names no repository" in app.text

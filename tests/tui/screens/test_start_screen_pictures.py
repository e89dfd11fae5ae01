"""How the start screen looks: nothing set up, while it looks, and with some of it there."""

from __future__ import annotations

import os
from typing import Any

import pytest
from backend_double import NOW, BackendDouble
from setup_double import NOTHING, PARTLY, SetupDouble
from textual.pilot import Pilot
from textual.widgets import Input
from thoroughness import some

from tui.app import PlanescopeApp
from tui.screens.start.screen import StartScreen

SIZES = {"small": (80, 24), "medium": (120, 40), "large": (200, 60)}
CASES = [
    ("nothing", "small", "dark"), ("partly", "medium", "light"), ("looking", "small", "dark"),
    ("nothing", "medium", "light"), ("nonsense", "small", "light"), ("nothing", "large", "dark"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the terminal that runs the tests gets into the pictures."""
    for name in ("NO_COLOR", "COLORTERM", "TEXTUAL_COLOR_SYSTEM", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    assert "PYTEST_CURRENT_TEST" in os.environ


@pytest.mark.parametrize(("state", "size", "theme"), some(CASES, 4))
def test_start_screen(snap_compare: Any, state: str, size: str, theme: str) -> None:
    setup = SetupDouble(*{"partly": PARTLY, "looking": NOTHING[:3]}.get(state, NOTHING), last="octo-org/shop")
    if state == "looking":
        setup.hang.set()
    app = PlanescopeApp(
        lambda: BackendDouble(1), clock=lambda: NOW, refresh_seconds=0, theme=theme, setup=setup, begin_with_setup=True
    )
    app.animation_level = "none"

    async def run(pilot: Pilot[None]) -> None:
        for _ in range(500):
            await pilot.pause(0.01)
            screen = app.screen
            told = isinstance(screen, StartScreen) and len(screen.checks) >= len(setup.checks)
            if told and (state == "looking" or not screen.looking):
                break
        if state == "nonsense":
            await pilot.press("o", "ctrl+u", *"shop", "enter")
        for node in app.screen.query(Input):
            node.cursor_blink = False
        await pilot.pause()

    assert snap_compare(app, terminal_size=SIZES[size], run_before=run)

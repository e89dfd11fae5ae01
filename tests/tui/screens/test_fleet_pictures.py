"""How the fleet's screen looks: its lines at three sizes, while they are read, and where nothing can be read."""

from __future__ import annotations

import os
from typing import Any

import pytest
from backend_double import NOW, BackendDouble
from fleet_double import FleetDouble, FleetsDouble, fleet_lines
from textual.pilot import Pilot
from textual.widgets import Input
from thoroughness import some

from diagnosis.facts.account import CredentialsProblem
from tui.app import PlanescopeApp
from tui.backend import BackendProblem
from tui.screens.fleet.screen import FleetScreen

SIZES = {"small": (80, 24), "medium": (120, 40), "large": (200, 60)}
CASES = [
    ("lines", "small", "dark"), ("lines", "medium", "light"), ("lines", "large", "dark"), ("filter", "small", "light"),
    ("reading", "medium", "dark"), ("problem", "small", "dark"), ("unsigned", "small", "dark"), ("zoomed", "medium", "dark"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the terminal that runs the tests gets into the pictures."""
    for name in ("NO_COLOR", "COLORTERM", "TEXTUAL_COLOR_SYSTEM", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    assert "PYTEST_CURRENT_TEST" in os.environ


@pytest.mark.parametrize(("state", "size", "theme"), some(CASES, 8))
def test_fleet(snap_compare: Any, state: str, size: str, theme: str) -> None:
    double = FleetDouble(fleet_lines(60))
    if state == "reading":
        double.hang.set()
    elif state == "problem":
        double.problem = BackendProblem("GitHub does not know the organization octo-org.", "Check its name.")
    elif state == "unsigned":
        double.credentials_problem = CredentialsProblem("no AWS credentials were found", "run `aws sso login`")
    app = PlanescopeApp(
        lambda: BackendDouble(1), clock=lambda: NOW, refresh_seconds=0, theme=theme, fleet=lambda: double,
        fleets=FleetsDouble(double),
    )  # fmt: skip
    app.animation_level = "none"

    async def run(pilot: Pilot[None]) -> None:
        for _ in range(500):
            await pilot.pause(0.01)
            screen = app.screen
            assert isinstance(screen, FleetScreen)
            ended = not screen.reading and (screen.model.places or state == "problem")
            if ended or (state == "reading" and len(screen.model.places) >= 7):
                break
        await pilot.pause(0.1)
        await pilot.press(*{"filter": ["s", "slash", *"trust"], "zoomed": ["z"]}.get(state, []))
        await pilot.pause(0.4 if state == "reading" else 0)
        for node in app.screen.query(Input):
            node.cursor_blink = False
        await pilot.pause()

    assert snap_compare(app, terminal_size=SIZES[size], run_before=run)

"""How the walkthrough looks: the demo's chain, one with a proposal, and a live one that is not the demo's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from backend_double import NOW, PROBLEM, BackendDouble
from compliant_chain import ComplyingRelease
from textual.pilot import Pilot
from thoroughness import some
from words_shown import words_of

from tui.app import PlanescopeApp
from tui.screens.walkthrough.screen import WalkthroughScreen
from tui.widgets.base.status_page import StatusPage

SIZES = {"small": (80, 24), "medium": (120, 40), "large": (200, 60)}


def _live() -> BackendDouble:
    backend, diagnosis = BackendDouble(1), ComplyingRelease().diagnosis()
    backend.moments, backend.origin_note, backend.title = (), "", "acme/shop"
    backend.change = lambda _: diagnosis
    return backend


def _problem() -> BackendDouble:
    backend = BackendDouble(3)
    backend.problems["walkthrough"] = PROBLEM
    return backend


BACKENDS: dict[str, Callable[[], BackendDouble]] = {
    "demo": lambda: BackendDouble(3),
    "open": lambda: BackendDouble(1),
    "live": _live,
    "problem": _problem,
    "reading": lambda: BackendDouble(3),
}
CASES = [
    ("demo", "medium", "dark", 3), ("demo", "small", "dark", 2), ("demo", "medium", "light", 1),
    ("open", "medium", "dark", 4), ("open", "small", "light", 3),
    ("live", "small", "dark", 6), ("live", "large", "light", 2), ("live", "medium", "dark", 6),
    ("demo", "large", "dark", 5), ("demo", "small", "light", 7),
    ("problem", "small", "dark", 0), ("reading", "small", "dark", 0),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "COLORTERM", "TEXTUAL_COLOR_SYSTEM", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)


def app_on(backend: BackendDouble, theme: str) -> PlanescopeApp:
    app = PlanescopeApp(lambda: backend, clock=lambda: NOW, refresh_seconds=0, theme=theme, walkthrough=True)
    app.animation_level = "none"
    return app


async def until(pilot: Pilot[None], what: Callable[[Any], object]) -> None:
    for _ in range(1000):
        await pilot.pause(0.01)
        if isinstance(pilot.app.screen, WalkthroughScreen) and what(pilot.app.screen):
            break
    await pilot.pause()


@pytest.mark.parametrize(("chain", "size", "theme", "step"), some(CASES, len(CASES)))
def test_step(snap_compare: Any, chain: str, size: str, theme: str, step: int) -> None:
    backend = BACKENDS[chain]()

    async def run(pilot: Pilot[None]) -> None:
        app: Any = pilot.app
        if chain == "reading":
            await until(pilot, lambda screen: screen.telling.steps)
            await pilot.press("escape")
            app.timeline.telling.about(None)
            backend.hang.set()
            await pilot.press("W")
        if step == 0:
            told = PROBLEM.sentence if chain == "problem" else "1 of 3"
            await until(pilot, lambda screen: any(told in words_of(page) for page in screen.query(StatusPage)))
            return
        await until(pilot, lambda screen: screen.telling.steps)
        await pilot.press(str(step))
        await until(pilot, lambda screen: screen.telling.index == step - 1)

    assert snap_compare(app_on(backend, theme), terminal_size=SIZES[size], run_before=run)

"""Opening the app on a hand-made backend, waiting until it rests, and reading what stands on the screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from backend_double import NOW, BackendDouble
from fleet_double import FleetsDouble
from parsed_styles import parse_styles_once
from rich.console import RenderableType
from textual import _wait
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.pilot import Pilot
from textual.screen import Screen
from thoroughness import THOROUGH

from tui.app import PlanescopeApp
from tui.screens import main_loading
from tui.screens.timeline.screen import TimelineScreen

_wait.SLEEP_GRANULARITY = 0.004
_wait.SLEEP_IDLE = 0.002
"""After each key the pilot looks in these steps (20 ms by Textual's measure) whether the app is idle; what a test needs to
have happened it waits for by name."""

main_loading.load()
parse_styles_once()


def _painted_when_looked_at(
    compositor: Compositor, full: bool = False, screen_stack: list[Screen[Any]] | None = None, simplify: bool = False
) -> RenderableType | None:
    """Take note of what has changed, as the compositor does, and paint it only where a test asks for the whole screen."""
    visible_screen_stack.set(screen_stack or [])
    if full:
        return compositor.render_full_update(simplify=simplify)
    compositor._dirty_regions.clear()
    return None


_painted = Compositor.render_update
if not THOROUGH:
    # A headless app paints after each step although nobody sees it: that is a third of all the work of these tests.
    Compositor.render_update = _painted_when_looked_at  # type: ignore[method-assign]


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paint after each step, as the app does: a click finds what is below it by what was painted there."""
    monkeypatch.setattr(Compositor, "render_update", _painted)


MEDIUM = (120, 40)
PATIENCE = 60.0
"""Seconds after which a test that waits has failed; nothing is measured by it."""


class Opened:
    """A running app with its backend."""

    def __init__(self, app: PlanescopeApp, pilot: Pilot[None], backend: BackendDouble) -> None:
        self.app, self.pilot, self.backend = app, pilot, backend

    @property
    def main(self) -> TimelineScreen:
        """The main screen."""
        assert self.app.timeline is not None
        return self.app.timeline

    async def until(self, what: Callable[[], object]) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(PATIENCE):
            while not what():
                await self.pilot.pause(0.005)
        await self.pilot.pause()

    async def rest(self) -> None:
        """Wait until no work is under way and everything is drawn."""
        await self.until(lambda: self.main.backend is not None and not self.main.reader.busy)
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Press keys and wait until the app rests."""
        await self.pilot.press(*keys)
        await self.rest()

    @property
    def text(self) -> str:
        """All characters on the screen, line by line."""
        return screen_text(self.app)


def screen_text(app: PlanescopeApp) -> str:
    """What a person sees, without styles."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


@asynccontextmanager
async def _opened(
    backend: BackendDouble | None = None, size: tuple[int, int] = MEDIUM, *, rest: bool = True, **options: Any
) -> AsyncIterator[Opened]:
    double = backend or BackendDouble(1)
    values: dict[str, Any] = {"clock": lambda: NOW, "refresh_seconds": 0.0, "fleets": FleetsDouble(), **options}
    app = PlanescopeApp(lambda: double, **values)
    app.animation_level = "none"
    async with app.run_test(size=size, notifications=True) as pilot:
        opened = Opened(app, pilot, double)
        if rest:
            await opened.rest()
        yield opened


@pytest.fixture
def opened() -> Callable[..., AbstractAsyncContextManager[Opened]]:
    """``async with opened(backend, size) as app``."""
    return _opened

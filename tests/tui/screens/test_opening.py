"""What is painted first: the frame of the main screen, which keeps what is typed until the main screen has been loaded."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from backend_double import NOW, BackendDouble
from conftest import Opened
from thoroughness import some

from tui import internal_error
from tui.app import PlanescopeApp
from tui.screens import main_loading
from tui.screens.opening import OpeningScreen
from tui.widgets.runs.filter_entry import FilterEntry


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The main screen counts as not loaded, and is loaded as soon as this is set."""
    gate = threading.Event()

    def held() -> None:
        gate.wait()

    monkeypatch.setattr(main_loading, "_loaded", False)
    monkeypatch.setattr(main_loading, "load", held)
    yield gate
    gate.set()


@asynccontextmanager
async def opening(size: tuple[int, int], built: threading.Event | None = None) -> AsyncIterator[Opened]:
    double = BackendDouble(1)

    def factory() -> BackendDouble:
        if built is not None:
            built.wait()
        return double

    app = PlanescopeApp(factory, clock=lambda: NOW, refresh_seconds=0.0)
    app.animation_level = "none"
    async with app.run_test(size=size, notifications=True) as pilot:
        opened = Opened(app, pilot, double)
        await opened.until(lambda: "Quit" in opened.text)
        assert isinstance(app.screen, OpeningScreen)
        yield opened


@pytest.mark.parametrize("size", some([(120, 40), (80, 24), (200, 60), (40, 12)], 2))
async def test_the_main_screen_takes_the_place_of_its_frame_and_nothing_moves(
    size: tuple[int, int], released: threading.Event
) -> None:
    built = threading.Event()
    try:
        async with opening(size, built) as app:
            first = app.text
            assert "planescope" in first
            assert "Starting" in first
            released.set()
            await app.until(lambda: app.app.timeline is app.app.screen)
            await app.until(lambda: "Starting" in app.text)
            assert app.text == first
    finally:
        built.set()


async def test_what_is_typed_before_the_main_screen_is_there_reaches_it_in_order(released: threading.Event) -> None:
    async with opening((120, 40)) as app:
        await app.pilot.press("slash", *"quit", "ctrl+p")
        released.set()
        await app.until(lambda: app.app.timeline is not None and len(app.app.screen_stack) > 2)
        assert app.main.query_one(FilterEntry).value == "quit"
        assert type(app.app.screen).__name__ == "Palette"
        await app.press("escape")
        assert app.app.screen is app.main


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_one_leaves_at_once_while_the_main_screen_is_loaded(key: str, released: threading.Event) -> None:
    async with opening((80, 24)) as app:
        await app.pilot.press(key)
        await app.until(lambda: not app.app.is_running)
    assert not released.is_set()
    assert app.app.timeline is None


async def test_a_main_screen_that_cannot_be_loaded_ends_the_app(
    released: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = OSError(5, "Input/output error")
    monkeypatch.setattr(main_loading, "load", lambda: broken)
    monkeypatch.setattr(internal_error, "keep", lambda error: None)
    app = PlanescopeApp(lambda: BackendDouble(1), clock=lambda: NOW)
    with pytest.raises(OSError, match="Input/output"):
        async with app.run_test() as pilot:
            await Opened(app, pilot, BackendDouble(1)).until(lambda: not app.is_running)

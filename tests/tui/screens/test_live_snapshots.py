"""How the main screen looks on live worlds that are not the demo, and while loading, empty, after an error, and full.

The quick run looks at a few of the pictures, the thorough one at all; both keep all of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from backend_double import PROBLEM, BackendDouble
from live_worlds import BRANCH, WORKFLOW, LiveDouble, diagnosis_of_world, live_backend
from test_snapshots import SIZES, after, app_on
from textual.pilot import Pilot
from words_shown import words_of

from tui.backend import RunRow

WORLDS = ("five changes", "long names", "changed since")
SECTIONS = {
    "remediation": ["2"],
    "forecast": ["3"],
    "closure": ["4"],
    "unknown": ["5"],
    "now": ["right", "down"],
    "after-fix": ["end", "down", "down", "down", "down"],
}
THEMES = ("dark", "light")
MAIN = [(world, size, theme) for world in WORLDS for size in SIZES for theme in THEMES]
SECTION = [
    (world, section, list(SIZES)[(place + nth) % 3], THEMES[(place + nth // 2) % 2])
    for place, world in enumerate(WORLDS)
    for nth, section in enumerate(SECTIONS)
]
"""Each section of each world, in turn at each size and in each theme."""
STATES = [
    (state, size, THEMES[(place + nth) % 2])
    for place, state in enumerate(("loading", "empty", "error", "full", "no credentials", "two workflows"))
    for nth, size in enumerate(SIZES)
]


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the terminal that runs the tests gets into the pictures."""
    for name in ("NO_COLOR", "COLORTERM", "TEXTUAL_COLOR_SYSTEM", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.pictures
@pytest.mark.parametrize(("world", "size", "theme"), MAIN)
def test_live_main_screen(snap_compare: Any, world: str, size: str, theme: str) -> None:
    app = app_on(live_backend(world), light=theme == "light")
    assert snap_compare(app, terminal_size=SIZES[size], run_before=after())


@pytest.mark.pictures
@pytest.mark.parametrize(("world", "section", "size", "theme"), SECTION)
def test_live_section(snap_compare: Any, world: str, section: str, size: str, theme: str) -> None:
    app = app_on(live_backend(world), light=theme == "light")
    assert snap_compare(app, terminal_size=SIZES[size], run_before=after(*SECTIONS[section]))


@pytest.mark.pictures
@pytest.mark.parametrize(("state", "size", "theme"), STATES)
def test_live_state(snap_compare: Any, state: str, size: str, theme: str) -> None:
    backend, run = _in_state(state, small=size == "small")
    assert snap_compare(app_on(backend, light=theme == "light"), terminal_size=SIZES[size], run_before=run)


def _in_state(state: str, *, small: bool) -> tuple[BackendDouble, Any]:
    if state in ("no credentials", "two workflows"):
        return live_backend(state), after()
    if state == "empty":
        return live_backend("nothing"), after()
    backend: BackendDouble = live_backend("long names")
    if state == "loading":
        backend.hang.set()
        return backend, _while_loading
    if state == "error":
        backend.problems["diagnose"] = PROBLEM
        return backend, after()
    return _full(), after(*(["b"] if small else []))


def _full() -> LiveDouble:
    """Very many runs with long names, beside a diagnosis with long names."""

    class Full(LiveDouble):
        list_runs = BackendDouble.list_runs

    backend = Full(diagnosis_of_world("long names"))
    backend.total = 10_000
    backend.rows = _with_long_names
    return backend


def _with_long_names(row: RunRow) -> RunRow:
    return replace(row, workflow=WORKFLOW, ref=f"{BRANCH}-{row.number}", actor="the-release-automation[bot]")


async def _while_loading(pilot: Pilot[None]) -> None:
    app: Any = pilot.app
    for _ in range(500):
        await pilot.pause(0.01)
        if "1 of 3" in words_of(app.timeline.query_one("#status")) and "runs" not in app.timeline.reader.kinds():
            break
    await pilot.pause()

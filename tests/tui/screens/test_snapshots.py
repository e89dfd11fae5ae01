"""How the screens look, at three sizes and in both themes: the pictures are the specification."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from backend_double import NOW, PROBLEM, BackendDouble
from live_worlds import live_backend
from textual.pilot import Pilot
from thoroughness import some
from words_shown import words_of

from tui.app import PlanescopeApp
from tui.backend import RunRow
from tui.screens.account.proposed import ProposedScreen
from tui.screens.account.screen import AccountScreen
from tui.screens.compare import CompareScreen

SIZES = {"small": (80, 24), "medium": (120, 40), "large": (200, 60)}


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the terminal that runs the tests gets into the pictures."""
    for name in ("NO_COLOR", "COLORTERM", "TEXTUAL_COLOR_SYSTEM", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir("/")  # a dialog shows the folder in which the app was started
    assert "PYTEST_CURRENT_TEST" in os.environ


def app_on(backend: BackendDouble, *, light: bool = False) -> PlanescopeApp:
    """The app with a fixed clock and nothing that moves."""
    app = PlanescopeApp(lambda: backend, clock=lambda: NOW, refresh_seconds=0, theme="light" if light else "dark")
    app.animation_level = "none"
    return app


def after(*keys: str, rest: bool = True) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Wait until the app rests, then press keys, each when the one before has had its effect."""

    async def run(pilot: Pilot[None]) -> None:
        app: Any = pilot.app
        for key in ("", *keys):
            if key:
                await pilot.press(key)
            for _ in range(500):
                await pilot.pause(0.01)
                main = app.timeline
                busy = main.reader.busy or (isinstance(app.screen, CompareScreen) and app.screen.between is None)
                busy = busy or (isinstance(app.screen, AccountScreen | ProposedScreen) and app.screen.jobs.busy)
                if not rest or (main.backend is not None and not busy):
                    break
            for node in app.screen.query("Input, TextArea"):
                node.cursor_blink = False
            await pilot.pause()

    return run


@pytest.mark.parametrize(("size", "theme"), [*((size, "dark") for size in SIZES), ("medium", "light")])
@pytest.mark.parametrize("stage", [1, 2, 3])
def test_main_screen(snap_compare: Any, stage: int, size: str, theme: str) -> None:
    app = app_on(BackendDouble(stage), light=theme == "light")
    assert snap_compare(app, terminal_size=SIZES[size], run_before=after())


def long_names() -> BackendDouble:
    """Runs of two workflows, with long refs and titles that differ somewhere, in every state, some of hostile words."""
    refs = ("feature/PAY-20391-rework-of-the-reconciliation-of-chargebacks-", "release/2026.11.30-hotfix-of-batch-")
    titles = ("Merge pull request #{} from payments/fix-the-settlement-of-refunds", "[/red] fix\x1b[2J [skip ci]")
    backend = BackendDouble(1, total=40)

    def row(known: RunRow) -> RunRow:
        number = known.number
        state = {40: ("in_progress", None), 39: ("queued", None)}.get(number, ("completed", known.conclusion))
        return replace(
            known, ref=f"{refs[number % 2]}{number}-eu", title=titles[number % 3 == 0].format(number), status=state[0],
            conclusion=state[1], workflow=("Build, scan, sign and publish the verification service", "CI")[number % 2],
            workflow_path=f".github/workflows/{('publish', 'ci')[number % 2]}.yml", actor="alice-from-platform-engineering",
        )  # fmt: skip

    backend.rows = row
    return backend


SECTIONS = {
    "remediation": ["2"],
    "other-path": ["2", "p", "d"],
    "forecast": ["3"],
    "closure": ["4"],
    "unknown": ["5"],
    "now": ["right", "down"],
    "after-fix": ["end", "down", "down", "down", "down"],
}


@pytest.mark.parametrize(
    ("name", "size"), [*((name, "medium") for name in SECTIONS), ("remediation", "small"), ("other-path", "large")]
)
def test_section(snap_compare: Any, name: str, size: str) -> None:
    assert snap_compare(app_on(BackendDouble(1)), terminal_size=SIZES[size], run_before=after(*SECTIONS[name]))


@pytest.mark.parametrize(("size", "theme"), [("small", "light"), ("medium", "dark"), ("large", "light")])
@pytest.mark.parametrize(("name", "keys"), [
    ("help", ["question_mark"]), ("ledger", ["L"]), ("log", ["v"]), ("export", ["e"]),
    ("exported", ["e", "m", "enter"]), ("filters", ["F"]), ("added-run", ["plus"]), ("saved-log", ["v", "s"]),
])  # fmt: skip
def test_other_screen(snap_compare: Any, name: str, keys: list[str], size: str, theme: str) -> None:
    app = app_on(BackendDouble(1), light=theme == "light")
    assert snap_compare(app, terminal_size=SIZES[size], run_before=after(*keys))


@pytest.mark.parametrize("size", SIZES)
def test_comparison(snap_compare: Any, size: str) -> None:
    app = app_on(BackendDouble(2), light=size == "small")
    assert snap_compare(app, terminal_size=SIZES[size], run_before=after("a"))


@pytest.mark.parametrize("size", ["small", "medium"])
def test_runs_and_filter(snap_compare: Any, size: str) -> None:
    keys = ["slash", *"feature/99"] if size == "medium" else ["b"]
    app = app_on(BackendDouble(1, total=10_000))
    assert snap_compare(app, terminal_size=SIZES[size], run_before=after(*keys))


PICKED = {"workflows": ["B"], "rerun-lines": ["R"]}


@pytest.mark.parametrize(("name", "size"), some([(name, size) for name in PICKED for size in SIZES], 4))
def test_choosing(snap_compare: Any, name: str, size: str) -> None:
    assert snap_compare(app_on(BackendDouble(2)), terminal_size=SIZES[size], run_before=after(*PICKED[name]))


@pytest.mark.parametrize("size", some(list(SIZES), 3))
def test_long_names_in_the_list(snap_compare: Any, size: str) -> None:
    keys = ["b"] if size == "small" else []
    assert snap_compare(app_on(long_names()), terminal_size=SIZES[size], run_before=after(*keys))


@pytest.mark.parametrize("size", ["small", "medium"])
def test_problem(snap_compare: Any, size: str) -> None:
    backend = BackendDouble(1)
    backend.problems["diagnose"] = PROBLEM
    assert snap_compare(app_on(backend), terminal_size=SIZES[size], run_before=after())


def test_problem_over_the_timeline(snap_compare: Any) -> None:
    backend = BackendDouble(1)

    async def run(pilot: Pilot[None]) -> None:
        await after()(pilot)
        backend.problems["diagnose"] = PROBLEM
        await after("r")(pilot)

    assert snap_compare(app_on(backend), terminal_size=SIZES["medium"], run_before=run)


@pytest.mark.parametrize("size", ["small", "medium"])
def test_loading(snap_compare: Any, size: str) -> None:
    backend = BackendDouble(1)
    backend.hang.set()

    async def run(pilot: Pilot[None]) -> None:
        app: Any = pilot.app
        for _ in range(500):
            await pilot.pause(0.01)
            if "1 of 3" in words_of(app.timeline.query_one("#status")) and "runs" not in app.timeline.reader.kinds():
                break
        await pilot.pause()

    assert snap_compare(app_on(backend), terminal_size=SIZES[size], run_before=run)


ACCOUNT = [("long names", "small", ("right",)),
           ("stage", "small", ()), ("stage", "medium", ("w",)), ("five changes", "small", ("w",)),
           ("five changes", "medium", ("right", "right")), ("long names", "large", ("right",)),
           ("services", "medium", ("s", "b")), ("no credentials", "medium", ()), ("five changes", "large", ("right", "right")),
           ("stage", "large", ("right",))]  # fmt: skip


@pytest.mark.parametrize(
    ("world", "size", "keys"),
    some(ACCOUNT, len(ACCOUNT)),
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else value,
)
def test_account(snap_compare: Any, world: str, size: str, keys: tuple[str, ...]) -> None:
    backend = BackendDouble(1) if world == "stage" else live_backend(world)
    app = app_on(backend, light=size == "large")
    assert snap_compare(app, terminal_size=SIZES[size], run_before=after("i", *keys))


@pytest.mark.parametrize("size", some(list(SIZES), 3))
def test_proposed_document(snap_compare: Any, size: str) -> None:
    app = app_on(live_backend("long names"), light=size == "medium")
    assert snap_compare(app, terminal_size=SIZES[size], run_before=after("i", "right", "e", "f5"))

"""Each key of each screen does something, or says why not: pressed in the app, for all of the table."""

from __future__ import annotations

from typing import Any

import pytest
from backend_double import BackendDouble
from opened_screens import OPENED_BY, open_screen
from setup_double import ALL, SetupDouble
from textual.screen import Screen
from thoroughness import some

from tui.actions import Action, actions_of
from tui.screens.account.leaving import LeaveScreen
from tui.screens.account.proposed import ProposedScreen
from tui.screens.opening import OpeningScreen
from tui.screens.timeline.screen import TimelineScreen
from tui.widgets.base.page import Page

QUIET = (
    "page.", "list.", "matrix.", "choose.", "log.left", "log.right", "log.fold", "walk.first", "walk.up", "walk.down",
    "app.next_part", "app.part_before", "timeline.evidence",
)  # fmt: skip
"""Keys that go somewhere: who is there already, at an edge or in that section, sees nothing happen, and that is the answer."""


def test_every_screen_is_looked_at() -> None:
    def below(kind: type) -> set[type]:
        return {each for part in kind.__subclasses__() for each in {part, *below(part)}}

    ours = {kind for kind in below(Screen) if kind.__module__.startswith("tui.screens.") and not below(kind)}
    # Two stand over the account's screen alone, one before the main screen is there; their own tests press their keys.
    assert ours - {ProposedScreen, LeaveScreen, OpeningScreen} == set(OPENED_BY)


def state_of(app: Any, calls: list[object]) -> tuple[object, ...]:
    """All by which a person or the backend could notice that something happened."""
    running, backend = app.app, app.backend
    return (
        app.text, len(calls), running.screen, running.focused, running.theme, running.clipboard, running._exit,
        len(running._notifications), len(backend.asked), len(backend.queries), len(backend.corrected), len(backend.choices),
        len(backend.compared), sum(fleet.reads for fleet in running.fleets.made),
        [(page, page.scroll_offset) for page in running.screen.query(Page)],
    )  # fmt: skip


@pytest.mark.parametrize("kind", some(list(OPENED_BY)[::-1], len(OPENED_BY)), ids=lambda kind: kind.__name__)
async def test_each_key_does_something_or_says_why_not(
    kind: Any, opened: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    untouched: list[str] = []
    async with opened(BackendDouble(2), setup=SetupDouble(*ALL), size=(120, 40)) as app:
        calls: list[object] = []
        for name in ("open_url", "deliver_text", "deliver_binary", "bell"):
            monkeypatch.setattr(app.app, name, lambda *_a, **_k: calls.append(_a))
        await open_screen(app, kind)
        base = app.app.screen

        async def press(action: Action) -> None:
            if not isinstance(app.app.screen, kind):
                while app.app.screen is not app.main:
                    app.app.pop_screen()
                    await app.pilot.pause()
                await app.rest()
                app.backend.problems.clear()
                await open_screen(app, kind)
            elif kind is TimelineScreen:
                await app.press("escape", "escape", "escape")
            screen = app.app.screen
            app.app.clear_notifications()
            if kind is TimelineScreen and not app.main.runs.display:
                await app.press("b")
            node = next((each.node for each in actions_of(screen) if each.key is action.key), None)
            assert node is not None, action.key.id
            if node not in (screen, app.app) and node.focusable:
                screen.set_focus(node)
            await app.pilot.pause()
            before = state_of(app, calls)
            await app.pilot.press(action.key.keys.split(",")[0].strip())
            await app.pilot.pause(0.02)
            if state_of(app, calls) == before and not action.key.id.startswith(QUIET):
                untouched.append(action.key.id)

        leaving = ("app.quit", "app.suspend")
        for action in actions_of(base):
            if action.key.id not in leaving:
                await press(action)
        await press(next(each for each in actions_of(app.app.screen) if each.key.id == "app.suspend"))
    assert not untouched

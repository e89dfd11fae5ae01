"""The walkthrough in the app: every key and every click, the account that moves between the steps, the time, the hand-out."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from backend_double import NOW, BackendDouble
from conftest import Opened
from hostile_text import hostile
from incident_names import RUN_IDS
from live_worlds import WORLDS, live_backend
from textual.widgets import Input
from thoroughness import some
from words_shown import words_of

from diagnosis.documents.walkthrough.steps import Kind
from diagnosis.gates import Gate
from tui.backend import BackendProblem
from tui.screens.dialogs.problem import ProblemScreen
from tui.screens.log.screen import LogScreen
from tui.screens.walkthrough.screen import WalkthroughScreen
from tui.widgets.base.page import Page
from tui.widgets.walkthrough.dimmed_timeline import DimmedTimeline
from tui.widgets.walkthrough.step_list import StepList


async def walking(app: Opened) -> WalkthroughScreen:
    """Open the walkthrough and wait for its first step."""
    await app.pilot.press("W")
    await app.until(lambda: isinstance(app.app.screen, WalkthroughScreen) and app.app.screen.telling.steps)
    screen = app.app.screen
    assert isinstance(screen, WalkthroughScreen)
    return screen


KEYS = (
    (["right"], 1), (["l", "space"], 3), (["enter", "pagedown"], 5), (["left"], 4), (["backspace", "h"], 2),
    (["pageup"], 1), (["end"], 6), (["right"], 6), (["home"], 0), (["left"], 0), (["G"], 6), (["g"], 0), (["4"], 3),
)  # fmt: skip


async def test_every_key_goes_where_the_help_says_and_stops_at_both_ends(opened: Any) -> None:
    async with opened(BackendDouble(3), size=(80, 24)) as app:
        screen = await walking(app)
        assert [step.kind for step in screen.telling.steps][::6] == [Kind.PLANES, Kind.NON_CLAIMS]
        for keys, index in KEYS:
            await app.pilot.press(*keys)
            assert screen.telling.index == index, keys
            await app.until(lambda place=f"step {index + 1} of 7": place in app.text.splitlines()[0])
        await app.pilot.press("escape")
        assert app.app.screen is app.main
        again = await walking(app)
        assert again.telling.index == 3, "it goes on where it was left"
        told = again.telling.told
        assert told is not None
        again.telling.told = replace(told, steps=told.steps * 2)
        await app.pilot.press("1", "2")
        assert again.telling.index == 11, "two digits are one number where there are so many steps"
        await app.pilot.press("9")
        assert again.telling.index == 8
        await app.pilot.press("f2")
        for digit in "13":  # both under way at once, as a quick hand or a terminal sends them
            app.app.simulate_key(digit)
        await app.until(lambda: again.telling.index == 12)


async def test_the_account_moves_before_the_eyes_and_stands_again_where_it_stood(opened: Any) -> None:
    async with opened(BackendDouble(3), size=(120, 40)) as app:
        screen = await walking(app)
        assert app.backend.moved == [1, 0, 2]
        assert app.backend.moment_index == 2
        timeline = screen.query_one(DimmedTimeline)
        seen = []
        for _ in screen.telling.steps:
            assert timeline.diagnosis is not None
            seen.append(len(timeline.diagnosis.replays))
            await app.pilot.press("right")
        assert seen == [1, 1, 2, 2, 3, 3, 3]
        await app.pilot.press("3")
        await app.until(lambda: "▲ NOW moved  OIDC trust: ✘ fail → ✔ pass" in app.text)
        assert timeline.cell is not None
        assert timeline.cell.gate is Gate.OIDC_TRUST
        await app.until(lambda: "█▀▀▀" in app.text)  # the cell in question is large


def flat(text: str) -> str:
    """The text without blanks, line ends, and what is drawn beside it."""
    return re.sub(r"[\s\u2580-\u259f]", "", text)


@pytest.mark.parametrize("world", some(sorted(WORLDS), len(WORLDS)))
async def test_a_live_account_is_what_it_is_and_no_step_hides_its_line_or_its_proof(opened: Any, world: str) -> None:
    async with opened(live_backend(world), size=(80, 24)) as app:
        screen = await walking(app)
        assert app.backend.moved == []
        page = screen.query_one("#walk-notes", Page)
        for number, step in enumerate(screen.telling.steps):
            await app.until(lambda place=f"step {number + 1} of ": place in app.text.splitlines()[0])
            for words in (step.line, *(proof.text for proof in step.proofs[:1] if step.kind is Kind.ATTEMPT)):
                await app.until(lambda words=words: flat(words)[:140] in flat(app.text))
            assert not step.moved
            assert step.account in words_of(page)
            assert ("the same at every step" in step.account) != ("NOW is not known" in step.account)
            await app.pilot.press("right")
        told = screen.telling.told
        assert told is not None
        screen.telling.told = hostile(told, frozenset({"word"}))
        await app.pilot.press("home")
        await app.until(lambda: "[/red]" in app.text)
        assert app.app.is_running


async def test_the_mouse_alone_goes_through_it(opened: Any) -> None:
    async with opened(BackendDouble(3), size=(80, 24)) as app:
        screen = await walking(app)
        await app.pilot.click("#walk-line", offset=(app.text.splitlines()[1].index("4 Attempt"), 0))
        assert screen.telling.index == 3
        await app.pilot.pause(0.1)
        await app.pilot.click("#walk-timeline", offset=(28, 3))
        assert screen.telling.index == 1, "the attempt that was clicked"
        await app.pilot.click("KeyLine", offset=(3, 0))
        assert screen.telling.index == 2
        await app.pilot.resize_terminal(200, 60)
        await app.until(lambda: screen.query_one("#walk-list", StepList).display)
        await app.pilot.click("#walk-list", offset=(5, 7))
        assert screen.telling.index == 6


async def test_the_time_runs_by_step_pauses_and_hides(opened: Any) -> None:
    moment = [NOW]
    async with opened(BackendDouble(3), size=(80, 24), clock=lambda: moment[0]) as app:
        screen = await walking(app)
        moment[0] += timedelta(seconds=65)
        await app.pilot.press("right")
        moment[0] += timedelta(seconds=5)
        await app.pilot.press("p")
        await app.until(lambda: "paused 00:05 of 01:10" in app.text)
        moment[0] += timedelta(minutes=9)
        await app.pilot.press("left")
        await app.until(lambda: "paused 01:05 of 01:10" in app.text)
        await app.pilot.press("p", "m")
        moment[0] += timedelta(seconds=2)
        assert "01:1" not in app.text.splitlines()[0]
        await app.pilot.press("m")
        await app.until(lambda: "01:07 of 01:12" in app.text)
        await app.pilot.press("escape")
        moment[0] += timedelta(hours=1)
        assert screen.telling.stopwatch.total == 72, "it stands still while the timeline is looked at"


async def test_evidence_is_opened_and_copied(opened: Any, monkeypatch: Any) -> None:
    async with opened(BackendDouble(3), size=(80, 24)) as app:
        screen = await walking(app)
        seen: list[str] = []
        monkeypatch.setattr(app.app, "open_url", seen.append)
        await app.pilot.press("o")
        await app.until(lambda: "no address on the web" in app.text)
        await app.pilot.press("2", "o", "c")
        assert len(seen) == 1
        assert f"/actions/runs/{RUN_IDS[0]}" in seen[0]
        assert app.app.clipboard == seen[0]
        await app.pilot.press("v")
        await app.until(lambda: isinstance(app.app.screen, LogScreen))
        await app.pilot.press("escape")
        page = screen.query_one("#walk-notes", Page)
        await app.until(lambda: page.max_scroll_y >= 2)
        await app.pilot.press("j", "j")
        await app.until(lambda: page.scroll_y == 2)
        await app.pilot.press("k")
        await app.until(lambda: page.scroll_y == 1)


async def test_the_hand_out_is_asked_for_written_masked_and_a_problem_is_told(
    opened: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened(BackendDouble(3), size=(120, 40)) as app:
        screen = await walking(app)
        await app.pilot.press("e")
        await app.until(lambda: app.app.screen.query(Input))
        assert app.app.screen.query_one(Input).value == f"planescope-walkthrough-{RUN_IDS[0]}.md"
        await app.pilot.press("enter")
        await app.until(lambda: app.backend.handed_out)
        told, place = app.backend.handed_out[0]
        assert place.name == f"planescope-walkthrough-{RUN_IDS[0]}.md"
        assert "230372904534" not in repr(told)
        await app.until(lambda: "Hand-out written" in app.text)
        delivered: list[tuple[bytes, str]] = []
        monkeypatch.setattr(type(app.app), "is_web", property(lambda _: True))
        monkeypatch.setattr(
            app.app, "deliver_binary", lambda body, save_filename: delivered.append((body.read(), save_filename))
        )
        await app.pilot.press("e")
        await app.until(lambda: app.app.screen.query(Input))
        await app.pilot.press("enter")
        await app.until(lambda: delivered)
        assert delivered == [(b"the hand-out", f"planescope-walkthrough-{RUN_IDS[0]}-2.md")]
        assert not app.backend.handed_out[1][1].exists(), "what was handed over does not stay"
        app.backend.problems["write_handout"] = BackendProblem("There is one.", "Choose another name.")
        await app.pilot.press("e")
        await app.until(lambda: app.app.screen.query(Input))
        await app.pilot.press("enter")
        await app.until(lambda: isinstance(app.app.screen, ProblemScreen))
        assert "There is one." in app.text
        await app.pilot.press("escape", "escape")
        assert screen.telling.told is not None


async def test_a_read_that_fails_is_told_and_tried_again_and_esc_gives_it_up(opened: Any) -> None:
    async with opened(BackendDouble(3), size=(80, 24)) as app:
        app.backend.problems["move_to"] = BackendProblem("The account is away.", "Wait a little.")
        await app.pilot.press("W")
        await app.until(lambda: "The account is away." in app.text)
        await app.pilot.press("r")
        await app.until(lambda: "step 1 of 7" in app.text)
        await app.pilot.press("escape")
    async with opened(BackendDouble(3), size=(80, 24)) as app:
        app.backend.hang.set()
        await app.pilot.press("W")
        await app.until(lambda: "1 of 3" in app.text or "Reading" in app.text)
        await app.pilot.press("escape")
        assert app.app.screen is app.main
        app.backend.hang.clear()
        await app.until(lambda: app.backend.moment_index == 2)

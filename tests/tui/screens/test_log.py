"""The log's screen: folds, marks, search, jumps, copying and saving; by key and by click; on logs short, long, cut and hostile."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from backend_double import BackendDouble
from hostile_text import HOSTILE
from incident_logs import log_of
from test_snapshots import SIZES, after, app_on
from textual.events import MouseScrollUp
from textual.widgets import Input
from thoroughness import some

from diagnosis.facts.reading import Known
from diagnosis.logs.left_out import mark
from diagnosis.verdicts.diagnosis import Diagnosis
from tui.screens.dialogs.ask import AskScreen
from tui.screens.log import screen as log_screen
from tui.screens.log.screen import LogScreen
from tui.widgets.log.job_log import JobLog

MIDDLE = [
    "##[group]Outer", "inside", "##[group]Inner", "deep Needle", "##[error]folded away", "##[endgroup]", "##[endgroup]",
    "##[warning]careful", "##[notice]note", "##[debug]bug", "[command]/usr/bin/git version", f"needle {HOSTILE} needle",
    "long " + "x" * 300 + " needle",
]  # fmt: skip


def log_with(*middle: str, repeated: int = 1) -> str:
    """The incident's log (26 lines, the proof on line 24), these lines behind it."""
    return log_of(1) + "".join(f"2026-02-13T11:40:00.0000000Z {line}\n" for line in middle * repeated)


def backend_on(text: str, **more: Any) -> BackendDouble:
    """A backend whose only run has this log."""
    backend = BackendDouble(1)

    def change(diagnosis: Diagnosis) -> Diagnosis:
        replay = diagnosis.replays[0]
        assert isinstance(replay.attempt.jobs, Known)
        job = replace(replay.attempt.jobs.value[0], log=Known(text), **more)
        changed = replace(replay, attempt=replace(replay.attempt, jobs=Known((job, replace(job, id=2, name="other")))))
        return replace(diagnosis, replays=(changed,), subject=changed)

    backend.change = change
    return backend


def shown(app: Any) -> list[int]:
    """The lines in view, from 1."""
    log = app.app.screen.query_one(JobLog)
    return [log.view.line(row) + 1 for row in range(log.view.rows)]


async def test_groups_fold_by_key_and_click_and_a_search_unfolds_them(opened: Any) -> None:
    async with opened(backend_on(log_with(*MIDDLE))) as app:
        await app.press("v")
        screen, log = app.app.screen, app.app.screen.query_one(JobLog)
        # All folded but the head of the step that failed; the proof in view.
        assert {2, 5, 15, 16, 24, 27} <= set(shown(app))
        assert not {3, 6, 28, 30} & set(shown(app))
        assert "▸ ##[group]Outer  6 lines folded  ✘ 1 error inside" in app.text
        await app.press("F")
        assert len(shown(app)) == log.index.count == 39
        await app.press("f")
        assert not {16, 28} & set(shown(app))
        await app.press("colon", *"15", "enter", "space")
        assert 16 in shown(app)
        await app.press("j", "enter")
        assert (log.cursor, 16 in shown(app)) == (14, False)
        row = log.view.row(26) - log.top
        await app.pilot.click(JobLog, offset=(30, row))
        await app.rest()
        assert {28, 29, 33} <= set(shown(app))
        assert 30 not in shown(app)
        await app.pilot.click(JobLog, offset=(30, row))
        await app.rest()
        assert 28 not in shown(app)
        # Searched from the cursor, as it is typed; a capital makes case count.
        await app.press("g", "slash", *"Need")
        assert (log.found, screen.focused.id) == (29, "find")
        assert {28, 30} <= set(shown(app))
        assert "found 1 of 1" in app.text
        await app.press("escape", "slash", *"needle", "enter")
        assert "found 1 of 3" in app.text
        await app.press("n", "n")
        assert "found 3 of 3" in app.text
        assert "xx needle" in app.text  # it is beyond the edge, so the line moves
        await app.press("n")
        assert "found 1 of 3 · from the top again" in app.text
        await app.press("N")
        assert "found 3 of 3 · from the end again" in app.text
        await app.press("colon", *"37", "enter")
        marked = [segment.text for strip in app.app.screen._compositor.render_strips() for segment in strip
                  if segment.style and segment.style.underline and segment.text.strip()]  # fmt: skip
        assert {"Needle", "needle"} <= set(marked)
        assert log.search is not None
        await app.press("escape")
        assert log.search is None
        assert isinstance(app.app.screen, LogScreen)
        assert HOSTILE in app.text
        await app.press("escape")
        assert app.app.screen is app.main


async def test_keys_go_to_errors_warnings_steps_lines_and_edges(opened: Any) -> None:
    async with opened(backend_on(log_with(*MIDDLE)), size=(100, 30)) as app:
        await app.press("v")
        log = app.app.screen.query_one(JobLog)
        places: list[int] = []
        for key in (
            "g",
            "e",
            "e",
            "e",
            "E",
            "a",
            "p",
            "g",
            "right_curly_bracket",
            "left_curly_bracket",
            "G",
            "home",
            "pagedown",
            "pageup",
        ):
            await app.press(key)
            places.append(log.cursor + 1)
        assert places == [1, 24, 31, 24, 31, 34, 24, 1, 10, 1, 39, 1, *places[12:13], 1]
        assert "✘" in app.text
        await app.press("e", "e")
        assert "error 2 of 2" in app.text
        await app.press("e")
        assert "error 1 of 2, from the top again" in app.text
        await app.press("colon", *"999", "enter")
        assert "There is no such line" in app.text
        await app.press("colon")
        log.screen.query_one("#line-number", Input).value = "9" * 5_000
        await app.press("enter", "colon", "escape")
        assert isinstance(app.app.screen, LogScreen)
        await app.press("F", "G", "w")
        assert sum("xxxxxxxx" in line for line in app.text.splitlines()) > 4
        await app.press("i", "number_sign")
        assert "11:40:00" not in app.text
        await app.press("w", "i", "number_sign", "l", "l", "h")
        assert "11:40:00" in app.text
        await app.pilot._post_mouse_events([MouseScrollUp], widget=JobLog)
        await app.rest()
        assert log.search_line <= 38
        await app.press("right_square_bracket")
        assert "other (2 of 2)" in app.text
        await app.press("left_square_bracket", "g", "colon", "enter")
        assert "(1 of 2)" in app.text


def assert_saved(place: Path, text: str, *, beside: Path) -> None:
    """The log is in a file of its own that nobody else can read, and what stood there before is as it was."""
    assert place.read_text() == text
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert beside.read_text() == "older"
    assert sorted(beside.parent.iterdir()) == sorted([place, beside])


async def test_lines_are_copied_linked_opened_and_saved(
    opened: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = log_with(*MIDDLE)
    async with opened(backend_on(text)) as app:
        seen: list[str] = []
        monkeypatch.setattr(app.app, "open_url", seen.append)
        monkeypatch.chdir(tmp_path)
        await app.press("v", "y")
        assert app.app.clipboard.startswith("##[error]Could not assume role")
        await app.press("G", "K", "K", "y")
        assert app.app.clipboard.split("\n")[0] == "[command]/usr/bin/git version"
        assert app.app.clipboard.count("\n") == 2
        await app.press("escape", "g", "c")
        job = app.app.screen.job
        assert app.app.clipboard == f"{job.html_url}#step:1:1"
        await app.press("e", "E", "colon", *"20", "enter", "o", "c")
        assert seen == [app.app.clipboard]
        assert seen[0].startswith(f"{job.html_url}#step:")
        place = tmp_path / "taken.txt"
        place.write_text("older")
        await app.press("s")
        for answer in ("~nobody-of-that-name/x", "a\0b", str(tmp_path), str(place)):
            asked = app.app.screen
            assert isinstance(asked, AskScreen)
            asked.query_one(Input).value = answer
            await app.pilot.press("enter")
            await app.until(lambda asked=asked: isinstance(app.app.screen, AskScreen) and app.app.screen is not asked)
            assert "Not saved" in app.text
        offered = Path(app.app.screen.query_one(Input).value)
        await app.pilot.press("enter")
        await app.until(offered.exists)
        await app.until(lambda: "Saved:" in app.text)
        await app.press("s", "escape")
        assert isinstance(app.app.screen, LogScreen)
    assert_saved(offered, text, beside=place)


async def test_a_long_log_is_worked_off_beside_the_screen(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AT_ONCE", "_FOLDED_AT_ONCE"):
        monkeypatch.setattr(log_screen, name, 10)
    text = log_with(*MIDDLE, repeated=80) + mark(5_000) + "\nend of it\n"
    async with opened(backend_on(text, log_steps=(1, 4))) as app:
        await app.pilot.press("v")
        await app.until(lambda: app.app.screen.query_one(JobLog).view.rows < 1_000 and app.app.screen.index.complete)
        screen, log = app.app.screen, app.app.screen.query_one(JobLog)
        assert log.cursor == log.proof == 23
        assert "5,000 lines are left out" in app.text
        assert "step 1, 4 was read, no other" in app.text
        await app.pilot.press("F")
        # What is not there is never unfolded.
        await app.until(lambda: log.view.rows == 26 + 13 * 80 + 2)
        await app.pilot.press("colon", *"1100", "enter")
        await app.until(lambda: log.cursor == 26 + 13 * 80)
        await app.pilot.press("space")
        await app.until(lambda: "These lines are not here" in app.text)
        await app.pilot.press("f")
        await app.until(lambda: 0 < log.view.rows < 1_000)
        await app.pilot.press("slash", *"deep", "enter")
        await app.until(lambda: screen._search is not None and screen._search.complete and log.found is not None)
        await app.until(lambda: "found 1 of 80" in app.text)
        assert not log.view.hides(log.cursor)
        await app.pilot.press("N")
        await app.until(lambda: "found 80 of 80 · from the end again" in app.text)
        await app.pilot.press("slash", *"zq", "enter")
        await app.until(lambda: "Not found in this log." in app.text)
        # Another job gives up what is under way.
        await app.pilot.press("right_square_bracket", "left_square_bracket", "right_square_bracket")
        await app.until(lambda: screen.index.complete and "other (2 of 2)" in app.text and log.proof is not None)
        await app.pilot.press("slash", *"deep", "escape", "escape", "escape")
        await app.until(lambda: app.app.screen is app.main)


@pytest.mark.parametrize("wrap", some([True, False], 2))
async def test_lines_without_end_are_drawn_in_part_and_scrolled_through(opened: Any, wrap: bool) -> None:
    wide = "\u4e2d"
    text = f"first\n{wide * 30_000} needle\n{wide * 200} Needle{'z' * 9_000}\nlast\n"
    async with opened(backend_on(text), size=(80, 24)) as app:
        await app.press("v", *(["w"] if wrap else []))
        log = app.app.screen.query_one(JobLog)
        assert "last" in app.text
        for key, times in (("up", 2), ("down", 5), ("home", 1), ("end", 1), ("pageup", 3), ("pagedown", 4)):
            await app.pilot.press(*[key] * times)
            await app.pilot.pause()
            lines = app.text.splitlines()
            assert len(lines) == 24
            if key in ("home", "pageup"):
                assert log.cursor == 0
            elif key != "up":
                assert log.cursor == (1 if wrap and key == "down" else 3)
        await app.press("g", "j", "y")
        assert app.app.clipboard == f"{wide * 30_000} needle"
        # What is found is brought into view, though it stands beyond the edge or beyond what is drawn of a line.
        await app.press("g", "slash", *"needle", "enter")
        assert (log.cursor, " needle" in app.text) == (1, True)
        await app.press("n")
        assert (log.cursor, " Needlezz" in app.text) == (2, True)


STATES = {
    "found": ["v", "F", "slash", *"needle", "enter", "n"],
    "wrapped": ["v", "F", "G", "w", "k", "K", "K"],
    "typed": ["v", "slash", *"Need"],
}


@pytest.mark.parametrize(
    ("state", "size", "theme"),
    some([
        ("found", "medium", "dark"), ("typed", "small", "dark"), ("wrapped", "large", "light"), ("found", "small", "light"),
        ("wrapped", "small", "light"), ("found", "large", "dark"), ("typed", "medium", "light"), ("wrapped", "medium", "dark"),
    ], 4),
)  # fmt: skip
def test_log_pictures(snap_compare: Any, state: str, size: str, theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "COLORTERM", "TEXTUAL_COLOR_SYSTEM", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    backend = backend_on(log_with(*MIDDLE) + mark(12) + "\n", log_steps=())
    app = app_on(backend, light=theme == "light")
    assert snap_compare(app, terminal_size=SIZES[size], run_before=after(*STATES[state]))

"""Work on threads: shown, cancellable, superseded, failing with a sentence, and never in the way of leaving."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest
from backend_double import NOW, PROBLEM, BackendDouble
from incident_names import RUN_IDS
from places import ROOT
from words_shown import words_of

from tui.app import PlanescopeApp
from tui.backend import BackendProblem
from tui.screens.dialogs.problem import ProblemScreen
from tui.widgets.base.page import Page
from tui.widgets.base.status_page import StatusPage
from tui.widgets.timeline.timeline import Timeline

HELPERS = Path(__file__).parents[1]


async def test_loading_shows_what_is_read_and_how_far(opened: Any) -> None:
    backend = BackendDouble(1)
    backend.hang.set()
    async with opened(backend, rest=False) as app:
        await app.until(lambda: "1 of 3" in words_of(app.main.query_one(StatusPage)))
        assert "reading jobs and logs" in app.text
        assert "1/3" in app.text
        assert "esc stops" in app.text
        backend.hang.clear()
        await app.rest()
        assert "AUTHENTICATION" in app.text


async def test_escape_stops_the_first_read_and_r_reads_again(opened: Any) -> None:
    backend = BackendDouble(1)
    backend.hang.set()
    async with opened(backend, rest=False) as app:
        await app.until(lambda: backend.asked)
        await app.pilot.press("escape")
        await app.until(lambda: "Stopped before anything was read" in app.text)
        assert not app.main.reader.busy
        backend.hang.clear()
        await app.press("r")
        assert "AUTHENTICATION" in app.text


async def test_escape_stops_a_later_read_and_keeps_what_is_shown(opened: Any) -> None:
    async with opened() as app:
        app.backend.hang.set()
        await app.pilot.press("r")
        await app.until(lambda: len(app.backend.asked) == 2)
        before = app.main.diagnosis
        await app.pilot.press("escape")
        await app.rest()
        assert app.main.diagnosis is before
        assert "AUTHENTICATION" in app.text
        assert "Stopped." in app.text
        app.backend.hang.clear()


async def test_the_keys_work_while_something_is_read(opened: Any) -> None:
    async with opened() as app:
        app.backend.hang.set()
        await app.pilot.press("r")
        await app.until(lambda: len(app.backend.asked) == 2)
        await app.pilot.press("right", "2")
        assert app.main.query_one(Timeline).cell.column == 1
        assert "Path 1 of 2" in app.text
        app.backend.hang.clear()
        await app.rest()


async def test_a_newer_question_takes_the_place_of_the_older(opened: Any) -> None:
    async with opened(BackendDouble(2)) as app:
        app.backend.hang.set()
        await app.pilot.press("left", "space")
        await app.until(lambda: len(app.backend.asked) == 2)
        await app.pilot.press("right", "space")
        app.backend.hang.clear()
        await app.rest()
        assert app.backend.asked[-1] == (None, (RUN_IDS[1], 1))
        assert app.main.diagnosis.subject.attempt.run_id == RUN_IDS[1]
        assert "for #2" in app.text


async def test_moving_twice_quickly_ends_at_the_second_stage_asked_for(opened: Any) -> None:
    async with opened() as app:
        await app.press("right_square_bracket", "right_square_bracket")
        assert app.backend.stage == 3
        assert "stage 3/3" in app.text


async def test_when_a_move_fails_halfway_nothing_of_the_stage_before_stands_under_the_new_one(opened: Any) -> None:
    async with opened() as app:
        app.backend.problems["diagnose"] = PROBLEM
        await app.press("right_square_bracket")
        assert "stage 2/3" in app.text
        assert "GitHub does not know this repository." in app.text
        assert "AUTHENTICATION" not in app.text
        await app.press("r")
        assert "for #2" in app.text


async def test_when_a_move_is_stopped_halfway_nothing_of_the_stage_before_stands_under_the_new_one(opened: Any) -> None:
    async with opened() as app:
        app.backend.hang.set()
        await app.pilot.press("right_square_bracket")
        await app.until(lambda: len(app.backend.asked) == 2)
        await app.pilot.press("escape")
        await app.until(lambda: "Stopped" in app.text)
        assert "AUTHENTICATION" not in app.text
        app.backend.hang.clear()
        await app.press("r")
        assert "for #2" in app.text


@pytest.mark.parametrize("slow", ["runs", "case"])
async def test_a_problem_stays_whichever_read_ends_last(opened: Any, slow: str) -> None:
    backend = BackendDouble(1)
    backend.problems["diagnose"] = PROBLEM
    go = threading.Event()
    real = backend.list_runs if slow == "runs" else backend.diagnose

    def late(*args: Any, **more: Any) -> Any:
        go.wait(5)
        return real(*args, **more)

    setattr(backend, "list_runs" if slow == "runs" else "diagnose", late)
    async with opened(backend, rest=False) as app:
        await app.until(lambda: app.main.backend is not None and len(app.main.reader.kinds()) == 1)
        go.set()
        await app.rest()
        assert "GitHub does not know this repository." in app.text
        assert len(app.main.query_one("#runs").items) == 1


async def test_runs_that_cannot_be_listed_are_told_in_the_list_and_the_timeline_stands(opened: Any) -> None:
    backend = BackendDouble(1)
    backend.problems["list_runs"] = BackendProblem("The list cannot be read [/red].", "Try later.")
    async with opened(backend) as app:
        assert "AUTHENTICATION" in app.text
        assert "✘ The list cannot be read" in app.text
        await app.press("r")
        assert "cannot be read" not in app.text


async def test_two_problems_at_once_are_both_told(opened: Any) -> None:
    async with opened() as app:
        app.main.show_problem("case", PROBLEM)
        await app.until(lambda: isinstance(app.app.screen, ProblemScreen))
        app.main.show_problem("export", BackendProblem("The disk is full."))
        await app.until(lambda: "The disk is full." in app.text)


async def test_a_problem_before_anything_is_shown_is_a_sentence_with_the_way_out(opened: Any) -> None:
    backend = BackendDouble(1)
    backend.problems["diagnose"] = PROBLEM
    async with opened(backend) as app:
        assert "GitHub does not know this repository." in app.text
        assert "Check the name, or give a token that may read it." in app.text
        assert "Traceback" not in app.text
        await app.press("r")
        assert "AUTHENTICATION" in app.text


async def test_a_backend_that_cannot_be_built_says_so_and_can_be_tried_again() -> None:
    tries = []

    def factory() -> BackendDouble:
        tries.append(1)
        if len(tries) == 1:
            raise BackendProblem("No token was found.", "Run gh auth login, or set GH_TOKEN.", 4)
        return BackendDouble(1)

    app = PlanescopeApp(factory, clock=lambda: NOW, refresh_seconds=0)
    async with app.run_test(size=(120, 40)) as pilot:
        for _ in range(400):
            await pilot.pause(0.01)
            if "No token" in words_of(app.timeline.query_one(StatusPage)):
                break
        assert "Run gh auth login" in words_of(app.timeline.query_one(StatusPage))
        await pilot.press("B", "L")
        assert [note.message for note in app._notifications] == ["The repository is not open yet."] * 2
        await pilot.press("r")
        for _ in range(400):
            await pilot.pause(0.01)
            if app.timeline.diagnosis is not None:
                break
        assert len(tries) == 2
        assert app.timeline.diagnosis is not None


async def test_a_later_problem_stands_over_what_is_shown_and_r_tries_again(opened: Any) -> None:
    async with opened() as app:
        app.backend.problems["diagnose"] = PROBLEM
        await app.press("r")
        await app.until(lambda: isinstance(app.app.screen, ProblemScreen))
        assert "GitHub does not know this repository." in app.text
        await app.press("r")
        assert app.app.screen is app.main
        assert len(app.backend.asked) == 3


async def test_a_problem_can_be_left_and_nothing_is_lost(opened: Any) -> None:
    async with opened() as app:
        app.backend.problems["export_packet"] = BackendProblem(
            "The folder cannot be written.", "Choose another with --export."
        )
        await app.press("e", "enter")
        await app.until(lambda: isinstance(app.app.screen, ProblemScreen))
        await app.press("escape")
        assert app.app.screen is app.main
        assert "still broken" in app.text
        await app.press("e", "enter")
        assert len(app.backend.exported) == 1


async def test_an_error_of_our_own_is_a_sentence_too(opened: Any) -> None:
    keys = {"diagnose": ["r"], "list_runs": ["r"], "move_to": ["right_square_bracket"], "export_packet": ["e", "enter"]}
    async with opened() as app:
        for method, pressed in keys.items():
            app.backend.problems[method] = ValueError(f"[/red] nobody thought of {method}")
            await app.press(*pressed)
            await app.until(lambda: isinstance(app.app.screen, ProblemScreen))
            assert f"ValueError: [/red] nobody thought of {method}" in words_of(app.app.screen.query_one(Page))
            assert "Traceback" not in app.text
            await app.press("escape")


async def test_the_packet_is_written_while_a_read_goes_on(opened: Any) -> None:
    async with opened() as app:
        app.backend.hang.set()
        await app.pilot.press("r")
        await app.until(lambda: len(app.backend.asked) == 2)
        await app.pilot.press("e", "enter")
        await app.until(lambda: app.backend.exported)
        app.backend.hang.clear()


async def test_while_a_run_is_active_it_is_read_again_by_itself(opened: Any) -> None:
    from dataclasses import replace

    backend = BackendDouble(1)
    backend.rows = lambda row: replace(row, status="in_progress", conclusion=None)
    async with opened(backend, refresh_seconds=0.05) as app:
        await app.until(lambda: len(backend.asked) >= 3)
        assert "a run is active" in app.main.query_one("TopLine").note
        backend.rows = lambda row: row
        await app.until(lambda: not app.main.query_one("TopLine").note)


async def test_at_an_asked_interval_completed_runs_are_read_again_too(opened: Any) -> None:
    async with opened(refresh_seconds=0.05, always_refresh=True) as app:
        await app.until(lambda: len(app.backend.asked) >= 3)
        assert "read again every" in app.main.query_one("TopLine").note


async def test_completed_runs_are_not_read_again(opened: Any) -> None:
    async with opened(refresh_seconds=0.02) as app:
        await app.pilot.pause(0.2)
        assert len(app.backend.asked) == 1


def test_leaving_does_not_wait_for_a_probe_that_hangs() -> None:
    """In a process of its own: the interpreter must end although the thread never does."""
    script = textwrap.dedent(f"""
        import sys
        sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests" / "helpers")!r}, {str(HELPERS)!r}]
        import asyncio
        from backend_double import NOW, BackendDouble
        from tui.app import PlanescopeApp

        backend = BackendDouble(1)
        backend.deaf.set()
        app = PlanescopeApp(lambda: backend, clock=lambda: NOW)

        async def main():
            async with app.run_test(size=(80, 24)) as pilot:
                while not backend.asked:
                    await pilot.pause(0.01)
                await pilot.press("q")

        asyncio.run(main())
        print("left")
    """)
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "left", done.stderr
    assert done.returncode == 0


async def test_a_backend_that_comes_too_late_is_closed() -> None:
    backend, go = BackendDouble(1), threading.Event()

    def factory() -> BackendDouble:
        go.wait(5)
        return backend

    app = PlanescopeApp(factory, clock=lambda: NOW, refresh_seconds=0)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("escape")
        go.set()
        assert backend.closed.wait(5)

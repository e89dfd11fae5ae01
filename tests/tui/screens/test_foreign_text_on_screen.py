"""Hostile words in every string that the app is given: shown letter by letter everywhere, obeyed nowhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path as FilePath
from typing import Any

from backend_double import CALLS, MOMENTS, BackendDouble
from hostile_text import HOSTILE, hostile
from incident_between import between_of
from incident_logs import log_of
from textual import events
from thoroughness import some
from words_shown import words_of

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.gates import GATES
from diagnosis.verdicts.diagnosis import Diagnosis
from tui.backend import BackendProblem, Progress
from tui.screens.dialogs.exported import ExportedScreen
from tui.screens.dialogs.problem import ProblemScreen
from tui.screens.ledger import CallList
from tui.screens.log.screen import LogScreen
from tui.widgets.base.page import Page
from tui.widgets.base.top_line import TopLine
from tui.widgets.runs.run_list import RunList
from tui.widgets.timeline.columns import Cell
from tui.widgets.timeline.timeline import Timeline

WIDE = (230, 60)


def hostile_log(diagnosis: Diagnosis) -> Diagnosis:
    """Hostile text everywhere, with a log that can still be read."""
    hostile_one = hostile(diagnosis, frozenset({"log"}))
    replays = []
    for number, replay in enumerate(hostile_one.replays, 1):
        jobs = tuple(
            replace(job, log=Known(log_of(number).replace("Assuming role", HOSTILE)))
            for job in replay.attempt.jobs.value
        )
        replays.append(replace(replay, attempt=replace(replay.attempt, jobs=Known(jobs))))
    return replace(hostile_one, replays=tuple(replays), subject=replays[-1])


def hostile_backend(stage: int = 2) -> BackendDouble:
    """A backend all of whose texts are hostile."""
    backend = BackendDouble(stage)
    backend.title = f"{HOSTILE}/repo"
    backend.origin_note = HOSTILE
    backend.limit_note = HOSTILE
    backend.moments = tuple(replace(moment, title=HOSTILE) for moment in MOMENTS)
    backend.call_rows = tuple(hostile(row) for row in CALLS)
    backend.rows = lambda row: replace(row, title=HOSTILE, ref="[/red]b", workflow=HOSTILE, actor=HOSTILE)
    backend.export_directory = FilePath(f"/packets/{HOSTILE.replace('/', '_')}")
    backend.change = hostile_log
    return backend


def no_foreign_action(app: Any) -> None:
    """No cell of the screen carries an action or a link that is not the app's own."""
    for strip in app.app.screen._compositor.render_strips():
        for segment in strip:
            if segment.style is not None:
                assert segment.style.link is None
                assert not any("quit" in str(value) for value in (segment.style.meta or {}).values())


async def test_main_screen(opened: Any) -> None:
    async with opened(hostile_backend(), size=WIDE) as app:
        text = app.text
        assert text.count(HOSTILE) > 5
        assert "[/red]b" in text
        first = text.splitlines()[0]
        assert first.count("fix [skip ci] [/red] [@click=app.quit]x[/]") >= 2
        no_foreign_action(app)


async def test_every_cell_in_every_section(opened: Any) -> None:
    async with opened(hostile_backend(1), size=WIDE) as app:
        timeline, page = app.main.query_one(Timeline), app.main.query_one("#page", Page)
        for key in "12345":
            await app.press(key)
            seen = 0
            for column in range(len(timeline.columns)):
                for row in some(range(len(GATES) + 1), 2):
                    timeline.go_to(Cell(column, row))
                    await app.pilot.pause()
                    seen += words_of(page).count(HOSTILE)
                no_foreign_action(app)
            assert seen > 10, key
        assert app.app.is_running


async def test_headers_of_the_timeline(opened: Any) -> None:
    backend = BackendDouble(1)

    def branch(diagnosis: Diagnosis) -> Diagnosis:
        replay = diagnosis.replays[0]
        changed = replace(replay, attempt=replace(replay.attempt, head_branch="[/red]x[b]"))
        return replace(diagnosis, replays=(changed,), subject=changed)

    backend.change = branch
    async with opened(backend) as app:
        line = next(line for line in app.text.splitlines() if "Ref" in line and "for #1" in line)
        assert "[/red]x[b]" in line
        assert "#1 [/red]x[b] in AUTHENTICATION" in app.text


async def test_run_list_and_its_filter(opened: Any) -> None:
    backend = BackendDouble(1)
    backend.rows = lambda row: replace(row, title="fix [skip ci] [/red]", ref="[bold]x[/bold]")
    async with opened(backend) as app:
        assert "fix [skip ci] [/red]" in app.text
        assert "[bold]x[/bold]" in app.text
        await app.press("slash", *"[/red]")
        assert len(app.main.query_one(RunList).items) == 1
        assert app.main.query_one("#filter").value == "[/red]"


async def test_notification_of_a_copied_address(opened: Any) -> None:
    backend = BackendDouble(1)

    def address(diagnosis: Diagnosis) -> Diagnosis:
        replay = diagnosis.replays[0]
        proof = replace(replay.gates[0].evidence[0], address="[/red][@click=app.quit]x\x1b[2J")
        gates = (replace(replay.gates[0], evidence=(proof,)), *replay.gates[1:])
        changed = replace(replay, gates=gates)
        return replace(diagnosis, replays=(changed,), subject=changed)

    backend.change = address
    async with opened(backend) as app:
        await app.press("c")
        assert "Copied: [/red][@click=app.quit]x␛[2J" in app.text
        no_foreign_action(app)


async def test_ledger(opened: Any) -> None:
    async with opened(hostile_backend(), size=WIDE) as app:
        await app.press("L")
        assert app.app.screen.query_one(CallList).items
        assert app.text.count("fix [skip ci] [/red]") >= len(CALLS)
        no_foreign_action(app)


async def test_comparison(opened: Any) -> None:
    backend = hostile_backend()
    backend.between = lambda earlier, later, **_: hostile(between_of(earlier, later))
    async with opened(backend, size=WIDE) as app:
        await app.press("a")
        await app.until(lambda: app.app.screen.between is not None)
        sides, changed = (
            words_of(app.app.screen.query_one(name, Page)) for name in ("#compare-sides", "#compare-between")
        )
        assert f"{HOSTILE} repo:" in sides
        for words in (
            f"{HOSTILE} Name the subject",
            f"{HOSTILE} docker/Dockerfile",
            f"{HOSTILE} team/release",
            f"{HOSTILE} v*",
        ):
            assert words in changed
        assert app.text.count("fix [skip ci] [/red]") > 20
        no_foreign_action(app)


async def test_log_and_its_head(opened: Any) -> None:
    async with opened(hostile_backend(), size=WIDE) as app:
        await app.press("v")
        assert isinstance(app.app.screen, LogScreen)
        assert f"{HOSTILE} with OIDC" in app.text
        assert HOSTILE in app.text.splitlines()[0]
        no_foreign_action(app)


async def test_a_log_that_cannot_be_read(opened: Any) -> None:
    backend = BackendDouble(1)

    def expired(diagnosis: Diagnosis) -> Diagnosis:
        replay = diagnosis.replays[0]
        gone = Unreadable(
            f"job log {HOSTILE}", f"GitHub answered 410 {HOSTILE}", f"run again {HOSTILE}", "actions: read"
        )
        jobs = tuple(replace(job, log=gone) for job in replay.attempt.jobs.value)
        changed = replace(replay, attempt=replace(replay.attempt, jobs=Known(jobs)))
        return replace(diagnosis, replays=(changed,), subject=changed)

    backend.change = expired
    async with opened(backend) as app:
        await app.press("v")
        for words in ("This log cannot be shown", f"GitHub answered 410 {HOSTILE}", f"run again {HOSTILE}"):
            assert words in words_of(app.app.screen.query_one(Page))


async def test_error_panel_and_error_dialog(opened: Any) -> None:
    problem = BackendProblem(f"It failed: {HOSTILE}", f"Try {HOSTILE}")
    backend = BackendDouble(1)
    backend.problems["diagnose"] = problem
    async with opened(backend) as app:
        assert f"It failed: {HOSTILE}" in app.text
        assert f"Try {HOSTILE}" in app.text
        await app.press("r")
        backend.problems["diagnose"] = problem
        await app.press("r")
        await app.until(lambda: isinstance(app.app.screen, ProblemScreen))
        assert f"Try {HOSTILE}" in words_of(app.app.screen.query_one(Page))
        no_foreign_action(app)


async def test_export_dialog(opened: Any) -> None:
    async with opened(hostile_backend(), size=WIDE) as app:
        await app.press("e", "f")
        app.app.post_message(events.Paste("a\x1b[2Jb\x9b31m\u202ec\rd"))
        await app.until(lambda: app.app.focused.value == "a␛[2Jb⟨009B⟩31m⟨202E⟩c")
        assert not any(ord(sign) < 32 or "\x7f" <= sign < "\xa0" for line in app.text.splitlines() for sign in line)
        await app.press("escape", "escape", "e", "enter")
        await app.until(lambda: isinstance(app.app.screen, ExportedScreen))
        assert "[_red] [@click=app.quit]x[_]" in app.text
        await app.pilot.press("c")
        await app.pilot.pause()
        assert "Copied: /packets/fix [skip ci]" in app.text


async def test_progress_in_the_first_line(opened: Any) -> None:
    async with opened(size=WIDE) as app:
        app.main.query_one(TopLine).progress = Progress(f"reading {HOSTILE}", 1, 2)
        await app.pilot.pause()
        assert f"reading {HOSTILE}" in app.text.splitlines()[0]


async def test_palette(opened: Any) -> None:
    async with opened(hostile_backend(), size=WIDE) as app:
        await app.pilot.press("ctrl+p", *"go to run skip")
        await app.until(lambda: "Go to run #2 [/red]b  fix [skip ci] [/red] [@click=app.quit]x[/]" in app.text)


async def test_help_with_remapped_keys(opened: Any) -> None:
    async with opened(keys={"timeline.refresh": "[,]"}, size=WIDE) as app:
        await app.press("question_mark")
        assert app.app.is_running


async def test_times_without_a_zone_and_far_away_do_not_raise(opened: Any) -> None:
    backend = BackendDouble(1)
    ages = iter((datetime(1, 1, 1), datetime(9999, 12, 31, tzinfo=UTC)))  # noqa: DTZ001 - what a foreign record may hold
    backend.rows = lambda row: replace(row, created_at=next(ages))
    async with opened(backend) as app:
        assert app.app.is_running
        await app.press("r")
        assert app.app.is_running

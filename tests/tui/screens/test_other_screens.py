"""Ledger and log: what they show and what their keys do."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from backend_double import CALLS, BackendDouble
from incident_logs import log_of
from thoroughness import some
from words_shown import words_of

from diagnosis.facts.evidence import Origin
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.runs import Job
from diagnosis.verdicts.diagnosis import Diagnosis
from tui.app import PlanescopeApp
from tui.screens.ledger import CallList, result_look
from tui.screens.log.screen import LogScreen
from tui.widgets.base.page import Page
from tui.widgets.log.job_log import JobLog


async def test_the_ledger_shows_each_call_with_result_and_duration(opened: Any) -> None:
    async with opened() as app:
        await app.press("L")
        lines = app.text.splitlines()
        denied = next(line for line in lines if "ListPoliciesForTarget" in line)
        assert "! AccessDenied" in denied
        assert "8 ms" in denied
        assert "✔ ok" in next(line for line in lines if "GetRole" in line)
        assert "9 calls in 163 ms" in app.text


async def test_the_ledger_grows_while_calls_are_made(opened: Any) -> None:
    async with opened() as app:
        await app.press("L")
        app.backend.call_rows = CALLS * 2
        app.app.screen._look()
        await app.pilot.pause()
        assert len(app.app.screen.query_one(CallList).items) == 18
        assert "18 calls" in app.text


async def test_the_chosen_call_is_shown_in_whole_words(opened: Any) -> None:
    async with opened(size=(80, 24)) as app:
        await app.press("L", "j")
        assert "GET /repos/{owner}/{repo}/actions/runs/{run}/attempts/{n}/jobs" in app.text


async def test_the_ledger_can_be_saved(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PlanescopeApp, "is_web", True)
    async with opened() as app:
        saved: list[str] = []
        monkeypatch.setattr(app.app, "deliver_text", lambda stream, *, save_filename: saved.append(stream.read()))
        await app.press("L", "s")
        rows = [json.loads(line) for line in saved[0].splitlines()]
        assert len(rows) == len(CALLS)
        assert rows[0]["at"] == "2026-02-13T11:37:56.000000Z"
        assert rows[7]["result"] == "AccessDeniedException"


@pytest.mark.parametrize(("result", "sign"), [
    ("ok", "✔"), ("200", "✔"), ("304 not modified", "✔"), ("NoSuchEntity", "○"), ("404", "○"), ("RepositoryNotFoundException", "○"),
    ("AccessDenied", "!"), ("410", "!"), ("refused: not on the list", "!"), ("timeout", "!"), ("", "!"),
])  # fmt: skip
def test_a_result_is_an_answer_or_an_absence_or_neither(result: str, sign: str) -> None:
    assert result_look(result)[0] == sign


async def test_an_empty_ledger_says_so(opened: Any) -> None:
    backend = BackendDouble(1)
    backend.call_rows = ()
    async with opened(backend) as app:
        await app.press("L")
        assert "No call was made yet." in app.text


def with_jobs(*jobs: Job) -> Any:
    """Give run 1 these jobs."""

    def change(diagnosis: Diagnosis) -> Diagnosis:
        replay = diagnosis.replays[0]
        changed = replace(replay, attempt=replace(replay.attempt, jobs=Known(jobs)))
        return replace(diagnosis, replays=(changed,), subject=changed)

    return change


def job(name: str, log: Any, conclusion: str = "failure", **more: Any) -> Job:
    return Job(1, name, "completed", conclusion, log=log, **more)


async def test_the_log_opens_at_the_proving_line(opened: Any) -> None:
    backend = BackendDouble(1)
    backend.change = with_jobs(job("build", Known(log_of(1, lines=12_000)), log_origin=Origin.RECONSTRUCTED))
    async with opened(backend) as app:
        await app.press("v")
        log = app.app.screen.query_one(JobLog)
        assert log.index.count == 12_026
        assert "▶✘    24 11:36:49   ##[error]Could not assume role" in app.text
        assert "reconstructed" in app.text.splitlines()[0]
        assert "12,026 lines" in app.text
        await app.press("G")
        assert "padding 11999" in app.text
        await app.press("p")
        assert "▶✘    24" in app.text
        await app.press("g", "j", "j", "k")
        assert log.cursor == 1
        assert log.scroll_offset.y == 0


async def test_words_are_found_in_the_log_round_and_round(opened: Any) -> None:
    backend = BackendDouble(1)
    backend.change = with_jobs(job("build", Known(log_of(1, lines=3_000))))
    async with opened(backend) as app:
        await app.press("v", "slash", *"padding 2", "enter")
        log = app.app.screen.query_one(JobLog)
        assert "found 1 of 1,111" in app.text
        assert log.found == 28
        await app.press("n")
        assert log.found == 46
        await app.press("N", "N")
        assert "found 1,111 of 1,111" in app.text
        await app.press("slash", *"not there", "enter")
        assert "Not found in this log." in app.text
        assert log.found is None
        await app.press("slash", "escape")
        assert isinstance(app.app.screen, LogScreen)
        await app.press("escape")
        assert app.app.screen is app.main


async def test_the_job_that_holds_the_proof_is_shown_first_and_the_others_can_be_had(opened: Any) -> None:
    backend = BackendDouble(1)
    backend.change = with_jobs(job("lint", Known("nothing here\n"), "success"), job("build", Known(log_of(1))))
    async with opened(backend) as app:
        await app.press("v")
        assert "build (2 of 2)" in app.text
        await app.press("right_square_bracket")
        assert "lint (1 of 2)" in app.text
        assert "nothing here" in app.text
        assert "▶" not in app.text


async def test_a_log_that_is_not_there_says_why(opened: Any) -> None:
    refused = Unreadable("job log", "GitHub deleted it (410)", "run the workflow again", "actions: read")
    backend = BackendDouble(1)
    async with opened(backend) as app:
        for log, words in (
            (refused, "GitHub deleted it (410)"),
            (Absent("log of a job that never started"), "log of a job that never started"),
            (Known(""), "empty log"),
        ):
            backend.change = with_jobs(job("build", log))
            await app.press("r")
            await app.press("v")
            assert words in words_of(app.app.screen.query_one(Page))
            assert words in app.text
            await app.press("slash", "x", "enter", "n", "p", "escape")
            assert app.app.screen is app.main


async def test_the_whole_proving_line_is_shown_where_the_log_cuts_it(opened: Any) -> None:
    backend = BackendDouble(1)
    words = " ".join(f"word{number}" for number in range(10))
    backend.change = with_jobs(
        job("build", Known(log_of(1).replace("githubusercontent.com", f"githubusercontent.com {words}")))
    )
    async with opened(backend, size=(80, 24)) as app:
        await app.press("v")
        below = app.text[app.text.index("▶") :].partition("\n")[2]
        assert "word9" in below
        assert "Could not assume role" in below


async def test_jobs_that_could_not_be_read_say_why(opened: Any) -> None:
    backend = BackendDouble(1)

    def change(diagnosis: Diagnosis) -> Diagnosis:
        replay = diagnosis.replays[0]
        gone = Unreadable("jobs", "the token may not read actions", "give the token actions: read", "actions: read")
        changed = replace(replay, attempt=replace(replay.attempt, jobs=gone))
        return replace(diagnosis, replays=(changed,), subject=changed)

    backend.change = change
    async with opened(backend) as app:
        await app.press("v")
        assert "the token may not read actions" in app.text


async def test_from_now_the_log_of_the_subject_opens(opened: Any) -> None:
    async with opened(BackendDouble(2)) as app:
        await app.press("end", "left", "v")
        assert app.app.screen.source.name == "#2"


async def test_every_size_of_terminal_is_survived(opened: Any) -> None:
    keys = [
        "2",
        "z",
        "z",
        "b",
        "b",
        "a",
        "escape",
        "L",
        "escape",
        "v",
        "escape",
        "question_mark",
        "escape",
        "e",
        "escape",
    ]
    async with opened(BackendDouble(3), size=(20, 6)) as app:
        for size in some(((20, 6), (60, 18), (99, 31), (100, 32), (183, 47), (184, 48), (300, 90)), 5):
            await app.pilot.resize_terminal(*size)
            await app.press(*keys)
            assert app.app.is_running
            assert app.app.screen is app.main
            lines = [line for line in app.text.splitlines() if "OIDC trust" in line and "▌" in line]
            assert len(lines) <= 1


async def test_a_terminal_that_changes_its_size_shows_what_fits(opened: Any) -> None:
    async with opened(size=(80, 24)) as app:
        assert not app.main.query_one("#companion").display
        await app.pilot.resize_terminal(200, 60)
        await app.rest()
        assert app.main.query_one("#companion").display
        assert "Path 1 of 2" in app.text
        assert "Could not assume role" in app.text
        await app.pilot.resize_terminal(80, 24)
        await app.rest()
        assert "AFTER FIX" in app.text
        assert "q Quit" in app.text

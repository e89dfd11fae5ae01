"""What no gate stopped is said wherever a diagnosis is shown: first line, JSON, packet, what-if and screen."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from importlib import resources
from typing import Any

import jsonschema
import pytest
from red_runs import AT_GATE, GOOD, LINT, TESTS, WITHOUT_LOG, cut, world
from small_world import World

from diagnosis.diagnose import conclude, question_of, replays_of
from diagnosis.documents.diagnosis import document
from diagnosis.documents.packet import packet
from diagnosis.documents.what_if import document as what_if_document
from diagnosis.facts.case import Case
from diagnosis.logs.scrub import scrub
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.run_end import shortened
from diagnosis.what_if.outcome import what_if
from tui.cli.console import ReportConsole
from tui.cli.reports.diagnosis import show
from tui.cli.reports.what_if import show as show_what_if
from tui.packet.pages import json_page, markdown_page
from tui.widgets.summary.summary import summary_lines
from tui.widgets.timeline.columns import columns_of

SENTENCE = "all gates pass; the run failed at test › Run tests for another reason"


def console(width: int = 80) -> tuple[ReportConsole, io.StringIO]:
    file = io.StringIO()
    return ReportConsole(file=file, width=width, markup=False, highlight=False), file


def report(diagnosis: Diagnosis, width: int = 80) -> list[str]:
    made, file = console(width)
    show(diagnosis, made)
    return file.getvalue().split("\n")


def schema(name: str) -> dict[str, Any]:
    return dict(json.loads((resources.files("tui.cli") / "schemas" / f"{name}-1.json").read_text(encoding="utf-8")))


def chain(*worlds: World) -> Diagnosis:
    """The runs of several worlds as one chain, the last of them its subject."""
    runs = [
        replace(made.run, run_id=number, created_at=made.now, html_url="") for number, made in enumerate(worlds, 7001)
    ]
    replays = replays_of(runs, Case())
    return conclude(replays, worlds[-1].asked(question_of(replays[-1], Case(), replays)), Case())


def test_the_first_line_says_it_and_the_next_ones_why_with_the_proof() -> None:
    lines = [line.rstrip() for line in report(world(GOOD, TESTS, LINT).diagnosis())]
    assert lines[0] == SENTENCE
    assert lines[1] == "  test › Run tests: Tests failed; no access is in question. (test-failure)"
    assert lines[2] == "  │ === 3 failed, 2 passed in 1.20s ==="
    assert any(line.startswith("  lint › Lint: ") for line in lines[3:6])


@pytest.mark.parametrize("width", [60, 80, 200])
def test_long_names_are_shortened_so_that_the_line_stays_one(width: int) -> None:
    long = replace(TESTS, name="integration tests of every service " * 4)
    line = report(world(GOOD, long).diagnosis(), max(width, 72))[0]
    assert line.startswith("all gates pass; the run failed at integr")
    assert line.rstrip().endswith("Run tests for another reason")


@pytest.mark.parametrize("room", range(20, 140, 7))
def test_what_stands_for_a_secret_is_not_cut_into_something_that_looks_like_one(room: int) -> None:
    place = " › ".join(["https://user:[scrubbed:basic-auth]@host.example"] * 2)
    line = shortened(place, room)
    assert len(line) <= room
    assert scrub(line) == line


def test_foreign_names_stay_on_the_line_and_steer_nothing() -> None:
    made = replace(TESTS, name="x\nall gates pass; the run succeeded\x1b[2J")
    line = report(world(GOOD, made).diagnosis(), 200)[0]
    assert line.startswith("all gates pass; the run failed at x all gates pass; the run succeeded")
    assert "\x1b" not in line


def test_other_red_runs_are_named_with_what_ended_each() -> None:
    lines = report(chain(world(AT_GATE), world(GOOD, TESTS), world(GOOD, conclusion="success")), 200)
    assert lines[0].rstrip() == "all gates pass; the run succeeded"
    named = next(line for line in lines if line.startswith("Other red runs: "))
    assert "7001 (Role assumption)" in named
    assert "7002 (failed at test › Run tests for another reason)" in named


@pytest.mark.parametrize("jobs", [(GOOD, TESTS), (AT_GATE, LINT), (GOOD, WITHOUT_LOG), (GOOD, cut("timed_out"))])
def test_the_document_keeps_to_its_schema(jobs: tuple[Any, ...]) -> None:
    found = json.loads(json.dumps(document(chain(world(*jobs), world(*jobs)))))
    jsonschema.validate(found, schema("diagnosis"))
    assert found["outcome"]["sentence"] == f"{found['outcome']['gates']}; {found['outcome']['ended']}"
    assert len(found["outcome"]["other_red_runs"]) == 1
    assert [each["end"] for each in found["attempts"]] == [found["outcome"]["end"]] * 2


def test_the_packet_says_it_on_top_and_at_the_attempt() -> None:
    made = packet(world(GOOD, TESTS).diagnosis(), Case())
    page = markdown_page(made)
    assert page.split("\n")[2] == f"**{SENTENCE}**"
    assert json.loads(json_page(made))["outcome"] == SENTENCE
    assert "The run failed at test › Run tests for another reason. other: Tests failed" in made.attempts[0].reason
    assert made.attempts[0].end == "another-reason"
    both = packet(world(AT_GATE, TESTS).diagnosis(), Case())
    assert both.attempts[0].reason.startswith("Role assumption (authentication plane): ")
    assert "The run failed at test › Run tests for another reason" in both.attempts[0].reason


def test_a_what_if_names_the_run_that_no_document_mends() -> None:
    made = world(GOOD, TESTS)
    diagnosis = made.diagnosis()
    assert diagnosis.live is not None
    result = what_if(diagnosis.replays, diagnosis.live.account, Case(), ())
    out, file = console()
    show_what_if(result, out)
    words = " ".join(file.getvalue().split())
    assert "! Run 7: the run failed at test › Run tests for another reason; no document changes that." in words
    found = json.loads(json.dumps(what_if_document(result)))
    jsonschema.validate(found, schema("what-if"))
    assert found["runs"][0]["end"] == "another-reason"


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (world(GOOD, TESTS), "another reason: Run tests"),
        (world(GOOD, WITHOUT_LOG), "reason not known: Run tests"),
        (world(GOOD, cut("cancelled"), conclusion="cancelled"), "was cancelled: Run tests"),
        (world(conclusion="startup_failure"), "never started"),
    ],
)
def test_the_screen_shows_no_success_for_a_red_run_whose_gates_pass(made: World, words: str) -> None:
    diagnosis = made.diagnosis()
    short = [line.plain for line in summary_lines(diagnosis, 0, 78, 3)]
    wide = [line.plain for line in summary_lines(diagnosis, 0, 140, 40)]
    assert words in short[0]
    assert "! every gate passes" in short[0]
    assert wide[0].endswith(diagnosis_words(diagnosis))
    assert "✔" not in "\n".join((*short, *wide))
    now = next(column for column in columns_of(diagnosis) if column.title == "NOW")
    assert now.outcome.word == "unproven"


def diagnosis_words(diagnosis: Diagnosis) -> str:
    outcome = document(diagnosis)["outcome"]
    assert isinstance(outcome, dict)
    return str(outcome["ended"])

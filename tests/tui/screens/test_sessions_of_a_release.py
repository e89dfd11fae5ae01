"""A release of several jobs: each job's verdict, and the steps that no proof covers, in the report and beside a gate."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from deploying_release import released
from hostile_text import HOSTILE, hostile
from rich.console import Console
from words_shown import words_of

from diagnosis.gates import Gate
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.release import Certainty, StepGap
from tui.cli.console import ReportConsole
from tui.cli.reports.diagnosis import show
from tui.widgets.base.blocks import Block, layout
from tui.widgets.detail import section_evidence
from tui.widgets.detail.run_blocks import needs_blocks
from tui.widgets.detail.section_forecast import blocks_of
from tui.widgets.detail.selection import RemediationForm, Selection
from tui.widgets.detail.session_blocks import gap_blocks, live_sessions, recorded_sessions
from tui.widgets.timeline.columns import Cell, Side, columns_of


@pytest.fixture(scope="module")
def diagnosis() -> Diagnosis:
    return released().diagnosis()


SEEN = StepGap("Roll", "bin/roll", "it is opaque", "Run #41 shows it.", certainty=Certainty.OBSERVED)


def seen_beside(diagnosis: Diagnosis) -> Diagnosis:
    """The same, with a step that CloudTrail alone shows."""
    assert diagnosis.live is not None
    return replace(diagnosis, live=replace(diagnosis.live, gaps=(SEEN, *diagnosis.live.gaps)))


def cells(diagnosis: Diagnosis) -> dict[tuple[Side, Gate | None], list[Block]]:
    """What each cell says, by column and gate; None is the outcome."""
    found = {}
    for place, column in enumerate(columns_of(diagnosis)):
        for row in range(len(diagnosis.gates) + 1):
            cell = Cell(place, row, diagnosis.gates)
            view = Selection(diagnosis, column, cell, 0, RemediationForm.AWS_CLI)
            found[column.side, cell.gate] = section_evidence.blocks_of(view)
    return found


def words(blocks: list[Block]) -> str:
    return "\n".join(line.plain for block in blocks for line in block.lines(200))


def test_the_report_tells_each_jobs_verdicts_and_what_no_proof_covers(diagnosis: Diagnosis) -> None:
    file = io.StringIO()
    show(diagnosis, Console(file=file, width=300, markup=False, highlight=False))
    report = file.getvalue()
    after = report.partition("By job:")[2]
    assert diagnosis.live is not None
    for session in diagnosis.live.sessions:
        line = next(line for line in after.splitlines() if line.strip().startswith(", ".join(session.jobs)))
        for verdict in session.gates:
            assert f"{verdict.gate.label} {verdict.verdict.sign} {verdict.verdict.value}" in line
    told = report.partition("Steps that no proof covers:")[2]
    (gap,) = diagnosis.live.gaps
    assert gap.step in told
    assert gap.how in told
    assert "CloudTrail alone" not in told


def test_the_report_tells_steps_that_cloudtrail_shows_apart(diagnosis: Diagnosis) -> None:
    file = io.StringIO()
    show(seen_beside(diagnosis), Console(file=file, width=300, markup=False, highlight=False))
    unknown, _, known = file.getvalue().partition("Steps that are known by CloudTrail alone:")
    assert "Roll" not in unknown.partition("Steps that no proof covers:")[2]
    assert "Roll: bin/roll: it is opaque. Run #41 shows it." in known


@pytest.mark.parametrize("gate", [Gate.ROLE_ASSUMPTION, Gate.SERVICE_AUTHORIZATION])
def test_a_gate_shows_each_job_beside_it_today_and_as_recorded(diagnosis: Diagnosis, gate: Gate) -> None:
    assert diagnosis.live is not None
    shown = words(live_sessions(diagnosis, gate))
    for session in diagnosis.live.sessions:
        for job in session.jobs:
            assert job in shown
    replay = next(iter(diagnosis.replays))
    recorded = words(recorded_sessions(replay, gate))
    assert all(session.job in recorded for session in replay.sessions)


def test_the_steps_that_nobody_can_read_are_listed_with_the_way_to_know_them(diagnosis: Diagnosis) -> None:
    assert diagnosis.live is not None
    shown = words(gap_blocks(diagnosis.live.gaps))
    assert shown.strip().startswith("Steps that no proof covers")
    assert all(gap.step in shown and gap.how[:40] in shown for gap in diagnosis.live.gaps)
    assert gap_blocks(()) == []


def test_a_step_that_is_not_understood_stands_in_every_cell_that_it_concerns_once(diagnosis: Diagnosis) -> None:
    shown = cells(seen_beside(diagnosis))
    for place in [(Side.RECORDED, None), (Side.RECORDED, Gate.SERVICE_AUTHORIZATION), (Side.NOW, None)]:
        assert "Notify of job Deploy: notify" in words_of(shown[place]), place
    today = words_of(shown[Side.NOW, Gate.SERVICE_AUTHORIZATION])
    assert today.count("Notify") == 1, "the missing part of the verdict tells it already"
    assert "Roll: bin/roll" in today, "and tells nothing of this one"


def test_a_cell_of_a_gate_that_nothing_asks_says_so(diagnosis: Diagnosis) -> None:
    assert "nothing asks this gate" in words_of(cells(diagnosis)[Side.RECORDED, Gate.SERVICE_AUTHORIZATION])


def test_a_use_that_only_an_observation_shows_is_marked(diagnosis: Diagnosis) -> None:
    assert diagnosis.live is not None
    written, *_ = diagnosis.live.needs
    seen = replace(written, certainty=Certainty.OBSERVED, source="CloudTrail, run #41")
    lines = words_of(needs_blocks((written, seen))).splitlines()
    assert [line.partition(" · ")[2] for line in lines[-2:]] == ["", "observed: CloudTrail, run #41"]


def test_foreign_names_of_jobs_steps_and_roles_stay_text_within_the_screen(diagnosis: Diagnosis) -> None:
    changed = hostile(seen_beside(diagnosis), frozenset({"workflow", "role_arn"}))
    for place, blocks in cells(changed).items():
        assert all(line.cell_length <= 76 for line in layout(blocks, 76)), place
        assert HOSTILE in words_of(blocks), place
        assert not any(span.style and "@click" in str(span.style) for block in blocks for span in block.content.spans)


def test_the_report_sends_no_control_of_a_job_or_step_to_the_terminal(diagnosis: Diagnosis) -> None:
    whole = seen_beside(diagnosis)
    assert whole.live is not None
    gaps = tuple(replace(gap, step=f"\x1b[2J{gap.step}", job="[/red]\x9b2J") for gap in whole.live.gaps)
    sessions = tuple(
        replace(each, jobs=tuple(f"\x1b]0;{job}\x07" for job in each.jobs)) for each in whole.live.sessions
    )
    file = io.StringIO()
    changed = replace(whole, live=replace(whole.live, gaps=gaps, sessions=sessions))
    show(changed, ReportConsole(file=file, width=80, markup=False, highlight=False))
    report = file.getvalue()
    assert "[/red]" in report
    assert all(character.isprintable() or character == "\n" for character in report)
    assert max(map(len, report.partition("By job:")[2].partition("Forecast")[0].splitlines())) <= 80


def test_a_forecast_line_names_some_of_many_jobs_and_counts_the_rest(diagnosis: Diagnosis) -> None:
    legs = tuple(f"release ({place})" for place in range(200))
    problem = replace(diagnosis.forecast[0], jobs=legs)
    for jobs, said in ((legs, f"Jobs {legs[0]}, {legs[1]}, {legs[2]} and 197 more."), (legs[:1], f"Job {legs[0]}.")):
        file = io.StringIO()
        whole = replace(diagnosis, forecast=(replace(problem, jobs=jobs),))
        show(whole, Console(file=file, width=300, markup=False, highlight=False))
        assert said in file.getvalue()
        assert said.partition(" ")[2].rstrip(".") in words_of(
            blocks_of(Selection(whole, columns_of(whole, 0)[0], Cell(0, 0)))
        )

"""A release of several jobs: each job's verdict, and the steps that no proof covers, in the report and beside a gate."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from deploying_release import released
from rich.console import Console

from diagnosis.gates import Gate
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.release import Certainty, StepGap
from tui.cli.reports.diagnosis import show
from tui.widgets.base.blocks import Block
from tui.widgets.detail.session_blocks import gap_blocks, live_sessions, recorded_sessions


@pytest.fixture(scope="module")
def diagnosis() -> Diagnosis:
    return released().diagnosis()


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
            assert f"{verdict.gate.label.lower()} {verdict.verdict.sign} {verdict.verdict.value}" in line
    told = report.partition("Steps that no proof covers:")[2]
    (gap,) = diagnosis.live.gaps
    assert gap.step in told
    assert gap.how in told
    assert "CloudTrail alone" not in told


def test_the_report_tells_steps_that_cloudtrail_shows_apart(diagnosis: Diagnosis) -> None:
    assert diagnosis.live is not None
    seen = StepGap("Roll", "bin/roll", "it is opaque", "Run #41 shows it.", certainty=Certainty.OBSERVED)
    file = io.StringIO()
    whole = replace(diagnosis, live=replace(diagnosis.live, gaps=(seen, *diagnosis.live.gaps)))
    show(whole, Console(file=file, width=300, markup=False, highlight=False))
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

"""The report tells a tightening change as one of its own, with what it takes away, and what passes without it."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from permission_faults import FAULTS, shared
from rich.console import Console

from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.diagnosis import Diagnosis
from tui.cli.reports.diagnosis import _paths
from tui.widgets.summary.smallest_change import proof_of
from tui.widgets.summary.summary import summary_lines


def report_of(diagnosis: Diagnosis) -> str:
    written = io.StringIO()
    _paths(diagnosis, Console(file=written, width=200))
    return written.getvalue()


def test_what_a_tightening_takes_away_is_told_beside_it() -> None:
    told = report_of(shared(FAULTS[0], ["every role"]).diagnosis())
    opening, _, tightening = told.partition("Tighten: bound the role's permissions")
    assert "tightens:" not in opening
    assert "tightens: a change of its own; the run passes without it, closure needs it" in tightening
    assert "No longer granted: iam:PassRole" in tightening


@pytest.mark.parametrize("width", [80, 140])
def test_at_a_glance_what_tightens_stands_apart_as_something_for_later(width: int) -> None:
    diagnosis = shared(FAULTS[0], ["every role"]).diagnosis()
    lines = [line.plain for line in summary_lines(diagnosis, 0, width, 6)]
    place = next(place for place, line in enumerate(lines) if line.startswith("Cloud    1 Grant the"))
    assert lines[place + 1].startswith("Cloud    2 Tighten: bound the role's permissions")
    assert lines[place + 1].endswith("(later)")
    words = "\n".join(line.plain for line in summary_lines(diagnosis, 0, width, 60))
    assert words.index("cloud security / IAM") < words.index("later: the run passes without it")


def test_a_path_after_which_the_run_passes_says_so_where_closure_stays_open() -> None:
    diagnosis = shared(FAULTS[0]).diagnosis()
    (path,) = diagnosis.paths
    gates = tuple(
        replace(gate, verdict=Verdict.UNKNOWN) if gate.gate is Gate.LEAST_PRIVILEGE else gate for gate in path.gates
    )
    unclosed = replace(path, gates=gates)
    assert unclosed.passes_run
    assert not unclosed.opens_all
    assert "closure" in proof_of(diagnosis, unclosed).plain
    assert "one more run then passes" in report_of(replace(diagnosis, paths=(unclosed,)))

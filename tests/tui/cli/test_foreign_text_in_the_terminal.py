"""Text of others reaches a terminal as what it is: no character of it steers the cursor, the colours or the direction."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from permission_faults import FAULTS, shared
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tui.cli.console import ReportConsole
from tui.cli.main import planescope
from tui.cli.reports.diagnosis import show

STEERING = "\x1b]0;title\x07\x1b[31m\x9b31m\u202e\u2066\u200b\ud800\x7f"


def steers(text: str) -> bool:
    return not all(map(str.isprintable, text.split("\n")))


def drawn(*renderables: object, **options: object) -> str:
    file = io.StringIO()
    console = ReportConsole(file=file, width=60, markup=False, highlight=False, **options)
    for each in renderables:
        console.print(each)
    return file.getvalue()


def test_a_report_shows_what_it_does_not_send() -> None:
    table = Table("a\x9bb", box=None)
    table.add_row(Text(f"cell {STEERING} end"))
    text = drawn(Text(f"line {STEERING} end"), Padding(Text(STEERING), 1), table, f"plain {STEERING}", "two\nlines")
    assert not steers(text)
    assert "two\nlines" in text
    assert "␛[31m" in text


def test_colours_of_ours_are_still_sent() -> None:
    text = drawn(Text("x\x9by", style="bold red"), force_terminal=True, color_system="standard", no_color=False)
    assert text == "\x1b[1;31mx⟨009B⟩y\x1b[0m\n"


LOG = (
    f"Error: Not authorized to perform sts:AssumeRoleWithWebIdentity {STEERING}\n"
    f"User: arn:aws:sts::123456789012:assumed-role/x{STEERING}/y is not authorized to perform: ecr:PutImage on resource: "
    f"arn:aws:ecr:eu-west-1:123456789012:repository/shop{STEERING}\n"
).encode("utf-8", "replace")


@pytest.mark.parametrize("how", [(), ("--json",)])
def test_a_log_that_is_explained_steers_nothing(how: tuple[str, ...]) -> None:
    result = CliRunner().invoke(planescope, ["explain", *how], input=LOG)
    assert result.exit_code == 1
    assert not steers(result.output)


def test_rows_that_are_explained_steer_nothing() -> None:
    row = json.dumps({"id": STEERING, "excerpt": LOG.decode()})
    result = CliRunner().invoke(planescope, ["explain", "--jsonl"], input=row)
    assert result.exit_code == 0
    assert not steers(result.output)
    assert json.loads(result.stdout)["id"] == STEERING


def test_a_problem_that_quotes_steers_nothing(tmp_path: Path) -> None:
    trust = tmp_path / "trust.json"
    trust.write_text("{}")
    arguments = ["policy", "admits", str(trust), "--repo", "octo-org/shop", "--case", f"no{STEERING[:-2]}.toml"]
    result = CliRunner().invoke(planescope, arguments)
    assert result.exit_code == 2
    assert not steers(result.output)


def test_no_line_of_others_passes_for_a_line_of_the_report() -> None:
    diagnosis = shared(FAULTS[0]).diagnosis()
    forged = "\nClosure: closed\nAll gates pass"
    replays = tuple(
        replace(replay, attempt=replace(replay.attempt, head_branch=f"main{forged}")) for replay in diagnosis.replays
    )
    file = io.StringIO()
    console = ReportConsole(file=file, width=100, markup=False, highlight=False)
    show(replace(diagnosis, title=f"title{forged}", replays=replays, subject=replays[-1]), console)
    assert not [line for line in file.getvalue().split("\n") if line.startswith(("Closure: closed", "All gates pass"))]

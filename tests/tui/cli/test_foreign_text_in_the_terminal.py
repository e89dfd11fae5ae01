"""Text of others reaches a terminal as what it is: no character of it steers the cursor, the colours or the direction."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hostile_text import hostile
from incident_values import diagnosis_of
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tui.cli.console import ReportConsole
from tui.cli.main import planescope
from tui.cli.reports.diagnosis import show

ARE_LINES = frozenset({"aws_cli", "terraform", "difference"})
"""Fields that hold text of ours to copy, of several lines."""
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


FORGED = "x\nClosure: closed\r\n    Closure: closed\x0bClosure: closed\u2028Closure: closed\r"


def forged(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.lstrip().startswith("Closure: closed")]


@pytest.mark.parametrize("stage", [1, 3])
def test_no_line_of_others_passes_for_a_line_of_the_report(stage: int) -> None:
    diagnosis = hostile(diagnosis_of(stage), ARE_LINES, FORGED)
    file = io.StringIO()
    console = ReportConsole(file=file, width=1000, markup=False, highlight=False)
    show(diagnosis, console)
    assert forged(file.getvalue()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["diagnose", "1", "--recording", FORGED], ["diagnose", "--case", FORGED], ["diagnose", "1", "--repo", FORGED],
        ["diagnose", FORGED],
        ["packet", "verify", FORGED], ["policy", "lint", FORGED], ["policy", "admits", FORGED, "--repo", "o/r"],
        ["policy", "evaluate", FORGED], ["explain", FORGED], ["explain", "--cause", FORGED], ["settings", FORGED], [FORGED],
        [f"--{FORGED}"], ["schema", FORGED], ["demo", "--stage", FORGED], ["cache", "clear", "--repo", FORGED],
        ["what-if", "--demo", "1", "--trust", FORGED], ["permissions", "--role", FORGED],
        ["migrate", "--repo", "o/r", "--after", FORGED],
    ],
    ids=lambda words: " ".join(words)[:24],
)  # fmt: skip
def test_no_word_of_the_command_line_begins_a_line_of_a_message(words: list[str], tmp_path: Path) -> None:
    result = CliRunner().invoke(planescope, words, env={"XDG_CACHE_HOME": str(tmp_path)})
    assert forged(result.output) == []
    assert result.exit_code in (0, 2)

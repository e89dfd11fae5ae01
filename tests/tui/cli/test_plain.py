"""`--plain`: text that is heard, or that a terminal shows which draws nothing."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text
from synthetic_recordings import Shape, synthetic_recording
from thoroughness import some

from probes.embedded.github.server import GitHubServer
from tui.cli import ascii_signs, output, plain
from tui.cli.console import text_console
from tui.cli.main import planescope
from tui.cli.plain_report import told_plainly

SEEN = re.compile("[\u2500-\u259f✔✘✗◌│◆▲]|\x1b|\r|[a-z:] {3,}[a-z]+:| $", re.MULTILINE)
"""What is drawn, not read: signs, facts side by side."""

COMMANDS = (
    ("explain", "--cause", "subject-not-admitted"),
    ("demo", "--stage", "1"),
    ("demo", "--incident", "services", "--stage", "6"),
    ("explain", "--cause"),
    ("policy", "lint", "{trust}"),
    ("policy", "admits", "{trust}", "--repo", "octo-org/shop"),
    ("permissions", "--why"),
    ("what-if", "--trust", "{trust}", "--demo", "1"),
    ("demo", "--walkthrough", "--stage", "1"),
    ("packet", "verify", "{folder}"),
)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    plain.reset()


@pytest.mark.parametrize("command", some(COMMANDS, 3), ids=lambda command: " ".join(command[:2]))
def test_nothing_must_be_seen_and_no_fact_is_lost(command: tuple[str, ...], tmp_path) -> None:
    trust = tmp_path / "trust.json"
    trust.write_text('{"Version": "2012-10-17", "Statement": []}')
    (tmp_path / "packet").mkdir()
    arguments = [part.format(trust=trust, folder=tmp_path / "packet") for part in command]
    heard = CliRunner().invoke(planescope, [*arguments, "--plain"])
    seen = CliRunner().invoke(planescope, arguments)
    assert heard.exit_code == seen.exit_code
    assert not SEEN.search(heard.stdout)
    words = set(re.findall(r"\w+", heard.stdout))
    split = (
        {word for word in re.findall(r"\w+", seen.stdout) if len(word) > 3} - words - {"action"}
    )  # a first column's head
    # What wraps within a narrow column there is whole here.
    assert all(any(word in whole for whole in words) for word in split)


def test_a_cell_is_told_with_its_row_and_its_column() -> None:
    table = Table()
    for head in ("", "gate", "run 7", "NOW"):
        table.add_column(Text(head))
    table.add_row("authentication", "OIDC trust", Text("✘ fail"), "✔ pass")
    table.add_row("", "Role assumption", "◌ blocked", "")
    assert list(told_plainly(table, text_console())) == [
        "authentication, OIDC trust: run 7: fail",
        "authentication, OIDC trust: NOW: pass",
        "authentication, Role assumption: run 7: blocked",
    ]


def test_a_terminal_that_draws_nothing_gets_no_app_and_no_sequence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(getattr(sys, name), "isatty", lambda: True, raising=False)
    monkeypatch.setattr(output, "_is_terminal", lambda _stream: True)
    monkeypatch.setenv("TERM", "xterm")
    assert output.on_a_terminal()
    monkeypatch.setenv("TERM", "dumb")
    assert not output.on_a_terminal()
    assert text_console().color_system is None
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(plain.VARIABLE, "1")
    done = CliRunner().invoke(planescope, ["permissions"])
    assert done.exit_code == 0
    assert plain.is_plain()
    assert not output.on_a_terminal()


def test_every_command_takes_it_and_one_command_line_leaves_nothing_to_the_next() -> None:
    done = CliRunner().invoke(planescope, ["--plain", "schema", "--help"])
    assert "--plain" in done.output
    assert plain.is_plain()
    CliRunner().invoke(planescope, ["schema", "--help"])
    assert not plain.is_plain()


def test_in_place_of_the_app_the_newest_chain_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    world = synthetic_recording(Shape(runs=2, jobs=1, log_bytes=900))
    monkeypatch.setenv("GH_TOKEN", "made-up")
    with GitHubServer(world) as server:
        where = ["--repo", "example/widgets", "--github-url", server.url, "--no-live", "--no-cache"]
        done = CliRunner().invoke(planescope, [*where, "--plain"])
    assert done.exit_code in (1, 3), done.output
    assert f"Run {world.runs[-1].id}, attempt 1: failure" in done.stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_the_app_s_signs_take_as_many_cells_as_they_did(encoding: str) -> None:
    ascii_signs.register()
    drawn = (
        "".join(map(chr, (*range(0xA0, 0x250), *range(0x2010, 0x2028), *range(0x2190, 0x2700)))) + "中文한글🚀…→e\u0301"
    )
    below = io.BytesIO()
    stream = io.TextIOWrapper(below, encoding=encoding, errors="strict")
    with ascii_signs.one_for_each_cell(stream):
        for character in drawn:
            stream.write(character)
            stream.flush()
            written, _ = below.getvalue().decode(encoding), below.seek(0)
            below.truncate()
            assert cell_len(written) == cell_len(character), hex(ord(character))
    assert stream.errors == "strict"

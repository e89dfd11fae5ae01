"""Every command's help has examples, each of which is a valid command line, and is readable at 80 columns."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tui.cli.examples import EXAMPLES
from tui.cli.main import planescope


def commands(group: click.Group = planescope, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command and group."""
    yield words
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name)


def parse(words: list[str]) -> str:
    """Parse a command line as click does, down to the last command, and return that one's words. Nothing is carried out."""
    context = planescope.make_context("planescope", words)
    while isinstance(context.command, click.Group) and (rest := [*context._protected_args, *context.args]):
        name, command, below = context.command.resolve_command(context, rest)
        assert command is not None
        context = command.make_context(name, below, parent=context)
    with context:  # closes the files that were opened
        return context.command_path.removeprefix("planescope").strip()


def lines_of(words: str) -> list[str]:
    """The command lines of planescope in a command's examples."""
    return [
        part.strip().partition(" > ")[0]
        for _, line in EXAMPLES[words]
        for part in line.split(" | ")
        if "planescope" in part
    ]


def test_every_command_has_examples_and_no_other() -> None:
    assert set(EXAMPLES) == {" ".join(words) for words in commands()}


def test_each_example_is_a_valid_command_line_of_that_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("trust.json", "permissions.json", "job.log", "rows.jsonl", "case.toml"):
        (tmp_path / name).write_text("{}")
    for folder in ("kept", "packet", "planescope-recording-42"):
        (tmp_path / folder).mkdir()
    for words in EXAMPLES:
        found = [parse(shlex.split(line)[1:]) for line in lines_of(words)]
        assert len(found) >= len(EXAMPLES[words])
        assert found[0].startswith(words)


def test_the_check_sees_what_is_no_command_line() -> None:
    for line in ("demo --stages 1", "nonsense", "demo --stage 9", "schema nothing"):
        with pytest.raises(click.UsageError):
            parse(shlex.split(line))


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_the_help_shows_them_within_80_columns(words: tuple[str, ...]) -> None:
    told = CliRunner().invoke(planescope, [*words, "--help"], env={"COLUMNS": "80"}).output.splitlines()
    below = told[told.index("  Examples:") + 1 :]
    for what, how in EXAMPLES[" ".join(words)]:
        assert [f"    # {what}", f"    {how}"] == below[:2]
        below = below[2:]
    assert max(map(len, told)) <= 80

"""Text leaves the command line by one module, and each command's help tells the codes that it may end with."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import tui
from diagnosis.documents.exit_code import ExitCode
from tui.cli.exit_codes import MEANINGS, exit_codes
from tui.cli.main import planescope

TUI = Path(tui.__file__).parent
OURS = ("cli/output.py", "cli/console.py")
"""The only modules that may write, and that may use rich's console and text in the command line."""
_WRITES = {"echo", "secho", "print", "write", "writelines", "echo_via_pager", "print_exc", "print_exception"}
_NOT_FOR_REPORTS = {"rich.console": {"Console"}, "rich.text": {"Text"}, "rich": {"print", "get_console"}}


_STREAMS = {"sys.stdout.buffer", "sys.stderr.buffer", "sys.__stdout__", "os.write"}
_OF = ("click.", "sys.std", "sys.__std", "traceback.")


def written_by(tree: ast.Module) -> Iterator[str]:
    """Yield what a module does that only the way out may do."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name == "print" or (name.startswith(_OF) and name.split(".")[-1] in _WRITES):
                yield f"line {node.lineno}: {name}"
        if isinstance(node, ast.Attribute) and ast.unparse(node) in _STREAMS:
            yield f"line {node.lineno}: {ast.unparse(node)}"
        if isinstance(node, ast.ImportFrom):
            wrong = {each.name for each in node.names} & _NOT_FOR_REPORTS.get(node.module or "", set())
            yield from (f"line {node.lineno}: {node.module}.{name}" for name in wrong)


def test_nothing_but_the_way_out_writes() -> None:
    found = {}
    for path in TUI.rglob("*.py"):
        name = path.relative_to(TUI).as_posix()
        # A type is no console; the one write of a signal's handler cannot wait for a stream; a browser takes packets.
        # The log's lines are drawn on the app's screen, from defused text.
        if name not in (*OURS, "interrupts.py", "serve/driver.py", "cli/plain_report.py") and not name.startswith(
            "widgets/log/"
        ):
            told = [each for each in written_by(ast.parse(path.read_text())) if not _is_type(path, each)]
            if told:
                found[name] = told
    assert found == {}


def _is_type(path: Path, told: str) -> bool:
    """Return whether a console is imported for annotations alone: it is given, not made."""
    return told.endswith("rich.console.Console") and "Console(" not in path.read_text()


def test_the_check_sees_what_it_is_for() -> None:
    source = "import click, sys\nclick.echo('x')\nprint('x')\nsys.stdout.write('x')\nfrom rich.text import Text\nsys.stderr.buffer"
    assert len(list(written_by(ast.parse(source)))) == 5


def commands(group: click.Group = planescope, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command that does something."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield (*words, name)


@pytest.mark.parametrize("words", [(), *commands()], ids=" ".join)
def test_each_command_tells_its_codes(words: tuple[str, ...]) -> None:
    told = " ".join(CliRunner().invoke(planescope, [*words, "--help"]).output.split()).rpartition("Exit codes: ")[2]
    codes = [int(part.split()[0]) for part in told.rstrip(".").split("; ")]
    assert codes == sorted(codes)
    assert set(codes) <= set(ExitCode)
    assert {0, 2, 7, 70, 130} <= set(codes)


def test_every_code_has_words() -> None:
    assert set(MEANINGS) == set(ExitCode)
    assert exit_codes().count(";") == len(ExitCode) - 1

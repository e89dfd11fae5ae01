"""Shells complete command lines: by their own protocol in this process, and in real shells as far as they are here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from own_aws import configure
from places import ROOT
from thoroughness import THOROUGH

from tui.cli import shell_completion
from tui.cli.main import planescope
from tui.cli.shell_completion import SHELLS, VARIABLE
from tui.remembered import Remembered, remembered_path

NAMES = list(SHELLS)


def ask(monkeypatch: pytest.MonkeyPatch, shell: str, *words: str) -> tuple[list[str], int]:
    """The lines that a shell gets for the last of these words."""
    cut = words[-1] if shell == "fish" else str(len(words))
    monkeypatch.setenv("COMP_WORDS", " ".join(("planescope", *words)))
    monkeypatch.setenv("COMP_CWORD", cut)
    monkeypatch.setenv(VARIABLE, f"{shell}_complete")
    result = CliRunner().invoke(planescope, [])
    monkeypatch.delenv(VARIABLE)
    assert result.stderr == ""
    return result.stdout.splitlines(), result.exit_code


def completed(monkeypatch: pytest.MonkeyPatch, *words: str) -> list[str]:
    lines, code = ask(monkeypatch, "bash", *words)
    assert code == 0
    return [line.removeprefix("plain,") for line in lines]


def test_commands_options_and_choices_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    context = click.Context(planescope)
    assert completed(monkeypatch, "") == planescope.list_commands(context)
    assert completed(monkeypatch, "policy", "") == ["lint", "admits", "evaluate"]
    assert completed(monkeypatch, "pac") == ["packet"]
    assert completed(monkeypatch, "packet", "v") == ["verify"]
    assert completed(monkeypatch, "demo", "--inc") == ["--incident"]
    assert completed(monkeypatch, "demo", "--incident", "s") == ["services"]
    assert completed(monkeypatch, "demo", "--incident", "=", "s") == ["services"]
    assert completed(monkeypatch, "packet", "export", "--for", "") == ["auditor", "incident", "interviewer"]
    assert completed(monkeypatch, "completion", "") == NAMES
    assert completed(monkeypatch, "--no-l") == ["--no-live"]
    assert completed(monkeypatch, "--case", "") == ["file,"]
    assert completed(monkeypatch, "serve", "demo", "--st") == ["--stage"]
    assert completed(monkeypatch, "serve", "--port", "80", "demo", "--incident", "s") == ["services"]
    assert completed(monkeypatch, "serve", "--no-live", "--h") == ["--handout", "--help"]
    assert completed(monkeypatch, "serve", "--h") == ["--host", "--help", "--handout"]
    assert completed(monkeypatch, "serve", "") == ["demo"]
    assert completed(monkeypatch, "serve", "w") == []


def test_names_of_the_users_own_complete_as_far_as_a_shell_takes_them_for_one_word(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    remembered = Remembered(remembered_path())
    for name in ("octo-org/old", "octo-org/shop"):
        remembered.opened(f"github.com/{name}")
    remembered.settle()
    configure(
        monkeypatch, tmp_path, "[default]\n[profile day]\n[profile $(reboot)]\n[sso-session s]\n[profile day 2]\n"
    )
    assert completed(monkeypatch, "--repo", "") == ["octo-org/shop", "octo-org/old"]
    assert completed(monkeypatch, "diagnose", "--profile", "") == ["default", "day"]
    assert completed(monkeypatch, "doctor", "--registry-profile", "d") == ["default", "day"]
    (tmp_path / "aws-config").write_text("[default\nbroken")
    assert completed(monkeypatch, "--profile", "") == []
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path))
    assert completed(monkeypatch, "--profile", "") == []


def every_choice(
    command: click.Command, words: tuple[str, ...] = ()
) -> list[tuple[tuple[str, ...], click.Choice[str]]]:
    """Each option that takes one of some values, with the words before its value."""
    found = [
        ((*words, option.opts[-1]), option.type)
        for option in command.params
        if isinstance(option, click.Option) and isinstance(option.type, click.Choice)
    ]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            found += every_choice(below, (*words, name))
    return found


def test_the_choices_of_every_option_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    table = every_choice(planescope)
    assert len(table) >= 10
    for words, choice in table:
        assert completed(monkeypatch, *words, "") == [str(each) for each in choice.choices], words


@pytest.mark.parametrize("shell", NAMES)
def test_each_line_is_one_answer_with_its_help(shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines, code = ask(monkeypatch, shell, "policy", "l")
    wanted = {
        "bash": ["plain,lint"],
        "zsh": ["plain", "lint", "Find the faults of policy documents."],
        "fish": ["plain,lint\tFind the faults of policy documents."],
    }
    assert (lines, code) == (wanted[shell], 0)
    options, _ = ask(monkeypatch, shell, "demo", "--")
    assert len(options) == 10 * (3 if shell == "zsh" else 1)


@pytest.mark.parametrize(
    ("instruction", "words", "cut"),
    [("tcsh_complete", "planescope ", "1"), ("bash_source", "planescope ", "1"), ("bash_complete", "planescope '", "x"),
     ("bash_complete", "", "-7"), ("", "planescope", "1")],
)  # fmt: skip
def test_what_no_shell_asks_completes_to_nothing(
    instruction: str, words: str, cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", cut)
    monkeypatch.setenv(VARIABLE, instruction or "_")
    result = CliRunner().invoke(planescope, [])
    assert result.stderr == ""
    assert result.exit_code in (0, 1)
    assert "Traceback" not in result.output


def test_a_settings_file_that_is_broken_says_nothing_into_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from tui.settings import settings_path

    settings_path().parent.mkdir(parents=True)
    settings_path().write_text("theme = ")
    assert completed(monkeypatch, "demo", "--inc") == ["--incident"]


def test_the_script_is_printed_without_starting_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a program was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    for shell in NAMES:
        result = CliRunner().invoke(planescope, ["completion", shell])
        assert result.exit_code == 0
        assert f"{VARIABLE}={shell}_complete" in result.stdout
        assert result.stderr == ""
    assert CliRunner().invoke(planescope, ["completion", "tcsh"]).exit_code == 2


def test_completing_imports_no_other_command() -> None:
    script = (
        "import sys; from tui.cli.main import planescope; from tui.cli import shell_completion; "
        "shell_completion.answer(planescope, {}, 'bash_complete'); "
        "print([name for name in sys.modules if name.startswith(('tui.cli.commands.', 'probes', 'botocore', 'rich'))])"
    )
    env = {**os.environ, "COMP_WORDS": "planescope pa", "COMP_CWORD": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env, check=True)
    assert done.stdout.splitlines() == ["plain,packet", "[]"]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the command `planescope` in PATH, and the scripts of all shells."""
    program = tmp_path / "planescope"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m tui "$@"\n')
    program.chmod(0o755)
    for shell in NAMES:
        (tmp_path / f"{shell}.script").write_text(shell_completion.script(shell, planescope))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def said(program: str, words: list[str]) -> str:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    return subprocess.run([program, *words], capture_output=True, text=True, check=True, timeout=60).stdout


def test_bash_completes(installed: Path) -> None:
    lines = ['source "$HOME/bash.script"', "complete -p planescope"]
    lines += [
        f"COMP_WORDS=(planescope {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMPREPLY=();"
        ' _planescope_completion planescope; echo "${COMPREPLY[*]}"'
        for words in ('demo --incident ""', '"po"')[: 2 if THOROUGH else 1]
    ]
    told = said("bash", ["--norc", "-c", "\n".join(lines)]).splitlines()
    assert "-F _planescope_completion planescope" in told[0]
    assert told[1:] == ["release services", "policy"][: len(told) - 1]


@pytest.mark.skipif(not THOROUGH, reason="its lines are looked at above")
def test_fish_completes(installed: Path) -> None:
    command = 'source "$HOME/fish.script"; complete -C "planescope demo --incident s"'
    assert said("fish", ["--no-config", "-c", command]).split() == ["services"]


@pytest.mark.skipif(not THOROUGH, reason="its lines are looked at above")
def test_zsh_reads_the_script(installed: Path) -> None:
    assert said("zsh", ["-f", "-n", str(installed / "zsh.script")]) == ""
    loaded = 'autoload -U compinit; compinit -u -D; source "$HOME/zsh.script"; print ${_comps[planescope]}'
    assert said("zsh", ["-f", "-c", loaded]).split() == ["_planescope_completion"]

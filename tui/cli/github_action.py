"""What the composite action of this repository runs: its inputs, checked, as one command line; what came of it as outputs.

An input arrives as a variable of the environment, ``PLANESCOPE_INPUT_NAME``. Which inputs a command has stands in one table; a
value is one word of the command line, joined to its option, so that none of it is another option.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from diagnosis.documents.exit_code import ExitCode
from diagnosis.visible_text import visible_line

VERDICTS = {ExitCode.PASSED: "pass", ExitCode.FAILED: "fail", ExitCode.UNKNOWN: "unknown"}
"""By exit code; any other says that nothing was judged."""
ERROR = "error"
_PREFIX = "PLANESCOPE_INPUT_"
_LONGEST = 2_000
"""Characters of an input."""
_MOST = 100
"""Lines of one that may have several."""
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


class Kind(Enum):
    """How an input becomes words."""

    VALUE = "one word"
    FLAG = "true or false"
    LINES = "a word a line"
    FILES = "a file a line, without an option"


@dataclass(frozen=True, slots=True)
class Input:
    """An input of the action, as one command takes it."""

    option: str
    """``--job``; of a flag the one for ``true``, empty where only ``false`` says something."""
    kind: Kind = Kind.VALUE
    otherwise: str = ""
    """Of a flag, the option for ``false``."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command that the action runs."""

    words: tuple[str, ...]
    inputs: Mapping[str, Input]
    report: Callable[[Path], tuple[str, ...]]
    """The words that let it write its report, a JSON file."""
    name: str
    """Of the report."""


class RefusedInputError(Exception):
    """An input that the action does not take; its text is a sentence that repeats nothing foreign but on one line."""


_ANNOTATIONS = Input("--annotations", Kind.FLAG, "--no-annotations")
COMMANDS: Mapping[str, Command] = {
    "preflight": Command(
        ("preflight",),
        {
            "job": Input("--job"),
            "workflow": Input("--workflow"),
            "case": Input("--case"),
            "profile": Input("--profile"),
            "registry-profile": Input("--registry-profile"),
            "region": Input("--region"),
            "role-arn": Input("--role-arn"),
            "repository-uri": Input("--repository-uri", Kind.LINES),
            "plan": Input("--plan", Kind.LINES),
            "image-tag": Input("--image-tag"),
            "audience": Input("--audience"),
            "environment": Input("--environment"),
            "mask-accounts": Input("--mask-accounts", Kind.FLAG),
            "annotations": _ANNOTATIONS,
        },
        lambda file: (f"--output={file}",),
        "planescope-preflight.json",
    ),
}
ALWAYS = {"mask-accounts": "false", "annotations": "true"}
"""Inputs that action.yml gives a value of their own: that one counts as none where a command has no such input."""


def command_line(environ: Mapping[str, str], home: Path) -> tuple[tuple[str, ...], Path]:
    """Return the words after ``planescope``, and the report's place. Raises RefusedInputError."""
    given = {
        name.removeprefix(_PREFIX).lower().replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith(_PREFIX) and value.strip()
    }
    asked = given.pop("command", "").strip()
    command = COMMANDS.get(asked)
    if command is None:
        raise RefusedInputError(f"The input command is {_shown(asked)}; it is one of {', '.join(COMMANDS)}.")
    words, files = list(command.words), []
    for name, value in sorted(given.items()):
        known = command.inputs.get(name)
        if known is None and value.strip() == ALWAYS.get(name):
            continue
        if known is None:
            raise RefusedInputError(f"The command {asked} has no input {_shown(name)}.")
        if known.kind is Kind.FILES:
            files += _lines(name, value)
        else:
            words += _words(name, value, known)
    report = home / command.name
    words += command.report(report)
    return (*words, *(("--", *files) if files else ())), report


def _words(name: str, value: str, known: Input) -> list[str]:
    if known.kind is Kind.FLAG:
        said = value.strip().lower()
        if said not in ("true", "false"):
            raise RefusedInputError(f"The input {name} is {_shown(value)}; it is true or false.")
        word = known.option if said == "true" else known.otherwise
        return [word] if word else []
    values = _lines(name, value) if known.kind is Kind.LINES else [_word(name, value)]
    return [f"{known.option}={each}" for each in values]


def _lines(name: str, value: str) -> list[str]:
    lines = [_word(name, line) for line in value.splitlines() if line.strip()]
    if len(lines) > _MOST:
        raise RefusedInputError(f"The input {name} has more than {_MOST} lines.")
    return lines


def _word(name: str, value: str) -> str:
    word = value.strip()
    if _CONTROLS.search(word) or len(word) > _LONGEST:
        raise RefusedInputError(
            f"The input {name} is one line of at most {_LONGEST} characters, without control characters."
        )
    return word


def _shown(value: str) -> str:
    return f"“{visible_line(value)[:80]}”"


def outputs(values: Mapping[str, str]) -> str:
    """Return outputs as the runner reads them from GITHUB_OUTPUT: no value ends its own part, since nobody knows how it ends."""
    parts = []
    for name, value in values.items():
        end = f"end_{secrets.token_hex(16)}"
        parts.append(f"{name}<<{end}\n{value}\n{end}\n")
    return "".join(parts)


def run(words: Sequence[str]) -> int:
    """Run planescope; both its streams are ours. Return its exit code."""
    # The same interpreter with the same isolation; words of a table and of checked inputs, no shell.
    done = subprocess.run([sys.executable, "-I", "-m", "tui", *words], check=False)  # noqa: S603
    return done.returncode if done.returncode >= 0 else 128 - done.returncode


def main() -> int:
    """Run the command that the inputs name; return the exit code of the step."""
    from tui.cli.output import guard, say

    guard()
    code, report = int(ExitCode.USAGE), ""
    try:
        words, place = command_line(os.environ, Path(os.environ["PLANESCOPE_HOME"]))
        code = run(words)
        report = str(place) if place.is_file() else ""
    except RefusedInputError as refused:
        say(f"planescope: {refused}", err=True)
    target = os.environ.get("GITHUB_OUTPUT", "")
    if target:
        told = {"verdict": next((word for each, word in VERDICTS.items() if each == code), ERROR)}
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(outputs({**told, "exit-code": str(code), "report": report}))
    return code


if __name__ == "__main__":
    sys.exit(main())

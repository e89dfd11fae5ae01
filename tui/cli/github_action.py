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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from diagnosis.documents.exit_code import ExitCode
from diagnosis.visible_text import visible_line
from tui.cli.options.repository import ACTION_VARIABLE

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
    report: str
    """The name of its report, a JSON or JSON Lines file, which ``--output`` writes."""
    beside: tuple[str, ...] = ()
    """Files that it writes beside it, each as an option and a name: ``--csv=fleet.csv``."""
    sarif: str = ""
    """The name of its SARIF file, for a command that writes one where the input ``sarif`` asks for it."""
    sarif_option: str = ""
    """The option that writes it beside the report; empty for a command that is run once more for it, since it asks nobody."""


class RefusedInputError(Exception):
    """An input that the action does not take; its text is a sentence that repeats nothing foreign but on one line."""


_CASE, _REGION = Input("--case"), Input("--region")
_PROFILES = {"profile": Input("--profile"), "registry-profile": Input("--registry-profile")}
_ANNOTATIONS = {"annotations": Input("--annotations", Kind.FLAG, "--no-annotations")}
_STATED = {
    "role-arn": Input("--role-arn"),
    "repository-uri": Input("--repository-uri", Kind.LINES),
    "plan": Input("--plan", Kind.LINES),
    "image-tag": Input("--image-tag"),
    "audience": Input("--audience"),
    "environment": Input("--environment"),
}
COMMANDS: Mapping[str, Command] = {
    "preflight": Command(
        ("preflight",),
        {
            "job": Input("--job"),
            "workflow": Input("--workflow"),
            "case": _CASE,
            "region": _REGION,
            "mask-accounts": Input("--mask-accounts", Kind.FLAG),
            **_PROFILES,
            **_STATED,
            **_ANNOTATIONS,
        },
        "planescope-preflight.json",
    ),
    "conform": Command(
        ("conform",),
        {
            "paths": Input("", Kind.FILES),
            "base": Input("--base"),
            "case": _CASE,
            "region": _REGION,
            "role": Input("--role", Kind.LINES),
            "repo": Input("--repo"),
            "default-branch": Input("--default-branch"),
            "account": Input("--account"),
            "parameter": Input("--parameter", Kind.LINES),
            "all": Input("--all", Kind.FLAG),
            **_ANNOTATIONS,
        },
        "planescope-conform.json",
        sarif="planescope-conform.sarif",
    ),
    "drift": Command(
        ("drift",),
        {
            "repo": Input("--repo"),
            "workflow": Input("--workflow"),
            "baseline": Input("--baseline"),
            "case": _CASE,
            "region": _REGION,
            "role": Input("--role", Kind.LINES),
            "branch": Input("--branch"),
            "no-history": Input("--no-history", Kind.FLAG),
            **_PROFILES,
            **_STATED,
            **_ANNOTATIONS,
        },
        "planescope-drift.json",
        sarif="planescope-drift.sarif",
        sarif_option="--sarif-output",
    ),
    "fleet": Command(
        ("fleet",),
        {
            "org": Input("--org", Kind.LINES),
            "repos": Input("--repos", Kind.LINES),
            "repo": Input("--repo", Kind.LINES),
            "slice": Input("--slice"),
            "archived": Input("--archived", Kind.FLAG),
            "include-forks": Input("--include-forks", Kind.FLAG),
            "profile": Input("--profile"),
            "profiles": Input("--profiles", Kind.LINES),
            "region": _REGION,
            "no-live": Input("--no-live", Kind.FLAG),
        },
        "planescope-fleet.jsonl",
        beside=("--csv=planescope-fleet.csv",),
    ),
    "fleet-collect": Command(
        ("fleet", "collect"),
        {"files": Input("", Kind.FILES)},
        "planescope-fleet.jsonl",
        beside=("--csv=planescope-fleet.csv",),
    ),
}
DEFAULTS = {"annotations": "true"}
"""Inputs that action.yml gives a value: it says nothing where a command has no such input. ``false`` says nothing of any flag."""


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What is run, as words after ``planescope``."""

    words: tuple[str, ...]
    report: Path
    for_sarif: tuple[str, ...] = ()
    """The same once more, for its SARIF file; empty where that is not asked for."""
    sarif: Path | None = None


def command_line(environ: Mapping[str, str], home: Path) -> CommandLine:
    """Return what the inputs ask for; files are written into ``home``. Raises RefusedInputError."""
    given = {
        name.removeprefix(_PREFIX).lower().replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith(_PREFIX) and value.strip()
    }
    asked = given.pop("command", "").strip()
    command = COMMANDS.get(asked)
    if command is None:
        raise RefusedInputError(f"The input command is {_shown(asked)}; it is one of {', '.join(COMMANDS)}.")
    wants_sarif = _is_true("sarif", given.pop("sarif", "false"))
    if wants_sarif and not command.sarif:
        raise RefusedInputError(f"The command {asked} writes no SARIF.")
    words, files = list(command.words), []
    for name, value in sorted(given.items()):
        known = command.inputs.get(name)
        if known is None and value.strip() in ("false", DEFAULTS.get(name)):
            continue
        if known is None:
            raise RefusedInputError(f"The command {asked} has no input {_shown(name)}.")
        if known.kind is Kind.FILES:
            files += _lines(name, value)
        else:
            words += _words(name, value, known)
    last = ("--", *files) if files else ()
    report = home / command.report
    beside = [f"{option}={home / name}" for option, _, name in (each.partition("=") for each in command.beside)]
    sarif = home / command.sarif if wants_sarif else None
    if sarif is not None and command.sarif_option:
        beside.append(f"{command.sarif_option}={sarif}")
    whole = CommandLine((*words, f"--output={report}", *beside, *last), report, sarif=sarif)
    if sarif is None or command.sarif_option:
        return whole
    plain = [word for word in words if word not in ("--annotations", "--no-annotations")]
    again = (*plain, "--no-annotations", "--sarif", f"--output={sarif}", *last)
    return replace(whole, for_sarif=again)


def _words(name: str, value: str, known: Input) -> list[str]:
    if known.kind is Kind.FLAG:
        word = known.option if _is_true(name, value) else known.otherwise
        return [word] if word else []
    values = _lines(name, value) if known.kind is Kind.LINES else [_word(name, value)]
    return [f"{known.option}={each}" for each in values]


def _is_true(name: str, value: str) -> bool:
    said = value.strip().lower()
    if said not in ("true", "false"):
        raise RefusedInputError(f"The input {name} is {_shown(value)}; it is true or false.")
    return said == "true"


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
    return _run(words, None, dict(os.environ))


def _run_silently(words: Sequence[str]) -> int:
    """Run it once more for another form of the same: nothing is printed or summarized a second time."""
    environ = {name: value for name, value in os.environ.items() if name != "GITHUB_STEP_SUMMARY"}
    return _run(words, subprocess.DEVNULL, environ)


def taken_from(environ: Mapping[str, str]) -> str:
    """Return ``owner/name`` of the repository from which the runner took this action; empty where that is not told.

    The runner keeps actions of other repositories beside its temporary folder, by owner, name and ref. A workflow that is called
    takes the action into a folder of the checkout, and tells the repository in a variable.
    """
    kept, taken = Path(environ.get("RUNNER_TEMP", "")).parent / "_actions", Path(environ.get("GITHUB_ACTION_PATH", ""))
    parts = taken.relative_to(kept).parts if kept.is_absolute() and taken.is_relative_to(kept) else ()
    return f"{parts[0]}/{parts[1]}" if len(parts) == 3 else environ.get(ACTION_VARIABLE, "")


def _run(words: Sequence[str], stdout: int | None, environ: Mapping[str, str]) -> int:
    # The same interpreter with the same isolation; words of a table and of checked inputs, no shell.
    command = [sys.executable, "-I", "-m", "tui", *words]
    done = subprocess.run(command, check=False, stdout=stdout, env={**environ, ACTION_VARIABLE: taken_from(environ)})  # noqa: S603
    return done.returncode if done.returncode >= 0 else 128 - done.returncode


def main() -> int:
    """Run the command that the inputs name; return the exit code of the step."""
    from tui.cli.output import guard, say

    guard()
    code = int(ExitCode.USAGE)
    told = {"report": "", "sarif": ""}
    try:
        # A folder of its own: all that is in it is the artifact.
        home = Path(os.environ["PLANESCOPE_HOME"], "report")
        home.mkdir(exist_ok=True)
        asked = command_line(os.environ, home)
        code = run(asked.words)
        if asked.for_sarif and code in VERDICTS and _run_silently(asked.for_sarif) not in VERDICTS:
            code = int(ExitCode.OUTPUT)
        told = {"report": _if_there(asked.report), "sarif": _if_there(asked.sarif)}
    except RefusedInputError as refused:
        say(f"planescope: {refused}", err=True)
    except OSError as error:
        # No room for the report, or too much of an input: 1 says that something fails, and this is another thing.
        code = int(ExitCode.OUTPUT)
        say(f"planescope: the command could not be run: {error.strerror or error}.", err=True)
    verdict = next((word for each, word in VERDICTS.items() if each == code), ERROR)
    return code if _written({"verdict": verdict, "exit-code": str(code), **told}) else int(ExitCode.OUTPUT)


def _written(told: Mapping[str, str]) -> bool:
    """Write the outputs, where the runner takes them; tell whether that could be done."""
    from tui.cli.output import say

    target = os.environ.get("GITHUB_OUTPUT", "")
    try:
        if target:
            with Path(target).open("a", encoding="utf-8") as file:
                file.write(outputs(told))
    except OSError as error:
        say(f"planescope: the outputs of the step could not be written: {error.strerror or error}.", err=True)
        return False
    return True


def _if_there(place: Path | None) -> str:
    return str(place) if place is not None and place.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())

"""Which commands of one script may fail without the script failing, of those that cross a gate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from diagnosis.closure.steps.demotion.failing_paths import Fate, fate_of
from diagnosis.closure.steps.demotion.gate_commands import GateCommand, gate_command
from diagnosis.closure.steps.demotion.shell_state import Loss
from diagnosis.closure.steps.demotion.step_shell import StepShell, ends_as_its_command, runs_otherwise, shell_of
from diagnosis.steps.commands import trace_of_script
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.read_job import StepScript
from diagnosis.steps.script.repository_script import base_name
from diagnosis.steps.script.trace import Trace, Visit
from diagnosis.steps.shell.syntax import is_well_formed, script_of
from diagnosis.steps.shell.tree import Simple
from diagnosis.steps.shell.words import source_of
from diagnosis.steps.variables import is_legible

_CONSUMED = (Loss.PIPE, Loss.TAKEN, Loss.ASKED, Loss.TURNED)
"""Where a question's answer is used: whether its failure then stops the script is up to what uses it."""
_HERE = re.compile(
    r"\$\{?(?:PWD|OLDPWD|GITHUB_WORKSPACE)\b|\$\(pwd\)|github\.workspace|/github/workspace|/home/runner/work/"
)
"""The folder of the repository, in which it may have programs of its own under known names."""
_TOLD = re.compile(r"\b(?:echo|printf)\s+(?:-\w+\s+)*(.*)")
_OF_BASH = re.compile(r"(?<!\S)\[\[(?!\S)|(?<!\$)\(\(|&>|\s==\s|(?:^|[;&|\s])let\s")
"""What bash understands, and what the ``sh`` of Debian and Ubuntu (dash) takes for a command that is not found, or for ``&``."""
_PLAIN_FIRST_LINE = re.compile(r"#!\s*/(?:usr/)?bin/(?:env\s+)?(?:sh|dash|ash)\b")
_PLAIN_SHELLS = frozenset({"sh", "dash", "ash"})
SET_BEFORE = ("BASH_ENV", "SHELLOPTS", "BASHOPTS")
"""Variables by which a script begins with other options, or with another script."""


@dataclass(frozen=True, slots=True)
class ScriptLoss:
    """A failure that one script loses, or may."""

    what: str
    """As a clause."""
    shown: bool = False
    only_pulls: bool = False
    """Whether the command only reads images."""


def losses_of(script: StepScript) -> Iterator[ScriptLoss]:
    """Yield what is lost in a script, or may be; nothing where each failure of a gate's command fails the script."""
    shell = shell_of(script)
    trace = trace_of(script)
    commands = _commands(trace)
    if not commands:
        return
    if shell is None:
        if not (ends_as_its_command(script) and _is_alone(script, trace)):
            yield ScriptLoss("the script is in a shell whose rules are not known here")
        return
    texts = [script.text, *(ran.text for visits in trace.visits.values() for visit in visits for ran in visit.runs)]
    if not all(is_well_formed(text) for text in texts if text):
        yield ScriptLoss("the script cannot be parsed")
    if _in_plain_shell(script, trace) and any(map(_OF_BASH.search, texts)):
        yield ScriptLoss("a form of bash stands in a script of `sh`, which may take it for something else")
    yield from (ScriptLoss(what) for what in _changed_meaning(script, trace))
    # Behind `||` may stand what an unread file defines, and that may end the script.
    whole = not any(_takes_in_unread(visit) for visits in trace.visits.values() for visit in visits)
    for command in commands:
        fate = _fate(command, script, trace, shell)
        if fate.loss is not None:
            certain = not command.pulls and not (command.asks and fate.loss in _CONSUMED)
            what = f"the failure of {command.words} can be lost: {fate.loss.value}"
            yield ScriptLoss(what, shell.sure and whole and certain, command.pulls)
        elif fate.doubt:
            what = f"whether the failure of {command.words} can be lost is not known: {fate.doubt}"
            yield ScriptLoss(what, only_pulls=command.pulls)
    if gate_command(trace.apart) is not None:
        yield ScriptLoss("a command stands where it is not followed")


def trace_of(script: StepScript) -> Trace:
    """Return what each command of a script does."""
    return trace_of_script(script.text, script.values, script.files, script.folder, script.shell)


def pushes(script: StepScript) -> bool:
    """Return whether a command of the script pushes to the registry."""
    return Purpose.PUSH in followed(script)


def followed(script: StepScript) -> frozenset[Purpose]:
    """Return what the commands of a script do at the gates, as far as they are followed one by one."""
    return frozenset(purpose for command in _commands(trace_of(script)) for purpose, _, _ in command.deeds)


def _in_plain_shell(script: StepScript, trace: Trace) -> bool:
    """Return whether the script, or one that it runs, is run by a shell that need not be bash."""
    started = [line.split()[0] for line in (script.command, script.shell) if line and line.strip()]
    visits = [visit for each in trace.visits.values() for visit in each]
    started += [words[0] for visit in visits if visit.runs for words in visit.programs]
    by_name = any(base_name(word) in _PLAIN_SHELLS for word in started)
    return by_name or any(_PLAIN_FIRST_LINE.match(ran.text) for visit in visits for ran in visit.runs)


def _takes_in_unread(visit: Visit) -> bool:
    """Return whether a command runs in the script's own shell what cannot be read."""
    same_shell = any(words[0] in ("source", ".", "eval") for words in visit.programs)
    return same_shell and any(each.purpose is Purpose.OPAQUE for each in visit.operations)


def _changed_meaning(script: StepScript, trace: Trace) -> Iterator[str]:
    """Yield what gives known commands another meaning, as clauses."""
    for name in SET_BEFORE:
        if name in script.text:
            yield f"{name} is set, by which the script begins otherwise"
    if re.search(r"(?:^|\s)-?-?\w*i", script.values.get("MAKEFLAGS", "")):
        yield "MAKEFLAGS may let make ignore failures"
    for node in trace.nodes:
        for each in node.assignments:
            if each.name == "PATH" and _is_of_the_repository(source_of(each.word)):
                yield "programs of the repository stand before those of the machine (PATH)"
        for visit in trace.of(node):
            words = visit.programs[0] if visit.programs else ("",)
            if words[0] == "env" and any(
                word.startswith("PATH=") and _is_of_the_repository(word[5:]) for word in words
            ):
                yield "programs of the repository stand before those of the machine (PATH)"
            if words[0] == "trap" and {"DEBUG", "SIGDEBUG"} & {word.upper() for word in words[2:]}:
                yield "a trap runs before each command, and may end the script"
            if words[0] == "set" and runs_otherwise(words[1:]):
                yield f"`{' '.join(words)}` lets the shell run nothing, or not all"
            if words[0] in ("alias", "enable") or (words[0] == "hash" and "-p" in words):
                yield f"`{words[0]}` gives a command another meaning"


def puts_own_programs_first(script: StepScript) -> bool:
    """Return whether a script puts a folder of the repository on the path of the steps after it, or may."""
    told = [(line, _TOLD.search(line)) for line in script.text.split("\n") if "GITHUB_PATH" in line]
    return any(_is_of_the_repository(line if found is None else found[1]) for line, found in told)


def _is_of_the_repository(path: str) -> bool:
    """Return whether a folder of a path, before those of the machine, is one of the repository: named from here, or relative."""
    for folder in path.replace('"', "").replace("'", "").split(":"):
        if folder in ("$PATH", "${PATH}"):
            return False
        if not folder.startswith(("/", "~", "$")) or _HERE.search(folder):
            return True
    return False


def begins_later_scripts_otherwise(script: StepScript) -> str:
    """Return the variable by which a script makes those of later steps begin otherwise (``GITHUB_ENV``); empty for none."""
    if "GITHUB_ENV" not in script.text:
        return ""
    named = (name for name in SET_BEFORE if re.search(rf"\b{name}\b[\"']?\s*(?:=|<<)", script.text))
    of_path = any("GITHUB_ENV" in line and re.search(r"(?<!\w)PATH=", line) for line in script.text.split("\n"))
    return next(named, "PATH" if of_path else "")


def _fate(command: GateCommand, script: StepScript, trace: Trace, shell: StepShell) -> Fate:
    def value_of(name: str) -> str | None:
        value = script.values.get(name)
        return value if value is not None and is_legible(value) else None

    body = script_of(script.text)
    return fate_of(command, body, trace, errexit=shell.errexit, pipefail=shell.pipefail, values=value_of)


def _commands(trace: Trace) -> tuple[GateCommand, ...]:
    found = (gate_command(visit.operations) for visits in trace.visits.values() for visit in visits)
    return tuple(dict.fromkeys(command for command in found if command is not None))


def _is_alone(script: StepScript, trace: Trace) -> bool:
    """Return whether the script is one plain command."""
    body = script_of(script.text)
    return len(body) == 1 and isinstance(body[0].node, Simple) and len(trace.nodes) == 1 and "&" not in script.text

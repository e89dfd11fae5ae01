"""Expand ``$NAME`` and ``${{ inputs.name }}`` by the values that a run shows, never by guesses.

Values live in one mapping: environment variables under their name, GitHub's contexts under their path
(``inputs.region``, ``github.sha``), step outputs under ``outputs.NAME``. What is not in the mapping stays as written,
and a masked value (``***``) stays masked: whoever reads the result sees that it is not legible.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping

from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import Workflow, WorkflowJob, WorkflowStep
from diagnosis.steps.shell_commands import ShellCommand

LONGEST = 4_000
"""Characters of an expanded text; a longer one is left as it is."""
_ROUNDS = 5
_EXPRESSION = re.compile(r"\$\{\{\s*([\w.\-\[\]'\"]{1,200})\s*\}\}")
_BRACED = re.compile(r"\$\{([A-Za-z_]\w*)(?::?-([^${}]*)|:(\d*):(\d+)|(,,)|(##?\*[^}*]|%%?[^}*]\*))?\}")
_PLAIN = re.compile(r"\$(?:env:)?([A-Za-z_]\w*)")
_STEP_OUTPUT = re.compile(r"steps\.[\w-]+\.outputs\.([\w-]+)")
_OUTPUT_FILES = frozenset({"$GITHUB_OUTPUT", "${GITHUB_OUTPUT}", "$env:GITHUB_OUTPUT"})
_ENV_FILES = frozenset({"$GITHUB_ENV", "${GITHUB_ENV}", "$env:GITHUB_ENV"})
_WRITTEN = re.compile(r"([A-Za-z_][\w-]*)=(.*)", re.DOTALL)


def expand(text: str, values: Mapping[str, str]) -> str:
    """Replace every known variable and expression in a text."""
    for _ in range(_ROUNDS):
        if "$" not in text or len(text) > LONGEST:
            return text
        replaced = _EXPRESSION.sub(lambda found: _expression(found, values), text)
        replaced = _BRACED.sub(lambda found: _braced(found, values), replaced)
        replaced = _PLAIN.sub(lambda found: values.get(found[1], found[0]), replaced)
        if replaced == text or len(replaced) > LONGEST:
            return text
        text = replaced
    return text


def with_expressions(text: str, values: Mapping[str, str]) -> str:
    """Return the text with the known ``${{ … }}`` replaced, once, as GitHub does before a shell sees it.

    The shell's own variables and their defaults stay.
    """
    if "${{" not in text or len(text) > LONGEST:
        return text
    replaced = _EXPRESSION.sub(lambda found: _expression(found, values), text)
    return text if len(replaced) > LONGEST else replaced


def is_legible(text: str | None) -> bool:
    """Return whether a value is fully known: not empty, nothing masked, nothing left to expand."""
    return bool(text) and "***" not in str(text) and "$" not in str(text)


def written_values(
    workflow: Workflow, job: WorkflowJob | None, step: WorkflowStep | None, known: Mapping[str, str]
) -> dict[str, str]:
    """Return the values at a step as the workflow file gives them: inputs' defaults, then ``env:`` from the outside in."""
    values: dict[str, str] = {}
    for name, default in workflow.inputs:
        if default:
            values[f"inputs.{name}"] = default
    values.update(known)
    blocks = (workflow.env, job.env if job else (), step.env if step else ())
    for name, value in (pair for block in blocks for pair in block):
        values[name] = expand(value, values)
        values[f"env.{name}"] = values[name]
    return values


def run_values(attempt: Attempt) -> dict[str, str]:
    """Return what GitHub sets for every step of this attempt, under both names."""
    facts = {
        "sha": attempt.head_sha,
        "ref_name": attempt.head_branch or "",
        "run_id": str(attempt.run_id),
        "run_number": str(attempt.run_number),
        "run_attempt": str(attempt.attempt),
        "repository": attempt.repository.full_name,
        "repository_owner": attempt.repository.owner,
        "actor": attempt.first_actor or attempt.actor,
    }
    known = {name: value for name, value in facts.items() if value}
    return {f"github.{name}": value for name, value in known.items()} | {
        f"GITHUB_{name.upper()}": value for name, value in known.items()
    }


def note_command(command: ShellCommand, values: MutableMapping[str, str], handed_on: MutableMapping[str, str]) -> None:
    """Follow what a command sets: its assignments, and what it writes to ``$GITHUB_ENV`` and ``$GITHUB_OUTPUT``."""
    if command.assignments and not command.words:
        for name, value in command.assignments:
            values[name] = expand(value, values)
    if command.program in ("echo", "printf") and command.redirect in _OUTPUT_FILES | _ENV_FILES:
        written = _WRITTEN.fullmatch(expand(" ".join(command.words[1:]), values))
        if written:
            prefix = "outputs." if command.redirect in _OUTPUT_FILES else ""
            handed_on[prefix + written[1]] = written[2]


def _expression(found: re.Match[str], values: Mapping[str, str]) -> str:
    path = found[1].replace("['", ".").replace("']", "").replace("github.event.inputs.", "inputs.")
    if path in values:
        return values[path]
    if path.startswith("env."):
        return values.get(path.removeprefix("env."), found[0])
    output = _STEP_OUTPUT.fullmatch(path)
    return values.get(f"outputs.{output[1]}", found[0]) if output else found[0]


def _braced(found: re.Match[str], values: Mapping[str, str]) -> str:
    name, default, start, length, lower, cut = found.groups()
    value = values.get(name)
    if value is None:
        return found[0] if default is None else default
    if length is not None:
        begin = int(start or 0)
        return value[begin : begin + int(length)]
    if cut:
        return _cut(value, cut)
    return value.lower() if lower else value


def _cut(value: str, cut: str) -> str:
    """Apply ``#*c``, ``##*c``, ``%c*`` or ``%%c*``: the ways in which scripts take an image address apart."""
    mark = cut.strip("#%*")
    if not mark or mark not in value:
        return value
    match cut[: 2 if cut[1] in "#%" else 1]:
        case "#":
            return value.partition(mark)[2]
        case "##":
            return value.rpartition(mark)[2]
        case "%":
            return value.rpartition(mark)[0]
        case _:
            return value.partition(mark)[0]

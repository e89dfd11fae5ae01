"""Learn what expressions were worth in a run from what its logs show filled in: ``vars``, a dispatch's inputs, needs.

Where the file has ``${{ vars.X }}`` and the head of the step in the log has a value at that place, that is the value of
``vars.X``. A value that stays the same for the whole run may then be used wherever else it is asked for. What is masked
tells nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from diagnosis.facts.workflow import Workflow, WorkflowJob, WorkflowStep
from diagnosis.logs.job_log import JobLog, Section, SectionKind
from diagnosis.steps.expressions.text import asked_again, filled, paths_in, spans
from diagnosis.steps.expressions.values import TypedText
from diagnosis.steps.match import Matched
from diagnosis.steps.variables import is_legible, of_kind

_LASTING = frozenset({"vars", "inputs", "github", "secrets", "needs", "matrix", "steps"})
"""Contexts of which a property does not change within a job once it is set."""
_OF_THE_RUN = ("inputs.", "github.")
_INPUTS_GROUP = "Inputs"
_MOST_SHOWN = 200
_LONGEST = 2_000
_ROUNDS = 4

Shown = Iterable[tuple[str, str]]
"""Pairs of a text as the file has it, and as the log shows it."""


def learnt(pairs: Shown, values: Mapping[str, str]) -> dict[str, str]:
    """Return what the pairs tell beyond ``values``; what one tells may be what another one waits for."""
    waiting = [pair for pair in pairs if "${{" in pair[0] and max(map(len, pair)) <= _LONGEST]
    found: dict[str, str] = {}
    for _ in range(_ROUNDS):
        before = len(found)
        for written, shown in waiting:
            told = _told(filled(written, {**values, **found} if found else values), shown)
            if told is not None:
                found.setdefault(*told)
        if len(found) == before:
            break
    return found


def _told(written: str, shown: str) -> tuple[str, str] | None:
    """Return the one expression of a text that is not known yet, by its path, with its value; None where it is not told."""
    places = spans(written)
    expressions = {expression for _, _, expression in places}
    if len(expressions) != 1:
        return None
    (expression,) = expressions
    paths = paths_in(expression)
    if not paths or any(path[0].lower() not in _LASTING for path in paths):
        return None
    parts, at = [], 0
    for start, end, _ in places:
        parts.append(written[at:start])
        at = end
    parts.append(written[at:])
    length, rest = divmod(len(shown) - sum(map(len, parts)), len(places))
    value = shown[len(parts[0]) : len(parts[0]) + length]
    if length <= 0 or rest or not is_legible(value) or value.join(parts) != shown:
        return None
    return asked_again(expression), value


def shown_in_log(
    matched: Iterable[Matched], workflow: Workflow | None, job: WorkflowJob | None, log: JobLog | None
) -> Iterator[tuple[str, str]]:
    """Yield what a job's file has beside what its log shows: the heads of its steps, and the inputs of a called workflow."""
    if log is None:
        return
    if job is not None and job.caller is not None:
        given = {name.lower(): value for name, value in job.caller.inputs}
        for name, value in inputs_group(log).items():
            if name.lower() in given:
                yield given[name.lower()], value
    first = next((section for section in log.sections if section.kind is SectionKind.RUN), None)
    if first is not None and workflow is not None:
        shown = first.environment()
        written = dict(workflow.env) | dict(job.env if job else ())
        yield from ((written[name], shown[name]) for name in written if name in shown)
    for step in matched:
        if step.written is not None and not step.is_post:
            for section in step.sections[:1]:
                yield from _of_head(section, step.written)


def _of_head(section: Section, own: WorkflowStep) -> Iterator[tuple[str, str]]:
    env = section.environment()
    yield from ((value, env[name]) for name, value in own.env if name in env)
    if section.script is None:
        if (section.uses or "").lower() == (own.uses or "").lower():
            shown = {key.lower(): value for key, value, _ in section.inputs}
            yield from ((value, shown[name.lower()]) for name, value in own.inputs if name.lower() in shown)
        return
    lines, echoed = (own.run or "").strip("\n").split("\n"), section.script.strip("\n").split("\n")
    if len(lines) == len(echoed):
        yield from zip(lines, echoed, strict=True)


def inputs_group(log: JobLog) -> dict[str, str]:
    """Return the inputs that a called workflow's job prints in its set-up."""
    setup = next((section for section in log.sections if section.kind is SectionKind.SETUP), None)
    found: dict[str, str] = {}
    begun = False
    for line in setup.lines[:_MOST_SHOWN] if setup else ():
        if begun:
            name, colon, value = line.text.strip().partition(": ")
            if not colon or not line.text.startswith("  "):
                break
            found[name] = value
        begun = begun or line.text.strip().removeprefix("##[group]").strip() == _INPUTS_GROUP
    return found


def with_kinds(found: Mapping[str, str], workflow: Workflow | None) -> dict[str, str]:
    """Return learnt values with the kinds that the workflow declares for its inputs."""
    declared = workflow.declared_inputs if workflow else ()
    kinds = {f"inputs.{each.name}".lower(): each.kind for each in declared if each.trigger == "workflow_dispatch"}
    return {
        name: value if isinstance(value, TypedText) else of_kind(value, kinds.get(name.lower(), "string"))
        for name, value in found.items()
    }


def of_the_run(found: Mapping[str, str]) -> dict[str, str]:
    """Return those of the learnt values that hold for every job of the run."""
    return {name: value for name, value in found.items() if name.startswith(_OF_THE_RUN)}

"""Read a job: its steps with what they did, from the API, the workflow file and the log together.

The log is the better source where it has a step's head, for there the runner has filled in every expression. A step
that did not run is known by the workflow file alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt, Job
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow, WorkflowJob, WorkflowStep
from diagnosis.logs.job_log import JobLog, Section, SectionKind, read_job_log
from diagnosis.logs.log_text import LogLine
from diagnosis.names.ecr_address import EcrAddress
from diagnosis.steps.actions.action_use import ActionUse
from diagnosis.steps.actions.kind_of_action import is_composite_candidate
from diagnosis.steps.actions.operations import operations_of_action, outputs_of_action
from diagnosis.steps.actions.scripts import script_of_action
from diagnosis.steps.commands import operations_of_script
from diagnosis.steps.home_registry import home_registry
from diagnosis.steps.kinds import Operation, Purpose, StepKind
from diagnosis.steps.match import Matched, match_steps, with_inner_steps
from diagnosis.steps.variables import expand, is_legible, run_values, written_values

LOGIN_LINE = re.compile(r"Logging in(?:to| to) registry (?:https?://)?(\S+)")
PUSH_LINE = re.compile(r"The push refers to repository \[([^\]\s]+)\]")


@dataclass(frozen=True, slots=True)
class ReadStep:
    """One step, with what it does."""

    matched: Matched
    operations: tuple[Operation, ...] = ()
    condition: str | None = None
    continue_on_error: bool | str = False

    @property
    def number(self) -> int | None:
        """The step's number in the API."""
        return self.matched.step.number if self.matched.step else None

    @property
    def name(self) -> str:
        """The displayed name; for people, never for recognition."""
        if self.matched.name:
            return self.matched.name
        written = self.matched.written
        return (written.name or written.uses or "Run script") if written else ""

    @property
    def sections(self) -> tuple[Section, ...]:
        """The step's sections of the log."""
        return self.matched.sections

    @property
    def lines(self) -> tuple[LogLine, ...]:
        """All lines of the step."""
        return self.matched.lines

    @property
    def output(self) -> tuple[LogLine, ...]:
        """What the step printed."""
        return self.matched.output

    @property
    def conclusion(self) -> str | None:
        """As GitHub recorded it."""
        return self.matched.step.conclusion if self.matched.step else None

    @property
    def conclusive(self) -> bool:
        """Whether the recorded success says that what the file asked for was done.

        It does not where ``continue-on-error`` turns a failure into a success, where the file is not known, and for
        an action that runs steps of its own, which may tolerate their failures.
        """
        own = self.matched.written
        if own is None or not self.matched.succeeded or self.continue_on_error not in (False, "false", ""):
            return False
        return own.run is not None or not is_composite_candidate(own.uses)

    def does(self, *purposes: Purpose) -> bool:
        """Return whether one of the operations is of this sort."""
        return any(operation.purpose in purposes for operation in self.operations)

    def is_a(self, *kinds: StepKind) -> bool:
        """Return whether one of the operations is of this kind."""
        return any(operation.kind in kinds for operation in self.operations)


@dataclass(frozen=True, slots=True)
class ReadJob:
    """One job, read."""

    job: Job | None
    written: WorkflowJob | None
    workflow: Workflow | None
    log: JobLog | None
    steps: tuple[ReadStep, ...]
    """In the order of the job; steps of the file that the API does not list are among them."""
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The job's name as the API shows it."""
        return self.job.name if self.job else (self.written.name or self.written.id if self.written else "")

    @property
    def releases(self) -> bool:
        """Whether the job has anything to do with AWS credentials or ECR."""
        return any(speaks_to_aws(operation) for step in self.steps for operation in step.operations)


def speaks_to_aws(operation: Operation) -> bool:
    """Return whether an operation has anything to do with AWS credentials or ECR; a call of another service alone does not tell."""
    return (
        operation.purpose in (Purpose.ASSUME, Purpose.CALL)
        or (operation.action or "").startswith("ecr")
        or (
            operation.purpose in (Purpose.PUSH, Purpose.PULL, Purpose.LOGIN)
            and EcrAddress.find(operation.target) is not None
        )
    )


def read_job(
    job: Job | None,
    written: WorkflowJob | None,
    workflow: Workflow | None,
    attempt: Attempt | None = None,
    case: Case | None = None,
) -> ReadJob:
    """Put together what the API, the file and the log say of one job; any of the three may be missing."""
    log = read_job_log(job.log.value) if job is not None and isinstance(job.log, Known) and job.log.value else None
    listed = match_steps(job.steps if job else (), written.steps if written else (), log)
    matched = with_inner_steps(_in_order(listed, written))
    values: dict[str, str] = run_values(attempt) if attempt else {}
    if log is not None:
        values.update(_common_environment(log))
    actions = [found for step in matched for found in _inputs(step, workflow, written, values)]
    home = home_registry(actions, case or Case())
    values.update({"outputs.registry": home} if home else {})
    steps: list[ReadStep] = []
    for step in matched:
        operations = _operations(step, workflow, written, values)
        own = step.written
        steps.append(
            ReadStep(step, operations, own.condition if own else None, own.continue_on_error if own else False)
        )
        for name, value in own.outputs if own else ():
            if is_legible(text := expand(value, values)):
                values[f"outputs.{name}"] = text
    return ReadJob(job, written, workflow, log, tuple(steps), values)


def job_of_file(workflow: Workflow | UnparsableWorkflow | None, shown_name: str) -> WorkflowJob | None:
    """Return the file's job of that name; None for a job of a called workflow, whose steps the file does not hold."""
    if not isinstance(workflow, Workflow):
        return None
    if " / " in shown_name:
        caller = workflow.job_named(shown_name.split(" / ")[0])
        if caller is not None and caller.uses:
            return None
    found = workflow.job_named(shown_name) or _by_expression(workflow, shown_name)
    return None if found is None or found.uses else found


def _by_expression(workflow: Workflow, shown_name: str) -> WorkflowJob | None:
    """Return a job whose name holds an expression, where only one job of the file can be meant."""
    fitting = [
        job
        for job in workflow.jobs
        if job.name and "${{" in job.name and shown_name.startswith(job.name.split("${{")[0])
    ]
    return fitting[0] if len(fitting) == 1 else (workflow.jobs[0] if len(workflow.jobs) == 1 and fitting else None)


def _in_order(matched: tuple[Matched, ...], written: WorkflowJob | None) -> tuple[Matched, ...]:
    """Add the file's steps that nothing was paired with, at their place in the file."""
    if written is None:
        return matched
    order = {id(own): place for place, own in enumerate(written.steps)}
    paired = {id(step.written) for step in matched if step.written is not None}
    result: list[Matched] = []
    waiting = [own for own in written.steps if id(own) not in paired]
    for step in matched:
        if step.written is not None:
            while waiting and order[id(waiting[0])] < order[id(step.written)]:
                result.append(Matched(None, waiting.pop(0)))
        result.append(step)
    last = max((at for at, step in enumerate(result) if step.written is not None), default=len(result) - 1)
    return (*result[: last + 1], *(Matched(None, own) for own in waiting), *result[last + 1 :])


def _common_environment(log: JobLog) -> dict[str, str]:
    """Return the environment of the first steps: what the job and the workflow set, filled in by the runner."""
    heads = [section for section in log.sections if section.kind is SectionKind.RUN]
    return heads[0].environment() if heads else {}


def _inputs(
    step: Matched, workflow: Workflow | None, written: WorkflowJob | None, values: Mapping[str, str]
) -> list[tuple[dict[str, str], str]]:
    """Return ``(inputs, uses)`` of the step's actions: from the log's heads, else from the file."""
    own, known = step.written, _values_at(step, workflow, written, values)
    found = [(_given(section, own, known), section.uses) for section in step.sections if section.uses]
    if not found and own is not None and own.uses:
        found = [({key.lower(): expand(value, known) for key, value in own.inputs}, own.uses)]
    return found


def _given(section: Section, own: WorkflowStep | None, known: Mapping[str, str]) -> dict[str, str]:
    """Return an action's inputs by lower-case name, from the head; an abridged head is completed by the file."""
    shown = {key.lower(): value for key, value, _ in section.inputs}
    if own is None or (own.uses or "").partition("@")[0].lower() != (section.uses or "").partition("@")[0].lower():
        return shown
    written = {key.lower(): expand(value, known) for key, value in own.inputs}
    return {key: value for key, value in written.items() if is_legible(value)} | shown


def _values_at(
    step: Matched, workflow: Workflow | None, written: WorkflowJob | None, values: Mapping[str, str]
) -> dict[str, str]:
    if workflow is None:
        return dict(values)
    filled = written_values(workflow, written, step.written, values)
    own = {name for name, _ in step.written.env} if step.written else set()
    # What the runner filled in is surer than what can be worked out from the file; a step's own block wins over both.
    return filled | {name: value for name, value in values.items() if name not in own and is_legible(value)}


def _operations(
    step: Matched, workflow: Workflow | None, written: WorkflowJob | None, values: dict[str, str]
) -> tuple[Operation, ...]:
    """Return the step's operations; add to ``values`` what the step hands on to later ones."""
    operations: list[Operation] = []
    if step.is_post:
        return ()
    runs = [section for section in step.sections if section.kind is SectionKind.RUN]
    own = step.written
    if own is not None and (not runs or _abridged(runs[0], own)):
        known = _values_at(step, workflow, written, values) | (runs[0].environment() if runs else {})
        operations.extend(_written_operations(own, known, values))
        runs, rest = runs[1:], runs[:1]
        operations.extend(seen for section in rest for seen in _seen_in_output(section.output, operations))
    for section in runs:
        given = _given(section, own, _values_at(step, workflow, written, values))
        operations.extend(_section_operations(section, given, values))
        operations.extend(_seen_in_output(section.output, operations))
    return tuple(operations)


def _abridged(section: Section, own: WorkflowStep) -> bool:
    """Return whether the head of a script shows less of it than the file has."""
    shown = (section.script or "").strip()
    return own.run is not None and len(shown.splitlines()) < len(own.run.strip().splitlines())


def _section_operations(section: Section, inputs: Mapping[str, str], values: dict[str, str]) -> tuple[Operation, ...]:
    known = dict(values) | section.environment()
    if section.script is not None:
        operations, handed_on = operations_of_script(section.script, known)
        values.update(handed_on)
        return operations
    operations = _of_action(section.uses or "", inputs, known)
    values.update(outputs_of_action(section.uses or "", inputs, known) | _outputs(section.output))
    return operations


def _written_operations(own: WorkflowStep, known: dict[str, str], values: dict[str, str]) -> tuple[Operation, ...]:
    if own.run is not None:
        operations, handed_on = operations_of_script(expand_expressions(own.run, known), known)
        values.update(handed_on)
        return operations
    inputs = {key.lower(): expand(value, known) for key, value in own.inputs}
    values.update(outputs_of_action(own.uses or "", inputs, known))
    return _of_action(own.uses or "", inputs, known)


def expand_expressions(script: str, known: Mapping[str, str]) -> str:
    """Replace GitHub's expressions in a script, line by line; the shell's variables are left to the shell."""
    contexts = {name: value for name, value in known.items() if "." in name}
    return "\n".join(expand(line, contexts) if "${{" in line else line for line in script.split("\n"))


def _of_action(uses: str, inputs: Mapping[str, str], known: Mapping[str, str]) -> tuple[Operation, ...]:
    """Return what an action does by itself, and what the script does that it runs."""
    script = script_of_action(ActionUse(uses, inputs, known))
    run = operations_of_script(script, known)[0] if script else ()
    return operations_of_action(uses, inputs, known) + run


def _outputs(lines: tuple[LogLine, ...]) -> dict[str, str]:
    """Return what a login prints, as its output ``registry``."""
    for line in lines[:200]:
        found = LOGIN_LINE.match(line.text)
        address = EcrAddress.find(found[1]) if found else None
        if address is not None and address.legible_host:
            return {"outputs.registry": address.legible_host}
    return {}


def _seen_in_output(lines: tuple[LogLine, ...], operations: list[Operation]) -> list[Operation]:
    """Return the pushes that docker's output shows although the script hides them behind another command (make, a file)."""
    if any(operation.purpose is Purpose.PUSH for operation in operations):
        return []
    found = (PUSH_LINE.match(line.text) for line in lines if line.printed)
    return [Operation(StepKind.DOCKER, Purpose.PUSH, target=pushed[1]) for pushed in found if pushed][:20]

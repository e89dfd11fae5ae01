"""Read a job: its steps with what they did, from the API, the workflow file and the log together.

The log is the better source where it has a step's head, for there the runner has filled in every expression. A step
that did not run is known by the workflow file alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt, Job
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow, WorkflowJob, WorkflowStep
from diagnosis.logs.job_log import JobLog, Section, SectionKind, read_job_log
from diagnosis.logs.log_text import LogLine
from diagnosis.names.ecr_address import PUBLIC_HOST, EcrAddress
from diagnosis.steps.actions.action_use import ActionUse
from diagnosis.steps.actions.kind_of_action import action_kind, is_composite_candidate
from diagnosis.steps.actions.operations import operations_of_action, outputs_of_action
from diagnosis.steps.actions.scripts import script_of_action
from diagnosis.steps.actions.understood import only_judges
from diagnosis.steps.checkout import checked_out
from diagnosis.steps.commands import operations_of_script
from diagnosis.steps.conditions import job_runs, shut_off, step_runs
from diagnosis.steps.home_registry import home_registry
from diagnosis.steps.infrastructure.plan_in_artifacts import applies_a_plan, plan_of, with_plan
from diagnosis.steps.kinds import Operation, Purpose, StepKind
from diagnosis.steps.learnt_values import learnt, of_the_run, shown_in_log, with_kinds
from diagnosis.steps.match import Matched, default_name, fits_head, match_steps, with_inner_steps
from diagnosis.steps.matrix import Leg, leg_named, legs_of, names_of_legs
from diagnosis.steps.repository_files import Files, path_in
from diagnosis.steps.session_values import as_logged, session_values
from diagnosis.steps.variables import expand, given_inputs, is_legible, run_values, with_expressions, written_values

LOGIN_LINE = re.compile(r"Logging in(?:to| to) registry (?:https?://)?(\S+)")
PUSH_LINE = re.compile(r"The push refers to repository \[([^\]\s]+)\]")
_KEYS = "AWS_ACCESS_KEY_ID"
LONGEST_NAME = 500
"""Characters of a step's name that are shown; a script of one long line has that line for its name."""
_RUNNERS = {"ubuntu": "Linux", "windows": "Windows", "macos": "macOS"}


@dataclass(frozen=True, slots=True)
class StepScript:
    """A script as a step runs it, with what it is given."""

    text: str
    """GitHub's expressions filled in as far as they are known."""
    values: Mapping[str, str]
    """Variables and contexts."""
    files: Files
    folder: str | None
    """Where it runs, from the root of the repository; None where that is not known."""
    shell: str | None = None
    """As the file names it, for the step or by default; None for the runner's own."""
    command: str | None = None
    """The command line that the log shows the script is given to; None where no log shows it."""
    action: str = ""
    """The action that runs it by itself; empty for a script of the step."""


@dataclass(frozen=True, slots=True)
class ReadStep:
    """One step, with what it does."""

    matched: Matched
    operations: tuple[Operation, ...] = ()
    condition: str | None = None
    continue_on_error: bool | str = False
    runs: bool | None = True
    """Whether the run lets it run once all before it went well; None where its condition is not settled."""
    hands_on_keys: bool = False
    """Whether it gives AWS's access keys to the environment of the steps after it (``$GITHUB_ENV``)."""
    scripts: tuple[StepScript, ...] = field(default=(), compare=False, repr=False)
    """The scripts from which its operations were read."""

    @property
    def number(self) -> int | None:
        """The step's number in the API."""
        return self.matched.step.number if self.matched.step else None

    @property
    def name(self) -> str:
        """The displayed name; for people, never for recognition."""
        written = self.matched.written
        name = self.matched.name or ((written.name or default_name(written)) if written else "")
        return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"

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
    runs: bool | None = True
    """Whether the run lets the job run once the jobs before it went well; None where its condition is not settled."""
    learnt: Mapping[str, str] = field(default_factory=dict)
    """What its log tells of values that hold for the whole run: give it to :func:`read_job` for the other jobs."""
    leg: Leg | None = None
    """The leg of the job's matrix, where it is one that the API does not list."""

    @property
    def name(self) -> str:
        """The job's name as the API shows it."""
        if self.job is not None or self.leg is not None:
            return self.job.name if self.job is not None else self.leg.name if self.leg is not None else ""
        return (self.written.name or self.written.id) if self.written else ""

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
    learnt_elsewhere: Mapping[str, str] | None = None,
    leg: Leg | None = None,
    files: Files | None = None,
    *,
    needs_met: bool | None = None,
) -> ReadJob:
    """Put together what the API, the file and the log say of one job; any of the three may be missing.

    ``learnt_elsewhere``: what other jobs of the run tell (``ReadJob.learnt``, ``needs.ID.outputs.NAME``). ``leg``: which leg of
    the matrix this is; by default the one that the API's name says. ``files``: those of the repository, where they are not
    simply the attempt's. ``needs_met``: whether the jobs that it needs succeeded; None where that was not looked at.
    """
    log = read_job_log(job.log.value) if job is not None and isinstance(job.log, Known) and job.log.value else None
    listed = match_steps(job.steps if job else (), written.steps if written else (), log)
    matched = with_inner_steps(_in_order(listed, written))
    values = (run_values(attempt) if attempt else {}) | (given_inputs(workflow) if workflow else {})
    own_values = _own_values(job, written, {**values, **(learnt_elsewhere or {})}, leg)
    # Its own log first, without what others say: only so is it seen where they differ.
    found = with_kinds(learnt(shown_in_log(matched, workflow, written, log), {**values, **own_values}), workflow)
    values = {**values, **(learnt_elsewhere or {}), **own_values, **found}
    settled = None if job is not None and _ran(job) else written
    whole = values if workflow is None else written_values(workflow, None, None, values)
    runs = job_runs(job, settled, whole, needs_met=needs_met)
    if log is not None:
        values.update(_common_environment(log, matched, workflow, written))
    actions = [seen for step in matched for seen in _inputs(step, workflow, written, values)]
    logins = _Logins(case or Case(), actions)
    files = checked_out(files or Files.of(attempt.files if attempt else ()), actions, values)
    values.update({"outputs.registry": logins.home} if logins.home else {})
    steps: list[ReadStep] = []
    for step in matched:
        own = step.written
        condition = own.condition if own else None
        settled_step = step_runs(
            step, [each.matched for each in steps], _values_at(step, workflow, written, values), job
        )
        # A step that does not run in this run does nothing, and hands nothing on.
        keys = values.pop(_KEYS, None)
        scripts: list[StepScript] = []
        operations = (
            () if settled_step is False else _operations(step, workflow, written, values, logins, files, scripts)
        )
        hands_on_keys = _KEYS in values
        values.update({_KEYS: keys} if keys is not None and not hands_on_keys else {})
        values.update(session_values(operations, case or Case()))
        tolerant = own.continue_on_error if own else False
        ran = tuple(scripts)
        steps.append(ReadStep(step, operations, condition, tolerant, settled_step, hands_on_keys, ran))
        for name, value in own.outputs if own and settled_step is not False else ():
            if is_legible(text := expand(value, values)):
                values[name] = text
    planned = _planned(steps, attempt, case)
    return ReadJob(job, written, workflow, log, planned, values, runs, of_the_run(found), leg)


def _planned(steps: list[ReadStep], attempt: Attempt | None, case: Case | None) -> tuple[ReadStep, ...]:
    """Return the steps with what a plan says, one that is given or is among the run's artifacts; only one step may apply it."""
    applying = [step for step in steps if applies_a_plan(step.operations)]
    artifacts = attempt.artifacts if attempt is not None else None
    plan = plan_of(artifacts, case.plans if case else ()) if len(applying) <= 1 else None
    if plan is None:
        return tuple(steps)
    return tuple(replace(step, operations=with_plan(step.operations, plan)) for step in steps)


def _ran(job: Job) -> bool:
    return any(step.conclusion in ("success", "failure") for step in job.steps)


def _own_values(
    job: Job | None, written: WorkflowJob | None, values: Mapping[str, str], leg: Leg | None
) -> dict[str, str]:
    """Return what is known of the job before its first step: its leg, its runner, and which ids its steps have."""
    if written is None:
        return {}
    leg = leg or (leg_named(written, job.name, values) if job else None) or _only_leg(written, values)
    own = dict(leg.values) if leg else {}
    own.update({f"steps.{step.id}": f"${{{{ steps.{step.id} }}}}" for step in written.all_steps if step.id})
    own["github.job"] = written.id.rpartition(" / ")[2]
    runner = (written.runs_on or "").partition("-")[0].lower()
    if runner in _RUNNERS:
        own["runner.os"] = _RUNNERS[runner]
    return own


def _only_leg(written: WorkflowJob, values: Mapping[str, str]) -> Leg | None:
    legs = legs_of(written, values)
    return legs[0] if len(legs) == 1 else None


@dataclass(slots=True)
class _Logins:
    """Works out the registry that each login gives as its output, by the credentials that are in force there."""

    case: Case
    actions: Sequence[tuple[Mapping[str, str], str]]
    session: tuple[Mapping[str, str], str] | None = None

    @property
    def home(self) -> str | None:
        """The registry of the job's first login."""
        return home_registry(self.actions, self.case)

    def handed_on(self, uses: str, inputs: Mapping[str, str]) -> dict[str, str]:
        """Note the credentials that an action takes; return the outputs of a login."""
        kind = action_kind(uses)
        if kind is StepKind.CONFIGURE_AWS_CREDENTIALS and inputs.get("role-to-assume"):
            self.session = (inputs, uses)
        if kind is not StepKind.AMAZON_ECR_LOGIN:
            return {}
        if inputs.get("registry-type", "").lower() == "public":
            return {"outputs.registry": PUBLIC_HOST}
        host = home_registry([self.session, (inputs, uses)], self.case) if self.session else self.home
        return {"outputs.registry": host} if host else {}


def job_of_file(workflow: Workflow | UnparsableWorkflow | None, shown_name: str) -> WorkflowJob | None:
    """Return the file's job of that name; None for a job of a called workflow, whose steps the file does not hold."""
    if not isinstance(workflow, Workflow):
        return None
    if " / " in shown_name:
        caller = workflow.job_named(shown_name.split(" / ")[0])
        if caller is not None and caller.uses:
            return None
    found = _by_leg(workflow, shown_name) or workflow.job_named(shown_name) or _by_expression(workflow, shown_name)
    return None if found is None or found.uses else found


def _by_leg(workflow: Workflow, shown_name: str) -> WorkflowJob | None:
    """Return the only job with a matrix one of whose legs has that name."""
    fitting = [
        job
        for job in workflow.jobs
        if job.matrix is not None and shown_name in names_of_legs(job.matrix, job.name or job.id)
    ]
    return fitting[0] if len(fitting) == 1 else None


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


def _common_environment(
    log: JobLog, matched: Sequence[Matched], workflow: Workflow | None, written: WorkflowJob | None
) -> dict[str, str]:
    """Return what the job and the workflow set, filled in by the runner: the first head's, without what is that step's own."""
    first = next((section for section in log.sections if section.kind is SectionKind.RUN), None)
    if first is None:
        return {}
    step = next((each.written for each in matched if first in each.sections[:1]), None)
    common = {name for block in (workflow.env if workflow else (), written.env if written else ()) for name, _ in block}
    own = {name for name, _ in step.env} - common if step is not None else set()
    return {name: value for name, value in first.environment().items() if name not in own}


def _inputs(
    step: Matched, workflow: Workflow | None, written: WorkflowJob | None, values: Mapping[str, str]
) -> list[tuple[dict[str, str], str]]:
    """Return ``(inputs, uses)`` of the step's actions: from the log's heads, else from the file."""
    own, known = step.written, _values_at(step, workflow, written, values)
    if shut_off(step, known):
        return []
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
    outer = {name for block in (workflow.env, written.env if written else ()) for name, _ in block}
    # What the runner filled in is surer than what can be worked out from the file; a step's own block wins over both.
    # Names that the file does not set are there as they are known already.
    for name in (*outer, *(f"env.{name}" for name in outer | own)):
        if name not in own and is_legible(values.get(name)):
            filled[name] = values[name]
    return filled


def _operations(
    step: Matched,
    workflow: Workflow | None,
    written: WorkflowJob | None,
    values: dict[str, str],
    logins: _Logins,
    files: Files,
    scripts: list[StepScript],
) -> tuple[Operation, ...]:
    """Return the step's operations; add to ``values`` what the step hands on to later ones, to ``scripts`` what it runs."""
    operations: list[Operation] = []
    if step.is_post:
        return ()
    runs = [section for section in step.sections if section.kind is SectionKind.RUN]
    own = step.written
    inner = [own, *_inner_steps(own, runs[1:])]
    if own is not None and (not runs or _abridged(runs[0], own)):
        known = _values_at(step, workflow, written, values) | (runs[0].environment() if runs else {})
        command = runs[0].shell if runs else None
        found, handed_on = _written_operations(own, known, logins, files, scripts, command)
        operations.extend(found)
        _hand_on(values, handed_on, own.id)
        inner.pop(0)
        runs, rest = runs[1:], runs[:1]
        for section in rest:
            operations = _with_seen(operations, section.output, step)
    for section, part in zip_longest(runs, inner[: len(runs)]):
        given = _given(section, own, _values_at(step, workflow, written, values))
        found, handed_on = _section_operations(section, given, values, logins, files, part, scripts)
        operations.extend(found)
        _hand_on(values, handed_on, part.id if part else None)
        operations = _with_seen(operations, section.output, step)
    return tuple(as_logged(operation) for operation in operations)


def _inner_steps(own: WorkflowStep | None, sections: Sequence[Section]) -> list[WorkflowStep | None]:
    """Return the inner steps of a local action to which its further sections of the log belong, in order."""
    inner = own.with_inner[1:] if own is not None else ()
    found: list[WorkflowStep | None] = []
    begun = 0
    for section in sections:
        at = next((at for at in range(begun, len(inner)) if fits_head(inner[at], section.head)), None)
        found.append(None if at is None else inner[at])
        begun = begun if at is None else at + 1
    return found


def _hand_on(values: dict[str, str], handed_on: Mapping[str, str], step_id: str | None) -> None:
    """Add what a step hands on: its outputs under its id, or, where it has none, under their names alone."""
    for name, value in handed_on.items():
        values[f"steps.{step_id}.{name}" if step_id and name.startswith("outputs.") else name] = value


def _abridged(section: Section, own: WorkflowStep) -> bool:
    """Return whether the head of a script shows less of it than the file has."""
    shown = (section.script or "").strip()
    return own.run is not None and len(shown.splitlines()) < len(own.run.strip().splitlines())


def _section_operations(
    section: Section,
    inputs: Mapping[str, str],
    values: Mapping[str, str],
    logins: _Logins,
    files: Files,
    own: WorkflowStep | None,
    scripts: list[StepScript],
) -> tuple[tuple[Operation, ...], dict[str, str]]:
    known = dict(values) | section.environment()
    if section.script is not None:
        return _of_script(section.script, known, files, own, scripts, section.shell)
    uses = section.uses or ""
    handed_on = outputs_of_action(uses, inputs, known) | logins.handed_on(uses, inputs) | _outputs(section.output)
    return _of_action(uses, inputs, known, files, scripts, logins.case), handed_on


def _written_operations(
    own: WorkflowStep,
    known: Mapping[str, str],
    logins: _Logins,
    files: Files,
    scripts: list[StepScript],
    command: str | None,
) -> tuple[tuple[Operation, ...], dict[str, str]]:
    if own.run is not None:
        return _of_script(expand_expressions(own.run, known), known, files, own, scripts, command)
    inputs = {key.lower(): expand(value, known) for key, value in own.inputs}
    uses = own.uses or ""
    handed_on = outputs_of_action(uses, inputs, known) | logins.handed_on(uses, inputs)
    return _of_action(uses, inputs, known, files, scripts, logins.case), handed_on


def _of_script(
    script: str,
    known: Mapping[str, str],
    files: Files,
    own: WorkflowStep | None,
    scripts: list[StepScript],
    command: str | None,
) -> tuple[tuple[Operation, ...], dict[str, str]]:
    """Return what a step's script does, and what it hands on."""
    folder: str | None = ""
    if own is not None and own.working_directory:
        folder = path_in("", expand(own.working_directory, known))
    if own is not None and own.file:
        action = f"/github/workspace/{own.file.rpartition('/')[0]}"
        known = {**known, "github.action_path": action, "GITHUB_ACTION_PATH": action}
        script = expand_expressions(script, known)
    shell = own.shell if own else None
    scripts.append(StepScript(script, known, files, folder, shell, command))
    return operations_of_script(script, known, files, folder, shell)


def expand_expressions(script: str, known: Mapping[str, str]) -> str:
    """Replace GitHub's expressions in a script; the shell's variables are left to the shell."""
    return with_expressions(script, known)


def _of_action(
    uses: str,
    inputs: Mapping[str, str],
    known: Mapping[str, str],
    files: Files,
    scripts: list[StepScript],
    case: Case,
) -> tuple[Operation, ...]:
    """Return what an action does by itself, and what the script does that it runs."""
    if only_judges(uses, inputs.get("command", "").strip(), case.planescope_action):
        return (Operation(action_kind(uses)),)
    script = script_of_action(ActionUse(uses, inputs, known, files))
    run = operations_of_script(script, known, files)[0] if script else ()
    if script:
        scripts.append(StepScript(script, known, files, "", action=uses))
    return operations_of_action(uses, inputs, known, files) + run


def _outputs(lines: tuple[LogLine, ...]) -> dict[str, str]:
    """Return what a login prints, as its output ``registry``."""
    for line in lines[:200]:
        found = LOGIN_LINE.match(line.text)
        address = EcrAddress.find(found[1]) if found else None
        if address is not None and address.legible_host:
            return {"outputs.registry": address.legible_host}
    return {}


def _with_seen(operations: list[Operation], lines: tuple[LogLine, ...], step: Matched) -> list[Operation]:
    """Add the pushes that docker's output shows, where the script hides them: behind another command, or a name not legible.

    A step that went well shows all that it pushed, so what is not legible is then among what is shown.
    """
    pushed = [operation for operation in operations if operation.purpose is Purpose.PUSH]
    unread = [operation for operation in pushed if not operation.elsewhere and _repository(operation.target) is None]
    if pushed and not unread:
        return operations
    found = (PUSH_LINE.match(line.text) for line in lines if line.printed)
    named = {_repository(operation.target) for operation in pushed}
    targets = dict.fromkeys(each[1] for each in found if each)
    seen = [Operation(StepKind.DOCKER, Purpose.PUSH, target=each) for each in targets if _repository(each) not in named]
    if seen and step.succeeded:
        operations = [operation for operation in operations if operation not in unread]
    return operations + seen


def _repository(target: str | None) -> str | None:
    address = EcrAddress.find(target)
    return address.repository if address else None

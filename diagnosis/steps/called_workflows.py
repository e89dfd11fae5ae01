"""Put the reusable workflows that a workflow calls in place: each calling job gives way to the called jobs.

What GitHub does is done here too: the caller's ``with:`` fills the called file's inputs, the caller's ``env:`` is not handed
on, and the called job's token has no permission that the caller's lacks. A file that was not read leaves its calling job
as it is, and so does one that would become too many jobs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from diagnosis.facts.reading import Known
from diagnosis.facts.runs import CalledWorkflow
from diagnosis.facts.uses import is_own, own_path, seen_from_elsewhere
from diagnosis.facts.workflow import JobImage, Workflow, WorkflowJob, WorkflowStep
from diagnosis.steps.expressions.json_text import NoJson, read_json, write_json
from diagnosis.steps.expressions.scope import Scope, joint_condition
from diagnosis.steps.expressions.text import as_expression, typed
from diagnosis.steps.expressions.values import TypedText, Value
from diagnosis.steps.matrix import Leg, legs_of
from diagnosis.steps.repository_files import path_in
from diagnosis.steps.variables import of_kind
from diagnosis.verdicts.release import StepGap

DEEPEST = 4
"""Calls within calls: GitHub allows no more levels."""
MOST_JOBS = 500
"""Of a workflow with its calls in place, and at each level within."""
_MOST_CALLING_LEGS = 64
_ID_TOKEN = (("id-token", "write"), ("*", "write-all"))

_OWN_COMMIT = ("${{ job.workflow_repository }}", "${{ job.workflow_sha }}")
"""How a called file checks out its own repository, at its own commit."""

Pairs = tuple[tuple[str, str], ...]


def with_called(workflow: Workflow, called: Mapping[str, Workflow], repository: str) -> Workflow:
    """Put the called workflows in place. ``called``: by ``owner/name/path`` in lower case; ``repository``: the run's."""
    if not any(job.uses for job in workflow.jobs):
        return workflow
    return replace(workflow, jobs=tuple(_jobs(workflow, called, repository, DEEPEST)))


def address_of(uses: str, repository: str) -> str:
    """Return the called file as ``owner/name/path``, lower case and without its ref; a local one lies in ``repository``."""
    own = own_path(uses)
    path = uses if own is None else f"{repository}/{own}"
    return path.partition("@")[0].lower()


def files_called(parts: Iterable[CalledWorkflow], repository: str) -> dict[str, Workflow]:
    """Return the called files that were read, by :func:`address_of`.

    A file that is called at two refs, and is not known to be the same at both, is none of them.
    """
    found: dict[str, Workflow | None] = {}
    for each in parts:
        address = address_of(each.path, repository)
        parsed = each.file.value.parsed if isinstance(each.file, Known) else None
        file = parsed if isinstance(parsed, Workflow) else None
        known = found.get(address, file)
        # The path is the address with the ref.
        same = known is not None and file is not None and replace(known, path=file.path) == file
        found[address] = file if same else None
    return {address: file for address, file in found.items() if file is not None}


def may_have_token(workflow: Workflow | None, job: WorkflowJob) -> bool:
    """Return whether a job may ask for GitHub's ID token: a called workflow of the same owner may though nothing is stated here."""
    stated = job.permissions if job.permissions is not None else (workflow.permissions if workflow else None)
    return stated is None or any(pair in _ID_TOKEN for pair in stated)


def unread_call(job: WorkflowJob) -> StepGap:
    """Return a job whose called workflow stands nowhere in its place as what is not known of its steps."""
    name = job.name or job.id
    why = f"the called workflow was not read, or becomes more than {MOST_JOBS} jobs"
    return StepGap(
        name, job.uses or "", why, "let the token read that repository (contents: read)", may_push=True, job=name
    )


def _jobs(
    file: Workflow, called: Mapping[str, Workflow], repository: str, depth: int, at: str = ""
) -> list[WorkflowJob]:
    """Return a file's jobs, those of the workflows that it calls in the places of its calls.

    ``at``: the ref at which the file is called; empty for one of the run's own commit.
    """
    scope = _outputs_of_calls(file, called, repository) if depth else Scope()
    found: list[WorkflowJob] = []
    for job in file.jobs:
        address = address_of(job.uses, repository) if job.uses else ""
        inner = called.get(address)
        calling = _in_scope(job, scope) if scope.outputs else job
        if inner is None or depth == 0:
            found.append(calling)
            continue
        home = "/".join(address.split("/")[:2])
        # What it calls beside it is of the same ref.
        there = at if is_own(job.uses) else (job.uses or "").partition("@")[2]
        items = _jobs(_of_another_commit(inner, home, there), called, home, depth - 1, there)
        legs = legs_of(calling)
        if len(legs) > _MOST_CALLING_LEGS or len(found) + len(legs) * len(items) > MOST_JOBS:
            found.append(calling)
            continue
        found += [_in_place(file, _leg(calling, leg), inner, item) for leg in legs for item in items]
    return found


def _of_another_commit(file: Workflow, home: str, at: str) -> Workflow:
    """Return a called file whose own repository's actions are named as the caller would: ``$/`` is another place there."""
    if not at:
        return file
    return replace(file, jobs=tuple(replace(job, steps=_own_actions_named(job, home, at)) for job in file.jobs))


def _own_actions_named(job: WorkflowJob, home: str, at: str) -> tuple[WorkflowStep, ...]:
    """Return the job's steps; an action is the called file's own too in a folder into which its repository was checked out."""
    folders: set[str] = set()
    found: list[WorkflowStep] = []
    for step in job.steps:
        told = (step.input("repository"), step.input("ref"))
        folder = path_in("", step.input("path") or "")
        if (step.uses or "").lower().startswith("actions/checkout@") and folder:
            folders = folders | {folder} if told == _OWN_COMMIT else folders - {folder}
        path = path_in("", own_path(step.uses) or "")
        within = next((each for each in folders if path is not None and f"{path}/".startswith(f"{each}/")), None)
        uses = seen_from_elsewhere(step.uses, home, at)
        if within is not None and path is not None:
            uses = f"{home}{path.removeprefix(within)}@{at}"
        found.append(replace(step, uses=uses))
    return tuple(found)


def _leg(job: WorkflowJob, leg: Leg) -> WorkflowJob:
    """Return the job as one leg of its matrix has it."""
    if job.matrix is None:
        return job
    values = dict(leg.values)
    inputs = tuple((name, typed(value, values)) for name, value in job.inputs)
    return replace(job, name=leg.name, inputs=inputs, matrix=None if leg.known else job.matrix)


def _outputs_of_calls(file: Workflow, called: Mapping[str, Workflow], repository: str) -> Scope:
    """Return what the calls of a file hand on to its other jobs, in the words of the file with all calls in place."""
    found: dict[tuple[str, str], str] = {}
    for job in file.jobs:
        inner = called.get(address_of(job.uses, repository)) if job.uses else None
        if inner is None or job.matrix is not None:
            continue
        own = Scope(jobs={each.id: f"{job.id} / {each.id}" for each in inner.jobs})
        for name, value in inner.outputs:
            found[job.id, name] = as_expression(own.text(value)).removeprefix("(").removesuffix(")")
    return Scope(outputs=found)


def _in_place(file: Workflow, caller: WorkflowJob, inner: Workflow, job: WorkflowJob) -> WorkflowJob:
    """Return a called job as it would stand in the calling file."""
    given: dict[str, str] = {}
    declared = {each.name.lower(): each for each in inner.declared_inputs if each.trigger == "workflow_call"}
    for name, each in declared.items():
        given[name] = of_kind(each.default or "", each.kind)
    for name, value in caller.inputs:
        kind = declared[name.lower()].kind if name.lower() in declared else "string"
        given[name.lower()] = value if "${{" in value or isinstance(value, TypedText) else of_kind(value, kind)
    # A file that declares nothing still has no inputs but those of its call.
    scope = Scope(
        inputs=given or {"": ""},
        jobs={each.id: f"{caller.id} / {each.id}" for each in inner.jobs},
        secrets=None if caller.handed_on is None else {name.lower(): value for name, value in caller.handed_on},
    )
    name = scope.text(job.name or job.id)
    made = _in_scope(job, scope)
    return replace(
        made,
        id=f"{caller.id} / {job.id}",
        name=f"{caller.name or caller.id} / {name}",
        permissions=_permissions(file, caller, inner, job),
        condition=joint_condition(caller.condition, made.condition),
        env=_pairs((*inner.env, *job.env), scope),
        needs=(*(f"{caller.id} / {each}" for each in job.needs), *caller.needs),
        line=0,
        caller=replace(job.caller, inputs=_pairs(job.caller.inputs, scope)) if job.caller else caller,
    )


def _in_scope(job: WorkflowJob, scope: Scope) -> WorkflowJob:
    """Return a job whose expressions are carried into another scope."""
    return replace(
        job,
        steps=tuple(_step(step, scope) for step in job.steps),
        environment=scope.text(job.environment) if job.environment else None,
        condition=scope.condition(job.condition),
        env=_pairs(job.env, scope),
        inputs=_pairs(job.inputs, scope),
        outputs=_pairs(job.outputs, scope),
        handed_on=None if job.handed_on is None else _pairs(job.handed_on, scope),
        images=tuple(
            JobImage(
                scope.text(each.image),
                scope.text(each.username),
                scope.text(each.password),
                _pairs(each.env, scope),
                scope.text(each.options),
            )
            for each in job.images
        ),
        matrix=_matrix(job.matrix, scope) if job.matrix and "${{" in job.matrix else job.matrix,
    )


def _matrix(text: str, scope: Scope) -> str:
    """Carry the expressions of a matrix into another scope; those that are known then keep their kinds."""

    def carried(value: Value) -> Value:
        if isinstance(value, dict):
            return {name: carried(item) for name, item in value.items()}
        if isinstance(value, list):
            return [carried(item) for item in value]
        return scope.text(value) if isinstance(value, str) else value

    try:
        return write_json(carried(read_json(text)))
    except NoJson:
        return text


def _permissions(file: Workflow, caller: WorkflowJob, inner: Workflow, job: WorkflowJob) -> Pairs | None:
    """Return the called job's permissions, else its file's, else the caller's; no ID token where the caller can have none."""
    offered = caller.permissions if caller.permissions is not None else file.permissions
    stated = job.permissions if job.permissions is not None else inner.permissions
    if stated is None or not any(pair in _ID_TOKEN for pair in offered or ()):
        return offered
    return stated


def _step(step: WorkflowStep, scope: Scope) -> WorkflowStep:
    """Return the step in another scope; where it comes from another file, its line is none of this one and is left out."""
    return replace(
        step,
        name=scope.text(step.name) if step.name else None,
        run=scope.text(step.run) if step.run else None,
        inputs=_pairs(step.inputs, scope),
        env=_pairs(step.env, scope),
        condition=scope.condition(step.condition),
        working_directory=scope.text(step.working_directory) if step.working_directory else None,
        line=0 if scope.inputs else step.line,
    )


def _pairs(pairs: Pairs, scope: Scope) -> Pairs:
    return tuple((name, scope.text(value)) for name, value in pairs)

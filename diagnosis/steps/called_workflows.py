"""Put the reusable workflows that a workflow calls in place: each calling job gives way to the called jobs.

What GitHub does is done here too: the caller's ``with:`` fills the called file's inputs, the caller's ``env:`` is not handed
on, and the called job's token has no permission that the caller's lacks. A file that was not read leaves its calling job
as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from diagnosis.facts.workflow import Workflow, WorkflowJob, WorkflowStep
from diagnosis.steps.needs import is_never
from diagnosis.steps.variables import with_expressions

DEEPEST = 4
"""Calls within calls: GitHub allows no more levels."""
MOST_JOBS = 500
_ID_TOKEN = (("id-token", "write"), ("*", "write-all"))

Pairs = tuple[tuple[str, str], ...]


def with_called(workflow: Workflow, called: Mapping[str, Workflow], repository: str) -> Workflow:
    """Put the called workflows in place. ``called``: by ``owner/name/path`` in lower case; ``repository``: the run's."""
    if not any(job.uses for job in workflow.jobs):
        return workflow
    return replace(workflow, jobs=tuple(_jobs(workflow, called, repository, DEEPEST))[:MOST_JOBS])


def address_of(uses: str, repository: str) -> str:
    """Return the called file as ``owner/name/path``, lower case and without its ref; a local one lies in ``repository``."""
    path = f"{repository}/{uses[2:]}" if uses.startswith("./") else uses
    return path.partition("@")[0].lower()


def _jobs(file: Workflow, called: Mapping[str, Workflow], repository: str, depth: int) -> Iterator[WorkflowJob]:
    for job in file.jobs:
        address = address_of(job.uses, repository) if job.uses else ""
        inner = called.get(address)
        if inner is None or depth == 0:
            yield job
            continue
        home = "/".join(address.split("/")[:2])
        for item in _jobs(inner, called, home, depth - 1):
            yield _in_place(file, job, inner, item)


def _in_place(file: Workflow, caller: WorkflowJob, inner: Workflow, job: WorkflowJob) -> WorkflowJob:
    given = {f"inputs.{name}": default for name, default in inner.inputs if default is not None}
    given |= {f"inputs.{name}": value for name, value in caller.inputs}

    def filled(text: str) -> str:
        return with_expressions(text, given)

    return replace(
        job,
        id=f"{caller.id} / {job.id}",
        name=f"{caller.name or caller.id} / {filled(job.name or job.id)}",
        steps=tuple(_step(step, filled) for step in job.steps),
        permissions=_permissions(file, caller, inner, job),
        environment=filled(job.environment) if job.environment else None,
        condition=joint_condition(caller.condition, job.condition),
        env=_filled_pairs((*inner.env, *job.env), filled),
        inputs=_filled_pairs(job.inputs, filled),
        line=0,
        caller=job.caller or caller,
    )


def _permissions(file: Workflow, caller: WorkflowJob, inner: Workflow, job: WorkflowJob) -> Pairs | None:
    """Return the called job's permissions, else its file's, else the caller's; no ID token where the caller can have none."""
    offered = caller.permissions if caller.permissions is not None else file.permissions
    stated = job.permissions if job.permissions is not None else inner.permissions
    if stated is None or not any(pair in _ID_TOKEN for pair in offered or ()):
        return offered
    return stated


def joint_condition(outer: str | None, inner: str | None) -> str | None:
    """Join the conditions of a step or job and of what stands around it."""
    if is_never(outer) or not inner:
        return outer
    return inner if is_never(inner) or not outer else f"{outer} && {inner}"


def _step(step: WorkflowStep, filled: Callable[[str], str]) -> WorkflowStep:
    """Return the step with its inputs filled in; its line is one of another file and is left out."""
    return replace(
        step,
        name=filled(step.name) if step.name else None,
        run=_filled_script(step.run, filled) if step.run else None,
        inputs=_filled_pairs(step.inputs, filled),
        env=_filled_pairs(step.env, filled),
        line=0,
    )


def _filled_script(script: str, filled: Callable[[str], str]) -> str:
    return "\n".join(filled(line) for line in script.split("\n"))


def _filled_pairs(pairs: Pairs, filled: Callable[[str], str]) -> Pairs:
    return tuple((name, filled(value)) for name, value in pairs)

"""Find the job of the workflow file that releases, and which of its steps assumes the role that counts."""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.facts.workflow import UnparsableWorkflow, Workflow, WorkflowJob, WorkflowStep
from diagnosis.names.arn import Arn
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.matrix import leg_named, legs_of
from diagnosis.steps.read_job import read_job
from diagnosis.steps.variables import expand, is_legible, run_values, written_values
from diagnosis.verdicts.replay import Replay

_MOST_LEGS = 32
_CREDENTIALS_ACTION = "aws-actions/configure-aws-credentials@"


@dataclass(frozen=True, slots=True)
class Releasing:
    """The releasing job with the step that assumes the role; both None where the file does not tell."""

    job: WorkflowJob | None = None
    step: WorkflowStep | None = None
    chained_from: str | None = None
    """The role (as written) from whose session this one is assumed; then no token is asked for this role."""
    values: tuple[tuple[str, str], ...] = ()
    """The step's inputs by lower-case name, variables filled in as far as the file and the run tell them."""

    def input(self, name: str) -> str | None:
        """Return an input of the step."""
        return next((value for key, value in self.values if key == name), None)


def releasing(
    workflow: Workflow | UnparsableWorkflow | None, role_arn: Arn | None = None, replay: Replay | None = None
) -> Releasing:
    """Find the job and the step that assume this role; where none names it, the job that also speaks to the registry.

    A view of one session has its own job.
    """
    if not isinstance(workflow, Workflow):
        return Releasing()
    known = run_values(replay.attempt) if replay else {}
    role = str(role_arn) if role_arn else None
    session = replay.session if replay else None
    own = next((job for job in workflow.jobs if session and job.id == session.job_id), None)
    job = own or _job(workflow, role, known)
    steps = _credential_steps(job)
    known |= _leg_values(workflow, job, session.job if own is not None and session else None, role, known)
    filled = [(step, _filled(workflow, job, step, known)) for step in steps]
    if own is not None and session is not None and session.nth:
        filled = filled[session.nth :] or filled
    chosen = next((item for item in filled if role and item[1].get("role-to-assume") == role), None)
    chosen = chosen or next((item for item in filled if item[1].get("role-to-assume")), None)
    chosen = chosen or (filled[0] if filled else None)
    if chosen is None:
        return Releasing(job)
    step, inputs = chosen
    every = [(each, _filled(workflow, job, each, known)) for each in steps]
    return Releasing(job, step, _chained_from(inputs, every, step), tuple(inputs.items()))


def releasing_job(workflow: Workflow | UnparsableWorkflow | None) -> WorkflowJob | None:
    """Find the job that takes credentials, whatever its role; None where the file is unknown or no job is recognized."""
    return releasing(workflow).job


def _job(workflow: Workflow, role: str | None, known: dict[str, str]) -> WorkflowJob | None:
    candidates = [job for job in workflow.jobs if _credential_steps(job)]
    if len(candidates) > 1:
        named = [
            job
            for job in candidates
            if role
            and any(
                _filled(workflow, job, step, known | values).get("role-to-assume") == role
                for values in _legs(job, known)
                for step in _credential_steps(job)
            )
        ]
        # A job that assumes another role by name is not the one; one whose role is an expression may be.
        candidates = named or [job for job in candidates if _may_assume(workflow, job, role, known)] or candidates
        candidates = [job for job in candidates if _pushes(workflow, job)] or candidates
    if candidates:
        return candidates[0]
    return next((job for job in workflow.jobs if ("id-token", "write") in (job.permissions or ())), None)


def _legs(job: WorkflowJob, known: dict[str, str]) -> list[dict[str, str]]:
    """Return the values of each leg of the job's matrix; of a job without one, that there are none."""
    return [dict(leg.values) for leg in legs_of(job, known)][:_MOST_LEGS]


def _leg_values(
    workflow: Workflow, job: WorkflowJob | None, shown: str | None, role: str | None, known: dict[str, str]
) -> dict[str, str]:
    """Return the values of the leg of that name, else of the first one that assumes the role."""
    if job is None or job.matrix is None:
        return {}
    leg = leg_named(job, shown, known) if shown else None
    if leg is not None:
        return dict(leg.values)
    for values in _legs(job, known) if role else ():
        filled = (_filled(workflow, job, step, known | values) for step in _credential_steps(job))
        if any(inputs.get("role-to-assume") == role for inputs in filled):
            return values
    return {}


def _may_assume(workflow: Workflow, job: WorkflowJob, role: str | None, known: dict[str, str]) -> bool:
    roles = [_filled(workflow, job, step, known).get("role-to-assume", "") for step in _credential_steps(job)]
    return role is None or any(not is_legible(each) for each in roles)


def _pushes(workflow: Workflow, job: WorkflowJob) -> bool:
    """Return whether the job speaks to the registry, and not only to STS."""
    read = read_job(None, job, workflow)
    return any(step.does(Purpose.PUSH, Purpose.PULL, Purpose.LOGIN, Purpose.CALL) for step in read.steps)


def has_credential_step(job: WorkflowJob) -> bool:
    """Return whether the job takes AWS credentials by the documented action."""
    return bool(_credential_steps(job))


def _credential_steps(job: WorkflowJob | None) -> tuple[WorkflowStep, ...]:
    if job is None:
        return ()
    return tuple(step for step in job.all_steps if (step.uses or "").lower().startswith(_CREDENTIALS_ACTION))


def _filled(workflow: Workflow, job: WorkflowJob | None, step: WorkflowStep, known: dict[str, str]) -> dict[str, str]:
    values = written_values(workflow, job, step, known)
    return {name.lower(): expand(value, values).strip() for name, value in step.inputs}


def _chained_from(
    inputs: dict[str, str], filled: list[tuple[WorkflowStep, dict[str, str]]], step: WorkflowStep
) -> str | None:
    if inputs.get("role-chaining", "").lower() != "true":
        return None
    earlier = [others.get("role-to-assume") for own, others in filled[: [own for own, _ in filled].index(step)]]
    return next((role for role in reversed(earlier) if role), None) or "an earlier step"

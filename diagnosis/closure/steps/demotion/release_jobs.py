"""The jobs of the closing run that release: what takes AWS credentials or uses the registry, read step by step."""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Evidence
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow
from diagnosis.replay.evidence_of import EvidenceBuilder
from diagnosis.steps.kinds import Operation, Purpose
from diagnosis.steps.read_job import ReadJob, ReadStep
from diagnosis.steps.read_run import Told, read_begun, read_not_begun
from diagnosis.verdicts.replay import Replay

GATES = (Purpose.ASSUME, Purpose.LOGIN, Purpose.PUSH, Purpose.PULL, Purpose.CALL, Purpose.SERVICE, Purpose.NOT_JUDGED)
"""What a step does that crosses a gate."""


@dataclass(frozen=True, slots=True)
class ReleaseJobs:
    """The jobs of a release, and why they are not all known."""

    jobs: tuple[ReadJob, ...]
    """Those that GitHub lists and those that only the file has."""
    unread: str = ""
    """Why they are not known, as a clause; empty where they are."""


def release_jobs(closing: Replay) -> ReleaseJobs:
    """Read the jobs of the closing run, those that it left out among them, as far as they release."""
    attempt, workflow = closing.attempt, closing.workflow
    if workflow is None:
        return ReleaseJobs((), "the workflow file of the closing run was not read")
    if isinstance(workflow, UnparsableWorkflow):
        return ReleaseJobs((), f"the workflow file of the closing run cannot be read: {workflow.why}")
    if not isinstance(attempt.jobs, Known):
        why = attempt.jobs.why if isinstance(attempt.jobs, Unreadable) else "GitHub lists none"
        return ReleaseJobs(_of_file(closing, workflow), f"the jobs of the closing run were not read: {why}")
    told = Told()
    begun = read_begun(attempt, attempt.jobs.value, workflow, Case(), told)
    waiting = tuple(read_not_begun(attempt, workflow, begun, Case(), told))
    found = tuple(read for read in (*begun, *waiting) if releases(read))
    if not found:
        return ReleaseJobs((), "no job of the closing run is recognised as one that releases")
    return ReleaseJobs(found)


def _of_file(closing: Replay, workflow: Workflow) -> tuple[ReadJob, ...]:
    told = Told()
    return tuple(read for read in read_not_begun(closing.attempt, workflow, (), Case(), told) if releases(read))


def releases(read: ReadJob) -> bool:
    """Return whether a job takes AWS credentials, uses ECR or calls another service."""
    return read.releases or any(step.does(Purpose.SERVICE) for step in read.steps)


def crosses_a_gate(step: ReadStep) -> bool:
    """Return whether a step does what a gate may refuse."""
    return any(is_of_a_gate(each) for each in step.operations)


def is_of_a_gate(operation: Operation) -> bool:
    """Return whether a gate may refuse an operation: a registry that is not ECR has none."""
    at_registry = operation.purpose in (Purpose.LOGIN, Purpose.PUSH, Purpose.PULL)
    return operation.purpose in GATES and not (at_registry and operation.elsewhere)


def evidence_of_step(closing: Replay, step: ReadStep, text: str) -> Evidence:
    """Return a step as the workflow file has it."""
    own = step.matched.written
    return EvidenceBuilder(closing.attempt).file(text, own.line if own else 0, own.file if own else "")


def evidence_of_job(closing: Replay, read: ReadJob, text: str) -> Evidence:
    """Return a job as the workflow file has it."""
    return EvidenceBuilder(closing.attempt).file(text, read.written.line if read.written else 0)

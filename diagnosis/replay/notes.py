"""Write the notes beside a replay's verdicts: several jobs, several roles or registries, what a recording reconstructed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow
from diagnosis.failures.service_denials import is_service_denial
from diagnosis.logs.left_out import is_condensed
from diagnosis.names.ecr_address import EcrAddress
from diagnosis.replay.evidence_of import EvidenceBuilder
from diagnosis.replay.root_failure import JobOutcome
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.read_job import ReadJob
from diagnosis.steps.variables import is_legible
from diagnosis.verdicts.gate_verdict import Finding
from diagnosis.verdicts.replay import Fact, RunFacts

_MOST_NAMED = 5


def notes_of(
    attempt: Attempt,
    workflow: Workflow | UnparsableWorkflow | None,
    reads: Sequence[ReadJob],
    outcomes: Sequence[JobOutcome],
    decisive: ReadJob | None,
) -> tuple[str, ...]:
    """Return the notes of an attempt, each a sentence."""
    notes = [note for outcome in outcomes for note in outcome.notes]
    notes.extend(_tolerated(outcomes))
    if len(reads) > 1 and decisive is not None:
        names = _named(read.name for read in reads)
        notes.append(f"{len(reads)} jobs of this attempt release ({names}); the facts are those of “{decisive.name}”.")
    roles = _distinct(
        operation.target
        for read in reads
        for step in read.steps
        for operation in step.operations
        if operation.purpose is Purpose.ASSUME
    )
    if len(roles) > 1:
        notes.append(f"This attempt assumes more than one role: {_named(roles)}.")
    registries = _distinct(
        _host(operation.target) for read in reads for step in read.steps for operation in step.operations
    )
    if len(registries) > 1:
        notes.append(f"This attempt uses more than one registry of ECR: {_named(registries)}.")
    notes.extend(_log_notes(reads))
    notes.extend(_file_notes(attempt, workflow))
    return tuple(dict.fromkeys(notes))


def completed(facts: RunFacts, attempt: Attempt, evidence_of: EvidenceBuilder, finding: Finding | None) -> RunFacts:
    """Add to the facts what only the API or the failure's own sentence tells: the environment, the principal."""
    stated = attempt.environment
    if facts.environment is None and stated and is_legible(stated):
        facts = replace(facts, environment=Fact(stated, evidence_of.run(f"environment: {stated}")))
    principal = finding.principal if finding else None
    another = finding is not None and finding.checkpoint is None and is_service_denial(finding)
    if (
        facts.principal is None
        and not another
        and finding
        and principal
        and finding.evidence
        and ":assumed-role/" in principal
    ):
        facts = replace(facts, principal=Fact(principal, finding.evidence)) if is_legible(principal) else facts
    return facts


def _tolerated(outcomes: Sequence[JobOutcome]) -> list[str]:
    notes: list[str] = []
    for failure in (failure for outcome in outcomes for failure in outcome.failures):
        name = failure.step.name if failure.step else ""
        if failure.demoted:
            notes.append(f"Step “{name}” failed under continue-on-error.")
        elif failure.swallowed:
            notes.append(f"Step “{name}” printed a denial and went on.")
    return notes


def _log_notes(reads: Sequence[ReadJob]) -> list[str]:
    """Write a note for each job of whose log only a part was read."""
    return [
        f"The log of “{read.name}” is too large to be read whole; step {_named(str(n) for n in read.job.log_steps)} of it"
        " was read, and nothing is concluded from what the others do not say."
        for read in reads
        if read.job is not None and read.job.log_steps
    ] + [
        f"The log of “{read.name}” is too large to be read whole; of its long steps the beginning, the end and what speaks of a"
        " failure were read."
        for read in reads
        if read.job is not None and isinstance(read.job.log, Known) and is_condensed(read.job.log.value)
    ]


def _file_notes(attempt: Attempt, workflow: Workflow | UnparsableWorkflow | None) -> list[str]:
    if isinstance(workflow, UnparsableWorkflow):
        return [f"The workflow file could not be read as one: {workflow.why}"]
    if isinstance(workflow, Workflow):
        unread = {step.uses: step.unread for job in workflow.jobs for step in job.all_steps if step.unread}
        more = len(unread) - _MOST_NAMED
        return [
            *(
                f"The steps of the action {uses} are known by the log alone: {why}."
                for uses, why in list(unread.items())[:_MOST_NAMED]
            ),
            *([f"So are those of {more} more actions."] if more > 0 else []),
        ]
    if workflow is None and isinstance(attempt.workflow_file, Unreadable):
        return [f"The workflow file was not read ({attempt.workflow_file.why}); steps are known by the log alone."]
    return []


def _host(target: str | None) -> str | None:
    address = EcrAddress.find(target)
    return address.legible_host if address else None


def _distinct(values: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value and is_legible(value)))


def _named(values: Iterable[str]) -> str:
    found = list(dict.fromkeys(values))
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return ", ".join(found[:_MOST_NAMED]) + more

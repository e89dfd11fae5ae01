"""List the role sessions of a release: of every job that takes AWS credentials, whether the attempt began it or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from diagnosis.facts.case import Case
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import Workflow, WorkflowJob
from diagnosis.replay.evidence_of import EvidenceBuilder
from diagnosis.replay.gate_verdicts import all_unknown, never_runs
from diagnosis.replay.run_facts import facts_of
from diagnosis.steps.needs import gaps_of, needs_of
from diagnosis.steps.read_job import ReadJob, read_job
from diagnosis.steps.role_sessions import role_sessions
from diagnosis.verdicts.gate_verdict import GateVerdict
from diagnosis.verdicts.release import Need
from diagnosis.verdicts.replay import JobSession, RunFacts

MOST_SESSIONS = 300
_NOT_BEGUN = "This attempt did not begin the job."


def sessions_of(
    read: ReadJob,
    gates: tuple[GateVerdict, ...],
    evidence_of: EvidenceBuilder,
    case: Case,
    beside: tuple[RunFacts, tuple[Need, ...]] | None = None,
) -> tuple[JobSession, ...]:
    """Return the role sessions of one job; ``beside`` are its facts and needs, which those of a single session are too."""
    parts = role_sessions(read)
    return tuple(
        _session(part, gates, evidence_of, case, beside if len(parts) == 1 else None, nth)
        for nth, part in enumerate(parts)
    )


def sessions_not_begun(
    attempt: Attempt,
    workflow: Workflow | None,
    begun: Sequence[ReadJob],
    evidence_of: EvidenceBuilder,
    case: Case,
) -> tuple[JobSession, ...]:
    """Return the sessions of the jobs that the file has and the attempt did not begin; of a run that succeeded, none."""
    if workflow is None or (begun and attempt.conclusion == "success"):
        return ()
    found: list[JobSession] = []
    for written in _not_begun(workflow, begun):
        read = read_job(None, written, workflow, attempt, case)
        if read.releases and not never_runs(read):
            found += sessions_of(read, all_unknown(_NOT_BEGUN), evidence_of, case)
        if len(found) >= MOST_SESSIONS:
            break
    return tuple(found[:MOST_SESSIONS])


def _not_begun(workflow: Workflow, begun: Iterable[ReadJob]) -> Iterator[WorkflowJob]:
    known = {id(read.written) for read in begun if read.written is not None}
    yield from (job for job in workflow.jobs if id(job) not in known and not job.uses)


def _session(
    read: ReadJob,
    gates: tuple[GateVerdict, ...],
    evidence_of: EvidenceBuilder,
    case: Case,
    beside: tuple[RunFacts, tuple[Need, ...]] | None,
    nth: int,
) -> JobSession:
    facts = beside[0] if beside else facts_of(read, evidence_of)
    needs = beside[1] if beside else needs_of(read, facts, case)
    ran = read.job is not None and read.job.conclusion != "skipped"
    job_id = read.written.id if read.written else ""
    return JobSession(read.name, job_id, gates, facts, needs, gaps_of(read), ran=ran, nth=nth)

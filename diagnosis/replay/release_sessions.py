"""List the role sessions of a release: of every job that takes AWS credentials, whether the attempt began it or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from diagnosis.facts.case import Case
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import Workflow, WorkflowJob
from diagnosis.gates import Checkpoint
from diagnosis.names.arn import Arn
from diagnosis.replay.evidence_of import EvidenceBuilder
from diagnosis.replay.gate_verdicts import all_unknown, never_runs
from diagnosis.replay.root_failure import StepFailure
from diagnosis.replay.run_facts import facts_of
from diagnosis.steps.called_workflows import may_have_token, unread_call
from diagnosis.steps.expressions.text import holds
from diagnosis.steps.job_images import NO_IMAGES, JobImages
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.needs import gaps_of, needs_of
from diagnosis.steps.read_job import ReadJob
from diagnosis.steps.read_run import Told, read_not_begun
from diagnosis.steps.role_sessions import RolePart, is_chained, role_parts
from diagnosis.steps.variables import is_legible, run_values
from diagnosis.verdicts.gate_verdict import GateVerdict
from diagnosis.verdicts.release import Need, StepGap
from diagnosis.verdicts.replay import JobSession, Refusal, RunFacts

MOST_SESSIONS = 300
"""Of the jobs that an attempt did not begin, and of those that have images of their own."""
_FURTHER = "further jobs"
_NOT_READ = "The workflow that this job calls was not read."
_OF_IMAGES = "This job's image is pulled with credentials whose role is not known."
_NOT_BEGUN = "This attempt did not begin the job."


def sessions_of(
    read: ReadJob,
    gates: tuple[GateVerdict, ...],
    evidence_of: EvidenceBuilder,
    case: Case,
    beside: tuple[RunFacts, tuple[Need, ...]] | None = None,
    images: JobImages = NO_IMAGES,
    refused: Sequence[StepFailure] = (),
) -> tuple[JobSession, ...]:
    """Return the role sessions of one job; ``beside`` are its facts and needs, which those of a single session are too.

    ``images``: what the jobs' own images add; ``refused``: what was refused to the job at a gate.
    """
    parts = role_parts(images.beside(read))
    found = [
        _session(part.read, gates, evidence_of, case, beside if len(parts) == 1 else None, nth)
        for nth, part in enumerate(parts)
    ]
    found[0] = replace(found[0], gaps=(*found[0].gaps, *images.of_job(read)))
    for nth, part in enumerate(parts[1:], 1):
        first = found[part.before]
        known = {(need.action, need.resource) for need in first.needs}
        chained = (need for need in _chaining(part.read, len(first.needs)) if (need.action, need.resource) not in known)
        found[part.before] = replace(first, needs=(*first.needs, *chained))
        found[nth] = replace(found[nth], assumed_by=_assumed_by(found[part.before], found[nth]))
    for failure in refused:
        refusal = Refusal(failure.finding, failure.step.name if failure.step else "")
        for nth in _refused_to(failure, found, parts):
            found[nth] = replace(found[nth], refusals=(*found[nth].refusals, refusal))
    return tuple(found)


def _refused_to(failure: StepFailure, sessions: Sequence[JobSession], parts: Sequence[RolePart]) -> tuple[int, ...]:
    """Return to which of a job's sessions something was refused: the one that AWS names, else those that have the step."""
    principal = Arn.parse(failure.finding.principal)
    role = principal.role_of_session() if principal else None
    roles = [session.facts.role_arn for session in sessions]
    named = tuple(
        nth
        for nth, told in enumerate(roles)
        if told and role and (told.value == role or told.value.same_but_for_path(role))
    )
    number = failure.step.number if failure.step else None
    having = tuple(
        nth for nth, part in enumerate(parts) if number is not None and any(s.number == number for s in part.read.steps)
    )
    return named or having or tuple(range(len(sessions)))


def _assumed_by(first: JobSession, second: JobSession) -> Arn | None:
    """Return the first session's role where assuming the second's is one of its calls."""
    role, own = second.facts.role_arn, first.facts.role_arn
    called = {need.resource for need in first.needs if need.action == "sts:AssumeRole"}
    return own.value if role is not None and own is not None and str(role.value) in called else None


def _chaining(part: ReadJob, order: int) -> tuple[Need, ...]:
    """Return what a session needs to assume the next role: only where it is its credentials that the next step uses."""
    step = next((step for step in part.steps if step.does(Purpose.ASSUME)), None)
    if step is None or not is_chained(step):
        return ()
    target = next((op.target for op in step.operations if op.purpose is Purpose.ASSUME and op.target), None)
    arn = Arn.parse(target) if target and is_legible(target) else None
    need = Need(
        "sts:AssumeRole",
        str(arn) if arn is not None and arn.is_role and arn.has_account else None,
        Checkpoint.SERVICE_AUTHORIZATION,
        f"step “{step.name}” assumes the next role from this session",
        step.name,
        order,
        job=part.name,
    )
    return (need,)


def not_begun(
    attempt: Attempt, workflow: Workflow | None, begun: Sequence[ReadJob], case: Case, told: Told | None = None
) -> tuple[ReadJob, ...]:
    """Read the jobs and legs that the file has and the attempt did not begin; of a run that succeeded, none.

    No more of them than are listed (:data:`MOST_SESSIONS`), and one by which it is seen that there are more.
    """
    if workflow is None or (begun and attempt.conclusion == "success"):
        return ()
    found: list[ReadJob] = []
    releasing = 0
    for read in read_not_begun(attempt, workflow, begun, case, told):
        if never_runs(read):
            continue
        found.append(read)
        releasing += read.releases
        if releasing > MOST_SESSIONS:
            break
    return tuple(found)


def sessions_not_begun(
    waiting: Sequence[ReadJob], evidence_of: EvidenceBuilder, case: Case, images: JobImages
) -> tuple[JobSession, ...]:
    """Return the sessions of the jobs and legs that the attempt did not begin (:func:`not_begun`)."""
    found: list[JobSession] = []
    for read in waiting:
        if read.releases:
            found += sessions_of(read, all_unknown(_NOT_BEGUN), evidence_of, case, images=images)
    return (*_listed(found), *sessions_of_images(waiting, images))


def sessions_of_images(reads: Sequence[ReadJob], images: JobImages) -> tuple[JobSession, ...]:
    """Return a session of which nothing is known for each job that takes no role, and whose image is pulled with one."""
    found: dict[str, JobSession] = {}
    for read in reads:
        gaps = () if read.releases else images.of_job(read)
        if gaps:
            ran = read.job is not None and read.job.conclusion != "skipped"
            job_id = read.written.id if read.written else ""
            found[read.name] = JobSession(read.name, job_id, all_unknown(_OF_IMAGES), gaps=gaps, ran=ran, read=False)
    return _listed(list(found.values()))


def _listed(sessions: Sequence[JobSession]) -> tuple[JobSession, ...]:
    """Return as many sessions as are told one by one; what there is beyond them as one of which nothing is known."""
    if len(sessions) <= MOST_SESSIONS:
        return tuple(sessions)
    return (*sessions[:MOST_SESSIONS], unread_jobs("sessions", MOST_SESSIONS))


def unread_jobs(what: str, most: int) -> JobSession:
    """Return a session for the jobs of a release beyond those that are read: any of them may use any role for anything."""
    why = f"no more than {most} {what} of a release are read"
    gap = StepGap(
        _FURTHER, f"what comes after the first {most}", why, "look through them on GitHub", may_push=True, job=_FURTHER
    )
    return JobSession(_FURTHER, "", all_unknown(f"These were not read: {why}."), gaps=(gap,), ran=False, read=False)


def unread_calls(attempt: Attempt, workflow: Workflow | None, begun: Sequence[ReadJob]) -> tuple[JobSession, ...]:
    """Return a session of which nothing is known for each job whose called workflow was not read and that may have a token.

    Where the called jobs ran to a good end and their logs were read, these show every step.
    """
    values = run_values(attempt)
    found: list[JobSession] = []
    for job in workflow.jobs if workflow is not None else ():
        if (
            job.uses
            and holds(job.condition, values) is not False
            and may_have_token(workflow, job)
            and not _shown(job, begun)
        ):
            gaps = (unread_call(job),)
            found.append(JobSession(gaps[0].job, job.id, all_unknown(_NOT_READ), gaps=gaps, ran=False, read=False))
    return tuple(found)


def _shown(caller: WorkflowJob, begun: Sequence[ReadJob]) -> bool:
    own = [read for read in begun if read.name.startswith(f"{caller.name or caller.id} / ")]
    return bool(own) and all(read.log and read.job and read.job.conclusion == "success" for read in own)


def _session(
    read: ReadJob,
    gates: tuple[GateVerdict, ...],
    evidence_of: EvidenceBuilder,
    case: Case,
    beside: tuple[RunFacts, tuple[Need, ...]] | None,
    nth: int,
) -> JobSession:
    facts = beside[0] if beside else facts_of(read, evidence_of)
    needs = tuple(replace(need, job=read.name) for need in (beside[1] if beside else needs_of(read, facts, case)))
    ran = read.job is not None and read.job.conclusion != "skipped"
    job_id = read.written.id if read.written else ""
    written = "" if facts.role_arn is not None else _role_written(read)
    return JobSession(read.name, job_id, gates, facts, needs, gaps_of(read), ran=ran, nth=nth, role_written=written)


def _role_written(read: ReadJob) -> str:
    """Return the role that the first step which assumes one names, as it is written in the file; empty where none does."""
    named = (step.matched.written for step in read.steps if step.does(Purpose.ASSUME))
    return next((role for own in named if own is not None and (role := own.input("role-to-assume"))), "")

"""Judge a recorded attempt: its verdict at each gate, and what proves it.

Which jobs count: those that assume a role or use ECR, as the workflow file and the log show; and any job whose failure
is one at a gate. Each is judged by itself (:mod:`diagnosis.replay.gate_verdicts`), then they are joined, gate by gate:

- *matrix jobs, several releasing jobs*: a failure in one fails the gate for the attempt; else ``blocked`` wins over
  ``unknown``, and ``unknown`` over ``pass``. A gate passes where it passes in every job. The notes say which jobs differ.
- *other jobs* (tests before the release): they stop the run, and decide no gate; what they kept from running is
  ``unknown``.
- *skipped, ``if: false``*: skipped is not passed, ``unknown``. A job that is shut off while others release is left out.
- *cancelled, timed out*: ``unknown`` for what was not proved before; a denial that a later retry might have overcome is
  no failure yet.
- *a job that never began*: ``unknown``, with what the annotation says.
- *continue-on-error*: a failure that was tolerated fails its gate all the same; what comes after it is ``blocked``.
- *several roles or registries in one job*: every step that assumes a role must be proved; facts are of the role that
  failed, or of the one in force at the registry. The notes name the others.
- *no log* (expired, forbidden, a job that was not run again): conclusions and annotations decide as far as they carry;
  ``missing`` says what a log would add. A preflight artifact of the attempt may give a failure its cause
  (:mod:`diagnosis.replay.preflight_statement`); it never opens a gate.

Recorded and live are never mixed: nothing here looks at the account of today.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from diagnosis.causes import Cause
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow
from diagnosis.gates import ALL_GATES, Gate, Plane, Verdict
from diagnosis.replay.evidence_of import EvidenceBuilder
from diagnosis.replay.gate_verdicts import all_unknown, blocked, failing_role_step, never_runs, verdicts_of
from diagnosis.replay.notes import completed, notes_of
from diagnosis.replay.preflight_statement import Statements
from diagnosis.replay.release_sessions import (
    not_begun,
    sessions_not_begun,
    sessions_of,
    sessions_of_images,
    unread_calls,
    unread_jobs,
)
from diagnosis.replay.root_failure import JobOutcome, outcome_of
from diagnosis.replay.run_facts import assuming_steps, facts_of
from diagnosis.replay.stops import stops_of
from diagnosis.steps.job_images import JobImages, job_images
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.needs import needs_of
from diagnosis.steps.read_job import ReadJob, ReadStep, read_job
from diagnosis.steps.read_run import Told, read_begun
from diagnosis.steps.resolved_workflow import resolved_workflow
from diagnosis.steps.static_key_steps import with_roles_only
from diagnosis.steps.variables import given_inputs
from diagnosis.verdicts.gate_verdict import Finding, GateVerdict, Missing, gates_shown, maybe_verdict_at, verdict_at
from diagnosis.verdicts.release import Need
from diagnosis.verdicts.replay import JobSession, Replay, RunFacts

_WEIGHT = {Verdict.FAIL: 3, Verdict.BLOCKED: 2, Verdict.UNKNOWN: 1, Verdict.PASS: 0}
MOST_JOBS = 300
"""Jobs of one attempt that are read; GitHub's own limit of a matrix is 256."""


@dataclass(frozen=True, slots=True)
class JobReplay:
    """One job, judged."""

    read: ReadJob
    outcome: JobOutcome
    gates: tuple[GateVerdict, ...]
    facts: RunFacts
    needs: tuple[Need, ...]
    sessions: tuple[JobSession, ...]

    @property
    def failed_at(self) -> int:
        """Position of the first gate that failed; past the last where none did."""
        return next((gate.gate.order for gate in self.gates if gate.verdict is Verdict.FAIL), len(ALL_GATES))


def replay(attempt: Attempt, case: Case | None = None) -> Replay:
    """Judge a recorded attempt.

    ``case`` fills in what the run masks; it never overrides what the run shows. Never raises on foreign input.
    """
    workflow, told = resolved_workflow(attempt), Told()
    found = _replayed(attempt, workflow, case or Case(), told)
    return replace(found, workflow=workflow, inputs=_dispatched_with(attempt, workflow, told))


def _replayed(attempt: Attempt, workflow: Workflow | UnparsableWorkflow | None, case: Case, told: Told) -> Replay:
    evidence_of = EvidenceBuilder(attempt)
    if not isinstance(attempt.jobs, Known):
        return _without_jobs(attempt, workflow, case)
    parsed = workflow if isinstance(workflow, Workflow) else None
    listed, further = attempt.jobs.value[:MOST_JOBS], attempt.jobs.value[MOST_JOBS:]
    beyond = (unread_jobs("jobs", MOST_JOBS),) if further else ()
    reads = read_begun(attempt, listed, parsed, case, told)
    stated = Statements.of(attempt)
    outcomes = [stated.explained(read, outcome_of(read, evidence_of)) for read in reads]
    releasing = _releasing(reads, outcomes)
    names = {job.name for job in further}
    waiting = tuple(read for read in not_begun(attempt, parsed, reads, case, told) if read.name not in names)
    images = job_images([*(read for read in reads if _counts(read, attempt)), *waiting])
    judged = [_judge(read, outcome, evidence_of, case, stated, images) for read, outcome in releasing]
    others = [
        (read, outcome)
        for read, outcome in zip(reads, outcomes, strict=True)
        if all(read is not own for own, _ in releasing)
    ]
    gates_by = {id(job.read): job.gates for job in judged}
    ended = [(read, outcome, gates_by.get(id(read), ())) for read, outcome in zip(reads, outcomes, strict=True)]
    if not judged:
        found = _without_release(attempt, workflow, others, case, evidence_of)
        stops = stops_of(attempt, ended, further, None if others else found.stopped_by)
        return replace(found, sessions=(*found.sessions, *beyond), stops=stops)
    decisive = min(judged, key=lambda job: job.failed_at)
    stopping = (
        decisive.outcome
        if decisive.outcome.finding is not None
        else _first_outcome([(j.read, j.outcome) for j in judged] + others)
    )
    gates = _joined(judged)
    if all(job.outcome.finding is None for job in judged) and stopping is not None and stopping.finding is not None:
        gates = _kept_back(gates, stopping)
    return Replay(
        attempt,
        _of_some(gates, beyond),
        stopping.finding if stopping is not None else None,
        completed(decisive.facts, attempt, evidence_of, stopping.finding if stopping is not None else None),
        _all_needs(judged, decisive),
        (
            *notes_of(attempt, workflow, [job.read for job in judged], [job.outcome for job in judged], decisive.read),
            *stated.notes(job.read for job in judged),
        ),
        max((job.outcome.retries for job in judged), default=0),
        sessions=(
            *(session for job in judged if _belongs(job, attempt) for session in job.sessions),
            *sessions_of_images(reads, images),
            *sessions_not_begun(waiting, evidence_of, case, images),
            *unread_calls(attempt, parsed, reads),
            *beyond,
        ),
        stops=stops_of(attempt, ended, further),
    )


def _dispatched_with(
    attempt: Attempt, workflow: Workflow | UnparsableWorkflow | None, told: Told
) -> tuple[tuple[str, str], ...]:
    """Return the inputs of a dispatched run that its payload or its logs show; a default is none of them."""
    if not isinstance(workflow, Workflow) or attempt.event != "workflow_dispatch":
        return ()
    shown = {name.lower(): value for name, value in {**told.shared, **given_inputs(workflow)}.items()}
    declared = [each.name for each in workflow.declared_inputs if each.trigger == "workflow_dispatch"]
    pairs = ((name, shown.get(f"inputs.{name}".lower())) for name in declared)
    return tuple((name, str(value)) for name, value in pairs if value is not None and "***" not in value)


def _of_some(gates: tuple[GateVerdict, ...], beyond: Sequence[JobSession]) -> tuple[GateVerdict, ...]:
    """Return the verdicts of an attempt of which some jobs were not read: one of these may have failed where the others passed."""
    missing = tuple(Missing(f"{gap.step} ({gap.what})", gap.why, gap.how) for session in beyond for gap in session.gaps)
    return tuple(
        replace(
            gate,
            verdict=Verdict.UNKNOWN,
            reason=f"{gate.reason} Not so of all jobs: {missing[0].why}.",
            missing=missing,
        )
        if missing and gate.verdict is Verdict.PASS
        else gate
        for gate in gates
    )


def _belongs(job: JobReplay, attempt: Attempt) -> bool:
    """Return whether a job is part of the release: one that a run left out which otherwise succeeded is none of it."""
    return _counts(job.read, attempt)


def _counts(read: ReadJob, attempt: Attempt) -> bool:
    left_out = read.job is not None and read.job.conclusion == "skipped"
    return not (left_out and attempt.conclusion == "success")


def _releasing(reads: Sequence[ReadJob], outcomes: Sequence[JobOutcome]) -> list[tuple[ReadJob, JobOutcome]]:
    pairs = [
        (read, outcome)
        for read, outcome in zip(reads, outcomes, strict=True)
        if read.releases or any(failure.finding.gate for failure in outcome.failures)
    ]
    active = [pair for pair in pairs if not never_runs(pair[0])]
    return active or pairs


def _judge(
    read: ReadJob,
    outcome: JobOutcome,
    evidence_of: EvidenceBuilder,
    case: Case,
    stated: Statements,
    images: JobImages,
) -> JobReplay:
    whole = with_roles_only(images.beside(read))
    facts = facts_of(whole, evidence_of, failing_role_step(outcome) or _role_in_force(read))
    # What the run showed is that of the job itself: the pulls are another job's.
    own = with_roles_only(read)
    gates = stated.beside(read, verdicts_of(own, outcome, needs_of(own, facts, case), evidence_of))
    needs = needs_of(whole, facts, case)
    sessions = sessions_of(read, gates, evidence_of, case, (facts, needs), images, outcome.refused)
    return JobReplay(read, outcome, gates, facts, needs, sessions)


def _role_in_force(read: ReadJob) -> ReadStep | None:
    """Return the last step that assumed a role before the registry was used; None where the job assumes one role only."""
    steps = assuming_steps(read)
    if len(steps) < 2:
        return None
    last: ReadStep | None = None
    for step in read.steps:
        if last is not None and step.does(Purpose.PUSH, Purpose.CALL, Purpose.PULL):
            return last
        if step.does(Purpose.ASSUME) and step.matched.ran:
            last = step
    return last


def _joined(judged: Sequence[JobReplay]) -> tuple[GateVerdict, ...]:
    """Return the worst verdict at each gate; among equals that of the first job, with the evidence of all that passed.

    A job that was skipped says nothing beside one that ran: a gate that it alone asks something of was not reached.
    """
    gates: list[GateVerdict] = []
    ran = [job for job in judged if not _skipped(job)] or judged
    stopped = next((gate for gate in _worst_order(ran) if gate.verdict is Verdict.FAIL), None)
    for gate in gates_shown(*(job.gates for job in judged)):
        asked = [job for job in ran if maybe_verdict_at(job.gates, gate) is not None]
        if not asked and stopped is not None:
            gates.append(blocked(gate, stopped.gate))
            continue
        found = (maybe_verdict_at(job.gates, gate) for job in asked or judged if not _beside(job, gate, judged))
        verdicts = [verdict for verdict in found if verdict is not None]
        worst = max(verdicts, key=lambda verdict: _WEIGHT[verdict.verdict])
        if worst.verdict is Verdict.PASS:
            evidence = tuple(dict.fromkeys(item for verdict in verdicts for item in verdict.evidence))
            worst = replace(worst, evidence=evidence)
        gates.append(worst)
    return tuple(gates)


def _skipped(job: JobReplay) -> bool:
    return job.read.job is not None and job.read.job.conclusion == "skipped"


def _worst_order(judged: Sequence[JobReplay]) -> Iterator[GateVerdict]:
    """Yield the verdicts of all jobs, in the order of the gates."""
    yield from sorted((verdict for job in judged for verdict in job.gates), key=lambda verdict: verdict.gate.order)


def _beside(job: JobReplay, gate: Gate, judged: Sequence[JobReplay]) -> bool:
    """Return whether a job says nothing of the registry because it has no need of it, while another job has."""
    if gate is not Gate.REGISTRY_AUTHORIZATION or _asks_registry(job):
        return False
    services = maybe_verdict_at(job.gates, Gate.SERVICE_AUTHORIZATION)
    refused = services is not None and services.verdict is Verdict.FAIL
    open_ = (Verdict.UNKNOWN, Verdict.BLOCKED) if refused else (Verdict.UNKNOWN,)
    return verdict_at(job.gates, gate).verdict in open_ and any(_asks_registry(other) for other in judged)


def _asks_registry(job: JobReplay) -> bool:
    return any(need.checkpoint.gate is Gate.REGISTRY_AUTHORIZATION for need in job.needs)


def _kept_back(gates: tuple[GateVerdict, ...], stopping: JobOutcome) -> tuple[GateVerdict, ...]:
    """Say at each gate that the releasing job did not prove that another job had stopped the run."""
    sentence = stopping.finding.sentence if stopping.finding else ""
    return tuple(
        replace(gate, reason=f"{gate.reason} The run was stopped by another job: {sentence}")
        if gate.verdict is Verdict.UNKNOWN and not gate.evidence
        else gate
        for gate in gates
    )


def _first_outcome(pairs: Sequence[tuple[ReadJob, JobOutcome]]) -> JobOutcome | None:
    """Return what stopped the run, of all jobs: an access failure before others, a failure before a cancellation."""
    found = [outcome for _, outcome in pairs if outcome.finding is not None]

    def weight(outcome: JobOutcome) -> int:
        finding = outcome.finding
        if finding is None or finding.cause in (Cause.CANCELLED, Cause.TIME_LIMIT):
            return 0
        return 2 if finding.gate is not None else 1

    return max(found, key=weight, default=None)


def _all_needs(judged: Sequence[JobReplay], decisive: JobReplay) -> tuple[Need, ...]:
    """Return the needs of all jobs that use the same role, each once, the decisive job's first."""
    role = decisive.facts.role_arn.value if decisive.facts.role_arn else None
    seen: dict[tuple[str, str | None], Need] = {}
    for job in (decisive, *judged):
        own = job.facts.role_arn.value if job.facts.role_arn else None
        if own == role:
            for need in job.needs:
                seen.setdefault((need.action, need.resource), replace(need, job=job.read.name))
    return tuple(replace(need, order=order) for order, need in enumerate(seen.values()))


def _without_jobs(attempt: Attempt, workflow: Workflow | UnparsableWorkflow | None, case: Case) -> Replay:
    """Replay an attempt of which no jobs could be read: all gates are unknown, and the file alone says what is needed."""
    jobs = attempt.jobs
    why, how, permission = "GitHub lists no jobs for it", "open the attempt on GitHub", None
    if isinstance(jobs, Unreadable):
        why, how, permission = jobs.why, jobs.how, jobs.permission
    missing = (Missing(f"jobs of attempt {attempt.attempt}", why, how, permission),)
    facts, needs = _of_file(attempt, workflow, case)
    return Replay(
        attempt,
        all_unknown(f"The jobs of this attempt could not be read: {why}.", missing),
        None,
        facts,
        needs,
        sessions=_sessions_of_file(attempt, workflow, case),
        stops=stops_of(attempt, ()),
    )


def _without_release(
    attempt: Attempt,
    workflow: Workflow | UnparsableWorkflow | None,
    others: Sequence[tuple[ReadJob, JobOutcome]],
    case: Case,
    evidence_of: EvidenceBuilder,
) -> Replay:
    """Replay an attempt in which no job is recognised as one that releases, or none was begun."""
    stopping = _first_outcome(others)
    finding: Finding | None = stopping.finding if stopping else None
    facts, needs = _of_file(attempt, workflow, case)
    reason = "No step of this attempt is recognised as one that assumes a role or uses ECR."
    if not others:
        reason = f"The attempt has no jobs; GitHub records it as {attempt.conclusion or attempt.status}."
        if attempt.conclusion not in ("success", "skipped", None):
            finding = Finding(
                Plane.OTHER, None, None, sentence=reason, evidence=evidence_of.run(f"run: {attempt.conclusion}")
            )
    elif finding is not None:
        reason += f" The run stopped for another reason: {finding.sentence}"
    missing = (
        Missing(
            "what the steps of the run did",
            "neither log nor workflow file shows a step that speaks to AWS",
            "read the log and the workflow file at the run's commit (actions: read, contents: read)",
        ),
    )
    evidence = (finding.evidence,) if finding and finding.evidence else (evidence_of.run(f"run: {attempt.conclusion}"),)
    return Replay(
        attempt,
        all_unknown(reason, missing, evidence),
        finding,
        facts,
        needs,
        notes_of(attempt, workflow, [], [], None),
        stopping.retries if stopping else 0,
        sessions=_sessions_of_file(attempt, workflow, case),
    )


def _sessions_of_file(
    attempt: Attempt, workflow: Workflow | UnparsableWorkflow | None, case: Case
) -> tuple[JobSession, ...]:
    parsed = workflow if isinstance(workflow, Workflow) else None
    waiting = not_begun(attempt, parsed, (), case)
    return (
        *sessions_not_begun(waiting, EvidenceBuilder(attempt), case, job_images(waiting)),
        *unread_calls(attempt, parsed, ()),
    )


def _of_file(
    attempt: Attempt, workflow: Workflow | UnparsableWorkflow | None, case: Case
) -> tuple[RunFacts, tuple[Need, ...]]:
    """Return the facts and needs by the workflow file alone."""
    if not isinstance(workflow, Workflow):
        return RunFacts(), ()
    evidence_of = EvidenceBuilder(attempt)
    reads = [read_job(None, written, workflow, attempt, case) for written in workflow.jobs]
    images = job_images(reads)
    for read in reads:
        if read.releases and not never_runs(read):
            whole = with_roles_only(images.beside(read))
            facts = facts_of(whole, evidence_of)
            return facts, needs_of(whole, facts, case)
    return RunFacts(), ()

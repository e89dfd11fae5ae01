"""List what kept an attempt from succeeding, job by job, each with whose reason it was.

The failure that decides the gates is one; a run may have others beside it. What a run ended with (``cancelled``,
``startup_failure``) is a fact of its own: it stands even where every gate passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from diagnosis.causes import Cause
from diagnosis.facts.evidence import EvidenceKind
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt, Job
from diagnosis.failures.program_faults import program_fault
from diagnosis.failures.reason import reason_of
from diagnosis.gates import Gate, Plane, Verdict
from diagnosis.replay.evidence_of import EvidenceBuilder
from diagnosis.replay.root_failure import BY_EXPLANATION, JobOutcome
from diagnosis.steps.read_job import ReadJob
from diagnosis.steps.variables import expand
from diagnosis.verdicts.gate_verdict import Finding, GateVerdict
from diagnosis.verdicts.stop import Reason, Stop

_WELL = frozenset({"success", "neutral", "skipped"})
_CUT = frozenset({"cancelled", "timed_out"})
_OF_NO_GATE = frozenset({*_CUT, "startup_failure", "action_required", "stale", "skipped", "neutral"})
"""Conclusions that say by themselves that no gate ended the run."""
_FAULT = "A program failed by itself; its words tell of no refusal."
_NOT_STARTED = "An error occurred trying to start process"
"""How the runner says that a step's shell could not be started: nothing of the step ran."""
_FORCED = (Cause.TIME_LIMIT, Cause.RUNNER_LOST)


def stops_of(
    attempt: Attempt,
    read: Iterable[tuple[ReadJob, JobOutcome, tuple[GateVerdict, ...]]],
    unread: Sequence[Job] = (),
    whole: Finding | None = None,
) -> tuple[Stop, ...]:
    """Return the stops of a completed attempt, in the order of its jobs; none for a success, and none before the end.

    ``read``: each job with how it ended, and its verdicts at the gates where it was judged. ``unread``: jobs beyond the number
    that is read. ``whole``: what is known of an attempt without jobs.
    """
    if attempt.conclusion in ("success", None):
        return ()
    found: list[Stop] = []
    perhaps: list[Stop] = []
    for job, outcome, gates in read:
        may_fail = _may_fail(job)
        if may_fail is not True:  # else the run went on without it
            (found if may_fail is False else perhaps).extend(_stops(job, outcome, gates, EvidenceBuilder(attempt)))
    if found:
        # Whether these count is not known; where nothing else failed, they do.
        perhaps = [replace(stop, reason=Reason.UNKNOWN) for stop in perhaps]
    found += perhaps
    found += [Stop(Reason.UNKNOWN, job.conclusion or "", job.name) for job in unread if job.conclusion not in _WELL]
    if attempt.conclusion == "failure" and any(stop.conclusion != "cancelled" for stop in found):
        # One leg that fails has the others cancelled: that is its consequence.
        found = [stop for stop in found if stop.conclusion != "cancelled" or not _is_plain_cancellation(stop.finding)]
    told = any(stop.reason is Reason.ANOTHER for stop in found)
    if attempt.conclusion == "timed_out":
        told = told or any(stop.conclusion == "timed_out" for stop in found)
    never_began = isinstance(attempt.jobs, Known) and not attempt.jobs.value
    if (attempt.conclusion in _OF_NO_GATE and not told) or never_began:
        found.append(Stop(Reason.ANOTHER, attempt.conclusion, finding=whole))
    return tuple(found)


def _stops(
    read: ReadJob, outcome: JobOutcome, gates: tuple[GateVerdict, ...], evidence_of: EvidenceBuilder
) -> Iterator[Stop]:
    job = read.job
    if job is None or job.conclusion in _WELL:
        return
    if job.conclusion is None:
        yield Stop(Reason.UNKNOWN, "", job.name)  # the run has ended and the job has not: nobody knows how it would
        return
    conclusion = job.conclusion
    cut = next((step.name for step in job.steps if step.conclusion in _CUT), "") if conclusion in _CUT else ""
    step = outcome.step.name if outcome.step is not None else cut
    fault = _program_fault(read, outcome, evidence_of)
    reason = Reason.ANOTHER if fault is not None else _reason(read, outcome, gates)
    yield Stop(reason, conclusion, job.name, step, fault or outcome.finding)
    for late in outcome.later:
        yield Stop(Reason.ANOTHER, conclusion, job.name, late.step.name if late.step else "", late.finding)


def _may_fail(read: ReadJob) -> bool | None:
    """Return whether the run goes on without the job if it fails; None where the expression for it is not settled."""
    given = read.written.continue_on_error if read.written is not None else False
    known = {"true": True, "false": False, "": False}
    return known.get(expand(given, read.values)) if isinstance(given, str) else given


def _program_fault(read: ReadJob, outcome: JobOutcome, evidence_of: EvidenceBuilder) -> Finding | None:
    """Return the finding with the line in which a program says that it failed by itself, where no rule names a reason."""
    finding, step = outcome.finding, outcome.step
    if finding is None or step is None or not _is_unnamed(finding):
        return None
    line = program_fault(step.output)
    return None if line is None else replace(finding, sentence=_FAULT, evidence=evidence_of.line(read, step, line))


def _is_unnamed(finding: Finding) -> bool:
    return finding.plane is Plane.OTHER and not (finding.cause or finding.candidates)


def _reason(read: ReadJob, outcome: JobOutcome, gates: tuple[GateVerdict, ...]) -> Reason:
    finding = outcome.finding
    conclusion = read.job.conclusion if read.job else None
    if finding is None:
        return Reason.ANOTHER if conclusion in _OF_NO_GATE else Reason.UNKNOWN
    reason = reason_of(finding)
    if reason is Reason.UNKNOWN and conclusion in _OF_NO_GATE and finding.plane is Plane.OTHER:
        return Reason.ANOTHER
    if reason is Reason.UNKNOWN and _is_of_no_gate(read, outcome, finding, gates):
        return Reason.ANOTHER
    return reason


def _is_of_no_gate(read: ReadJob, outcome: JobOutcome, finding: Finding, gates: tuple[GateVerdict, ...]) -> bool:
    """Return whether a failure without a known reason is no gate's: the place tells, or every gate was passed before it."""
    if not _is_unnamed(finding) or finding.evidence is None:
        return False
    step = outcome.step
    if step is not None and step.matched.is_post:
        return True  # cleaning up asks nothing of a gate
    if finding.evidence.kind is EvidenceKind.ANNOTATION:
        return read.job is not None and not any(each.conclusion for each in read.job.steps)  # it never began
    if finding.evidence.kind is not EvidenceKind.LOG_LINE:
        return False
    if finding.evidence.text.startswith(_NOT_STARTED):
        return True
    asks = step.does(*BY_EXPLANATION) if step is not None else read.releases
    return not asks or _passed(gates)


def _passed(gates: tuple[GateVerdict, ...]) -> bool:
    enforced = [each for each in gates if each.gate is not Gate.LEAST_PRIVILEGE]
    return bool(enforced) and all(each.verdict is Verdict.PASS for each in enforced)


def _is_plain_cancellation(finding: Finding | None) -> bool:
    return finding is None or (finding.plane is Plane.OTHER and finding.cause not in _FORCED)

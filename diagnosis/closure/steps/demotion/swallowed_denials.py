"""Does the closing run's log hold a denial that the run went on past, of whichever service?

Every line of every job that takes credentials is looked at, not only the one that would have decided. A log that was not read in
whole proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from diagnosis.closure.steps.demotion.demotion import Demotion, proof_of
from diagnosis.closure.steps.demotion.release_jobs import ReleaseJobs, crosses_a_gate, release_jobs
from diagnosis.closure.steps.step_proof import StepProof
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.failures import find_failures
from diagnosis.gates import Gate, Plane, Verdict
from diagnosis.logs.left_out import is_condensed
from diagnosis.logs.log_text import LogLine
from diagnosis.replay.evidence_of import EvidenceBuilder
from diagnosis.replay.gate_verdicts import SWALLOWED
from diagnosis.steps.kinds import StepKind
from diagnosis.steps.read_job import ReadJob, ReadStep
from diagnosis.verdicts.gate_verdict import Finding, GateVerdict
from diagnosis.verdicts.replay import Replay

_NONE = "The logs of the closing run hold no denial that the run went on past."
_WENT_ON = "the run went on past it, and it proves no gate"
_DENIED = re.compile(
    # A file may be named after it.
    r"AccessDenied(?!\w*\.(?:java|kt|cs|py|rb|go|php|[jt]sx?|vue|html|css|md|map|json|class|png|svg)\b)"
    r"|Access Denied|UnauthorizedOperation|not authorized to perform|AuthFailure|explicit deny"
    r"|no basic auth credentials|denied: (?:User|Your authorization|requested access)|UnrecognizedClientException"
    r"|[Cc]ould not (?:load credentials|be loaded, please check)|Unable to locate credentials|ExpiredToken|InvalidClientTokenId"
    # A refusal that names no code of AWS's, as registries and plain HTTP give it.
    r"|unexpected (?:HTTP )?status[^\n]{0,300}\b40[13]\b|returned error: 40[13]\b|StatusCode: ?40[13]\b"
    r"|(?:\bERROR\b|\b[Ee]rror:|\bfailed to\b)[^\n]{0,300}\b(?:403 Forbidden|401 Unauthorized)\b"
)
"""Words of a denial, whoever prints it."""
_SIGNED_IN = re.compile(r"^Authenticated as assumedRoleId")
_LONGEST = 4_000
_TRYING_AGAIN = (StepKind.CONFIGURE_AWS_CREDENTIALS, StepKind.AMAZON_ECR_LOGIN)
"""Actions that try again by themselves, and fail where all tries do."""


def judge_swallowed_denials(closing: Replay, jobs: ReleaseJobs | None = None) -> StepProof:
    """Judge whether a log of the closing run holds a denial that the run went on past."""
    found = jobs or release_jobs(closing)
    demotions = [Demotion(found.unread, shown=False)] if found.unread else []
    for read in found.jobs:
        if read.job is not None and read.job.conclusion != "skipped":
            demotions += _of_job(closing, read)
    demotions += _of_gates(closing, demotions)
    return proof_of(demotions, _NONE, "Whether the closing run went on past a denial is not known")


def _of_gates(closing: Replay, told: Sequence[Demotion]) -> Iterator[Demotion]:
    """Yield what the gates' own verdicts say of a denial that a step went on past, where it is not told yet."""
    lines = {each.evidence.line for each in told if each.evidence is not None}
    verdicts: tuple[GateVerdict, ...] = (*closing.gates, *(gate for each in closing.sessions for gate in each.gates))
    for verdict in verdicts:
        if verdict.verdict is Verdict.UNKNOWN and SWALLOWED in verdict.missing:
            evidence = next(iter(verdict.evidence), None)
            if evidence is None or evidence.line not in lines:
                what = f"{verdict.gate.label}: {verdict.reason.rstrip('.')}"
                yield Demotion(what, shown=True, evidence=evidence, then=_WENT_ON)


def _of_job(closing: Replay, read: ReadJob) -> Iterator[Demotion]:
    job = read.job
    if job is None:
        return
    if not isinstance(job.log, Known) or read.log is None:
        why = job.log.why if isinstance(job.log, Unreadable) else "GitHub keeps none"
        yield Demotion(f"the log of job “{read.name}” was not read: {why}", shown=False)
        return
    if job.log_steps or is_condensed(job.log.value):
        yield Demotion(f"the log of job “{read.name}” is too large and was not read whole", shown=False)
    evidence_of = EvidenceBuilder(closing.attempt)
    seen: set[int] = set()
    for step in read.steps:
        for number, what in _of_step(step):
            seen.add(number)
            line = read.log.lines[number - 1]
            told = f"step “{step.name}” of job “{read.name}” printed a denial ({what})"
            yield Demotion(told, shown=crosses_a_gate(step), evidence=evidence_of.line(read, step, line), then=_WENT_ON)
    for line in read.log.lines:
        if line.number not in seen and line.printed and _DENIED.search(line.text[:_LONGEST]):
            told = f"job “{read.name}” printed what may be a denial, at line {line.number} of its log"
            yield Demotion(told, shown=False, evidence=evidence_of.line(read, None, line))


def _of_step(step: ReadStep) -> Iterator[tuple[int, str]]:
    """Yield the denials of one step that nothing in it made up for: each line's number, and what was refused."""
    action = step.matched.written.uses if step.matched.written is not None else None
    if (
        action
        and step.is_a(*_TRYING_AGAIN)
        and step.matched.succeeded
        and step.continue_on_error in (False, "false", "")
    ):
        return
    last = max((line.number for line in step.output if _signs_in(line)), default=0)
    for finding in find_failures(step.lines):
        number = finding.evidence.line if finding.evidence else None
        if number is None or finding.gate is None or finding.plane not in (Plane.AUTHENTICATION, Plane.AUTHORIZATION):
            continue
        if finding.gate in (Gate.OIDC_TRUST, Gate.ROLE_ASSUMPTION) and number < last:
            continue
        yield number, _refused(finding)


def _signs_in(line: LogLine) -> bool:
    return bool(line.printed and _SIGNED_IN.search(line.text[:_LONGEST]))


def _refused(finding: Finding) -> str:
    return finding.action or (finding.checkpoint.value if finding.checkpoint else "") or "access"

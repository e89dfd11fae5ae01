"""Find what stopped a job, and what else failed in its steps before that, each with its step and its line.

Which step failed is GitHub's own record; what its failure means is read from that step's lines alone (and from the
lines before it, which give the context). Steps that run after the failure clean up and decide nothing. A failure inside a step
that GitHub recorded as a success is told apart:

- *demoted*: the step failed and ``continue-on-error`` turned that into a success; the gate did not open;
- *swallowed*: the script met a denial and carried on; whether it mattered cannot be told from the record;
- a retry that went through afterwards is neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from diagnosis.causes import Cause
from diagnosis.facts.evidence import Evidence
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Annotation
from diagnosis.failures import NOTHING_FOUND, decide, explain_text, find_refusals
from diagnosis.failures.reason import reason_of
from diagnosis.gates import Checkpoint, Gate, Plane
from diagnosis.logs.job_log import time_of
from diagnosis.logs.log_text import LineKind, LogLine
from diagnosis.replay.denied_use import placed
from diagnosis.replay.evidence_of import EvidenceBuilder
from diagnosis.steps.kinds import Purpose, StepKind
from diagnosis.steps.read_job import ReadJob, ReadStep
from diagnosis.verdicts.gate_verdict import Finding
from diagnosis.verdicts.stop import Reason

_RETRY = re.compile(r"(?:Retry(?: \w+)?: attempt \d+ of \d+ failed|[Rr]etrying (?:in|after) \d)")
_ASSUMING = "Assuming role with OIDC"
_PASSED = re.compile(
    r"^Authenticated as assumedRoleId|Login Succeeded|(?<![\w.-])[\w.-]++: digest: sha256:"
    r"|pushing manifest for \S(?:(?!pushing manifest for ).)* done$"
)
_NOT_SUCCESS = frozenset({"failure", "timed_out", "startup_failure"})
_EXIT = "Process completed with exit code"
_FAILING_ACTIONS = (StepKind.CONFIGURE_AWS_CREDENTIALS, StepKind.AMAZON_ECR_LOGIN, StepKind.BUILD_PUSH_ACTION)
_BY_REGISTRY = (Purpose.ASSUME, Purpose.LOGIN, Purpose.PUSH, Purpose.PULL, Purpose.CALL)
BY_EXPLANATION = (*_BY_REGISTRY, Purpose.SERVICE)
"""What a step does that a gate may refuse."""


@dataclass(frozen=True, slots=True)
class StepFailure:
    """A failure that was found in a step."""

    finding: Finding
    step: ReadStep | None
    swallowed: bool = False
    demoted: bool = False


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """How a job ended, and which failures its steps show."""

    finding: Finding | None = None
    """What stopped it; None where nothing did, or nothing tells."""
    step: ReadStep | None = None
    failures: tuple[StepFailure, ...] = ()
    """Failures at a gate, in the order of the steps; the one that stopped the job among them."""
    why_unreached: str = ""
    """Why gates that nothing proves were not exercised; empty for a job that ran to its end."""
    retries: int = 0
    notes: tuple[str, ...] = ()
    beside: tuple[StepFailure, ...] = ()
    """What else was refused in the step that failed: a tool may make several calls before it gives up."""
    later: tuple[StepFailure, ...] = ()
    """What failed after a gate had stopped the job, for a reason of its own that is none of a gate's."""

    @property
    def refused(self) -> tuple[StepFailure, ...]:
        """Every refusal at a gate, but what a script carried on from."""
        found = (*(each for each in self.failures if not each.swallowed), *self.beside)
        own = self.finding
        if own is not None and own.gate is not None and all(each.finding is not own for each in found):
            found = (StepFailure(own, self.step), *found)
        return found


def outcome_of(read: ReadJob, evidence_of: EvidenceBuilder) -> JobOutcome:
    """Find what stopped the job, by its log where there is one, else by its annotations and conclusions."""
    job = read.job
    if job is None:
        return JobOutcome(why_unreached="The job is not among those that GitHub lists for this attempt.")
    if job.conclusion == "skipped":
        return JobOutcome(why_unreached=f"The job “{job.name}” was skipped: skipped is not passed.")
    failing = next((step for step in read.steps if step.conclusion in _NOT_SUCCESS and not step.matched.is_post), None)
    tolerated = tuple(_tolerated(read, evidence_of))
    if failing is None:
        return _without_failing_step(read, evidence_of, tolerated)
    place: ReadStep | None
    finding, place = _finding_of(read, evidence_of, failing)
    retries, cost = _retries(failing)
    notes: tuple[str, ...] = (_retry_note(failing, retries, cost),) if retries else ()
    failures = tuple(failure for failure in tolerated if _number(failure.step) < _number(failing))
    root = next((failure for failure in failures if failure.demoted and _explains(failure, finding, failing)), None)
    if root is not None:
        notes += (f"The failure of step “{failing.name}” follows from the tolerated one of step “{_name(root)}”.",)
        finding, place = root.finding, root.step
    elif finding.gate is not None:
        failures += (StepFailure(finding, place),)
    why = "" if finding.gate is not None else _stopped_elsewhere(finding, failing)
    beside = tuple(_refused_beside(read, evidence_of, place, finding)) if place is not None else ()
    later = tuple(_failed_later(read, evidence_of, failing)) if finding.gate is not None else ()
    return JobOutcome(finding, place, failures, why, retries, notes, beside, later)


def annotations_of(read: ReadJob) -> tuple[Annotation, ...]:
    """Return the error annotations of the job, as far as they were read."""
    if read.job is None or not isinstance(read.job.annotations, Known):
        return ()
    return tuple(note for note in read.job.annotations.value if note.level == "failure")


def _without_failing_step(
    read: ReadJob, evidence_of: EvidenceBuilder, tolerated: tuple[StepFailure, ...]
) -> JobOutcome:
    """Return how a job ended without a failed step: in success, cut short, or never begun."""
    job = read.job
    conclusion = job.conclusion if job else None
    if conclusion in ("success", "neutral"):
        return JobOutcome(failures=tolerated)
    if conclusion is None:
        return JobOutcome(failures=tolerated, why_unreached="The job has not ended yet.")
    if job is not None and not any(step.conclusion for step in job.steps) and read.log is None:
        return _without_steps(read, evidence_of, tolerated)
    if conclusion in ("cancelled", "timed_out"):
        return JobOutcome(_cut_short(read, evidence_of, conclusion), None, tolerated, _cut_sentence(read, conclusion))
    cleanup = next((step for step in read.steps if step.conclusion in _NOT_SUCCESS), None)
    if cleanup is not None:
        finding = _unnamed(f"Only the clean-up step “{cleanup.name}” failed.", evidence_of.conclusion(read, cleanup))
        return JobOutcome(finding, cleanup, tolerated, _stopped_elsewhere(finding, cleanup))
    recorded = evidence_of.job(read, f"job “{read.name}”: {conclusion}")
    sentence = f"The job is recorded as {conclusion}, none of its steps is."
    finding = _of_whole_log(read, evidence_of) or _said(read, evidence_of) or _unnamed(sentence, recorded)
    if finding.gate is not None:
        return JobOutcome(finding, None, (*tolerated, StepFailure(finding, None)))
    return JobOutcome(finding, None, tolerated, _stopped_elsewhere(finding, None))


def _without_steps(read: ReadJob, evidence_of: EvidenceBuilder, tolerated: tuple[StepFailure, ...]) -> JobOutcome:
    """Return the outcome of a job without steps: it never began, unless an annotation tells what one of its steps met."""
    conclusion = read.job.conclusion if read.job else None
    said = _said(read, evidence_of)
    if said is not None and said.gate is not None:
        return JobOutcome(said, None, (*tolerated, StepFailure(said, None)))
    first = next((note.message for note in annotations_of(read)), "")
    sentence = f"The job “{read.name}” ended without beginning a step ({conclusion}). {first}".strip()
    evidence = (
        said.evidence
        if said is not None and said.evidence
        else evidence_of.job(read, f"job “{read.name}”: {conclusion}")
    )
    finding = replace(said or _unnamed(sentence, evidence), sentence=sentence, evidence=evidence)
    return JobOutcome(finding, None, tolerated, f"The job never began: {sentence}")


def _cut_short(read: ReadJob, evidence_of: EvidenceBuilder, conclusion: str) -> Finding:
    said = _said(read, evidence_of)
    cut = next((step for step in read.steps if step.conclusion in ("cancelled", "timed_out")), None)
    evidence = evidence_of.conclusion(read, cut) if cut else evidence_of.job(read, f"job “{read.name}”: {conclusion}")
    if said is not None and said.plane is Plane.OTHER and said.cause in (Cause.TIME_LIMIT, Cause.RUNNER_LOST):
        return said
    cause = Cause.TIME_LIMIT if conclusion == "timed_out" else Cause.CANCELLED
    return Finding(Plane.OTHER, None, cause, sentence=_cut_sentence(read, conclusion), evidence=evidence)


def _cut_sentence(read: ReadJob, conclusion: str) -> str:
    how = "ran into its time limit" if conclusion == "timed_out" else "was cancelled"
    at = next((step.name for step in read.steps if step.conclusion in ("cancelled", "timed_out")), None)
    return f"The job {how}" + (f" during step “{at}”." if at else ".")


def _finding_of(read: ReadJob, evidence_of: EvidenceBuilder, step: ReadStep) -> tuple[Finding, ReadStep]:
    """Return what the failing step's lines say; without lines, what the annotations say."""
    own = step.lines
    if own:
        upto = own[-1].number
        before = tuple(line for line in (read.log.lines if read.log else ()) if line.number <= upto and not line.post)
        found = decide(before)
        place = step if found.evidence is None else _step_of_line(read, found.evidence.line or 0) or step
        if found is NOTHING_FOUND or (place is not step and not (_is_access(found) and step.does(*BY_EXPLANATION))):
            found, place = decide(own), step
        elif place is not step and Gate.SERVICE_AUTHORIZATION in (found.gate, (here := decide(own)).gate):
            found, place = here, step  # what one call was refused explains no other one
        if found is not NOTHING_FOUND:
            return _addressed(read, evidence_of, place, found), place
        last = next((line for line in reversed(own) if line.kind is LineKind.ERROR), own[-1])
        sentence = f"Step “{step.name}” failed; its log names no reason that is known."
        return _unnamed(sentence, evidence_of.line(read, step, last)), step
    found_anywhere = _of_whole_log(read, evidence_of) or _said(read, evidence_of)
    return found_anywhere or _by_conclusion(read, evidence_of, step), step


def _of_whole_log(read: ReadJob, evidence_of: EvidenceBuilder) -> Finding | None:
    """Return what the log says where its lines could not be paired with the failing step."""
    found = decide(tuple(line for line in read.log.lines if not line.post)) if read.log is not None else NOTHING_FOUND
    return None if found is NOTHING_FOUND else _addressed(read, evidence_of, None, found)


def _said(read: ReadJob, evidence_of: EvidenceBuilder) -> Finding | None:
    """Return what the annotations say; the most telling one."""
    found: list[Finding] = []
    for note in annotations_of(read)[:50]:
        finding = explain_text(f"##[error]{note.message}")
        if finding is not NOTHING_FOUND:
            found.append(placed(read, None, replace(finding, evidence=evidence_of.annotation(read, note))))
    telling = [finding for finding in found if finding.cause or finding.checkpoint or finding.candidates]
    access = [finding for finding in telling if finding.gate is not None]
    return next(iter([*access, *telling, *found]), None)


def _by_conclusion(read: ReadJob, evidence_of: EvidenceBuilder, step: ReadStep) -> Finding:
    """Conclude from the conclusion alone: it says where the job stopped, never which gate stopped it."""
    sentence = f"Step “{step.name}” failed; without its log the reason cannot be told."
    plane = Plane.OTHER
    if step.is_a(StepKind.CONFIGURE_AWS_CREDENTIALS, StepKind.STS_ASSUME):
        plane = Plane.AUTHENTICATION
        sentence = (
            f"Step “{step.name}” assumes the role and failed; without its log neither gate nor cause can be told."
        )
    elif step.is_a(StepKind.AMAZON_ECR_LOGIN, StepKind.ECR_LOGIN_PASSWORD):
        plane = Plane.AUTHORIZATION
        sentence = f"Step “{step.name}” logs in to the registry and failed; without its log the cause cannot be told."
    return Finding(plane, None, None, sentence=sentence, evidence=evidence_of.conclusion(read, step))


def _tolerated(read: ReadJob, evidence_of: EvidenceBuilder) -> list[StepFailure]:
    """Return the access failures in steps that GitHub recorded as a success."""
    found: list[StepFailure] = []
    for step in read.steps:
        if not step.matched.succeeded or step.matched.is_post or not step.does(*BY_EXPLANATION):
            continue
        lines = step.lines
        finding = placed(read, step, decide(lines))
        number = finding.evidence.line if finding.evidence else None
        if finding.gate is None or number is None or _passed_after(step.output, number):
            continue
        demoted = _is_demoted(step, lines)
        if not demoted and step.is_a(StepKind.CONFIGURE_AWS_CREDENTIALS, StepKind.AMAZON_ECR_LOGIN):
            continue  # the action itself went on to succeed
        found.append(
            StepFailure(_addressed(read, evidence_of, step, finding), step, swallowed=not demoted, demoted=demoted)
        )
    return found


def _refused_beside(
    read: ReadJob, evidence_of: EvidenceBuilder, step: ReadStep, finding: Finding
) -> Iterator[StepFailure]:
    """Yield the further calls that were refused in a step which a refusal stopped, each once."""
    if finding.plane is not Plane.AUTHORIZATION or finding.gate is None:
        return
    # What the step may do without stopped nothing.
    spared = {each.action.lower() for each in step.operations if each.action and each.tolerated}
    seen = {(finding.action, finding.resource)}
    for refused in find_refusals(step.lines):
        number = refused.evidence.line if refused.evidence else None
        if number is None or _passed_after(step.output, number):
            continue
        told = _addressed(read, evidence_of, step, refused)
        key = (told.action, told.resource)
        if told.action and told.gate is not None and key not in seen and told.action.lower() not in spared:
            seen.add(key)
            yield StepFailure(told, step)


def _failed_later(read: ReadJob, evidence_of: EvidenceBuilder, failing: ReadStep) -> Iterator[StepFailure]:
    """Yield the failures of steps that ran all the same (``if: always()``) and failed for a named reason that no gate has.

    A step that uses AWS may fail because the gate stayed shut, and so may one whose words name no reason: they tell nothing.
    """
    for step in read.steps:
        late = step.conclusion in _NOT_SUCCESS and _number(step) > _number(failing) and not step.matched.is_post
        if not late or step.does(*BY_EXPLANATION):
            continue
        found = placed(read, step, decide(step.lines))
        if reason_of(found) is Reason.ANOTHER:
            yield StepFailure(_addressed(read, evidence_of, step, found), step)


def _is_demoted(step: ReadStep, lines: Sequence[LogLine]) -> bool:
    errors = [line.text for line in lines if line.kind is LineKind.ERROR]
    if not errors:
        return False
    if step.matched.written is not None:
        tolerates = step.continue_on_error
        return tolerates not in (False, "false", "")
    return any(text.startswith(_EXIT) for text in errors) or step.is_a(*_FAILING_ACTIONS)


def _passed_after(output: Sequence[LogLine], number: int) -> bool:
    return any(line.number > number and line.printed and _PASSED.search(line.text[:2_000]) for line in output)


def _explains(failure: StepFailure, finding: Finding, failing: ReadStep) -> bool:
    """Return whether the tolerated failure is the root: the later one is of a release step and names no earlier gate.

    What another service refused explains no other failure, and what the registry refused none of another service.
    """
    gate = failure.finding.gate
    if gate is None or gate is Gate.SERVICE_AUTHORIZATION or not failing.does(*BY_EXPLANATION):
        return False
    own = finding.gate is Gate.SERVICE_AUTHORIZATION or not failing.does(*_BY_REGISTRY)
    if own and gate is Gate.REGISTRY_AUTHORIZATION:
        return False
    return finding.gate is None or finding.gate.order >= gate.order


def _stopped_elsewhere(finding: Finding, step: ReadStep | None) -> str:
    where = f" in step “{step.name}”" if step else ""
    sentence = finding.sentence or "The log does not say why."
    return f"The run stopped{where} for another reason before this gate was exercised: {sentence}"


def _addressed(read: ReadJob, evidence_of: EvidenceBuilder, step: ReadStep | None, finding: Finding) -> Finding:
    """Return the finding at its place in this job, with its line's address, time and origin."""
    finding = placed(read, step, finding)
    old = finding.evidence
    number = old.line if old else None
    if old is None or number is None or read.log is None or not 1 <= number <= len(read.log.lines):
        return finding
    new = evidence_of.line(read, step, read.log.lines[number - 1])
    return replace(finding, evidence=replace(new, text=old.text))


def _step_of_line(read: ReadJob, number: int) -> ReadStep | None:
    for step in read.steps:
        if any(section.lines and section.first_line <= number <= section.lines[-1].number for section in step.sections):
            return step
    return None


def _unnamed(sentence: str, evidence: Evidence) -> Finding:
    return Finding(Plane.OTHER, None, None, sentence=sentence, evidence=evidence)


def _is_access(finding: Finding) -> bool:
    return finding.plane in (Plane.AUTHENTICATION, Plane.AUTHORIZATION)


def _retries(step: ReadStep) -> tuple[int, float | None]:
    """Count the retries that the step's lines show, and the seconds from the first try to the last line of the step."""
    output = step.output
    tries = [line for line in output if line.text.startswith(_ASSUMING)]
    announced = [line for line in output if _RETRY.match(line.text)]
    count = max(len(tries) - 1, len(announced), 0)
    marked = tries or announced
    begun = time_of(marked[0]) if marked else None
    ended = next((at for line in reversed(output) if (at := time_of(line)) is not None), None)
    return count, (ended - begun).total_seconds() if count and begun and ended else None


def _retry_note(step: ReadStep, retries: int, cost: float | None) -> str:
    took = f", which took {cost:.0f} s" if cost else ""
    return f"Step “{step.name}” shows {retries} {'retry' if retries == 1 else 'retries'}{took}."


def _number(step: ReadStep | None) -> int:
    return step.number or 0 if step else 0


def _name(failure: StepFailure) -> str:
    return failure.step.name if failure.step else ""


def is_trust_refusal(finding: Finding) -> bool:
    """Return whether STS refused at the trust policy: it had then accepted issuer, provider, audience and signature."""
    return finding.checkpoint is Checkpoint.ROLE_ASSUMPTION and finding.action == "sts:AssumeRoleWithWebIdentity"

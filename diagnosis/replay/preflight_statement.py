"""Use what a job stated of its own gates, in a preflight artifact of the same attempt, where the job's log is gone.

The statement is the job's own, so it never opens a gate and never fails one by itself. It *explains*: where the record
shows that a step failed, and the first thing that the preflight had found in the way is one that this step would meet,
the failure gets the gate and the cause that were found. A statement that the record contradicts (the run got past what it
had found closed) explains nothing. Everywhere else it stands beside an ``unknown``, marked as what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from diagnosis.documents.preflight import NotUsable, Preflight, read_preflight
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Absent, Known
from diagnosis.facts.runs import Artifact, Attempt
from diagnosis.gates import Checkpoint, Gate, Verdict
from diagnosis.replay.root_failure import JobOutcome, StepFailure
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.read_job import ReadJob, ReadStep
from diagnosis.steps.variables import is_legible
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.gate_verdict import Finding, GateVerdict, maybe_verdict_at

_RUNS_PREFLIGHT = re.compile(r"\bplanescope\s+preflight\b")
_AUTHENTICATION = frozenset({Checkpoint.OIDC_TOKEN, Checkpoint.OIDC_TRUST, Checkpoint.ROLE_ASSUMPTION})
_ACTIONS = frozenset({Checkpoint.REGISTRY_PUSH, Checkpoint.REGISTRY_PULL})
_ACTING = (Purpose.PUSH, Purpose.PULL, Purpose.CALL)
_AROUND = timedelta(minutes=2)
_MOST_NOTES = 5


@dataclass(frozen=True, slots=True)
class _Found:
    preflight: Preflight
    address: str | None


@dataclass(frozen=True, slots=True)
class Statements:
    """The preflight statements of one attempt, and what is said of documents that cannot be used."""

    found: tuple[_Found, ...] = ()
    ignored: tuple[str, ...] = ()

    @classmethod
    def of(cls, attempt: Attempt) -> Statements:
        """Read them out of the artifacts' small JSON files; documents of another run or attempt are ignored."""
        found: list[_Found] = []
        ignored: list[str] = []
        for artifact, name, text in _files(attempt):
            read = read_preflight(text)
            why = read.why if isinstance(read, NotUsable) else _not_of(attempt, read) if read else ""
            if why:
                ignored.append(f"The preflight {name} of the artifact {artifact.name} is ignored: {why}.")
            elif isinstance(read, Preflight):
                found.append(_Found(read, f"{attempt.html_url}/artifacts/{artifact.id}" if attempt.html_url else None))
        if len(ignored) > _MOST_NOTES:
            ignored[_MOST_NOTES:] = [f"{len(ignored) - _MOST_NOTES} more preflights are ignored."]
        return cls(tuple(found), tuple(ignored))

    def notes(self, reads: Iterable[ReadJob]) -> tuple[str, ...]:
        """Return what the replay says of the statements; nothing where every log could be read."""
        gone = [read for read in reads if _log_is_gone(read)]
        if not gone:
            return ()
        apart = [
            f"Several preflights of “{read.name}” say different things: none of them is used."
            for read in gone
            if len(self._about(read)) > 1
        ]
        return (*self.ignored, *apart)

    def explained(self, read: ReadJob, outcome: JobOutcome) -> JobOutcome:
        """Give the failure its gate and cause, where the job's statement explains it."""
        told, finding, step = self._one(read), outcome.finding, outcome.step
        if told is None or finding is None or finding.cause is not None:
            return outcome
        ended = step.matched.step.completed_at if step is not None and step.matched.step else None
        if ended is not None and told.preflight.judged_at > ended:
            return outcome  # judged afterwards: something else may have been the case before
        if finding.gate is None and step is not None and _runs_preflight(step):
            return _of_preflight_step(outcome, finding, step, told.preflight)
        problem = _explaining(finding, step, told.preflight, read)
        if problem is None:
            return outcome
        # What the record alone says of a failed step is that nothing can be told, which is no longer so.
        failed = (
            f"Step “{step.name}” failed, and its log is gone." if finding.gate is None and step else finding.sentence
        )
        sentence = f"{failed} {_words(told.preflight, read)}: {problem.reason}"
        return _with(outcome, finding, problem, sentence)

    def beside(self, read: ReadJob, verdicts: tuple[GateVerdict, ...]) -> tuple[GateVerdict, ...]:
        """Put the statement beside the verdicts that are unknown, and into the evidence of a cause that it gave."""
        told = self._one(read)
        if told is None:
            return verdicts
        return tuple(_beside(verdict, told, read) for verdict in verdicts)

    def _about(self, read: ReadJob) -> list[_Found]:
        """Return the statements of this job, each different one once; of another job, where this one is there to judge it."""
        if not _log_is_gone(read) or not self.found:
            return []
        base = read.name.split(" / ")[-1]
        names = {base, base.rsplit(" (", 1)[0], read.written.id if read.written else base}
        about = [each for each in self.found if each.preflight.job in names]
        if not about and any(_runs_preflight(step) for step in read.steps):
            about = list(self.found)
        different: dict[tuple[object, ...], _Found] = {}
        for each in about:
            verdicts = tuple((gate.verdict, gate.cause) for gate in each.preflight.gates)
            different.setdefault((each.preflight.job, verdicts, each.preflight.problems), each)
        return list(different.values())

    def _one(self, read: ReadJob) -> _Found | None:
        about = self._about(read)
        return about[0] if len(about) == 1 else None


def _files(attempt: Attempt) -> Iterable[tuple[Artifact, str, str]]:
    artifacts: Sequence[Artifact] = attempt.artifacts.value if isinstance(attempt.artifacts, Known) else ()
    return ((artifact, name, text) for artifact in artifacts for name, text in artifact.files)


def _not_of(attempt: Attempt, told: Preflight) -> str:
    """Say why the statement is not one of this attempt; empty where it is."""
    if told.repository.lower() != attempt.repository.full_name.lower():
        return f"it is of {told.repository}, not of {attempt.repository.full_name}"
    if (told.run, told.attempt) != attempt.key:
        return (
            f"it is of run {told.run}, attempt {told.attempt}, not of run {attempt.run_id}, attempt {attempt.attempt}"
        )
    begun = attempt.started_at
    ended = attempt.updated_at if attempt.complete else None
    early = begun is not None and told.judged_at < begun - _AROUND
    if early or (ended is not None and told.judged_at > ended + _AROUND):
        return f"it says that it was judged at {_at(told.judged_at)}, when the attempt was not running"
    return ""


def _log_is_gone(read: ReadJob) -> bool:
    job = read.job
    return job is not None and read.log is None and job.conclusion != "skipped" and not isinstance(job.log, Absent)


def _explaining(finding: Finding, step: ReadStep | None, told: Preflight, read: ReadJob) -> Problem | None:
    """Return the problem that the failure shows; None where the record does not fit what the preflight had found."""
    if finding.gate is None:
        problem = _first_met(told, read, step) if step is not None and step.conclusion == "failure" else None
        fits = problem is not None and (not finding.candidates or problem.cause in finding.candidates)
        return problem if fits else None
    # An annotation names the gate: so the run had got past the gates before it.
    if any(problem.gate is not None and problem.gate.order < _first_place(finding.gate) for problem in told.problems):
        return None
    for problem in told.problems:
        fits = problem.cause in finding.candidates if finding.candidates else problem.checkpoint is finding.checkpoint
        if fits and problem.gate is finding.gate:
            return problem
    return None


def _first_place(gate: Gate) -> int:
    """Return the position of a gate; services may be called before the registry is used, so they have the registry's."""
    return (Gate.REGISTRY_AUTHORIZATION if gate is Gate.SERVICE_AUTHORIZATION else gate).order


def _of_preflight_step(outcome: JobOutcome, finding: Finding, step: ReadStep, told: Preflight) -> JobOutcome:
    """Explain that the preflight step stopped the job, so that nothing behind it was tried."""
    if told.verdict is Verdict.PASS:
        return outcome  # it failed for a reason of its own
    if told.verdict is Verdict.FAIL:
        problem = told.problems[0]
        where = problem.gate.label if problem.gate else problem.plane.label
        sentence = (
            f"The preflight step “{step.name}” stopped the job before this gate was tried: it judged {where} closed "
            f"({problem.cause}). {problem.reason}"
        )
        return _with(outcome, finding, problem, sentence)
    open_ = ", ".join(gate.gate.label for gate in told.gates if gate.verdict is Verdict.UNKNOWN)
    sentence = f"The preflight step “{step.name}” stopped the job because it could not decide: {open_}."
    return _replaced(outcome, finding, replace(finding, sentence=sentence))


def _first_met(told: Preflight, read: ReadJob, step: ReadStep) -> Problem | None:
    """Return the first problem that the preflight had found, if it is one that this step would meet."""
    met = [problem for problem in told.problems if problem.checkpoint is not Checkpoint.LEAST_PRIVILEGE]
    if not met:
        return None
    first = _in_the_way(met, read, step)
    if first.checkpoint is None:
        return first if step.does(*_ACTING) else None
    other = first.checkpoint in _AUTHENTICATION and _assumes_another(step, told.role_arn)
    return first if first.checkpoint in _meets(read, step) and not other else None


def _in_the_way(met: Sequence[Problem], read: ReadJob, step: ReadStep) -> Problem:
    """Return the problem that comes first: a step that calls other services before the registry is used meets its own."""
    first = met[0]
    if first.gate is not Gate.REGISTRY_AUTHORIZATION or not step.does(Purpose.SERVICE):
        return first
    before = takewhile(lambda each: each is not step, read.steps)
    if any(each.does(*_ACTING, Purpose.LOGIN) and each.matched.ran for each in before):
        return first
    return next((problem for problem in met if problem.checkpoint in _meets(read, step)), first)


def _assumes_another(step: ReadStep, role_arn: str | None) -> bool:
    """Return whether the step assumes another role than the one that was judged; a masked account may be any."""
    roles = {
        operation.target
        for operation in step.operations
        if operation.purpose is Purpose.ASSUME and is_legible(operation.target)
    }
    return bool(roles) and role_arn is not None and "*" not in role_arn and role_arn not in roles


def _meets(read: ReadJob, step: ReadStep) -> frozenset[Checkpoint]:
    """Return the checkpoints at which this step can have failed."""
    found: frozenset[Checkpoint] = frozenset()
    if step.does(Purpose.ASSUME):
        found |= _AUTHENTICATION
    if step.does(Purpose.LOGIN):
        found |= {Checkpoint.REGISTRY_AUTH}
    if step.does(Purpose.SERVICE):
        found |= {Checkpoint.SERVICE_AUTHORIZATION}
    if step.does(*_ACTING):
        found |= _ACTIONS
        # Without a login step the push itself asks for the token.
        if not any(other.does(Purpose.LOGIN) and other.matched.succeeded for other in read.steps):
            found |= {Checkpoint.REGISTRY_AUTH}
    return found


def _with(outcome: JobOutcome, finding: Finding, problem: Problem, sentence: str) -> JobOutcome:
    """Return the outcome, explained by a problem."""
    new = replace(
        finding,
        plane=problem.plane,
        checkpoint=problem.checkpoint,
        cause=problem.cause,
        candidates=(),
        action=problem.actions[0] if problem.actions else None,
        resource=problem.resource,
        sentence=sentence.strip(),
    )
    return _replaced(outcome, finding, new)


def _replaced(outcome: JobOutcome, old: Finding, new: Finding) -> JobOutcome:
    failures = tuple(replace(item, finding=new) if item.finding is old else item for item in outcome.failures)
    if new.gate is not None and all(item.finding is not new for item in failures):
        failures += (StepFailure(new, outcome.step),)
    why = "" if new.gate is not None else f"The run stopped before this gate was exercised: {new.sentence}"
    return replace(outcome, finding=new, failures=failures, why_unreached=why)


def _beside(verdict: GateVerdict, told: _Found, read: ReadJob) -> GateVerdict:
    stated = maybe_verdict_at(told.preflight.gates, verdict.gate)
    if stated is None:
        return verdict
    if verdict.verdict is Verdict.FAIL:
        causes = [problem.cause for problem in told.preflight.problems if problem.gate is verdict.gate]
        if verdict.cause not in causes:
            return verdict
        return replace(verdict, evidence=(*verdict.evidence, _evidence(verdict.gate, told, read)))
    if verdict.verdict is not Verdict.UNKNOWN or stated.verdict is Verdict.UNKNOWN:
        return verdict
    said = f"{stated.verdict.value} ({stated.cause})" if stated.cause else stated.verdict.value
    candidates = verdict.candidates or ((stated.cause,) if stated.cause else ())
    return replace(
        verdict,
        reason=f"{verdict.reason} {_words(told.preflight, read)}: {said}; that alone decides nothing.".strip(),
        candidates=candidates,
        evidence=(*verdict.evidence, _evidence(verdict.gate, told, read)),
    )


def _evidence(gate: Gate, told: _Found, read: ReadJob) -> Evidence:
    stated = told.preflight.at(gate)
    cause = f" ({stated.cause})" if stated.cause else ""
    return Evidence(
        EvidenceKind.ARTIFACT,
        f"{_words(told.preflight, read)}: {gate.value} {stated.verdict.value}{cause}: {stated.reason}",
        address=told.address,
        origin=Origin.STATED,
        at=told.preflight.judged_at,
    )


def _words(told: Preflight, read: ReadJob) -> str:
    """Say what a statement rests on, and when it was made."""
    pushes = [step.matched.step for step in read.steps if step.does(Purpose.PUSH) and step.matched.ran]
    begun = [step.started_at for step in pushes if step is not None and step.started_at is not None]
    before = "before the push " if all(told.judged_at <= moment for moment in begun) else ""
    return f"Preflight artifact, judged {before}at {_at(told.judged_at)}, a statement of the job about itself"


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _runs_preflight(step: ReadStep) -> bool:
    script = step.matched.written.run if step.matched.written else None
    return bool(script and _RUNS_PREFLIGHT.search(script))

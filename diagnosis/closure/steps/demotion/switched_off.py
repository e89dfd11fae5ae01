"""Is a gate of the release switched off, or passed although one before it stayed shut?

- A step or a job that crosses a gate and that its condition shuts off for good (``if: false``).
- A step or a job that publishes even where a gate before it failed (``if: always()``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from diagnosis.closure.steps.demotion.demotion import Demotion, proof_of
from diagnosis.closure.steps.demotion.release_jobs import (
    ReleaseJobs,
    crosses_a_gate,
    evidence_of_job,
    evidence_of_step,
    is_of_a_gate,
    release_jobs,
    releases,
)
from diagnosis.closure.steps.demotion.run_although import asks_status, runs_although
from diagnosis.closure.steps.step_proof import StepProof
from diagnosis.facts.evidence import Evidence
from diagnosis.facts.workflow import Workflow, WorkflowJob, WorkflowStep
from diagnosis.replay.evidence_of import EvidenceBuilder
from diagnosis.steps.expressions.text import holds
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.read_job import ReadJob, ReadStep, read_job
from diagnosis.verdicts.replay import Replay

_ON = "Every gate of the release is switched on, and is behind those before it."
_LEFT_OUT = "the run is green without it"
_PAST = "it publishes although a gate before it stays shut"


def judge_switched_off(closing: Replay, jobs: ReleaseJobs | None = None) -> StepProof:
    """Judge whether steps or jobs of the release are switched off, or run past a gate that stayed shut."""
    found = jobs or release_jobs(closing)
    demotions = [Demotion(found.unread, shown=False)] if found.unread else []
    demotions += _shut_off(closing)
    for read in found.jobs:
        if read.job is not None and read.job.conclusion == "skipped":
            continue
        demotions += _steps_past_a_gate(closing, read)
        demotions += _job_past_a_gate(closing, read, found.jobs)
    return proof_of(demotions, _ON, "Whether every gate of the release is switched on is not known")


# Shut off for good


def _shut_off(closing: Replay) -> Iterator[Demotion]:
    workflow = closing.workflow
    for job in workflow.jobs if isinstance(workflow, Workflow) else ():
        own = job.all_steps
        if not _never(job.condition) and not any(_never(step.condition) for step in own):
            continue
        on = replace(job, condition=None, steps=tuple(_switched_on(step) for step in job.steps))
        read = read_job(None, on, workflow if isinstance(workflow, Workflow) else None, closing.attempt)
        evidence_of = EvidenceBuilder(closing.attempt)
        if _never(job.condition):
            if releases(read):
                what = f"job “{job.name or job.id}” is switched off (`if: {(job.condition or '').strip()}`)"
                yield Demotion(what, shown=True, evidence=evidence_of.file(what, job.line), then=_LEFT_OUT)
            continue
        written = {id(same): step for step, same in zip(own, on.all_steps, strict=True)}
        for step in read.steps:
            off = written.get(id(step.matched.written))
            if off is not None and _never(off.condition) and crosses_a_gate(step):
                what = (
                    f"step “{step.name}” of job “{read.name}” is switched off (`if: {(off.condition or '').strip()}`)"
                )
                yield Demotion(what, shown=True, evidence=evidence_of.file(what, off.line, off.file), then=_LEFT_OUT)


def _never(condition: str | None) -> bool:
    """Return whether a condition holds in no run at all."""
    return holds(condition, {}) is False


def _switched_on(step: WorkflowStep) -> WorkflowStep:
    condition = None if _never(step.condition) else step.condition
    return replace(step, condition=condition, inner=tuple(_switched_on(each) for each in step.inner))


# Past a gate that stayed shut


def _steps_past_a_gate(closing: Replay, read: ReadJob) -> Iterator[Demotion]:
    before: list[ReadStep] = []
    for step in read.steps:
        if not crosses_a_gate(step) or step.matched.is_post:
            continue
        if before and any(each.purpose is Purpose.PUSH and is_of_a_gate(each) for each in step.operations):
            past = [runs_although(step.condition, ended, read.values) for ended in _one_failed(before)]
            who = f"step “{step.name}” of job “{read.name}”"
            yield from _told(past, step.condition, who, partial(evidence_of_step, closing, step))
        before.append(step)


def _one_failed(before: Sequence[ReadStep]) -> Iterator[dict[tuple[str, str], str]]:
    """Yield how the steps before ended, each of them failing in turn; those behind it that ask for success are skipped."""
    for failing in range(len(before)):
        ended: dict[tuple[str, str], str] = {}
        for place, step in enumerate(before):
            own = step.matched.written
            if own is None or not own.id:
                continue
            late = "success" if asks_status(step.condition) else "skipped"
            ended["steps", own.id] = "success" if place < failing else "failure" if place == failing else late
        yield ended


def _job_past_a_gate(closing: Replay, read: ReadJob, jobs: Sequence[ReadJob]) -> Iterator[Demotion]:
    written, workflow = read.written, closing.workflow
    if written is None or not isinstance(workflow, Workflow) or not written.needs:
        return
    if not any(step.does(Purpose.PUSH) for step in read.steps):
        return
    by_id = {job.id: job for job in workflow.jobs}
    crossing = {other.written.id for other in jobs if other.written is not None and other.written.id != written.id}
    behind = {need for need in _before(written, by_id) if need in crossing}
    past = [
        runs_although(written.condition, _needs_ended(written, failing, by_id), read.values)
        for failing in sorted(behind)
    ]
    yield from _told(past, written.condition, f"job “{read.name}”", partial(evidence_of_job, closing, read))


def _before(job: WorkflowJob, by_id: Mapping[str, WorkflowJob]) -> set[str]:
    """Return the jobs that must be done before one, and before these."""
    found: set[str] = set()
    waiting = list(job.needs)
    while waiting:
        need = waiting.pop()
        if need not in found:
            found.add(need)
            waiting += by_id[need].needs if need in by_id else ()
    return found


def _needs_ended(job: WorkflowJob, failing: str, by_id: Mapping[str, WorkflowJob]) -> dict[tuple[str, str], str]:
    """Return how the jobs that one needs ended where one before them failed: those behind that one were skipped."""
    ended: dict[tuple[str, str], str] = {}
    for need in job.needs:
        behind = need in by_id and failing in _before(by_id[need], by_id)
        ended["needs", need] = "failure" if need == failing else "skipped" if behind else "success"
    return ended


def _told(
    past: Sequence[bool | None], condition: str | None, who: str, evidence: Callable[[str], Evidence]
) -> Iterator[Demotion]:
    if all(each is False for each in past):
        return
    shown = True in past
    sure = (
        "is run even after a failure"
        if shown
        else "may be run even after a failure, which its condition does not settle"
    )
    what = f"{who} {sure} (`if: {(condition or '').strip()}`)"
    yield Demotion(what, shown, evidence(what), _PAST)

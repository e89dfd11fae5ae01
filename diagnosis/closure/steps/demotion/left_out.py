"""Did the closing run carry out what a release is: was a role assumed, the registry logged in to, an image pushed?

A step that GitHub skipped did nothing, whatever the run's conclusion. Where several do the same, one that was carried out is
enough: a release may have a step for each of its environments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from diagnosis.closure.steps.demotion.demotion import Demotion, proof_of
from diagnosis.closure.steps.demotion.release_jobs import ReleaseJobs, evidence_of_step, is_of_a_gate, release_jobs
from diagnosis.closure.steps.step_proof import StepProof
from diagnosis.facts.workflow import Workflow
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.read_job import ReadJob, ReadStep, read_job
from diagnosis.verdicts.replay import Replay

_DONE = "Of each sort of step that crosses a gate, one was carried out in the closing run."
_CROSSED = {Purpose.ASSUME: "assumes a role", Purpose.LOGIN: "logs in to the registry", Purpose.PUSH: "pushes an image"}
_LEFT_OUT = "the run is green without it"


def judge_left_out(closing: Replay, jobs: ReleaseJobs | None = None) -> StepProof:
    """Judge whether the closing run left out what crosses a gate. It has no findings: a step may be left out for good reason."""
    found = jobs or release_jobs(closing)
    # Of jobs that were not read nobody knows that they left anything out.
    demotions = [Demotion(found.unread, shown=False)] if found.unread else [*_left_out(closing, found.jobs)]
    proof = proof_of(demotions, _DONE, "Whether every sort of step was carried out is not known")
    return replace(proof, findings=())


def _left_out(closing: Replay, jobs: Sequence[ReadJob]) -> Iterator[Demotion]:
    """Yield what no step of the run did, since those that would have done it were left out."""
    for purpose, does in _CROSSED.items():
        told = [
            (read, step, _carried_out(read, step))
            for read in jobs
            for step in _as_written(closing, read)
            if any(each.purpose is purpose and is_of_a_gate(each) for each in step.operations)
        ]
        if not told or any(ran for _, _, ran in told):
            continue
        read, step, _ = next((each for each in told if each[2] is False), told[0])
        skipped = any(ran is False for _, _, ran in told)
        what = (
            f"no step that {does} was carried out in the closing run: step “{step.name}” of job “{read.name}” was "
            + ("skipped" if skipped else "not seen to run")
        )
        yield Demotion(what, shown=skipped, evidence=evidence_of_step(closing, step, what), then=_LEFT_OUT)


def _as_written(closing: Replay, read: ReadJob) -> tuple[ReadStep, ...]:
    """Return the job's steps with what they would do, those that the run left out among them."""
    if all(step.runs is not False for step in read.steps) or read.written is None:
        return read.steps
    workflow = closing.workflow if isinstance(closing.workflow, Workflow) else None
    always = replace(read.written, steps=tuple(replace(step, condition=None) for step in read.written.steps))
    same = {id(new): id(old) for old, new in zip(read.written.all_steps, always.all_steps, strict=True)}
    would = {
        same.get(id(step.matched.written)): step.operations
        for step in read_job(None, always, workflow, closing.attempt).steps
    }
    return tuple(
        replace(step, operations=would.get(id(step.matched.written), ())) if step.runs is False else step
        for step in read.steps
    )


def _carried_out(read: ReadJob, step: ReadStep) -> bool | None:
    """Return whether a step was carried out; None where nothing tells."""
    if read.job is None or read.job.conclusion == "skipped":
        return False
    if step.conclusion == "skipped" or step.runs is False:
        return False
    if step.conclusion is not None:
        return step.conclusion == "success"
    if step.matched.sections or step.runs is True:
        # A step of an action, which GitHub does not list, or a log without a list of steps.
        return True if read.job.conclusion == "success" else None
    return None

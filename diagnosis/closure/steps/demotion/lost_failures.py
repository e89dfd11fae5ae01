"""Can the failure of a command that crosses a gate be lost, so that the run is green although the gate stayed shut?

Every script of a release step is followed on each way on which such a command fails. It is kept where each of them ends with a
failure of the step, and the step's failure is one of the job and of the run. What is not understood is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from diagnosis.closure.steps.demotion.demotion import Demotion, proof_of
from diagnosis.closure.steps.demotion.lost_in_script import (
    SET_BEFORE,
    begins_later_scripts_otherwise,
    followed,
    losses_of,
    pushes,
    puts_own_programs_first,
)
from diagnosis.closure.steps.demotion.release_jobs import (
    ReleaseJobs,
    crosses_a_gate,
    evidence_of_job,
    evidence_of_step,
    is_of_a_gate,
    release_jobs,
)
from diagnosis.closure.steps.shown_script import shows
from diagnosis.closure.steps.step_proof import StepProof
from diagnosis.facts.evidence import Evidence
from diagnosis.facts.uses import is_own
from diagnosis.facts.workflow import Workflow
from diagnosis.steps.expressions.text import holds
from diagnosis.steps.kinds import Operation, Purpose
from diagnosis.steps.needs import gaps_of
from diagnosis.steps.read_job import ReadJob, ReadStep, StepScript, expand_expressions, read_job
from diagnosis.steps.unwritten_heads import unwritten_heads
from diagnosis.verdicts.release import Certainty
from diagnosis.verdicts.replay import Replay

KEPT = "Where a command of the release that crosses a gate fails, the run fails."


def judge_lost_failures(closing: Replay, jobs: ReleaseJobs | None = None) -> StepProof:
    """Judge whether the failure of a gate's command can be lost in the closing run."""
    found = jobs or release_jobs(closing)
    demotions: list[Demotion] = [Demotion(found.unread, shown=False)] if found.unread else []
    for read in found.jobs:
        demotions += _of_job(closing, read)
    for session in closing.sessions:
        if not session.read:
            demotions += [Demotion(f"{gap.step} ({gap.what}): {gap.why}", shown=False) for gap in session.gaps]
    return proof_of(demotions, KEPT, "Whether the failure of a gate's command can be lost is not known")


def _of_job(closing: Replay, read: ReadJob) -> Iterator[Demotion]:
    if read.runs is False or (read.job is not None and read.job.conclusion == "skipped"):
        # A job that the closing run left out is no part of what it proves.
        return
    written = read.written
    crossing = [step for step in read.steps if step.runs is not False and crosses_a_gate(step)]
    if written is None:
        yield Demotion(f"what the workflow file has of job “{read.name}” is not known", shown=False)
    elif crossing:
        yield from _tolerated(
            written.continue_on_error,
            read.values,
            f"job “{read.name}”",
            partial(evidence_of_job, closing, read),
        )
    for place, step in enumerate(crossing):
        later = any(_is_push(each) for behind in crossing[place + 1 :] for each in behind.operations)
        yield from _of_step(closing, read, step, pushes_later=later)
    if crossing and any(puts_own_programs_first(script) for step in read.steps for script in step.scripts):
        what = f"job “{read.name}” puts programs of the repository before those of the machine (GITHUB_PATH)"
        yield Demotion(what, shown=False)
    for step in read.steps if crossing else ():
        for name in filter(None, map(begins_later_scripts_otherwise, step.scripts)):
            what = f"step “{step.name}” of job “{read.name}” sets {name}, by which later scripts begin otherwise"
            yield Demotion(what, shown=False)
    for head in unwritten_heads(read) if crossing else ():
        yield Demotion(f"the log of job “{read.name}” shows “Run {head}”, which no step of the file is", shown=False)
    yield from _within_actions(closing, read)
    for gap in gaps_of(read):
        if gap.certainty is Certainty.OPAQUE:
            where = f"step “{gap.step}” of job “{read.name}”"
            yield Demotion(f"what {where} runs cannot be read ({gap.what}: {gap.why})", shown=False)


def _is_push(operation: Operation) -> bool:
    return operation.purpose is Purpose.PUSH and is_of_a_gate(operation)


def _within_actions(closing: Replay, read: ReadJob) -> Iterator[Demotion]:
    """Yield what the steps of local actions tolerate, and the actions whose steps are not known."""
    written, workflow = read.written, closing.workflow
    if written is None or not isinstance(workflow, Workflow):
        return
    if any(each.continue_on_error not in (False, "false") for step in written.steps for each in step.inner):
        # A log tells of the steps of an action, and not of what they tolerate.
        for step in read_job(None, written, workflow, closing.attempt).steps:
            if step.matched.written is not None and step.matched.written.file and crosses_a_gate(step):
                who = f"step “{step.name}” of job “{read.name}”"
                yield from _tolerated(
                    step.continue_on_error, read.values, who, partial(evidence_of_step, closing, step)
                )
    begun = False
    for step in read.steps:
        begun = begun or crosses_a_gate(step)
        own = step.matched.written
        is_local = own is not None and is_own(own.uses) and not own.inner
        if begun and own is not None and is_local and step.runs is not False:
            yield Demotion(f"the steps of action {own.uses} in job “{read.name}” are not known", shown=False)


def _tolerated(
    stated: bool | str, values: Mapping[str, str], who: str, evidence: Callable[[str], Evidence]
) -> Iterator[Demotion]:
    """Yield what ``continue-on-error`` does to a step or a job."""
    if stated in (False, "false", ""):
        return
    held = True if stated in (True, "true") else holds(str(stated), values)
    if held is False:
        return
    what = f"{who} has continue-on-error" + ("" if held else f" by an expression that is not settled ({stated})")
    yield Demotion(what, shown=held is True, evidence=evidence(what))


def _as_written(step: ReadStep) -> Iterator[StepScript]:
    """Yield a step's script as the file has it, where the log shows another: which of the two ran is not known, so both count."""
    own = step.matched.written
    if own is None or own.run is None or own.file or not step.scripts:
        return
    shown = step.scripts[0]
    written = expand_expressions(own.run, shown.values)
    if not shows(shown.text, written):
        yield replace(shown, text=written, command=None)


def _of_step(closing: Replay, read: ReadJob, step: ReadStep, *, pushes_later: bool) -> Iterator[Demotion]:
    who = f"step “{step.name}” of job “{read.name}”"
    evidence = partial(evidence_of_step, closing, step)
    yield from _tolerated(step.continue_on_error, read.values, who, evidence)
    for script in (*step.scripts, *_as_written(step)):
        for loss in losses_of(script):
            if loss.only_pulls and (pushes_later or pushes(script)):
                # What it reads serves the build alone, and the push behind it meets the registry's gate.
                continue
            told = f"in {who}, {loss.what}"
            yield Demotion(told, loss.shown, evidence(told))
    own = step.matched.written
    if own is None:
        return
    workflow = closing.workflow if isinstance(closing.workflow, Workflow) else None
    blocks = (own.env, read.written.env if read.written else (), workflow.env if workflow else ())
    for name in {name for block in blocks for name, _ in block if name in SET_BEFORE}:
        yield Demotion(f"{name} is set for {who}, by which its script begins otherwise", shown=False)
    crosses = {each.purpose for each in step.operations if is_of_a_gate(each)}
    unseen = crosses.difference(*map(followed, step.scripts)) if own.run is not None else set[Purpose]()
    for purpose in sorted(unseen):
        yield Demotion(f"what crosses a gate in {who} ({purpose.value}) stands nowhere in its script", shown=False)
    # An action that tries again may have an input of its own, by which it goes on where its command fails.
    stated = (own.input("continue_on_error") or "false").strip()
    yield from _tolerated(stated if "${{" in stated else stated.lower(), read.values, who, evidence)

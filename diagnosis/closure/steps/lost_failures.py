"""Can the failure of a command that crosses a gate be lost, so that the run is green although the gate stayed shut?

Every script of a release step is followed on each way on which such a command fails. It is kept where each of them ends with a
failure of the step, and the step's failure is one of the job and of the run. What is not understood is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from diagnosis.closure.steps.demotion import Demotion, proof_of
from diagnosis.closure.steps.failing_paths import Fate, fate_of
from diagnosis.closure.steps.gate_commands import GateCommand, gate_command
from diagnosis.closure.steps.release_jobs import (
    crosses_a_gate,
    evidence_of_job,
    evidence_of_step,
    is_of_a_gate,
    release_jobs,
)
from diagnosis.closure.steps.shell_state import Loss
from diagnosis.closure.steps.step_proof import StepProof
from diagnosis.closure.steps.step_shell import StepShell, shell_of
from diagnosis.facts.evidence import Evidence
from diagnosis.facts.workflow import Workflow
from diagnosis.steps.commands import trace_of_script
from diagnosis.steps.expressions.text import holds
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.needs import gaps_of
from diagnosis.steps.read_job import ReadJob, ReadStep, StepScript, read_job
from diagnosis.steps.script.trace import Trace
from diagnosis.steps.shell.syntax import is_well_formed, script_of
from diagnosis.steps.shell.tree import Simple
from diagnosis.steps.variables import is_legible
from diagnosis.verdicts.release import Certainty
from diagnosis.verdicts.replay import Replay

KEPT = "Where a command of the release that crosses a gate fails, the run fails."


def judge_lost_failures(closing: Replay) -> StepProof:
    """Judge whether the failure of a gate's command can be lost in the closing run."""
    found = release_jobs(closing)
    demotions: list[Demotion] = [Demotion(found.unread, shown=False)] if found.unread else []
    for read in found.jobs:
        demotions += _of_job(closing, read)
    for session in closing.sessions:
        if not session.read:
            demotions += [Demotion(f"{gap.step} ({gap.what}): {gap.why}", shown=False) for gap in session.gaps]
    return proof_of(demotions, KEPT, "Whether the failure of a gate's command can be lost is not known")


def _of_job(closing: Replay, read: ReadJob) -> Iterator[Demotion]:
    if read.runs is False:
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
    for step in crossing:
        yield from _of_step(closing, read, step)
    yield from _within_actions(closing, read)
    for gap in gaps_of(read):
        if gap.certainty is Certainty.OPAQUE:
            where = f"step “{gap.step}” of job “{read.name}”"
            yield Demotion(f"what {where} runs cannot be read ({gap.what}: {gap.why})", shown=False)


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
        is_local = own is not None and (own.uses or "").startswith("./") and not own.inner
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


def _of_step(closing: Replay, read: ReadJob, step: ReadStep) -> Iterator[Demotion]:
    who = f"step “{step.name}” of job “{read.name}”"
    yield from _tolerated(step.continue_on_error, read.values, who, partial(evidence_of_step, closing, step))
    for script in step.scripts:
        for what, shown in _of_script(script):
            told = f"in {who}, {what}"
            yield Demotion(told, shown, evidence_of_step(closing, step, told))
    own = step.matched.written
    crosses = {each.purpose for each in step.operations if is_of_a_gate(each)}
    if own is not None and own.run is not None and Purpose.PUSH in crosses and not _pushes(step):
        yield Demotion(f"what pushes in {who} stands nowhere in its script", shown=False)
    if own is not None and (own.input("continue_on_error") or "false").strip().lower() not in ("false", ""):
        what = f"{who} goes on where its command fails (continue_on_error)"
        yield Demotion(what, shown=True, evidence=evidence_of_step(closing, step, what))


def _pushes(step: ReadStep) -> bool:
    """Return whether a push was read from one of the step's scripts."""
    return any(
        purpose is Purpose.PUSH
        for script in step.scripts
        for command in _commands(trace_of_script(script.text, script.values, script.files, script.folder, script.shell))
        for purpose, _, _ in command.deeds
    )


def _of_script(script: StepScript) -> Iterator[tuple[str, bool]]:
    """Yield what is lost in one script, or may be, as a clause, and whether that is shown."""
    shell = shell_of(script)
    trace = trace_of_script(script.text, script.values, script.files, script.folder, script.shell)
    commands = _commands(trace)
    if not commands:
        return
    if shell is None:
        if not _is_alone(script, trace):
            yield "the script is in a shell whose rules are not known here", False
        return
    texts = [script.text, *(ran.text for visits in trace.visits.values() for visit in visits for ran in visit.runs)]
    if not all(is_well_formed(text) for text in texts if text):
        yield "the script cannot be parsed", False
    for command in commands:
        fate = _fate(command, script, trace, shell)
        if fate.loss is not None:
            shown = shell.sure and not command.pulls and not (command.asks and fate.loss in _CONSUMED)
            yield f"the failure of {command.words} can be lost: {fate.loss.value}", shown
        elif fate.doubt:
            yield f"whether the failure of {command.words} can be lost is not known: {fate.doubt}", False
    if any(gate_command((each,)) is not None for each in trace.apart):
        yield "a command stands where it is not followed", False


_CONSUMED = (Loss.PIPE, Loss.TAKEN, Loss.ASKED, Loss.TURNED)
"""Where a question's answer is used: whether its failure then stops the script is up to what uses it."""


def _fate(command: GateCommand, script: StepScript, trace: Trace, shell: StepShell) -> Fate:
    def value_of(name: str) -> str | None:
        value = script.values.get(name)
        return value if value is not None and is_legible(value) else None

    return fate_of(
        command,
        script_of(script.text),
        trace,
        errexit=shell.errexit,
        pipefail=shell.pipefail,
        values=value_of,
    )


def _commands(trace: Trace) -> tuple[GateCommand, ...]:
    found = (gate_command(each for each in visit.operations) for visits in trace.visits.values() for visit in visits)
    return tuple(dict.fromkeys(command for command in found if command is not None))


def _is_alone(script: StepScript, trace: Trace) -> bool:
    """Return whether the script is one plain command: in every shell it ends as that command does."""
    body = script_of(script.text)
    return len(body) == 1 and isinstance(body[0].node, Simple) and len(trace.nodes) == 1 and "&" not in script.text

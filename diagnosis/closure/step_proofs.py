"""What the steps of the run that closes a chain prove, each question asked once: keys, other code, lost failures, constants
in the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from diagnosis.closure.steps.code.other_code import judge_other_code
from diagnosis.closure.steps.constants.constant_evidence import judge_constant_evidence
from diagnosis.closure.steps.demotion.left_out import judge_left_out
from diagnosis.closure.steps.demotion.lost_failures import judge_lost_failures
from diagnosis.closure.steps.demotion.release_jobs import release_jobs
from diagnosis.closure.steps.demotion.swallowed_denials import judge_swallowed_denials
from diagnosis.closure.steps.demotion.switched_off import judge_switched_off
from diagnosis.closure.steps.keys.long_lived_keys import judge_long_lived_keys
from diagnosis.closure.steps.release_steps import read_release
from diagnosis.closure.steps.step_proof import StepProof
from diagnosis.gates import Verdict
from diagnosis.verdicts.closure import IntegrityFinding
from diagnosis.verdicts.replay import Replay

_NO_RUN = StepProof(Verdict.UNKNOWN, "No attempts were read.")
_OF_GATES = (judge_lost_failures, judge_switched_off, judge_swallowed_denials)


@dataclass(frozen=True, slots=True)
class StepProofs:
    """One proof for each question."""

    keys: StepProof = _NO_RUN
    """Whether a long-lived key reaches the release."""
    code: StepProof = _NO_RUN
    """Whether the code that runs is that of the run's own commit."""
    measured: StepProof = _NO_RUN
    """Whether the evidence measures what it says."""
    carried_out: StepProof = _NO_RUN
    """Whether the run did what a release is. Of a closing run alone."""
    gates: tuple[StepProof, ...] = ()
    """Whether a denial would have stopped the run: failures that are lost, steps that are off, denials in its log. Of a
    closing run alone: a run that failed was stopped."""

    @property
    def findings(self) -> tuple[IntegrityFinding, ...]:
        """Everything that was found, each once."""
        return tuple(
            dict.fromkeys(each for proof in (*self.gates, self.code, self.measured) for each in proof.findings)
        )


def step_proofs(run: Replay | None, replays: Sequence[Replay] = ()) -> StepProofs:
    """Ask every question about the steps of one run; another attempt of the chain counts where it shows other code."""
    if run is None:
        return StepProofs()
    release = read_release(run)
    is_green = run.attempt.conclusion == "success"
    jobs = release_jobs(run) if is_green else None
    return StepProofs(
        keys=judge_long_lived_keys(run, release),
        code=_code(run, judge_other_code(run, release), replays),
        measured=judge_constant_evidence(run, release),
        carried_out=judge_left_out(run, jobs) if is_green else _NO_RUN,
        gates=tuple(judge(run, jobs) for judge in _OF_GATES) if is_green else (),
    )


def _code(run: Replay, own: StepProof, replays: Sequence[Replay]) -> StepProof:
    """Return the proof of the run's code; that of an attempt which ran other code than its subject names takes its place."""
    if own.verdict is Verdict.FAIL:
        return own
    for replay in replays:
        if replay is run or replay.attempt.conclusion not in ("failure", "success"):
            continue
        proof = judge_other_code(replay)
        if proof.verdict is Verdict.FAIL:
            number = replay.attempt.run_id
            findings = tuple(replace(each, reason=f"Run {number}: {each.reason}") for each in proof.findings)
            return replace(proof, reason=f"Run {number}: {proof.reason}", findings=findings)
    return own

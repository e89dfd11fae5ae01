"""Tell of each subject of a chain whether its access gates are closed: it failed, and later passed them in the same workflow.

This is no status of the chain: it speaks of trust and permission for one subject, and of nothing else that closure asks.
"""

from __future__ import annotations

from collections.abc import Sequence

from diagnosis.closure.history import failing_gates
from diagnosis.closure.judged_chain import Chain, run_evidence, subject_of_attempt
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.closure import RuleVerdict, SubjectClosure, SubjectState
from diagnosis.verdicts.replay import Replay

_DOUBTS_EVERY_SUCCESS = frozenset({"no-static-credentials", "no-override", "no-side-channel", "same-workflow"})
"""Where one of these fails, no success of the chain proves a subject."""


def subjects_of(chain: Chain, rules: Sequence[RuleVerdict]) -> tuple[SubjectClosure, ...]:
    """Return every subject that the attempts show, in their order. A cancelled or running attempt alone shows none."""
    tried = [replay for replay in chain.replays if replay.attempt.conclusion in ("failure", "success")]
    by_subject: dict[str, list[Replay]] = {}
    for replay in tried:
        by_subject.setdefault(subject_of_attempt(replay), []).append(replay)
    doubt = next((rule for rule in rules if rule.rule in _DOUBTS_EVERY_SUCCESS and rule.verdict is Verdict.FAIL), None)
    return tuple(_judged(chain, subject, replays, doubt) for subject, replays in by_subject.items())


def _judged(chain: Chain, subject: str, replays: Sequence[Replay], doubt: RuleVerdict | None) -> SubjectClosure:
    last = replays[-1]
    failed = [replay for replay in replays if replay.attempt.conclusion == "failure"]
    proof = tuple(run_evidence(replay, f"{replay.attempt.conclusion} ({subject})") for replay in replays)

    def not_proven(reason: str) -> SubjectClosure:
        return SubjectClosure(subject, SubjectState.NOT_PROVEN, reason, proof)

    if last.attempt.conclusion != "success":
        run = last.attempt.name
        return not_proven(f"Run {run} failed with this subject, and no later run of the chain succeeded with it.")
    run = last.attempt.name
    short = next((gate for gate in last.gates if not _stands(gate.gate, gate.verdict)), None)
    if short is not None:
        return not_proven(f"Run {run} succeeded with this subject; {short.gate.label.lower()} is not proved by it.")
    if doubt is not None:
        return not_proven(f"Run {run} succeeded with this subject, but: {doubt.reason}")
    presented = {
        entry.subject
        for replay, entry in zip(chain.replays, chain.history, strict=False)
        if entry.subject and replay in replays
    }
    if len(presented) > 1:
        return not_proven(f"CloudTrail shows {len(presented)} subjects for it: {', '.join(sorted(presented))}.")
    if not failed:
        return not_proven(f"Run {run} succeeded with this subject; no failure of it is on record.")
    at = dict.fromkeys(gate.label.lower() for replay in failed for gate in failing_gates(replay))
    if not at:
        return not_proven(f"Run {run} succeeded with this subject; at which gate it had failed is not known.")
    reason = (
        f"It failed at {' and '.join(at)} (run {failed[-1].attempt.name}), and run {run} passed every access gate with the "
        "same subject in the same workflow."
    )
    return SubjectClosure(subject, SubjectState.CLOSED, reason, proof)


def _stands(gate: Gate, verdict: Verdict) -> bool:
    """Return whether the gate was passed; least privilege stops no run, so no run can prove it."""
    return gate is Gate.LEAST_PRIVILEGE or verdict is Verdict.PASS

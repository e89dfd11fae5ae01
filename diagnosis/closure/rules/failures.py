"""How the failed attempts failed: explicitly, by the same measure, and before anything was published."""

from __future__ import annotations

import re

from diagnosis.closure.catalogue import DETERMINISTIC, EXPLICIT_FAILURE, FAIL_CLOSED
from diagnosis.closure.history import failing_gate
from diagnosis.closure.judged_chain import Chain, run_evidence
from diagnosis.gates import Checkpoint, Gate, Verdict
from diagnosis.verdicts.chronology import AttemptHistory, Traced
from diagnosis.verdicts.closure import RuleVerdict
from diagnosis.verdicts.gate_verdict import GateVerdict
from diagnosis.verdicts.replay import Replay

_CHURN = 3
"""So many equal failures in a row, with nothing changed between them, are trying again and no diagnosis."""
_NUMBERS = re.compile(r"\d+")


def fail_closed(chain: Chain) -> RuleVerdict:
    """Judge whether each refused attempt stopped before it had published."""
    failed = chain.failed
    published = [replay for replay in failed if replay.facts.digest is not None]
    if published:
        run = published[0].attempt.run_id
        proof = [replay.facts.digest.found_in for replay in published if replay.facts.digest]
        return FAIL_CLOSED.fails(f"Run {run} failed, and had recorded a pushed digest.", proof)
    late = [replay for replay in failed if any(_after_the_push(verdict) for verdict in replay.gates)]
    if late:
        run = late[0].attempt.run_id
        return FAIL_CLOSED.unknown(f"Run {run} was refused while it read the registry: a push may have gone before.")
    if not failed:
        return FAIL_CLOSED.unknown("No failure is on record.")
    vague = [replay for replay in failed if failing_gate(replay) is None and replay.stopped_by is None]
    if vague:
        return FAIL_CLOSED.unknown(f"What stopped run {vague[0].attempt.run_id} is not known, nor what it did before.")
    return FAIL_CLOSED.passes(
        "No failed attempt got as far as a push.", [run_evidence(each, "failed") for each in failed]
    )


def _after_the_push(verdict: GateVerdict) -> bool:
    """Return whether a refusal may have come after a push: at the reading of what was pushed, or at another service."""
    return verdict.verdict is Verdict.FAIL and (
        verdict.checkpoint is Checkpoint.REGISTRY_PULL or verdict.gate is Gate.LEAST_PRIVILEGE
    )


def explicit_failure(chain: Chain) -> RuleVerdict:
    """Judge whether each failure says what it was, and was answered by more than another try."""
    failed = chain.failed
    if not failed:
        return EXPLICIT_FAILURE.unknown("No failure is on record.")
    churn = _churn(chain)
    if churn:
        runs = ", ".join(str(replay.attempt.run_id) for replay in churn)
        return EXPLICIT_FAILURE.fails(
            f"Runs {runs} met the same refusal, and nothing was changed between them.",
            [run_evidence(replay, "the same refusal") for replay in churn],
            "Find the cause of the first of them before another try.",
        )
    vague = [replay for replay in failed if not _explicit(replay)]
    if vague:
        proof = [run_evidence(replay, "no cause named") for replay in vague]
        return EXPLICIT_FAILURE.unknown(f"What run {vague[0].attempt.run_id} failed of is not named.", proof)
    retried = sum(replay.retries for replay in failed)
    more = f" {retried} retries of a step are in their logs; each ended in the failure." if retried else ""
    return EXPLICIT_FAILURE.passes(f"Each failed attempt names its cause.{more}")


def _explicit(replay: Replay) -> bool:
    named = [verdict for verdict in replay.gates if verdict.verdict is Verdict.FAIL]
    if named:
        return all(verdict.cause is not None or verdict.candidates or verdict.evidence for verdict in named)
    return replay.stopped_by is not None


def _churn(chain: Chain) -> list[Replay]:
    """Return the first failures in a row that are alike and have nothing but another try between them."""
    row: list[tuple[Replay, AttemptHistory]] = []
    for replay, entry in chain.failed_with_history:
        same = row and _alike(row[-1][0], replay) and _idle(row[-1][1])
        row = [*row, (replay, entry)] if same else [(replay, entry)]
        if len(row) == _CHURN:
            return [each for each, _ in row]
    return []


def _alike(first: Replay, second: Replay) -> bool:
    def told(replay: Replay) -> list[tuple[Gate, object]]:
        return [(verdict.gate, verdict.cause) for verdict in replay.gates if verdict.verdict is Verdict.FAIL]

    return bool(told(first)) and told(first) == told(second)


def _idle(entry: AttemptHistory) -> bool:
    return entry.traced is Traced.NOT_ON_RECORD and entry.silence_proves and not entry.observed


def deterministic(chain: Chain) -> RuleVerdict:
    """Judge whether attempts that were refused by the same words have the same verdict."""
    seen: dict[tuple[Gate, str], tuple[Replay, GateVerdict]] = {}
    refused = [
        (replay, verdict)
        for replay in chain.failed
        for verdict in replay.gates
        if verdict.verdict is Verdict.FAIL and verdict.evidence
    ]
    if not chain.failed:
        return DETERMINISTIC.unknown("No failure is on record.")
    for replay, verdict in refused:
        words = _NUMBERS.sub("#", verdict.evidence[0].text)
        other, before = seen.setdefault((verdict.gate, words), (replay, verdict))
        if before.cause != verdict.cause:
            runs = f"Runs {other.attempt.run_id} and {replay.attempt.run_id}"
            return DETERMINISTIC.fails(
                f"{runs} were refused by the same words and are judged apart.",
                [before.evidence[0], verdict.evidence[0]],
            )
    return DETERMINISTIC.passes("Every verdict follows from what was recorded; equal words have equal verdicts.")

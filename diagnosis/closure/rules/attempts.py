"""The attempts by themselves: failures and then a success, at both planes, each stopped at its own gate."""

from __future__ import annotations

from collections.abc import Sequence

from diagnosis.closure.catalogue import BOTH_PLANES, CHAIN_COMPLETE, OWN_BOUNDARY
from diagnosis.closure.history import failing_gate, failing_gates
from diagnosis.closure.judged_chain import Chain, run_evidence
from diagnosis.gates import Gate, Plane, Verdict
from diagnosis.verdicts.closure import RuleVerdict
from diagnosis.verdicts.gate_verdict import GateVerdict
from diagnosis.verdicts.replay import Replay


def chain_complete(chain: Chain) -> RuleVerdict:
    """Judge whether failures come first and a success last."""
    if not chain.replays:
        return CHAIN_COMPLETE.unknown("No attempts were read.")
    proof = [run_evidence(replay, replay.attempt.conclusion or replay.attempt.status) for replay in chain.replays]
    if chain.closing is None:
        return CHAIN_COMPLETE.fails("The latest attempt did not succeed.", proof)
    if not chain.failed:
        return CHAIN_COMPLETE.unknown("It succeeded once; no failure of it is on record.", proof)
    return CHAIN_COMPLETE.passes(f"{len(chain.failed)} failed, then a success.", proof)


def both_planes(chain: Chain) -> RuleVerdict:
    """Judge whether each plane failed in some attempt, and the chain got past both."""
    failures = [(replay, gate) for replay in chain.replays for gate in failing_gates(replay)]
    failed = {gate.plane for _, gate in failures}
    proof = [run_evidence(replay, f"failed at {gate.label}") for replay, gate in failures]
    lacking = [plane.label for plane in (Plane.AUTHENTICATION, Plane.AUTHORIZATION) if plane not in failed]
    if lacking:
        return BOTH_PLANES.unknown(f"No failure of the {' nor the '.join(lacking)} plane is on record.", proof)
    if chain.closing is None:
        return BOTH_PLANES.fails(
            "Both were observed; they are not both resolved yet.",
            proof,
            "Rerun the same workflow once both are mended.",
        )
    return BOTH_PLANES.passes("Each plane failed on its own and the chain ends in success.", proof)


def own_boundary(chain: Chain) -> RuleVerdict:
    """Judge whether what stopped each failed attempt is known, and nothing past it was reached."""
    failed = chain.failed
    vague = [replay for replay in failed if failing_gate(replay) is None and replay.stopped_by is None]
    if vague:
        proof = [run_evidence(replay, "no gate named") for replay in vague]
        return OWN_BOUNDARY.unknown(f"What stopped run {vague[0].attempt.name} is not known.", proof)
    leaked = [replay for replay in failed if any(_went_on(gates) for gates in _by_job(replay))]
    if leaked:
        proof = [run_evidence(replay, "passed a gate after a failed one") for replay in leaked]
        return OWN_BOUNDARY.fails(
            f"Run {leaked[0].attempt.name} went on past the gate that failed.",
            proof,
            "Let the workflow stop at the first gate that refuses it, and prove that in another chain.",
        )
    if not failed:
        return OWN_BOUNDARY.unknown("No failure is on record.")
    return OWN_BOUNDARY.passes("Nothing past the failing gate was reached.")


def _by_job(replay: Replay) -> list[Sequence[GateVerdict]]:
    """Return the verdicts of each job: another job of the run may well pass what this one did not reach.

    A job that assumes several roles meets a gate with each of them, so nothing can be told of it as a whole.
    """
    if not replay.sessions:
        return [replay.gates]
    several = {session.job for session in replay.sessions if session.nth}
    return [session.gates for session in replay.sessions if session.job not in several]


def _went_on(gates: Sequence[GateVerdict]) -> bool:
    """Return whether a gate was passed behind one that failed; of registry and services either may come first."""
    failed = next((verdict.gate for verdict in gates if verdict.verdict is Verdict.FAIL), None)
    return failed is not None and any(
        later.verdict is Verdict.PASS
        and later.gate.order > failed.order
        and {later.gate, failed} != {Gate.REGISTRY_AUTHORIZATION, Gate.SERVICE_AUTHORIZATION}
        for later in gates
    )

"""The steps of the run that closes the chain: no long-lived key, no other code, no lost failure, no constant for evidence."""

from __future__ import annotations

from diagnosis.causes import Cause
from diagnosis.closure.catalogue import (
    EVIDENCE_MEASURED,
    NO_OVERRIDE,
    NO_STATIC_CREDENTIALS,
    SUBJECT_NAMES_THE_CODE,
    RuleRecord,
)
from diagnosis.closure.judged_chain import Chain, run_evidence
from diagnosis.closure.steps.step_proof import StepProof
from diagnosis.facts.reading import Known
from diagnosis.gates import Verdict
from diagnosis.verdicts.closure import RuleVerdict


def no_static_credentials(chain: Chain) -> RuleVerdict:
    """Judge whether a long-lived key reaches the release, in the closing run or by the record of another."""
    keyed = [replay for replay in chain.replays for gate in replay.gates if gate.cause is Cause.STATIC_CREDENTIALS]
    if keyed:
        proof = [run_evidence(replay, "authenticated with static keys") for replay in keyed]
        return NO_STATIC_CREDENTIALS.fails("A run of the chain authenticated with static keys.", proof)
    return _by(NO_STATIC_CREDENTIALS, chain.proofs.keys)


def subject_names_the_code(chain: Chain) -> RuleVerdict:
    """Judge whether the job runs the code of the ref in its subject."""
    return _by(SUBJECT_NAMES_THE_CODE, chain.proofs.code)


def no_override(chain: Chain) -> RuleVerdict:
    """Judge whether a denial at a gate would have stopped the closing run."""
    proofs = chain.proofs.gates
    if not proofs:
        return NO_OVERRIDE.not_yet()
    for verdict in (Verdict.FAIL, Verdict.UNKNOWN):
        found = next((proof for proof in proofs if proof.verdict is verdict), None)
        if found is not None:
            return _by(NO_OVERRIDE, found)
    reasons = " ".join(proof.reason for proof in proofs)
    return NO_OVERRIDE.passes(reasons, [each for proof in proofs for each in proof.evidence])


def evidence_measured(chain: Chain) -> RuleVerdict:
    """Judge whether the evidence tells what was measured."""
    proof = chain.proofs.measured
    artifacts = chain.replays[-1].attempt.artifacts if chain.replays else None
    if proof.verdict is Verdict.PASS and not isinstance(artifacts, Known):
        return EVIDENCE_MEASURED.unknown("The closing run's artifacts were not read.")
    if proof.verdict is Verdict.PASS and isinstance(artifacts, Known) and not artifacts.value:
        return EVIDENCE_MEASURED.unknown("The closing run left no artifacts.")
    return _by(EVIDENCE_MEASURED, proof)


def _by(record: RuleRecord, proof: StepProof) -> RuleVerdict:
    """Return a rule's verdict as a proof of the steps has it."""
    step = proof.findings[0].slug.record.next_step if proof.findings else ""
    if not step and proof.verdict is not Verdict.PASS and proof.not_understood:
        step = f"Write in a plainer form: {proof.not_understood[0]}."
    return record.verdict(proof.verdict, proof.reason, proof.evidence, step)

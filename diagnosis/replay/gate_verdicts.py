"""Judge the gates of one job, by what stopped it and by what is proved in it: the four, and service authorization where it counts.

- A failure found at a checkpoint decides its gate: ``fail``. The gates after it are ``blocked`` and name it.
- A run may call other services before it uses the registry, or after: of these two gates neither is behind the other. What
  failed blocks the other one, unless that was proved all the same.
- Service authorization is judged where the job needs such calls, or met such a denial; its proof is that of all of them.
- A gate before it, or one of a job that nothing stopped, passes with a proof only; else it is ``unknown``.
- A run that stopped for a reason that is no gate blocks nothing: what was not exercised is ``unknown``.
- Static keys are no federated identity: ``oidc-trust`` fails where the run is shown to have used them.
- Least privilege cannot be read off a run: ``unknown``, or ``blocked``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from diagnosis.causes import Cause
from diagnosis.facts.evidence import Evidence
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.gates import ALL_GATES, GATES, Checkpoint, Gate, Owner, Verdict
from diagnosis.replay.evidence_of import EvidenceBuilder
from diagnosis.replay.proofs import Proof, Unproved, authentication, registry
from diagnosis.replay.root_failure import JobOutcome, StepFailure, is_trust_refusal
from diagnosis.replay.service_proofs import services
from diagnosis.replay.static_keys import static_keys
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.read_job import ReadJob, ReadStep
from diagnosis.verdicts.gate_verdict import Finding, GateVerdict, Missing
from diagnosis.verdicts.release import Need

LIVE_POLICIES = Missing(
    what="the role's permissions at the time of the run",
    why="a log shows what was tried, never the policy that allowed it",
    how="judge today's policies (the column NOW), or read the change events of the role",
    permission="iam:GetRolePolicy",
)


def owner_of(cause: Cause | None) -> Owner:
    """Return who acts on a cause; where none is known, those who own provider, trust policy and permissions."""
    return cause.owner if cause else Owner.CLOUD_SECURITY


def verdicts_of(
    read: ReadJob, outcome: JobOutcome, needs: tuple[Need, ...], evidence_of: EvidenceBuilder
) -> tuple[GateVerdict, ...]:
    """Return the verdicts of one job, in gate order: four, or five where it calls other services or was refused there."""
    failed = _failures(read, outcome, evidence_of)
    doubted = {
        failure.finding.gate: failure
        for failure in reversed(outcome.failures)
        if failure.swallowed and failure.finding.gate
    }
    proofs = _proofs(read, outcome, needs, evidence_of)
    missing = log_missing(read)
    calls = any(need.checkpoint is Checkpoint.SERVICE_AUTHORIZATION for need in needs)
    with_services = calls or Gate.SERVICE_AUTHORIZATION in failed or Gate.SERVICE_AUTHORIZATION in doubted
    verdicts: list[GateVerdict] = []
    for gate in ALL_GATES if with_services else GATES:
        before = _failed_before(gate, failed)
        apart = before in _BESIDE_EACH_OTHER and gate in _BESIDE_EACH_OTHER
        settled = apart and (gate in doubted or isinstance(proofs.get(gate), Proof))
        if gate in failed:
            verdict = _fail(gate, failed[gate], missing)
        elif before is not None and not settled:
            verdict = _held_back(gate, before, proofs.get(gate) if apart else None)
        elif gate is Gate.LEAST_PRIVILEGE:
            verdict = _least_privilege()
        elif gate in doubted:
            verdict = _doubted(gate, doubted[gate])
        else:
            verdict = _judged(gate, proofs[gate], outcome, missing)
        verdicts.append(verdict)
    return tuple(verdicts)


_BESIDE_EACH_OTHER = (Gate.REGISTRY_AUTHORIZATION, Gate.SERVICE_AUTHORIZATION)
"""Gates of which either may come first in a run."""


def _failed_before(gate: Gate, failed: Mapping[Gate, Finding]) -> Gate | None:
    """Return the failed gate that keeps a run from this one: the first before it, registry and services counting as equals."""
    last = max(other.order for other in _BESIDE_EACH_OTHER) if gate in _BESIDE_EACH_OTHER else gate.order - 1
    own = [other for other in failed if other is not gate and other.order <= last]
    if gate is Gate.LEAST_PRIVILEGE and set(own) == set(_BESIDE_EACH_OTHER):
        return next(other for other in failed if other in _BESIDE_EACH_OTHER)  # the one that the run met first
    return min(own, key=lambda other: other.order, default=None)


def all_unknown(
    reason: str, missing: tuple[Missing, ...] = (), evidence: tuple[Evidence, ...] = ()
) -> tuple[GateVerdict, ...]:
    """Return four verdicts that say nothing but why nothing can be told."""
    return tuple(
        replace(_least_privilege(), reason=reason)
        if gate is Gate.LEAST_PRIVILEGE
        else GateVerdict(gate, Verdict.UNKNOWN, reason, evidence=evidence, missing=missing)
        for gate in GATES
    )


def blocked(gate: Gate, by: Gate) -> GateVerdict:
    """Return the verdict of a gate behind one that failed."""
    return GateVerdict(
        gate,
        Verdict.BLOCKED,
        f"Not reached: the run failed at the gate {by.value} before it.",
    )


def _held_back(gate: Gate, by: Gate, proof: Proof | Unproved | None) -> GateVerdict:
    """Return the verdict of a gate that the failure of another kept from being passed, with what of it had been proved."""
    verdict = blocked(gate, by)
    if not isinstance(proof, Unproved) or not proof.evidence:
        return verdict
    reason = f"Not passed in full: the run failed at the gate {by.value} before that. {proof.why}"
    return replace(verdict, reason=reason, evidence=proof.evidence)


def log_missing(read: ReadJob) -> tuple[Missing, ...]:
    """Return what the job's log would have added, where it is not there."""
    job = read.job
    if job is None or read.log is not None:
        return ()
    what = f"log of job “{job.name}”"
    adds = "it would show the line that proves or denies each gate"
    if isinstance(job.log, Unreadable):
        return (Missing(what, f"{job.log.why}; {adds}", job.log.how, job.log.permission),)
    why = "GitHub keeps no log for it in this attempt" if isinstance(job.log, Known) else "there is none"
    return (Missing(what, f"{why}; {adds}", "open the attempt in which the job ran, or a recording of it"),)


def _failures(read: ReadJob, outcome: JobOutcome, evidence_of: EvidenceBuilder) -> dict[Gate, Finding]:
    """Return the first failure at each gate."""
    found: dict[Gate, Finding] = {}
    for failure in outcome.failures:
        gate = failure.finding.gate
        if gate is not None and not failure.swallowed:
            found.setdefault(gate, _said(failure))
    if outcome.finding is not None and outcome.finding.gate is not None:
        found.setdefault(outcome.finding.gate, outcome.finding)
    keys = static_keys(read, evidence_of)
    if keys is not None:
        found[Gate.OIDC_TRUST] = keys
    return found


def _said(failure: StepFailure) -> Finding:
    if not failure.demoted or failure.step is None:
        return failure.finding
    more = f" Step “{failure.step.name}” failed, and continue-on-error let the job go on: that does not open the gate."
    return replace(failure.finding, sentence=failure.finding.sentence + more)


def _fail(gate: Gate, finding: Finding, missing: tuple[Missing, ...]) -> GateVerdict:
    return GateVerdict(
        gate,
        Verdict.FAIL,
        finding.sentence or f"The run was refused at {finding.checkpoint or gate}.",
        checkpoint=finding.checkpoint,
        cause=finding.cause,
        candidates=finding.candidates,
        actions=(finding.action,) if finding.action else (),
        evidence=(finding.evidence,) if finding.evidence else (),
        missing=missing,
        owner=owner_of(finding.cause),
    )


SWALLOWED = Missing("the effect of that denial", "the script carried on", "judge the action today (the column NOW)")
"""What is missing of a gate at which a step printed a denial and went on to succeed."""


def _doubted(gate: Gate, failure: StepFailure) -> GateVerdict:
    finding = failure.finding
    name = failure.step.name if failure.step else ""
    denied = f" of {finding.action}" if finding.action else ""
    return GateVerdict(
        gate,
        Verdict.UNKNOWN,
        f"Step “{name}” printed a denial{denied} and went on to succeed; whether it mattered cannot be told from the run.",
        checkpoint=finding.checkpoint,
        candidates=finding.candidates or ((finding.cause,) if finding.cause else ()),
        actions=(finding.action,) if finding.action else (),
        evidence=(finding.evidence,) if finding.evidence else (),
        missing=(SWALLOWED,),
        owner=owner_of(finding.cause),
    )


def _least_privilege() -> GateVerdict:
    return GateVerdict(
        Gate.LEAST_PRIVILEGE,
        Verdict.UNKNOWN,
        "A run cannot show which permissions the role held beyond those it used.",
        missing=(LIVE_POLICIES,),
    )


def _judged(gate: Gate, proof: Proof | Unproved, outcome: JobOutcome, missing: tuple[Missing, ...]) -> GateVerdict:
    if isinstance(proof, Proof) and proof.evidence:
        reason = f"{proof.says} {proof.also}".strip()
        return GateVerdict(gate, Verdict.PASS, reason, proof.checkpoint, evidence=proof.evidence, missing=missing)
    why = proof.why if isinstance(proof, Unproved) else "Nothing in this run proves it."
    evidence = proof.evidence
    if outcome.why_unreached and not evidence:
        why = outcome.why_unreached
        evidence = (outcome.finding.evidence,) if outcome.finding and outcome.finding.evidence else ()
    elif outcome.why_unreached:
        why = f"{why} {outcome.why_unreached}"
    needed = missing or (
        Missing(f"a proof for {gate.value}", why, "judge it today (the column NOW), or rerun the workflow"),
    )
    return GateVerdict(gate, Verdict.UNKNOWN, why, evidence=evidence, missing=needed)


def _proofs(
    read: ReadJob, outcome: JobOutcome, needs: tuple[Need, ...], evidence_of: EvidenceBuilder
) -> dict[Gate, Proof | Unproved]:
    trust, role = authentication(read, evidence_of)
    refusal = next((t for t in outcome.failures if is_trust_refusal(t.finding) and t.finding.evidence), None)
    if refusal is not None and isinstance(trust, Unproved) and refusal.finding.evidence is not None:
        trust = Proof(
            "STS refused at the trust policy, which it asks only after it has accepted issuer, provider and audience.",
            (refusal.finding.evidence,),
            Checkpoint.OIDC_TRUST,
        )
    checkpoints = {
        need.checkpoint
        for need in needs
        if ", if " not in need.because and need.checkpoint.gate is Gate.REGISTRY_AUTHORIZATION
    }
    needed = checkpoints & {Checkpoint.REGISTRY_AUTH, Checkpoint.REGISTRY_PUSH} or checkpoints
    return {
        Gate.OIDC_TRUST: trust,
        Gate.ROLE_ASSUMPTION: role,
        Gate.REGISTRY_AUTHORIZATION: registry(read, evidence_of, frozenset(needed)),
        Gate.SERVICE_AUTHORIZATION: services(read, evidence_of, needs),
    }


def never_runs(read: ReadJob) -> bool:
    """Return whether the file shuts the job off for good (``if: false``)."""
    return read.runs is False


def failing_role_step(outcome: JobOutcome) -> ReadStep | None:
    """Return the step whose role counts for the facts: the one that failed to assume it.

    None where that is an action of the repository whose inner steps assume it: the log need not show which of them failed.
    """
    finding, step = outcome.finding, outcome.step
    if finding is None or step is None or finding.gate not in (Gate.OIDC_TRUST, Gate.ROLE_ASSUMPTION):
        return None
    written = step.matched.written
    return None if written is not None and written.inner and not step.does(Purpose.ASSUME) else step

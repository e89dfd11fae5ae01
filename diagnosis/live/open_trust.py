"""Judge the trust policy by itself: does it admit somebody whom a release role should refuse?"""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.callers.who_gets_in import who_gets_in
from diagnosis.causes import Cause
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Absent, Unreadable
from diagnosis.gates import Checkpoint, Plane, Verdict
from diagnosis.live.run_claims import RunClaims
from diagnosis.policy import Unparsable
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.gate_verdict import Missing


@dataclass(frozen=True, slots=True)
class TrustScope:
    """Who else gets in, as problems and gaps of the least-privilege gate."""

    problems: tuple[Problem, ...] = ()
    missing: tuple[Missing, ...] = ()


def judge_trust_scope(run: RunClaims) -> TrustScope:
    """Ask the trust policy for everybody beside the run who gets in, and judge whom it should refuse.

    It counts for least privilege: a run gets its role all the same, so the role assumption gate does not fail for it.
    """
    role = run.account.role
    if isinstance(role, Unreadable):
        return TrustScope(missing=(Missing(f"{role.what}: its trust policy", role.why, role.how, role.permission),))
    if isinstance(role, Absent):
        return TrustScope()
    read_at = run.account.read_at
    found = who_gets_in(
        role.value.trust_policy,
        run.attempt.repository,
        provider_arn=run.account.question.provider_arn,
        role_arn=role.value.arn,
        exceptions=run.case.exceptions,
        today=read_at.date() if read_at is not None else None,
    )
    if isinstance(found, Unparsable):
        gap = Missing("the trust policy's meaning", f"the document is unparsable: {found.why}", "correct the document")
        return TrustScope(missing=(gap,))
    problems = tuple(_problem(run, str(role.value.arn), cause, reason) for cause, reason in found.faults)
    if problems:
        return TrustScope(problems)
    if found.verdict is Verdict.UNKNOWN:
        return TrustScope(
            missing=(Missing("who else the trust policy admits", found.reason, "bound the subject exactly"),)
        )
    return TrustScope()


def _problem(run: RunClaims, role_arn: str, cause: Cause, reason: str) -> Problem:
    evidence = Evidence(EvidenceKind.API_CALL, reason, "iam:GetRole", Origin.LIVE, run.account.read_at)
    return Problem(
        checkpoint=Checkpoint.LEAST_PRIVILEGE,
        plane=Plane.AUTHORIZATION,
        cause=cause,
        reason=reason,
        resource=role_arn,
        evidence=(evidence,),
    )

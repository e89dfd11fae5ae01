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
    """Ask the trust policy about a bounded list of callers that it should refuse.

    It counts for least privilege: a run gets its role all the same, so the role assumption gate does not fail for it.
    """
    role = run.account.role
    if isinstance(role, Unreadable):
        return TrustScope(missing=(Missing(f"{role.what}: its trust policy", role.why, role.how, role.permission),))
    if isinstance(role, Absent):
        return TrustScope()
    found = who_gets_in(
        role.value.trust_policy,
        run.attempt.repository,
        audience=run.audience,
        provider_arn=run.account.question.provider_arn,
        role_arn=role.value.arn,
    )
    if isinstance(found, Unparsable):
        gap = Missing("the trust policy's meaning", f"the document is unparsable: {found.why}", "correct the document")
        return TrustScope(missing=(gap,))
    if found.verdict is Verdict.FAIL:
        evidence = Evidence(EvidenceKind.API_CALL, found.reason, "iam:GetRole", Origin.LIVE, run.account.read_at)
        problem = Problem(
            checkpoint=Checkpoint.LEAST_PRIVILEGE,
            plane=Plane.AUTHORIZATION,
            cause=found.cause or Cause.TRUST_TOO_OPEN,
            reason=found.reason,
            resource=str(role.value.arn),
            evidence=(evidence,),
        )
        return TrustScope(problems=(problem,))
    if found.verdict is Verdict.UNKNOWN:
        return TrustScope(
            missing=(Missing("who else the trust policy admits", found.reason, "bound the subject exactly"),)
        )
    return TrustScope()

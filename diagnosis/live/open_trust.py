"""Judge the trust policy by itself: does it admit somebody whom a release role should refuse?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from diagnosis.callers.admission_verdict import Admission
from diagnosis.callers.who_gets_in import who_gets_in
from diagnosis.causes import Cause
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Absent, Unreadable
from diagnosis.gates import Checkpoint, Plane, Verdict
from diagnosis.live.run_claims import RunClaims
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument, Unparsable, write_document
from diagnosis.policy.language.tree import JsonObject, statements, with_statements
from diagnosis.trust.faults import SLIPS
from diagnosis.trust.mended import mended
from diagnosis.trust.question import TrustOutcome, TrustPolicy, caller_of
from diagnosis.trust.refusal import why_refused
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
    document = _without_caller(run, role.value.trust_policy)
    if document is None:
        return TrustScope()
    found = _who(run, document, role.value.arn)
    if isinstance(found, Unparsable):
        gap = Missing("the trust policy's meaning", f"the document is unparsable: {found.why}", "correct the document")
        return TrustScope(missing=(gap,))
    faults = list(found.faults)
    corrected = _corrected(run, document, role.value.arn)
    later = _who(run, corrected, role.value.arn) if corrected is not None else None
    if isinstance(later, Admission):
        told = {cause for cause, _ in faults}
        faults += [
            (cause, f"Once what keeps the run out is corrected as it is written: {reason}")
            for cause, reason in later.faults
            if cause not in told
        ]
    problems = tuple(_problem(run, str(role.value.arn), cause, reason) for cause, reason in faults)
    if problems:
        return TrustScope(problems)
    if found.verdict is Verdict.UNKNOWN:
        return TrustScope(
            missing=(
                Missing(
                    "who else the trust policy admits", found.reason.removesuffix("."), "bound the subject exactly"
                ),
            )
        )
    return TrustScope()


def _without_caller(run: RunClaims, document: PolicyDocument) -> PolicyDocument | None:
    """Return the trust policy without the door by which another session of the release comes in; None where no other is left."""
    session = run.replay.session
    caller = session.assumed_by if session is not None else None
    if caller is None or isinstance(document.policy, Unparsable):
        return document
    meant = {str(caller), str(replace(caller, resource="root")), caller.account}
    left: list[JsonObject] = []
    for item in statements(document.editable()):
        principal = item.get("Principal")
        named = principal.get("AWS") if isinstance(principal, dict) and set(principal) == {"AWS"} else None
        listed = [named] if isinstance(named, str) else named if isinstance(named, list) else []
        others = [name for name in listed if name not in meant]
        if item.get("Effect") != "Allow" or not listed:
            left.append(item)
        elif others:
            left.append({**item, "Principal": {"AWS": others}})
    if not any(item.get("Effect") == "Allow" for item in left):
        return None
    return write_document(with_statements(document.editable(), left))


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


def _who(run: RunClaims, document: PolicyDocument, role_arn: Arn) -> Admission | Unparsable:
    read_at = run.account.read_at
    return who_gets_in(
        document,
        run.attempt.repository,
        provider_arn=run.account.question.provider_arn,
        role_arn=role_arn,
        exceptions=run.case.exceptions,
        today=read_at.date() if read_at is not None else None,
    )


def _corrected(run: RunClaims, document: PolicyDocument, role_arn: Arn) -> PolicyDocument | None:
    """Return the policy with the slips of the run's own statement corrected; None where it has none, or admits the run.

    A statement that nobody can meet today shows how far it opens only once that is mended.
    """
    policy, provider = document.policy, run.account.question.provider_arn
    if isinstance(policy, Unparsable) or provider is None:
        return None
    claims = run.claims.sets[0]
    caller = caller_of(provider, role_arn, run.claims.issuer, run.session_name or None, run.account.read_at)
    if TrustPolicy(policy).ask(claims, caller).outcome is not TrustOutcome.DENIED:
        return None
    refusal = why_refused(policy, claims, caller)
    slips = [fault for fault in refusal.faults if fault.mend in SLIPS] if refusal else []
    if refusal is None or not slips:
        return None
    tree = document.editable()
    items = [
        mended(item, slips, provider, escape=False) if compiled.path == refusal.statement else item
        for item, compiled in zip(statements(tree), policy.statements, strict=True)
    ]
    return write_document(with_statements(tree, items))

"""Judge whether a trust policy admits a run by its possible claims, and why not; it may stay unknown.

A run may have more than one possible subject; the judgement holds only where all of them agree. The policy is asked as
STS asks it: the provider is the principal, the role is the resource, the claims are condition keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime

from diagnosis.causes import Cause
from diagnosis.claims.claim_set import (
    DEFAULT_TEMPLATE,
    GITHUB_ISSUER,
    ClaimSet,
    SubjectForm,
    finished,
)
from diagnosis.claims.subject_claim import AWS_AUDIENCE, PossibleClaims
from diagnosis.facts.runs import Repository
from diagnosis.names.arn import Arn
from diagnosis.policy import Policy, PolicyDocument, Unparsable
from diagnosis.policy.evaluation.nearest import difference, nearest
from diagnosis.trust.question import Caller, TrustAnswer, TrustOutcome, TrustPolicy, caller_of, providers_among
from diagnosis.trust.refusal import exact_refs, is_ref, why_refused
from diagnosis.trust.refusal_words import refusal_words
from diagnosis.verdicts.gate_verdict import Missing

__all__ = [
    "SubjectDecision",
    "SubjectMiss",
    "TrustJudgement",
    "TrustOutcome",
    "admitted_refs",
    "judge_trust",
]

_DEFAULT_SHAPE = re.compile(r"repo:[^:]*(:(ref:.*|environment:.*|pull_request|\*.*))?\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SubjectMiss:
    """The listed subject that is nearest to the presented one."""

    wanted: str
    met: str
    difference: str
    """In words; empty where nothing can be said."""


@dataclass(frozen=True, slots=True)
class SubjectDecision:
    """What the trust policy says of one possible claim set."""

    claims: ClaimSet
    outcome: TrustOutcome
    reason: str
    causes: tuple[Cause, ...] = ()
    """Proved causes of a refusal, the first met first."""
    nearest: SubjectMiss | None = None
    statement: str | None = None
    """Sid or position of the statement that decided."""
    path: str | None = None
    not_evaluated: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    """The condition keys on whose values it hangs, where it is unknown."""
    answer: TrustAnswer | None = field(default=None, compare=False, repr=False)
    """What was answered, with the decision."""


@dataclass(frozen=True, slots=True)
class TrustJudgement:
    """The judgement over all possible claim sets."""

    outcome: TrustOutcome
    reason: str
    """One sentence or two that an engineer can act on."""
    cause: Cause | None = None
    """The first cause of a refusal. None for other outcomes, and where the possible subjects have no cause in common."""
    causes: tuple[Cause, ...] = ()
    """The causes that stand in the way of every possible subject."""
    candidates: tuple[Cause, ...] = ()
    """The causes that are possible beside them: some of the possible subjects meet them."""
    nearest: SubjectMiss | None = None
    admitted_refs: tuple[str, ...] = ()
    """Refs of this repository that the policy names and admits for the likeliest claims: ``refs/heads/main``."""
    decisions: tuple[SubjectDecision, ...] = ()
    missing: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()
    not_evaluated: tuple[str, ...] = ()
    """What the evaluation left open, one sentence each."""


def judge_trust(
    document: PolicyDocument,
    possible: PossibleClaims,
    provider_arn: Arn,
    role_arn: Arn,
    *,
    session_name: str | None = None,
    at: datetime | None = None,
    session_form: str | None = None,
) -> TrustJudgement:
    """Judge the trust policy for a run. Never raises; a document without meaning gives ``unknown``.

    ``at`` is when the run would ask STS; without it conditions on the time are unknown. ``session_form`` is a pattern that a
    session name matches of which no more is known.
    """
    policy = document.policy
    if isinstance(policy, Unparsable):
        missing = Missing("the trust policy's meaning", policy.text, "correct the document")
        return TrustJudgement(
            TrustOutcome.UNKNOWN, f"The trust policy is unparsable: {policy.text}.", missing=(missing,)
        )
    caller = caller_of(provider_arn, role_arn, possible.issuer, session_name, at, session_form)
    trust = TrustPolicy(policy)
    decisions = tuple(_decide(trust, claims, caller) for claims in possible.sets)
    return _joined(trust, decisions, possible, caller)


def admitted_refs(
    document: PolicyDocument, repository: Repository, *, claims: ClaimSet | None = None, issuer: str = GITHUB_ISSUER
) -> tuple[str, ...]:
    """Return the refs of a repository that the trust policy names in full and admits (``refs/heads/main``), each verified.

    ``claims`` are those of a run, so that conditions on its other claims count; without them such conditions leave a
    ref out, since nobody can say that it would be admitted.
    """
    policy = document.policy
    if isinstance(policy, Unparsable):
        return ()
    trust = TrustPolicy(policy)
    sets = (claims,) if claims is not None else _of_repository(repository)
    found: dict[str, None] = {}
    for statement in policy.allows:
        for arn in providers_among(statement.principal_names):
            if not arn.resource_id.startswith(issuer):
                continue
            caller = caller_of(arn, issuer=issuer)
            for item in sets:
                found.update(dict.fromkeys(_admitted_by(trust, item, caller)))
    return tuple(found)


def _decide(trust: TrustPolicy, claims: ClaimSet, caller: Caller) -> SubjectDecision:
    answer = trust.ask(claims, caller)
    decided = _decided(trust, claims, caller, answer)
    return replace(decided, not_evaluated=answer.decision.not_evaluated, answer=answer)


def _decided(trust: TrustPolicy, claims: ClaimSet, caller: Caller, answer: TrustAnswer) -> SubjectDecision:
    because = answer.decision.because
    met = claims.subject
    shown = met or "the run's subject (not known)"
    if answer.outcome is TrustOutcome.ALLOWED:
        reason = f"{because.statement or 'The policy'} admits {shown}."
        return SubjectDecision(claims, answer.outcome, reason, statement=because.statement, path=because.path)
    if answer.outcome is TrustOutcome.UNKNOWN:
        asked = ", ".join(answer.unsure)
        reason = f"Whether {shown} is admitted depends on {asked}, whose value no record tells."
        return SubjectDecision(claims, answer.outcome, reason, path=because.path, unsure=answer.unsure)
    if answer.explicit:
        return SubjectDecision(
            claims, answer.outcome, because.text, (Cause.TRUST_EXPLICIT_DENY,), None, because.statement, because.path
        )
    return _refused(trust.policy, claims, caller, answer)


def _refused(policy: Policy, claims: ClaimSet, caller: Caller, answer: TrustAnswer) -> SubjectDecision:
    because = answer.decision.because
    refusal = why_refused(policy, claims, caller)
    causes = refusal.causes if refusal else (Cause.SUBJECT_NOT_ADMITTED,)
    listed = [value for item in policy.allows for value in item.listed(caller.key("sub"))]
    near = _nearest(claims.subject, listed)
    if refusal is None:
        reason = f"No statement of the trust policy lets a token of {caller.issuer} in."
        return SubjectDecision(claims, answer.outcome, reason, causes, near, because.statement, because.path)
    reason = refusal_words(
        refusal.faults,
        claims,
        answer.decision,
        nearest_subject=near.wanted if near else None,
        statement_path=refusal.statement,
    )
    return SubjectDecision(claims, answer.outcome, reason, causes, near, because.statement, because.path)


def _nearest(met: str | None, listed: list[str]) -> SubjectMiss | None:
    if met is None or not listed:
        return None
    wanted = nearest(met, tuple(listed))
    return None if wanted is None else SubjectMiss(wanted, met, difference(met, wanted, None))


def _joined(
    trust: TrustPolicy,
    decisions: tuple[SubjectDecision, ...],
    possible: PossibleClaims,
    caller: Caller,
) -> TrustJudgement:
    first = decisions[0]
    refs = _admitted_by(trust, first.claims, caller)
    outcomes = {decision.outcome for decision in decisions}
    agreed = first.outcome if len(outcomes) == 1 else TrustOutcome.UNKNOWN
    causes = tuple(dict.fromkeys(cause for decision in decisions for cause in decision.causes))
    # What stands in the way of every possible subject is proved; what only some of them meet is possible.
    proved = tuple(cause for cause in first.causes if all(cause in decision.causes for decision in decisions))
    reason, missing = first.reason, possible.missing
    notes: tuple[str, ...] = ()
    if agreed is TrustOutcome.DENIED and possible.custom_possible and _lists_custom_subjects(trust.policy, caller):
        agreed = TrustOutcome.UNKNOWN
        reason = (
            "The trust policy lists subjects of a custom template, and whether the repository has one was not read."
        )
    elif len(outcomes) > 1:
        reason = "The run's subject is not certain: " + " ".join(
            dict.fromkeys(
                f"{d.claims.subject or 'an unknown subject'} would be {_WORDS[d.outcome]}." for d in decisions
            )
        )
    elif agreed is TrustOutcome.UNKNOWN:
        missing = (*missing, _unsure(first, caller))
    elif agreed is TrustOutcome.ALLOWED and possible.custom_possible:
        notes = (
            "The repository's subject template was not read: with one of its own it would present another subject.",
        )
    if agreed is not TrustOutcome.DENIED:
        proved = ()
    return TrustJudgement(
        outcome=agreed,
        reason=reason,
        cause=proved[0] if proved else None,
        causes=proved,
        candidates=tuple(cause for cause in causes if cause not in proved),
        nearest=first.nearest,
        admitted_refs=refs,
        decisions=decisions,
        missing=missing if agreed is TrustOutcome.UNKNOWN else (),
        notes=notes,
        not_evaluated=tuple(dict.fromkeys(sentence for decision in decisions for sentence in decision.not_evaluated)),
    )


def _unsure(decision: SubjectDecision, caller: Caller) -> Missing:
    """Say what a decision hangs on, and how to learn it: the id of an account that is named is told by GitHub's API."""
    actor = decision.claims.get("actor") or ""
    if _LOGIN.fullmatch(actor) and set(decision.unsure) == {caller.key("actor_id")}:
        address = actor.replace("[bot]", "%5Bbot%5D")
        return Missing(f"the account id of {actor}", decision.reason, f"gh api users/{address} --jq .id")
    return Missing("claims of the run", decision.reason, _HOW, "cloudtrail:LookupEvents")


_LOGIN = re.compile(r"[A-Za-z0-9_-]+(?:\[bot\])?")
_HOW = "read the CloudTrail event of AssumeRoleWithWebIdentity, or print the token's claims in a run"
_WORDS = {TrustOutcome.ALLOWED: "admitted", TrustOutcome.DENIED: "refused", TrustOutcome.UNKNOWN: "undecided"}


def _lists_custom_subjects(policy: Policy, caller: Caller) -> bool:
    listed = [value for item in policy.allows for value in item.listed(caller.key("sub"))]
    return any(not _DEFAULT_SHAPE.match(value) for value in listed)


def _admitted_by(trust: TrustPolicy, claims: ClaimSet, caller: Caller) -> tuple[str, ...]:
    """Return the refs that the policy names, asked one by one for the same job on them."""
    statements = trust.policy.allows
    listed = [value for item in statements for value in item.listed(caller.key("sub"))]
    named = [value for item in statements for value in item.listed(caller.key("ref"))]
    # A pin on the job's own workflow file carries the ref of the run.
    files = [value.rpartition("@")[2] for item in statements for value in item.listed(caller.key("job_workflow_ref"))]
    refs = dict.fromkeys((*exact_refs(listed), *filter(is_ref, (*named, *files))))
    return tuple(ref for ref in refs if trust.ask(claims.on_ref(ref), caller).outcome is TrustOutcome.ALLOWED)


def _of_repository(repository: Repository) -> tuple[ClaimSet, ...]:
    """Return the claims of a repository of which nothing else is known, in either form."""
    owner, name = repository.owner, repository.name
    claims = {"aud": AWS_AUDIENCE, "repository": repository.full_name, "repository_owner": owner}
    unknown = {"actor", "actor_id", "enterprise_id", "job_workflow_ref", "workflow"}
    for key, number in (("repository_id", repository.id), ("repository_owner_id", repository.owner_id)):
        if number is None:
            unknown.add(key)
        else:
            claims[key] = str(number)
    namings = [(SubjectForm.CLASSIC, f"repo:{repository.full_name}")]
    if repository.id is not None and repository.owner_id is not None:
        namings.append((SubjectForm.IMMUTABLE, f"repo:{owner}@{repository.owner_id}/{name}@{repository.id}"))
    return tuple(finished(claims, unknown, "", form, DEFAULT_TEMPLATE, prefix, None) for form, prefix in namings)

"""Write the sentences that explain a refusal by a trust policy."""

from __future__ import annotations

from diagnosis.causes import Cause
from diagnosis.claims.claim_set import ClaimSet, ContextKind
from diagnosis.policy import Decision, NearMiss
from diagnosis.trust.faults import Fault

_SUBJECT_CAUSES = frozenset(
    {Cause.CONDITION_OPERATOR, Cause.SUBJECT_IMMUTABLE_FORM, Cause.SUBJECT_SHAPE, Cause.SUBJECT_NOT_ADMITTED}
)
_SHOWN = 3
_OF_THIS_POLICY = {
    Cause.AUDIENCE_NOT_ADMITTED: "The trust policy does not admit the audience that the job requests.",
}
"""Where the policy that was read says more than the catalogue can."""


def refusal_words(
    faults: tuple[Fault, ...],
    claims: ClaimSet,
    decision: Decision,
    *,
    nearest_subject: str | None,
    statement_path: str | None,
) -> str:
    """Return what each fault says, then what the run presents and what the nearest statement wants of it."""
    told = " ".join(dict.fromkeys(_told(fault, claims) for fault in faults))
    bare = {cause for fault in faults if not fault.words for cause in fault.causes}
    if faults and not bare:
        return told
    if bare and bare <= _SUBJECT_CAUSES and nearest_subject and claims.subject:
        # A listed subject that is the run's own is no news: another condition keeps it out.
        near = f", the nearest that is listed is {nearest_subject}" if nearest_subject != claims.subject else ""
        return f"{told} The run presents {claims.subject}{near}."
    miss = next((item for item in decision.near_misses if statement_path and item.path.endswith(statement_path)), None)
    return f"{told} {decision.because.text if miss is None else _miss_words(miss)}".strip()


def _told(fault: Fault, claims: ClaimSet) -> str:
    if fault.words:
        return fault.words
    return " ".join(
        _shape_words(claims) if cause is Cause.SUBJECT_SHAPE else _OF_THIS_POLICY.get(cause, cause.sentence)
        for cause in fault.causes
    )


def _shape_words(claims: ClaimSet) -> str:
    """Say which fact of the run gives its subject another shape than the policy lists."""
    if claims.customised:
        return "The repository's subject template gives its subjects another shape than the trust policy lists."
    context = claims.subject_context
    if context is not None and context.kind is ContextKind.ENVIRONMENT:
        return f"The job's environment {context.value} gives its subject another shape than the trust policy lists."
    if context is not None and context.kind is ContextKind.PULL_REQUEST:
        return "A pull_request event gives the subject another shape than the trust policy lists."
    return "The trust policy lists subjects of an environment or a pull request, and the job has neither."


def _miss_words(miss: NearMiss) -> str:
    more = f" and {len(miss.wanted) - _SHOWN} more" if len(miss.wanted) > _SHOWN else ""
    wanted = ", ".join(miss.wanted[:_SHOWN]) + more
    met = ", ".join(miss.met) or "nothing"
    what = f"{miss.key} {miss.operator}" if miss.key else miss.element
    difference = f" ({miss.difference})" if miss.difference else ""
    return f"{miss.statement} wants {what} {wanted}; the request has {met}{difference}."

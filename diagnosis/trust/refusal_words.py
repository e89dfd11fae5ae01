"""Write the sentences that explain a refusal by a trust policy."""

from __future__ import annotations

from diagnosis.causes import Cause
from diagnosis.claims.claim_set import ClaimSet, ContextKind
from diagnosis.policy import Decision, NearMiss
from diagnosis.trust.request_keys import key_presence

_SUBJECT_CAUSES = frozenset(
    {Cause.CONDITION_OPERATOR, Cause.SUBJECT_IMMUTABLE_FORM, Cause.SUBJECT_SHAPE, Cause.SUBJECT_NOT_ADMITTED}
)
_SHOWN = 3
_OF_THIS_POLICY = {
    Cause.AUDIENCE_NOT_ADMITTED: "The trust policy does not admit the audience that the job requests.",
    Cause.SUBJECT_NOT_ADMITTED: "The trust policy does not admit these claims.",
}
"""Where the policy that was read says more than the catalogue can."""


def refusal_words(
    causes: tuple[Cause, ...],
    claims: ClaimSet,
    decision: Decision,
    *,
    subject_key: str,
    issuer: str,
    nearest_subject: str | None,
    statement_path: str | None,
) -> str:
    """Return the causes, then what the run presents and what the nearest statement wants of it."""
    miss = next((item for item in decision.near_misses if statement_path and item.path.endswith(statement_path)), None)
    told = " ".join(_words(cause, claims, miss, issuer) for cause in causes)
    about_subject = miss is None or miss.key is None or miss.key.lower() == subject_key.lower()
    if set(causes) & _SUBJECT_CAUSES and about_subject and nearest_subject and claims.subject:
        return f"{told} The run presents {claims.subject}, the nearest that is listed is {nearest_subject}."
    return f"{told} {decision.because.text if miss is None else _miss_words(miss)}"


def _words(cause: Cause, claims: ClaimSet, miss: NearMiss | None, issuer: str) -> str:
    if cause is Cause.SUBJECT_SHAPE:
        return _shape_words(claims)
    if cause is Cause.TRUST_CONDITION and miss is not None and miss.key:
        return _condition_words(miss.key, issuer) or cause.sentence
    return _OF_THIS_POLICY.get(cause, cause.sentence)


def _condition_words(key: str, issuer: str) -> str:
    """Say what a condition on a key beside the token's claims asks for; empty where nothing is known of the key."""
    if key.lower() == "sts:rolesessionname":
        return "The trust policy asks for another session name than the step gives: set its role-session-name."
    if key.lower() in ("aws:currenttime", "aws:epochtime"):
        return "The trust policy admits at another time."
    presence = key_presence(key, issuer)
    if not presence.absent:
        return ""
    meant = f" {presence.meant} was probably meant." if presence.meant else ""
    return f"The trust policy asks for {key}, which no request of a GitHub job carries. {presence.reason}{meant}"


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

"""The words about a failure: its cause's where one is known, else what can be said without knowing which it is."""

from __future__ import annotations

from diagnosis.causes.cause import Cause
from diagnosis.gates import Checkpoint, Plane

_REFUSED_TRUST = (
    "AWS accepted the token and does not give the role. The log cannot say why: every cause of this kind "
    "shows this one sentence."
)
_AUTHENTICATION = {
    Checkpoint.OIDC_TOKEN: "GitHub did not hand out an ID token, so AWS was never asked.",
    Checkpoint.OIDC_TRUST: "AWS does not accept the token or its issuer.",
    Checkpoint.ROLE_ASSUMPTION: "AWS does not give this role to this caller.",
}


def sentence_of(
    plane: Plane,
    checkpoint: Checkpoint | None,
    cause: Cause | None,
    candidates: tuple[Cause, ...] = (),
    action: str | None = None,
) -> str:
    """Return what a failure means; where several causes are possible, what holds for all of them."""
    if cause:
        return cause.sentence
    if candidates[:1] == (Cause.SUBJECT_NOT_ADMITTED,):
        return _REFUSED_TRUST
    match plane:
        case Plane.AUTHENTICATION:
            known = _AUTHENTICATION.get(checkpoint) if checkpoint else None
            return known or "The job has no usable AWS credentials."
        case Plane.AUTHORIZATION:
            if checkpoint is Checkpoint.REGISTRY_AUTH and not action:
                return (
                    "The registry did not accept the login, or was sent none: that is no policy's decision. Log in to this "
                    "very host in the step that uses it."
                )
            what = action or "the request"
            if checkpoint is Checkpoint.SERVICE_AUTHORIZATION:
                return f"AWS refused {what}; the words do not say which policy is at fault."
            return f"The registry refused {what}; the words do not say which policy is at fault."
        case Plane.REGISTRY_STATE:
            return "The registry refused without naming an action; this may be no permission at all."
        case Plane.OTHER if candidates:
            return "The words do not settle whether a gate failed."
    return "Something failed, and its words tell of no failure that is known here."


def tell_apart_of(cause: Cause | None, candidates: tuple[Cause, ...] = ()) -> str:
    """Return the cheapest way to make sure of a cause, or of the likeliest of several; empty where none is known."""
    likeliest = cause or next(iter(candidates), None)
    return likeliest.tell_apart if likeliest else ""

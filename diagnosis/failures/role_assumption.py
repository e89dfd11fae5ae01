"""Rules for the third checkpoint: AWS accepts the token but refuses the role. Denial sentences are in ``denials``."""

from __future__ import annotations

import re
from dataclasses import replace

from diagnosis.causes import Cause
from diagnosis.failures.credentials import refused_keys
from diagnosis.failures.denials import CHAIN_CANDIDATES, TRUST_CANDIDATES
from diagnosis.failures.rule import LogContext, Rule, Seen, Weight, authn, other, says
from diagnosis.failures.transport import unanswered
from diagnosis.gates import Checkpoint

_ROLE = Checkpoint.ROLE_ASSUMPTION

_PREFIX = re.compile(
    r"(?:Could not|Failed to|Unable to) assume role (?:with|using) "
    r"(?P<how>OIDC|user credentials|web identity|default credentials)\b[^:]{0,40}:?\s*(?P<why>.*)"
)
_NOT_ASSUMED = re.compile(
    r"(?:[Cc]ould not|[Ff]ailed to|[Uu]nable to|[Cc]annot) assume (?:the |IAM ){0,2}[Rr]ole\b(?P<why>.*)"
)
_ARN_SHAPE = re.compile(
    r"Request ARN is invalid|[Vv]alidation error.{0,80}?roleArn|Invalid.{0,20}role ARN|is invalid.{0,20}roleArn"
    r"|^arn:\S{1,2048} is invalid"
)
_STS_SPEAKS = re.compile(
    r"[Rr]ole|ARN|arn:|polic|[Ss]ession|sts:|[Cc]onstraint|uthorized|enied|nvalid|[Tt]ag|alidation"
)
"""Words of an answer of STS, beside those of a client that got none."""


def _too_long(text: str, _scene: LogContext) -> Seen:
    """Tell the role's own limit, which can be raised, from the hour that AWS gives a chained session."""
    seen = authn(_ROLE, Cause.SESSION_DURATION)
    if "role chaining" not in text:
        return seen
    sentence = (
        "A role that is assumed from another role's session gets one hour at most, whatever its MaxSessionDuration."
    )
    tell_apart = "Read role-duration-seconds of the step that assumes the second role."
    return replace(seen, finding=replace(seen.finding, sentence=sentence, tell_apart=tell_apart))


def _prefixed(text: str, context: LogContext) -> Seen | None:
    found = _PREFIX.search(text)
    if not found:
        return None
    why = found["why"]
    if found["how"] == "OIDC":
        context.aws_oidc = True
    answer = unanswered(why) or refused_keys(why, context)
    if answer:
        return answer
    if not why.strip(" .…") or why.strip() == "undefined":
        return authn(_ROLE, None, *TRUST_CANDIDATES, weight=Weight.CONSEQUENCE)
    if _ARN_SHAPE.search(why):
        return authn(_ROLE, None, Cause.ROLE_ABSENT, Cause.PRINCIPAL_WRONG)
    if re.search(r"ENOENT|[Nn]o such file", why):
        return other(Cause.INPUT_MISSING)  # of the token, where a file holds it
    if "failed to satisfy constraint" in why:
        return other(Cause.INVALID_REQUEST)
    if _STS_SPEAKS.search(why):
        return authn(_ROLE, None, Cause.ROLE_ABSENT, Cause.SESSION_DURATION, Cause.TRANSIENT)
    return other(None, Cause.TRANSIENT, Cause.ROLE_ABSENT)


def _unnamed(text: str, context: LogContext) -> Seen | None:
    """Recognize a tool's own words for a role it did not get; what STS said may stand in the same line or beside it."""
    found = _NOT_ASSUMED.search(text)
    if not found:
        return None
    why = found["why"]
    answer = unanswered(why) or refused_keys(why, context)
    if answer:
        return answer
    return authn(_ROLE, None, *TRUST_CANDIDATES, weight=Weight.CONSEQUENCE)


def _arn(text: str, _scene: LogContext) -> Seen | None:
    return authn(_ROLE, None, Cause.ROLE_ABSENT, Cause.PRINCIPAL_WRONG) if _ARN_SHAPE.search(text) else None


def _sts_refused(text: str, _scene: LogContext) -> Seen | None:
    """Judge a denial in which Java names the service and not the operation: nearly always a role was to be assumed."""
    return authn(None, None, *CHAIN_CANDIDATES) if re.search(r"\b[Aa]ccess denied|AccessDenied", text) else None


RULES: tuple[Rule, ...] = (
    Rule(
        (
            "DurationSeconds exceeds",
            "MaxSessionDuration set for",
            "session limit for roles assumed",
            "'durationSeconds' failed to satisfy",
            "'DurationSeconds' failed to satisfy",
        ),
        _too_long,
    ),
    Rule(("ssume role with", "ssume role using"), _prefixed),
    Rule(("ssume role", "ssume the role", "ssume IAM role", "ssume IAM Role", "ssume the IAM role"), _unnamed),
    Rule(("Request ARN is invalid", "'roleArn"), _arn),
    # Terraform's summary; the line that says why follows, and weighs more.
    Rule(
        ("IAM Role (", "cannot be assumed"),
        says(
            r"(?:IAM Role \(|[Rr]ole \"arn:)(?:(?!IAM Role \(|[Rr]ole \"arn:).){0,2100}cannot be assumed",
            authn(_ROLE, None, *CHAIN_CANDIDATES, weight=Weight.DOUBTFUL),
        ),
    ),
    Rule(("AWSSecurityTokenService",), _sts_refused),
)

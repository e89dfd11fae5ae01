"""Rules for the refusals whose cause STS states outright: the words settle it, so no other cause stands beside it."""

from __future__ import annotations

import re

from diagnosis.causes import Cause
from diagnosis.failures.rule import LogContext, Rule, Seen, authn, other, says
from diagnosis.gates import Checkpoint

_ROLE = Checkpoint.ROLE_ASSUMPTION
_TRUST = Checkpoint.OIDC_TRUST


def _packed(text: str, _scene: LogContext) -> Seen:
    """Tell tags from policies: one exception stands for both, and its message says which are too large."""
    tags = "session tags" in text and "session polic" not in text
    return authn(_ROLE, Cause.SESSION_TAGS_TOO_LARGE if tags else Cause.SESSION_POLICY_TOO_LARGE)


_SKEWED = re.compile(
    r"Signature (?:expired|not yet current): (?:\d{8}T|.{0,60}\bis (?:now earlier|still later))|RequestTimeTooSkewed"
    r"|RequestInTheFuture|request time (?:is )?too skewed|difference between the request time and the"
)


def _clock(text: str, _scene: LogContext) -> Seen | None:
    """Recognize a wrong clock; a wrong secret key comes under the same exception, and others let signatures expire."""
    return other(Cause.CLOCK_SKEW) if _SKEWED.search(text) else None


_SESSION_TAG = says(
    r"Unable to validate tags|[Dd]uplicate tag keys|[Ii]nvalid (?:session )?tags?\b|at '[Tt]ags\.\d+\.member\.\w+' failed"
    r"|[Tt]ags\[?\.?\d.{0,80}failed to satisfy|[Rr]eserved tag key",
    authn(_ROLE, Cause.SESSION_TAG_INVALID),
)


def _tag(text: str, context: LogContext) -> Seen | None:
    known = (
        "Unable to validate tags" in text
        or context.aws_oidc
        or re.search(r"AssumeRole|assume (?:the )?role|\b(?i:sts)\b", text)
    )
    return _SESSION_TAG(text, context) if known else None


_SESSION_NAME = says(
    r"(?i)\brole[-_ ]?session[-_ ]?name\b['\"`]?.{0,160}?(?:failed to satisfy|constraint|is invalid|must (?:be|match|have)"
    r"|(?:in|not )valid)"
    r"|(?i:invalid (?:length|type|value) for (?:parameter )?role_?session_?name)"
    r"|(?i:invalid role ?session ?name)|(?i:validation error.{0,300}\brole_?session_?name\b)",
    authn(_ROLE, Cause.SESSION_NAME_INVALID),
)
_TOKEN_EXPIRED = says(
    r"web identity token that was passed is expired"
    r"|(?:ExpiredToken|[Tt]oken (?:has |is )?expired).{0,200}(?:AssumeRoleWithWebIdentity|web identity)"
    r"|(?:AssumeRoleWithWebIdentity|with OIDC|web identity).{0,200}(?:ExpiredToken|[Tt]oken (?:has |is )?expired"
    r"|security token included in the request is expired)",
    authn(_TRUST, Cause.ID_TOKEN_EXPIRED),
)
_REGION = authn(_ROLE, Cause.REGION_DISABLED)

_MFA = says(
    r"MultiFactorAuthentication failed|(?i:mfa).{0,80}(?:required|one.time pass|invalid|must|serial|token|code)"
    r"|(?:requires?|must use|must provide|without|[Pp]lease provide) .{0,30}(?i:mfa|multi-?factor auth\w*)"
    r"|assum\w{1,3} (?:the )?role with MFA",
    authn(_ROLE, Cause.MFA_REQUIRED),
)
_OF_A_ROLE = re.compile(
    r"MultiFactorAuth|[Aa]ssum\w{1,3} .{0,40}[Rr]ole|AssumeRole|\bSTS\b|\bsts:|\bAWS\b|mfa_serial|aws:"
)


def _mfa(text: str, context: LogContext) -> Seen | None:
    """Judge words about multi-factor authentication: other logins have it too, so they count where a role is at stake."""
    return _MFA(text, context) if context.aws_oidc or _OF_A_ROLE.search(text) else None


RULES: tuple[Rule, ...] = (
    Rule(("Packed size of session", "Packed policy consumes", "PackedPolicyTooLarge"), _packed),
    Rule(("validate tags", "uplicate tag keys", "nvalid tag", "nvalid session tag", "ags.", "eserved tag key"), _tag),
    Rule(("essionName", "ession-name", "ession name", "ession_name", "essionname"), _SESSION_NAME),
    Rule(
        ("STS is not activated", "RegionDisabled"),
        lambda _text, _scene: _REGION,
    ),
    Rule(
        ("MultiFactorAuthentication", "MFA", "multi-factor authentication", "aws:MultiFactorAuthPresent"),
        _mfa,
    ),
    Rule(
        ("by root accounts", "root user", "root account"),
        says(
            r"[Rr]oles may not be assumed by root|root (?:user|account)s? (?:may not|cannot|can't) assume",
            authn(_ROLE, Cause.ROOT_CANNOT_ASSUME, action="sts:AssumeRole"),
        ),
    ),
    Rule(("xpired",), _TOKEN_EXPIRED),
    Rule(
        (
            "Signature expired",
            "Signature not yet current",
            "RequestTimeTooSkewed",
            "RequestInTheFuture",
            "too skewed",
            "difference between the request time and the",
        ),
        _clock,
    ),
)
"""Asked before the rules of denials: an ``AccessDenied`` that states its cause is no denial by a policy."""

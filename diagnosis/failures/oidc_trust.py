"""Rules for the second checkpoint: AWS judges the token and its issuer, before any trust policy is read."""

from __future__ import annotations

from diagnosis.causes import Cause
from diagnosis.failures.rule import LogContext, Rule, Seen, authn, holding, says
from diagnosis.gates import Checkpoint

_TRUST = Checkpoint.OIDC_TRUST
_ACTION = "sts:AssumeRoleWithWebIdentity"

_TOKEN_REFUSED = says(
    r"Token signature invalid|oken (?:signature|issuer) is invalid|ID [Tt]oken is expired",
    authn(_TRUST, None, Cause.AUDIENCE_NOT_ADMITTED, Cause.OIDC_PROVIDER_ABSENT, Cause.TRANSIENT),
)


def _signature(text: str, context: LogContext) -> Seen | None:
    """Judge words about a token that others use too: they count where STS is named or the step exchanges a token."""
    return _TOKEN_REFUSED(text, context) if context.aws_oidc or "OIDC" in text or "AssumeRole" in text else None


RULES: tuple[Rule, ...] = (
    # The same words for a provider that is missing and for a role of the wrong account.
    holding(
        authn(_TRUST, Cause.OIDC_PROVIDER_ABSENT, Cause.OIDC_PROVIDER_ABSENT, Cause.ROLE_ACCOUNT_WRONG),
        "No OpenIDConnect provider found",
    ),
    holding(authn(_TRUST, Cause.AUDIENCE_NOT_ADMITTED), "Incorrect token audience"),
    holding(authn(_TRUST, Cause.THUMBPRINT), "HTTPS certificate doesn't match configured thumbprint"),
    holding(
        authn(_TRUST, Cause.TRANSIENT),
        "ouldn't retrieve verification key from your identity provider",
        "IDPCommunicationError",
    ),
    holding(
        authn(_TRUST, None, Cause.OIDC_PROVIDER_ABSENT, Cause.AUDIENCE_NOT_ADMITTED, Cause.TRANSIENT),
        "InvalidIdentityToken",
        "IDPRejectedClaim",
        "ID Token provided is not a valid JWT",
        "Token must be signed by",
        "Issuer must be a valid URL",
        "Missing a required claim",
        "web identity token that was passed is expired",
    ),
    Rule(("nvalid", "xpired"), _signature),
)

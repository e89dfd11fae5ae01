"""The second place: AWS judges the token and its issuer, before any trust policy is read."""

from __future__ import annotations

from diagnosis.failures.rule import Rule, Scene, Seen, authn, holding, says
from diagnosis.gates import Checkpoint

_TRUST = Checkpoint.OIDC_TRUST
_ACTION = "sts:AssumeRoleWithWebIdentity"

_TOKEN_REFUSED = says(
    r"Token signature invalid|oken (?:signature|issuer) is invalid|ID [Tt]oken is expired",
    authn(_TRUST, None, "audience-not-admitted", "oidc-provider-absent", "transient"),
)


def _signature(text: str, scene: Scene) -> Seen | None:
    """Words about a token that others than STS use too: believed where STS is named or the step exchanges a token."""
    return _TOKEN_REFUSED(text, scene) if scene.aws_oidc or "OIDC" in text or "AssumeRole" in text else None


RULES: tuple[Rule, ...] = (
    # The same words for a provider that is missing and for a role of the wrong account.
    holding(
        authn(_TRUST, "oidc-provider-absent", "oidc-provider-absent", "role-account-wrong"),
        "No OpenIDConnect provider found",
    ),
    holding(authn(_TRUST, "audience-not-admitted"), "Incorrect token audience"),
    holding(authn(_TRUST, "thumbprint"), "HTTPS certificate doesn't match configured thumbprint"),
    holding(
        authn(_TRUST, "transient"),
        "ouldn't retrieve verification key from your identity provider",
        "IDPCommunicationError",
    ),
    holding(
        authn(_TRUST, None, "oidc-provider-absent", "audience-not-admitted", "transient"),
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

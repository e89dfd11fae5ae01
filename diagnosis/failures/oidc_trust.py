"""The second place: AWS judges the token and its issuer, before any trust policy is read."""

from __future__ import annotations

from diagnosis.failures.rule import Rule, authn, holding
from diagnosis.gates import Checkpoint

_TRUST = Checkpoint.OIDC_TRUST
_ACTION = "sts:AssumeRoleWithWebIdentity"

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
        "web identity token that was passed is expired",
    ),
)

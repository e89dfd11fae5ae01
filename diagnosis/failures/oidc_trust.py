"""Rules for the second checkpoint: AWS judges the token and its issuer, before any trust policy is read."""

from __future__ import annotations

import re
from dataclasses import replace

from diagnosis.causes import Cause
from diagnosis.failures.rule import LogContext, Rule, Seen, authn, holding, says
from diagnosis.gates import Checkpoint

_TRUST = Checkpoint.OIDC_TRUST
_ACTION = "sts:AssumeRoleWithWebIdentity"

_TOKEN_REFUSED = says(
    r"Token signature invalid|oken (?:signature|issuer) is invalid",
    authn(_TRUST, None, Cause.AUDIENCE_NOT_ADMITTED, Cause.OIDC_PROVIDER_ABSENT, Cause.TRANSIENT),
)


def _signature(text: str, context: LogContext) -> Seen | None:
    """Judge words about a token that others use too: they count where STS is named or the step exchanges a token."""
    return _TOKEN_REFUSED(text, context) if context.aws_oidc or "OIDC" in text or "AssumeRole" in text else None


_ISSUER = re.compile(r"provider found in your account for (?P<url>(?:https?://)?(?P<host>[^\s/\"',]{1,255})\S*)")
_CLUSTER = re.compile(r"^oidc[.-]eks\.")


def _no_provider(text: str, _scene: LogContext) -> Seen:
    """Judge whose issuer the account has no provider for; the same words stand for a role of the wrong account."""
    issuer = _ISSUER.search(text)
    if issuer is None or not _CLUSTER.match(issuer["host"]):
        return authn(_TRUST, Cause.OIDC_PROVIDER_ABSENT, Cause.OIDC_PROVIDER_ABSENT, Cause.ROLE_ACCOUNT_WRONG)
    seen = authn(_TRUST, Cause.OIDC_PROVIDER_ABSENT, Cause.OIDC_PROVIDER_ABSENT, Cause.ROLE_ACCOUNT_WRONG)
    sentence = (
        f"The token's issuer is {issuer['url'].rstrip('.,')}, an EKS cluster's and not GitHub's: the runner's service "
        "account asked for the role, and the role's account has no provider for that cluster."
    )
    tell_apart = (
        "Compare the account of the cluster with that of the role; AWS_WEB_IDENTITY_TOKEN_FILE in the job says whose token "
        "is used. GitHub's provider is not in question."
    )
    return replace(seen, finding=replace(seen.finding, sentence=sentence, tell_apart=tell_apart))


RULES: tuple[Rule, ...] = (
    Rule(("No OpenIDConnect provider found",), _no_provider),
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
    ),
    Rule(("nvalid", "xpired"), _signature),
)

"""The claims of shared OIDC providers of which AWS requires a trust policy to bound one.

Source: IAM User Guide, "Identity-provider controls for shared OIDC providers". A provider whose issuer belongs to one
organization alone (an enterprise's own issuer, an enterprise server, an EKS cluster) is private: AWS asks for nothing.
"""

from __future__ import annotations

from diagnosis.claims.claim_set import GITHUB_ISSUER

_SUBJECT = ("sub",)
_AUDIENCE = ("aud",)
_CONTROLS: dict[str, tuple[str, ...]] = {
    GITHUB_ISSUER: ("sub", "job_workflow_ref"),
    "oidc-configuration.audit-log.githubusercontent.com": _SUBJECT,
    "vstoken.actions.githubusercontent.com": _SUBJECT,
    "agent.buildkite.com": _SUBJECT,
    "oidc.codefresh.io": _SUBJECT,
    "studio.datachain.ai/api": _SUBJECT,
    "gitlab.com": _SUBJECT,
    "scalr.io": _SUBJECT,
    "tokens.cloud.shisho.dev": _SUBJECT,
    "app.terraform.io": _SUBJECT,
    "proidc.upbound.io": _SUBJECT,
    "api.pulumi.com/oidc": _AUDIENCE,
    "sandboxes.cloud": _AUDIENCE,
    "oidc.vercel.com": _AUDIENCE,
    "cognito-identity.amazonaws.com": _AUDIENCE,
}


def required_claims(issuer: str) -> tuple[str, ...]:
    """Return the claims of which a trust policy must bound one, for an issuer's host and path; empty for a private provider."""
    return _CONTROLS.get(issuer.lower(), ())


def is_told_by_audience(issuer: str) -> bool:
    """Return whether the audience of the issuer's tokens names the customer, rather than being the requester's choice."""
    return required_claims(issuer) == _AUDIENCE

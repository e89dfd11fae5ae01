"""Tell which OIDC providers a trust statement names, and what AWS asks of their trust policies.

Source: IAM User Guide, "Identity-provider controls for shared OIDC providers". A provider whose issuer belongs to one
organization alone (an enterprise's own issuer, an enterprise server, an EKS cluster) is private: AWS asks for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.claims.claim_set import GITHUB_ISSUER, is_github_cloud
from diagnosis.names.arn import Arn
from diagnosis.policy import Condition, Statement

_SERVER_PATH = "/_services/token"
"""How the issuer of a GitHub Enterprise Server ends."""
_SUBJECT = ("sub",)
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
    "api.pulumi.com/oidc": ("aud",),
    "sandboxes.cloud": ("aud",),
    "oidc.vercel.com": ("aud",),
    "cognito-identity.amazonaws.com": ("aud",),
}
"""The claims of which AWS requires one, by issuer."""
_BOUNDS = frozenset({"StringEquals", "StringEqualsIgnoreCase", "StringLike"})
"""The operators that count as a bound."""


@dataclass(frozen=True, slots=True)
class Provider:
    """An OIDC provider under Principal."""

    name: str
    """As written: an ARN, or the domain of one of AWS's built-in providers."""
    issuer: str
    """Host and path, as the provider's condition keys begin."""

    @property
    def required(self) -> tuple[str, ...]:
        """The claims of which a trust policy must bound one; empty for a private provider."""
        return _CONTROLS.get(self.issuer.lower(), ())

    @property
    def is_github(self) -> bool:
        """Whether its tokens are those of GitHub Actions: github.com, an enterprise's own issuer, or an enterprise server."""
        return is_github_cloud(self.issuer) or self.issuer.lower().endswith(_SERVER_PATH)


def providers_of(statement: Statement) -> tuple[Provider, ...]:
    """Return the OIDC providers that a statement names as Federated principals."""
    if statement.principals is None or statement.not_principal:
        return ()
    found = []
    for sort, name in statement.principals.entries:
        if sort != "Federated":
            continue
        arn = Arn.parse(name)
        if arn is None:
            found.append(Provider(name, name))
        elif arn.resource_type == "oidc-provider":
            found.append(Provider(name, arn.resource_id.removeprefix("https://").rstrip("/")))
    return tuple(found)


def is_bound(condition: Condition) -> bool:
    """Return whether AWS counts a condition as a bound: a positive comparison of strings whose values are no bare wildcards."""
    return condition.base is not None and condition.base.name in _BOUNDS and condition.compares_something

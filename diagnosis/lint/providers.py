"""Tell which OIDC providers a trust statement names, and what AWS counts as a bound of their tokens."""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.claims.claim_set import is_github_cloud, is_github_issuer, without_scheme
from diagnosis.claims.provider_controls import required_claims
from diagnosis.names.arn import Arn
from diagnosis.policy import Condition, Statement
from diagnosis.policy.principal_view import PrincipalKind, view_principal

_SERVER_PATH = "/_services/token"
"""How the issuer of a GitHub Enterprise Server ends."""
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
        return required_claims(self.issuer)

    @property
    def is_github(self) -> bool:
        """Whether its tokens are those of GitHub Actions: github.com, an enterprise's own issuer, or an enterprise server."""
        return is_github_cloud(self.issuer) or self.issuer.lower().endswith(_SERVER_PATH)


def providers_of(statement: Statement) -> tuple[Provider, ...]:
    """Return the OIDC providers that a statement names as Federated principals; one without an issuer is none."""
    if statement.principals is None or statement.not_principal:
        return ()
    found = []
    for sort, name in statement.principals.entries:
        if sort != "Federated":
            continue
        arn = Arn.parse(name)
        if arn is None:
            # One that AWS has built in; any other text is told as no provider, and nothing follows from it.
            if view_principal(name).kind is PrincipalKind.WEB_IDENTITY or is_github_issuer(name):
                found.append(Provider(name, without_scheme(name)))
        elif arn.resource_type == "oidc-provider" and (issuer := without_scheme(arn.resource_id)):
            found.append(Provider(name, issuer))
    return tuple(found)


def is_bound(condition: Condition) -> bool:
    """Return whether AWS counts a condition as a bound: a positive comparison of strings whose values are no bare wildcards."""
    return condition.base is not None and condition.base.name in _BOUNDS and condition.compares_something

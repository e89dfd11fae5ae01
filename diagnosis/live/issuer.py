"""Tell which issuer signs the run's tokens: its GitHub host's, or the one that its enterprise has below that.

An enterprise may have an issuer of its own (``token.actions.githubusercontent.com/SLUG``), which no API that the tool reads
tells. The account shows it: the role trusts a provider of that issuer. Where the account trusts GitHub's common issuer
too, nothing is derived.
"""

from __future__ import annotations

from dataclasses import replace

from diagnosis.claims.claim_set import is_github_cloud
from diagnosis.facts.account import AccountState
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument, Unparsable
from diagnosis.trust.question import providers_among


def with_own_issuer(account: AccountState) -> AccountState:
    """Return the account asked about the enterprise's own issuer, where the role or the provider that was read is for that."""
    arn = own_issuer_provider(account)
    if arn is None:
        return account
    provider = account.provider
    if not isinstance(provider, Known):
        what, how = f"OIDC provider {arn}", "refresh the live side"
        provider = Unreadable(what, "another provider was asked for", how, "iam:GetOpenIDConnectProvider")
    return replace(account, question=replace(account.question, issuer=arn.resource_id), provider=provider)


def own_issuer_provider(account: AccountState) -> Arn | None:
    """Return the provider of an enterprise's own issuer that the account trusts in place of GitHub's common one; else None."""
    common, reading = account.question.provider_arn, account.provider
    issuer = account.question.issuer
    if common is None or not is_github_cloud(issuer) or "/" in issuer:
        return None
    if isinstance(reading, Known):
        return reading.value.arn if _is_below(reading.value.arn, common) else None
    role = account.role
    named = _trusted(role.value.trust_policy) if isinstance(role, Known) else ()
    own = [arn for arn in named if _is_below(arn, common)]
    return own[0] if own and common not in named else None


def _is_below(provider: Arn, common: Arn) -> bool:
    """Return whether the provider stands in the same account, for an issuer below the common one."""
    same = (provider.partition, provider.account) == (common.partition, common.account)
    below = provider.resource_id.lower().startswith(f"{common.resource_id.lower()}/")
    return same and below and bool(provider.resource_id[len(common.resource_id) + 1 :])


def _trusted(document: PolicyDocument) -> tuple[Arn, ...]:
    policy = document.policy
    if isinstance(policy, Unparsable):
        return ()
    return tuple(arn for statement in policy.allows for arn in providers_among(statement.principal_names))

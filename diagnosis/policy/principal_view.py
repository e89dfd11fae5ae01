"""Tell by the form of its name who the principal of a request is.

Source: IAM User Guide, "AWS JSON policy elements: Principal".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from diagnosis.names.arn import Arn, is_account_id

_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}\Z")
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?\Z", re.IGNORECASE)
_WELL_KNOWN_PROVIDERS = frozenset(
    {"cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com", "accounts.google.com"}
)


def is_unique_id(text: str) -> bool:
    """Return whether the text is a unique id (``AROA…``): what AWS shows for a role or user that has been deleted."""
    return _UNIQUE_ID.match(text) is not None


class PrincipalKind(StrEnum):
    """What sort of principal makes the request."""

    ROLE_SESSION = "assumed-role session"
    ROLE = "role"
    """A role without a session name: it stands for any session of the role."""
    USER = "user"
    FEDERATED_USER = "federated user session"
    ROOT = "account root user"
    WEB_IDENTITY = "federated principal"
    """An OIDC or SAML provider: the caller of AssumeRoleWithWebIdentity or AssumeRoleWithSAML."""
    SERVICE = "AWS service"
    ANONYMOUS = "anonymous"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class PrincipalView:
    """A principal as the evaluation sees it."""

    text: str
    kind: PrincipalKind
    partition: str = ""
    account: str = ""
    name: str = ""
    """The role's or user's friendly name, without path and session."""

    @property
    def identity_key(self) -> tuple[str, str, str]:
        """Partition, account and name: what names a role or user whatever its path.

        A role's name knows no letter case ("Names are not distinguished by case"), a user's in a Principal does.
        """
        name = self.name if self.kind is PrincipalKind.FEDERATED_USER else self.name.lower()
        return (self.partition, self.account, name)

    @property
    def has_identity_policies(self) -> bool:
        """Whether IAM identity-based policies can speak for this principal."""
        return self.kind in _IDENTITIES


_IDENTITIES = frozenset(
    {
        PrincipalKind.ROLE_SESSION,
        PrincipalKind.ROLE,
        PrincipalKind.USER,
        PrincipalKind.FEDERATED_USER,
        PrincipalKind.ROOT,
        PrincipalKind.OTHER,
    }
)


def view_principal(text: str) -> PrincipalView:
    """Return who the principal of a request is, by the form of its name."""
    arn = Arn.parse(text)
    if arn is None:
        return _without_arn(text)
    kind, name = PrincipalKind.OTHER, ""
    if arn.service == "sts" and arn.resource_type == "assumed-role":
        kind, name = PrincipalKind.ROLE_SESSION, arn.resource_id.partition("/")[0]
    elif arn.service == "sts" and arn.resource_type == "federated-user":
        kind, name = PrincipalKind.FEDERATED_USER, arn.resource_id
    elif arn.service == "iam" and arn.resource_type == "role":
        kind, name = PrincipalKind.ROLE, arn.name
    elif arn.service == "iam" and arn.resource_type == "user":
        kind, name = PrincipalKind.USER, arn.name
    elif arn.service == "iam" and arn.resource == "root":
        kind = PrincipalKind.ROOT
    elif arn.service == "iam" and arn.resource_type in ("oidc-provider", "saml-provider"):
        kind, name = PrincipalKind.WEB_IDENTITY, arn.resource_id
    return PrincipalView(text, kind, arn.partition, arn.account, name)


def _without_arn(text: str) -> PrincipalView:
    if text in _WELL_KNOWN_PROVIDERS:
        return PrincipalView(text, PrincipalKind.WEB_IDENTITY)
    if _SERVICE.match(text):
        return PrincipalView(text, PrincipalKind.SERVICE)
    if is_account_id(text):
        return PrincipalView(text, PrincipalKind.ROOT, "", text)
    if text in ("", "*", "anonymous"):
        return PrincipalView(text, PrincipalKind.ANONYMOUS)
    return PrincipalView(text, PrincipalKind.OTHER)

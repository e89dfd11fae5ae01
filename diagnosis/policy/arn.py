"""Amazon Resource Names, and who a request's principal is.

Source: IAM User Guide, "Amazon Resource Names" and "AWS JSON policy elements: Principal".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_ARN_PARTS = 6
_ACCOUNT = re.compile(r"\d{12}\Z")
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}\Z")
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?\Z", re.IGNORECASE)
_WELL_KNOWN_PROVIDERS = frozenset(
    {"cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com", "accounts.google.com"}
)


@dataclass(frozen=True, slots=True)
class Arn:
    """``arn:partition:service:region:account:resource``, the resource part whole."""

    partition: str
    service: str
    region: str
    account: str
    resource: str


def split_arn(text: str) -> Arn | None:
    """The parts of an ARN; None where the text is no ARN of six parts."""
    parts = text.split(":", _ARN_PARTS - 1)
    if len(parts) != _ARN_PARTS or parts[0].lower() != "arn":
        return None
    return Arn(*parts[1:])


def is_account_id(text: str) -> bool:
    """Whether the text is a 12-digit account id."""
    return _ACCOUNT.match(text) is not None


def is_unique_id(text: str) -> bool:
    """Whether the text is a unique id (``AROA…``): what AWS shows for a role or user that has been deleted."""
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
    """Who the principal of a request is, by the form of its name."""
    arn = split_arn(text)
    if arn is None:
        return _without_arn(text)
    kind_of_resource, _, rest = arn.resource.partition("/")
    kind, name = PrincipalKind.OTHER, ""
    if arn.service == "sts" and kind_of_resource == "assumed-role":
        kind, name = PrincipalKind.ROLE_SESSION, rest.partition("/")[0]
    elif arn.service == "sts" and kind_of_resource == "federated-user":
        kind, name = PrincipalKind.FEDERATED_USER, rest
    elif arn.service == "iam" and kind_of_resource == "role":
        kind, name = PrincipalKind.ROLE, rest.rpartition("/")[2]
    elif arn.service == "iam" and kind_of_resource == "user":
        kind, name = PrincipalKind.USER, rest.rpartition("/")[2]
    elif arn.service == "iam" and arn.resource == "root":
        kind = PrincipalKind.ROOT
    elif arn.service == "iam" and kind_of_resource in ("oidc-provider", "saml-provider"):
        kind, name = PrincipalKind.WEB_IDENTITY, rest
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

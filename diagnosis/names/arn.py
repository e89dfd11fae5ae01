"""Amazon Resource Names: read once where they enter, passed on as values, written back letter by letter.

Source: IAM User Guide, "Identify AWS resources with Amazon Resource Names (ARNs)" and "IAM identifiers". A *pattern* with
wildcards in a policy is no ARN: :mod:`diagnosis.policy.language.matching` compares those.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_PARTS = 6
_ACCOUNT = re.compile(r"[0-9]{12}")
_ACCOUNT_OF_AWS = "aws"
_ACCOUNT_IN_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:([0-9]{12})(?![0-9])")


@dataclass(frozen=True, slots=True, order=True)
class Arn:
    """``arn:partition:service:region:account:resource``, the resource part whole.

    Region and account are empty where the service has none there (an IAM role has no region, a bucket neither).
    ``str()`` gives the exact text that was parsed.
    """

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str | None) -> Arn | None:
        """Return the ARN that the text is as a whole; None where it is none."""
        parts = (text or "").split(":", _PARTS - 1)
        if len(parts) != _PARTS or parts[0] != "arn":
            return None
        return cls(*parts[1:])

    @classmethod
    def iam(cls, partition: str, account: str, kind: str, name: str) -> Arn:
        """Return the ARN of an IAM resource: ``kind`` is ``role``, ``policy``, ``oidc-provider``, …; a path may lead ``name``."""
        return cls(partition, "iam", "", account, f"{kind}/{name}")

    @classmethod
    def ecr_repository(cls, partition: str, region: str, account: str, name: str) -> Arn:
        """Return the ARN of a private ECR repository."""
        return cls(partition, "ecr", region, account, f"repository/{name}")

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"

    @property
    def resource_type(self) -> str:
        """The first word of the resource part: ``role``, ``assumed-role``, ``repository``; the whole where no ``/`` follows."""
        return self.resource.partition("/")[0]

    @property
    def resource_id(self) -> str:
        """What follows the type: ``team/release`` of ``role/team/release``; empty where no ``/`` follows the type."""
        return self.resource.partition("/")[2]

    @property
    def name(self) -> str:
        """The friendly name, without type and path: ``release`` of ``role/team/release``."""
        return self.resource.rpartition("/")[2]

    @property
    def path(self) -> str:
        """The path of an IAM resource: ``/team/`` of ``role/team/release``, ``/`` where there is none."""
        path = self.resource_id.rpartition("/")[0]
        return f"/{path}/" if path else "/"

    @property
    def bucket(self) -> Arn | None:
        """The bucket of an S3 object's ARN, or of its own; None for anything else, an access point's too."""
        name = self.resource.partition("/")[0]
        return (
            replace(self, resource=name)
            if self.service == "s3" and name and not (self.region or self.account)
            else None
        )

    @property
    def kind_and_name(self) -> tuple[str, str]:
        """What stands before and after the first colon: ``("secret", "db-AbCdEf")``; the name is empty without one."""
        kind, _, name = self.resource.partition(":")
        return kind, name

    @property
    def has_account(self) -> bool:
        """Whether the account is a legible one of twelve digits: it is not where a log masks it or the service has none."""
        return is_account_id(self.account)

    @property
    def is_role(self) -> bool:
        """Whether this is the ARN of an IAM role."""
        return self.service == "iam" and self.resource_type == "role" and bool(self.resource_id)

    @property
    def is_owned_by_aws(self) -> bool:
        """Whether AWS itself keeps the resource, such as a managed policy of AWS's: no customer can edit it."""
        return self.account == _ACCOUNT_OF_AWS

    @property
    def session_name(self) -> str | None:
        """The name of an assumed-role session; None for anything else."""
        _, _, session = self.resource_id.partition("/")
        return session or None if self.service == "sts" and self.resource_type == "assumed-role" else None

    def session(self, name: str) -> Arn:
        """Return the ARN of this role's session of that name; it does not show the role's path."""
        return replace(self, service="sts", resource=f"assumed-role/{self.name}/{name}")

    def role_of_session(self) -> Arn | None:
        """Return the role of this session, as if it had no path: a session does not show one. None for anything else."""
        role, _, session = self.resource_id.partition("/")
        if self.service != "sts" or self.resource_type != "assumed-role" or not (role and session):
            return None
        return Arn.iam(self.partition, self.account, "role", role)

    def beside(self, kind: str, name: str) -> Arn:
        """Return the ARN of another IAM resource in the same account and partition."""
        return Arn.iam(self.partition, self.account, kind, name)

    def same_but_for_path(self, other: Arn) -> bool:
        """Return whether the two name the same IAM resource if their paths are left aside."""
        return (self.partition, self.service, self.account, self.resource_type, self.name) == (
            other.partition,
            other.service,
            other.account,
            other.resource_type,
            other.name,
        )


def is_account_id(text: str) -> bool:
    """Return whether the text is a 12-digit account id."""
    return _ACCOUNT.fullmatch(text) is not None


def accounts_in(text: str) -> frozenset[str]:
    """Return the accounts of all ARNs in a text."""
    return frozenset(_ACCOUNT_IN_ARN.findall(text))

"""How large AWS lets a policy document be, by what it is attached to; a larger one is refused before it is judged.

A document over the limit cannot be AWS's: it is an answer that was changed on the way, a recording made by hand, or a
file that AWS would not save. It is given no meaning, and what depends on it stays unknown.

Source: "IAM and AWS STS quotas" (IAM User Guide: role trust policy 2,048 characters by default and 8,192 at most,
which was 4,096 until 2026; inline policies of a role 10,240 together, managed policies 6,144, session policies 2,048;
white space is not counted); "Quotas for AWS Organizations" (resource control policies 5,120 characters; service
control policies 10,240 since May 2026); Amazon ECR API Reference, SetRepositoryPolicy (10,240 characters); "Bucket
policies" (Amazon S3 User Guide, 20 KB); "Resource quotas" (AWS KMS Developer Guide, key policy 32 KB); AWS Secrets
Manager API Reference, PutResourcePolicy (20,480 characters); "Amazon SQS policy quotas" (8,192 bytes). No parameter
of the IAM API that holds a policy is longer than 131,072
characters (CreatePolicy), but AWS's own managed policies are: AWSSupportServiceRolePolicy has some 152,000.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from diagnosis.names.arn import Arn
from diagnosis.policy.language.quotas import (
    BUCKET_POLICY_LIMIT,
    INLINE_LIMIT,
    LARGEST_POLICY,
    LARGEST_TRUST_LIMIT,
    MANAGED_LIMIT,
    RCP_LIMIT,
    REPOSITORY_POLICY_LIMIT,
    SCP_LIMIT,
    SESSION_LIMIT,
    size,
)
from diagnosis.policy.language.rejections import PolicyKind

LONGEST = 524_288
"""Characters, white space included: four times what the IAM API takes, three times AWS's own longest."""


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class SizeLimit:
    """The most that a document of one sort may have."""

    of: str
    """``a trust policy``."""
    most: int
    count: Callable[[str], int] = size
    """How AWS counts; without white space where nothing else is said."""
    unit: str = "characters"

    def refusal(self, text: str) -> str | None:
        """Return why AWS cannot hold the document, as a clause; None where it can."""
        if len(text) <= self.most and self.count is not _bytes:
            return None
        taken = self.count(text)
        if taken <= self.most and len(text) > LONGEST:
            return (
                f"it has {len(text)} characters with its white space, and no policy of AWS's has more than"
                f" {LONGEST}: AWS cannot hold this document, so it was not judged"
            )
        if taken <= self.most:
            return None
        return (
            f"it has {taken} {self.unit}, AWS's limit for {self.of} is {self.most}: "
            "AWS cannot hold this document, so it was not judged"
        )


TRUST = SizeLimit("a trust policy", LARGEST_TRUST_LIMIT)
INLINE = SizeLimit("the inline policies of a role", INLINE_LIMIT)
MANAGED = SizeLimit("a managed policy", MANAGED_LIMIT)
SESSION = SizeLimit("a session policy", SESSION_LIMIT)
# The console removes white space, the API does not count it away: what is over the limit without it is so with it.
SERVICE_CONTROL = SizeLimit("a service control policy", SCP_LIMIT)
RESOURCE_CONTROL = SizeLimit("a resource control policy", RCP_LIMIT)
REPOSITORY = SizeLimit("a repository policy", REPOSITORY_POLICY_LIMIT, len)
BUCKET = SizeLimit("a bucket policy", BUCKET_POLICY_LIMIT, _bytes, "bytes")
KEY = SizeLimit("a key policy", LARGEST_POLICY, _bytes, "bytes")
SECRET = SizeLimit("the policy of a secret", 20_480, len)
QUEUE = SizeLimit("the policy of a queue", 8_192, _bytes, "bytes")
RESOURCE = SizeLimit("a resource-based policy", LARGEST_POLICY)
"""Of a service for which no lower limit is known."""
ANY = SizeLimit("any policy", LONGEST)
"""AWS's own managed policies are not bound by the quota of a customer's."""

OF_KINDS: Mapping[PolicyKind, SizeLimit] = {
    PolicyKind.TRUST: TRUST,
    PolicyKind.IDENTITY: INLINE,
    PolicyKind.BOUNDARY: MANAGED,
    PolicyKind.SESSION: SESSION,
    PolicyKind.SCP: SERVICE_CONTROL,
    PolicyKind.RCP: RESOURCE_CONTROL,
    PolicyKind.RESOURCE: RESOURCE,
}
"""The limit of a customer's document, where no more is known than its kind."""


def of_managed(policy: Arn) -> SizeLimit:
    """Return the limit of a managed policy: AWS's own may be longer than a customer's."""
    return ANY if policy.account == "aws" else MANAGED

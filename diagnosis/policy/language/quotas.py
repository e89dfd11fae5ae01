"""The numbers of AWS's quotas for policies, and how AWS counts. ``size_limits.py`` refuses what is over them; sources are there."""

from __future__ import annotations

INLINE_LIMIT = 10_240
"""Characters that all inline policies of a role share, white space not counted."""
MANAGED_LIMIT = 6_144
"""Characters of one managed policy, white space not counted."""
ATTACHED_LIMIT = 10
"""Managed policies a role, by default; AWS raises it on request."""
VERSIONS_LIMIT = 5
"""Versions that a managed policy keeps."""
TRUST_LIMIT, LARGEST_TRUST_LIMIT = 2_048, 8_192
"""Characters of a trust policy, white space not counted: by default, and at the largest quota that AWS grants."""
SESSION_LIMIT = 2_048
"""Characters of an inline session policy."""
RCP_LIMIT = 5_120
"""Characters of a resource control policy. White space counts, but where the console saves it: that leaves it out."""
SCP_LIMIT = 10_240
"""Characters of a service control policy, counted alike; it was that of a resource control policy until 15 May 2026."""
LARGEST_POLICY = 32_768
"""The largest policy that any AWS service takes, in characters; no element of a policy is longer."""
REPOSITORY_POLICY_LIMIT = 10_240
"""Characters of an ECR repository policy."""
BUCKET_POLICY_LIMIT = 20_480
"""Bytes of an S3 bucket policy."""


def control_limit(*, of_service: bool) -> int:
    """Return the limit of a service control policy, or that of a resource control policy."""
    return SCP_LIMIT if of_service else RCP_LIMIT


def size(text: str) -> int:
    """Count the characters of a document as IAM does: white space left out."""
    return len("".join(text.split()))

"""The ARNs of S3's buckets and objects by the names that a command gives; both are without region and account."""

from __future__ import annotations

import re

from diagnosis.names.arn_template import bucket_template

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")


def bucket_arn(bucket: str | None) -> str | None:
    """Return the ARN of a bucket; None for a name that is not legible, and for an access point."""
    return bucket_template(bucket) if bucket and _BUCKET.fullmatch(bucket) else None


def object_arn(bucket: str | None, key: str) -> str | None:
    """Return the ARN of an object, a pattern where only the beginning of the key is known; ``*`` ends a prefix.

    None where the bucket is not legible, or nothing is said of the key.
    """
    home = bucket_arn(bucket)
    if home is None or not key:
        return None
    known = re.match(r"[^$*?{}<>`\"]*", key)
    prefix = known.group() if known else ""
    return f"{home}/{key}" if prefix == key else f"{home}/{prefix}*"

"""ARNs of resources that the same files propose: put together of what is known and what is open.

Source: IAM User Guide, "IAM identifiers"; Service Authorization Reference, resource types of ECR and S3.
"""

from __future__ import annotations

from diagnosis.iac.node import Open, Sort, Text, Value, joined, parts_of
from diagnosis.iac.proposal import Given
from diagnosis.names.partition import PARTITIONS

_DOMAINS = {each.name: each.domain for each in PARTITIONS}


def of_account(given: Given, sort: Sort) -> str | Open:
    """Return the account, region, partition or domain that the files are applied in."""
    known = {
        Sort.ACCOUNT: given.account,
        Sort.REGION: given.region,
        Sort.PARTITION: given.partition,
        Sort.SUFFIX: _DOMAINS.get(given.partition, ""),
    }
    return known.get(sort) or Open(f"{sort.value} is not given", sort)


def iam_arn(given: Given, kind: str, path: Value, name: Value) -> Value:
    """Return the ARN of a role or policy; ``path`` is ``/`` or ``/team/``."""
    return _joined(
        "arn:", of_account(given, Sort.PARTITION), ":iam::", of_account(given, Sort.ACCOUNT), f":{kind}", path, name
    )


def provider_arn(given: Given, url: Value) -> Value:
    """Return the ARN of an OpenID Connect provider by its address."""
    first, *rest = parts_of(url)
    host = without_scheme(first) if isinstance(first, str) else first
    return iam_arn(given, "oidc-provider/", host, joined(rest))


def repository_arn(given: Given, name: Value) -> Value:
    """Return the ARN of an ECR repository."""
    partition, region, account = (of_account(given, each) for each in (Sort.PARTITION, Sort.REGION, Sort.ACCOUNT))
    return _joined("arn:", partition, ":ecr:", region, ":", account, ":repository/", name)


def bucket_arn(given: Given, name: Value) -> Value:
    """Return the ARN of a bucket."""
    return _joined("arn:", of_account(given, Sort.PARTITION), ":s3:::", name)


def _joined(*values: Value) -> Value:
    return joined([part for value in values for part in parts_of(value)])


def without_scheme(url: str) -> str:
    """Return a provider's address as its ARN holds it."""
    return url.removeprefix("https://")


def is_exact_arn(value: Value) -> bool:
    """Return whether a value is an ARN without wildcards, whatever its open parts are."""
    if not isinstance(value, str | Text):
        return False
    parts = parts_of(value)
    text = "".join(part for part in parts if isinstance(part, str))
    sound = all(isinstance(part, str) or part.sort.is_harmless for part in parts)
    return sound and text.startswith("arn:") and not set(text) & set("*?")

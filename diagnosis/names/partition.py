"""The partitions of AWS: which one a region belongs to, and the domains under which its services answer.

Source: AWS General Reference, "Service endpoints"; the partition table of AWS's own SDKs.
"""

from __future__ import annotations

from dataclasses import dataclass

REGION = r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]{1,2}"
"""How the name of a region is written in any partition, as a regular expression."""


@dataclass(frozen=True, slots=True)
class Partition:
    """A separate AWS with accounts and regions of its own."""

    name: str
    """The second part of every ARN in it: ``aws``, ``aws-cn``, ``aws-us-gov``, …"""
    region_prefixes: tuple[str, ...]
    """How the names of its regions begin; none for the standard partition, which has all the others."""
    domain: str
    """Domain of the service endpoints: ``amazonaws.com``."""
    dual_stack_domain: str | None
    """Domain of the dual-stack registry endpoints: ``on.aws``; None where there are none."""


STANDARD = Partition("aws", (), "amazonaws.com", "on.aws")
PARTITIONS = (
    Partition("aws-cn", ("cn-",), "amazonaws.com.cn", "on.amazonwebservices.com.cn"),
    Partition("aws-us-gov", ("us-gov-",), "amazonaws.com", "on.aws"),
    Partition("aws-eusc", ("eusc-",), "amazonaws.eu", "on.amazonwebservices.eu"),
    Partition("aws-iso", ("us-iso-",), "c2s.ic.gov", None),
    Partition("aws-iso-b", ("us-isob-",), "sc2s.sgov.gov", None),
    Partition("aws-iso-e", ("eu-isoe-",), "cloud.adc-e.uk", None),
    Partition("aws-iso-f", ("us-isof-",), "csp.hci.ic.gov", None),
    STANDARD,
)


def partition_of(region: str) -> Partition:
    """Return the partition that a region belongs to (``cn-north-1``: ``aws-cn``); the standard one where none claims it."""
    return next((each for each in PARTITIONS if region.startswith(each.region_prefixes)), STANDARD)


GLOBAL_SERVICES = frozenset(
    {
        "account",
        "artifact",
        "budgets",
        "ce",
        "cloudfront",
        "cur",
        "ecr-public",
        "globalaccelerator",
        "health",
        "iam",
        "organizations",
        "route53",
        "route53domains",
        "shield",
        "support",
        "trustedadvisor",
        "waf",
    }
)
"""Services (by the prefix of their actions) whose API answers in one region for the whole partition."""


def region_of_global_service(service: str, partition: str) -> str | None:
    """Return where a global service is called: "IAM calls are always made to the us-east-1 Region"; None where that is not known.

    Source: IAM User Guide, "AWS global condition context keys", ``aws:RequestedRegion``.
    """
    if partition != STANDARD.name or service not in GLOBAL_SERVICES:
        return None
    return "us-west-2" if service == "globalaccelerator" else "us-east-1"

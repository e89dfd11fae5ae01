"""Addresses of AWS's service endpoints: whether a URL is one, and what a queue's URL says of the queue.

Source: AWS General Reference, "Service endpoints" and "Amazon SQS endpoints"; SQS Developer Guide, "Queue name and URL".
"""

from __future__ import annotations

import re

from diagnosis.names.arn import Arn
from diagnosis.names.partition import PARTITIONS, REGION, partition_of

_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://([A-Za-z0-9.-]{1,253})(?::[0-9]{1,5})?(?:[/?#].*)?", re.DOTALL)
_QUEUE = re.compile(
    rf"https?://(?:sqs\.({REGION})\.[a-z.]{{3,30}}|({REGION})\.queue\.[a-z.]{{3,30}}|(?:queue|sqs)\.amazonaws\.com)"
    r"/([0-9]{12})/([A-Za-z0-9_-]{1,80}(?:\.fifo)?)"
)
_OBJECT = re.compile(
    r"https://(?:s3[.-](?:[a-z0-9-]+\.){0,3}[a-z.]{3,30}/([a-z0-9.-]{3,63})"
    r"|([a-z0-9.-]{3,63})\.s3[.-](?:[a-z0-9-]+\.){0,3}[a-z.]{3,30})/([^?#\s]+)"
)
_SERVICES = (
    "access-analyzer",
    r"api\.ecr",
    "cloudtrail",
    "ecr",
    "iam",
    "kms",
    "oidc",
    "organizations",
    r"portal\.sso",
    "s3",
    "secretsmanager",
    "servicequotas",
    "sns",
    "sqs",
    "sts",
)
_OWN = re.compile(
    rf"(?:(?:vpce-[a-z0-9-]+\.)?(?:{'|'.join(_SERVICES)})|[a-z0-9][a-z0-9.-]{{1,62}}\.s3|signin)(?:-fips)?"
    rf"(?:\.dualstack)?(?:[.-](?:{REGION}|us-gov|[a-z-]{{0,20}}global))?(?:\.vpce)?"
)
"""What stands before a partition's domain where one of the services that planescope asks answers; also from a VPC endpoint."""
_DUAL_STACK = frozenset(
    {"api.amazonwebservices.com.cn", "api.amazonwebservices.eu", "api.cloud-aws.adc-e.uk", "api.aws.hci.ic.gov"}
    | {"api.aws.ic.gov", "api.aws.scloud"}
)
"""Domains of the dual-stack endpoints of other services than the registry, beyond the standard partition."""
_SIGN_IN = re.compile(rf"(?:{REGION}\.)?signin\.(?:aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)")
_FIRST_REGION = "us-east-1"
"""What the oldest form of a queue's URL, which names no region, stands for."""


def is_aws_endpoint(url: str) -> bool:
    """Return whether a URL's host lies under a domain of AWS's service endpoints."""
    found = _HOST.fullmatch(url)
    if found is None:
        return False
    return found[1].lower().rstrip(".").endswith(tuple(f".{domain}" for domain in _domains()))


def is_own_host(host: str) -> bool:
    """Return whether a host is one at which AWS itself answers for a service that planescope asks.

    Narrower than :func:`is_aws_endpoint`: anybody can have a host below AWS's domains, for a machine or for an API gateway.
    """
    name = host.lower().rstrip(".")
    if _SIGN_IN.fullmatch(name):
        return True
    domains = _domains() | _DUAL_STACK
    before = (name.removesuffix(f".{domain}") for domain in domains if name.endswith(f".{domain}"))
    return any(_OWN.fullmatch(each) for each in before)


def _domains() -> frozenset[str]:
    domains = {each for partition in PARTITIONS for each in (partition.domain, partition.dual_stack_domain) if each}
    return frozenset({*domains, "api.aws"})


def queue_of_url(url: str) -> Arn | None:
    """Return the ARN of the SQS queue that a queue's URL names; None where the text is no such URL."""
    found = _QUEUE.fullmatch(url)
    if found is None or not is_aws_endpoint(url):
        return None
    region = found[1] or found[2] or _FIRST_REGION
    return Arn(partition_of(region).name, "sqs", region, found[3], found[4])


def object_of_url(url: str) -> tuple[str, str] | None:
    """Return bucket and key of the S3 object that a URL names, in path or virtual-hosted style; None for any other text."""
    found = _OBJECT.fullmatch(url)
    return (found[1] or found[2], found[3]) if found is not None and is_aws_endpoint(url) else None

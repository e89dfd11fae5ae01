"""Fill in an ARN that leaves partition, region or account to the session in which a call is made."""

from __future__ import annotations

import re

_PLACE = re.compile(r"\{(partition|region|account)\}")


def filled_arn(template: str | None, *, partition: str, region: str | None, account: str | None) -> str | None:
    """Return the ARN with ``{partition}``, ``{region}`` and ``{account}`` filled in; None where one that it names is not known."""
    if template is None:
        return None
    known = {"partition": partition, "region": region, "account": account}
    if any(not known[place] for place in _PLACE.findall(template)):
        return None
    return _PLACE.sub(lambda found: known[found[1]] or "", template)


def arn_template(service: str, resource: str, *, region: str = "{region}", account: str = "{account}") -> str:
    """Return the ARN of a resource in the session's partition, and in its region and account unless others are given."""
    return f"arn:{{partition}}:{service}:{region}:{account}:{resource}"


def bucket_template(name: str) -> str:
    """Return the ARN of an S3 bucket, or with ``/KEY`` of an object; neither says region or account."""
    return arn_template("s3", name, region="", account="")


def role_template(name: str) -> str:
    """Return the ARN of a role of the session's account; a path may lead its name."""
    return arn_template("iam", f"role/{name}", region="")

"""Write the calls that a step makes at AWS as operations: the action, and its resource as far as the step tells it.

A value that is not legible, or that holds a sign which no name of AWS holds, gives no resource at all. What an ARN needs
of the session stands in it as ``{partition}``, ``{region}`` and ``{account}``.
"""

from __future__ import annotations

import re
from dataclasses import replace

from diagnosis.names.arn import Arn
from diagnosis.names.arn_template import arn_template, bucket_template, role_template
from diagnosis.names.service_principal import service_principal
from diagnosis.steps.kinds import Gap, Operation, Purpose, StepKind
from diagnosis.steps.variables import is_legible

EVERYTHING = "*"
"""The resource of an action without resource level."""
GREEN_RUN = "CloudTrail of a green run shows its management calls"
"""How it can be seen what a step calls that is not judged."""
_NAME = re.compile(r"[A-Za-z0-9_.:/=,@+#!'() -]{1,1024}")
_MOST_CALLS = 200
"""Operations that one input may give: a list of a thousand parameters says no more than one of two hundred."""


def name_in(value: str | None) -> str | None:
    """Return a name that is fully legible and holds nothing that could be taken for a pattern; None for anything else."""
    text = (value or "").strip()
    return text if text and is_legible(text) and _NAME.fullmatch(text) else None


def arn_in(value: str | None, service: str) -> str | None:
    """Return the value where it is an ARN of the service and legible; None for anything else."""
    text = name_in(value)
    arn = Arn.parse(text)
    return text if arn is not None and arn.service == service and arn.resource else None


def arn_of(service: str, *parts: str | None, region: str | None = "{region}", account: str = "{account}") -> str | None:
    """Return the ARN of a resource that is put together of these parts; None where one of them, or the region, is not known."""
    if region is None or any(part is None for part in parts):
        return None
    return arn_template(service, "".join(part or "" for part in parts), region=region, account=account)


def bucket_arn(bucket: str | None) -> str | None:
    """Return the ARN of an S3 bucket by its name, or by its ARN."""
    name = name_in(bucket)
    if name is None or "/" in name or ":" in name:
        return arn_in(bucket, "s3")
    return bucket_template(name)


def object_arn(bucket: str | None, key: str | None) -> str | None:
    """Return the ARN of an object, or of all below a prefix where ``key`` ends in ``*``."""
    found, pattern = bucket_arn(bucket), (key or "").endswith("*")
    stem = (key or "").removesuffix("*").lstrip("/")
    if found is None or key is None or (stem and name_in(stem) is None):
        return None
    return f"{found}/{stem}{'*' if pattern else ''}" if stem or pattern else None


def role_arn(value: str | None) -> str | None:
    """Return the ARN of a role that is given by its ARN, or by its name in the session's account."""
    text = name_in(value)
    if text is None:
        return None
    arn = Arn.parse(text)
    if arn is not None:
        return text if arn.is_role and arn.has_account else None
    return role_template(text) if ":" not in text and not text.startswith("/") else None


def calls(
    kind: StepKind, resource: str | None, *actions: str, tolerated: bool = False, region: str | None = None
) -> tuple[Operation, ...]:
    """Return the calls of these actions on one resource; ``region``: where another one than the session's is named."""
    if region and not is_legible(region):
        region, resource = None, None if resource is not None and "{region}" in resource else resource
    return tuple(
        Operation(kind, Purpose.SERVICE, action=action, resource=resource, tolerated=tolerated, region=region)
        for action in actions
    )


def pass_role(kind: StepKind, *roles: str | None, service: str | None = None) -> tuple[Operation, ...]:
    """Return the passing of the roles that are given, to a service (``ecs-tasks``); none for a role that is not given."""
    given = dict.fromkeys(role for role in roles if role)
    context = (("iam:PassedToService", service_principal(service)),) if service else ()
    return tuple(
        replace(found, context=context) for role in given for found in calls(kind, role_arn(role), "iam:PassRole")
    )


def not_judged(kind: StepKind, what: str, why: str, how: str, *, may_push: bool = False) -> tuple[Operation, ...]:
    """Return the mark of a tool that is known, whose further calls depend on what cannot be read."""
    return (Operation(kind, Purpose.NOT_JUDGED, gap=Gap(what, why, how, may_push)),)


def opaque(kind: StepKind, what: str, why: str, how: str, *, may_push: bool = False) -> tuple[Operation, ...]:
    """Return the mark of something that runs with the session and cannot be read."""
    return (Operation(kind, Purpose.OPAQUE, gap=Gap(what, why, how, may_push)),)


def bounded(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """Return each operation once, and no more than are worth keeping; what is left out is said."""
    each = tuple(dict.fromkeys(operations))
    if len(each) <= _MOST_CALLS:
        return each
    why = f"it names more than {_MOST_CALLS} things"
    return each[:_MOST_CALLS] + not_judged(each[0].kind, "the rest of a long list", why, "divide the step")

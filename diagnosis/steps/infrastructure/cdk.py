"""Read the AWS CDK's command line: it deploys through the roles of the bootstrap stack.

Source: CDK v2 Developer Guide, "AWS CDK bootstrapping" and "Bootstrapping your environment": the roles' names hold the
qualifier, the account and the region; the deploying principal needs ``sts:AssumeRole`` on them and little else. What the
roles do after that is theirs.
"""

from __future__ import annotations

import json
import re

from diagnosis.facts.reading import Absent, Known
from diagnosis.steps.kinds import Operation, StepKind
from diagnosis.steps.service_calls import GREEN_RUN, calls, not_judged, role_arn
from diagnosis.steps.tools.call import Call, arguments, options

DEFAULT_QUALIFIER = "hnb659fds"
_QUALIFIER = "@aws-cdk/core:bootstrapQualifier"
_KIND = StepKind.CDK
_VALUED = frozenset(
    {"-a", "--app", "-c", "--context", "-o", "--output", "-r", "--role-arn", "--profile", "--toolkit-stack-name"}
    | {"--qualifier", "--require-approval", "--parameters", "-O", "--outputs-file", "--tags", "-t", "--concurrency"}
    | {"--asset-parallelism", "--change-set-name", "-m", "--method", "--progress", "--build", "--plugin", "-p"}
)
_DEPLOYS = frozenset({"deploy", "destroy", "import", "rollback", "watch"})
_LOCAL = frozenset({"init", "doctor", "docs", "doc", "version", "acknowledge", "ack", "notices", "context", "help", ""})
_NAME = re.compile(r"[a-z0-9]{1,10}")


def read_cdk(run: Call) -> tuple[Operation, ...]:
    """Return the roles that a CDK command assumes for certain, and what of it is not judged."""
    verb = next(iter(arguments(run.tail, _VALUED)), "")
    if verb in _LOCAL:
        return (Operation(_KIND),)
    if verb == "bootstrap":
        why = "it makes a bucket, a repository and roles of its own, through CloudFormation"
        return not_judged(_KIND, "cdk bootstrap", why, f"run it apart from the release, or: {GREEN_RUN}")
    if verb not in _DEPLOYS:
        why = "it looks up what the program asks for and what the last deployment left, and the program is not read"
        return not_judged(_KIND, f"cdk {verb}"[:80], why, GREEN_RUN)
    qualifier = _qualifier(run)
    roles = ["deploy"] if verb in ("destroy", "rollback") else ["deploy", "file-publishing"]
    operations = [found for role in roles for found in calls(_KIND, _role(qualifier, role), "sts:AssumeRole")]
    for role in ("lookup", "image-publishing"):
        operations += calls(_KIND, _role(qualifier, role), "sts:AssumeRole", tolerated=True)
    why = (
        "whether it looks values up, publishes images, deploys to another account or region, or goes without the bootstrap "
        "roles, is in the program"
    )
    return (*operations, *not_judged(_KIND, f"cdk {verb}", why, GREEN_RUN))


def _role(qualifier: str | None, kind: str) -> str | None:
    named = role_arn(f"cdk-{qualifier}-{kind}-role-") if qualifier else None
    return f"{named}{{account}}-{{region}}" if named else None


def _qualifier(run: Call) -> str | None:
    """Return the qualifier of the bootstrap stack; None where ``cdk.json`` may set another one and is not known."""
    given = [
        text.partition("=")[2] for text in options(run.tail, "-c", "--context") if text.startswith(f"{_QUALIFIER}=")
    ]
    if given:
        return given[-1] if _NAME.fullmatch(given[-1]) else None
    path = run.path("cdk.json")
    reading = run.files.at(path) if path is not None else None
    if isinstance(reading, Absent):
        return DEFAULT_QUALIFIER
    if not isinstance(reading, Known):
        return None
    try:
        tree = json.loads(reading.value)
    except (ValueError, RecursionError):
        return None
    context = tree.get("context") if isinstance(tree, dict) else None
    named = context.get(_QUALIFIER, DEFAULT_QUALIFIER) if isinstance(context, dict) else DEFAULT_QUALIFIER
    return named if isinstance(named, str) and _NAME.fullmatch(named) else None

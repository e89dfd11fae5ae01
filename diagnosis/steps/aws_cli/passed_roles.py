"""The roles that a command hands to a service, each of which needs ``iam:PassRole``, and to which service.

Source: IAM User Guide, "Grant a user permissions to pass a role to an AWS service".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from diagnosis.names.arn import Arn
from diagnosis.names.service_principal import service_principal
from diagnosis.steps.aws_cli.resources import arn, legible
from diagnosis.steps.aws_cli.words import Command

NO_PASSED_ROLE = frozenset(
    {"sts", "iam", "eks-auth", "sso", "sso-admin", "rolesanywhere", "ecr", "lakeformation", "neptunedata"}
)
"""Services whose options speak of roles that are not passed to a service."""
_ROLE_OPTIONS = re.compile(r"(?!target)(?:[a-z]*rolearn|role|servicerole|[a-z]*iamrole)")
_RANKS = frozenset({"chime", "iot-managed-integrations", "medialive", "quicksight", "repostspace"})
"""Services whose ``--role`` is a rank of a member, not a role of IAM."""
_ROLE_MEMBERS = re.compile(r"\b[A-Za-z]*[Rr]ole_?[Aa]rn\"?\s{0,3}[:=]\s{0,3}\"?([^\s\",}\]]{1,300})")
_LONGEST = 50_000
_PASSED_TO: Mapping[str, str] = {
    "ecs": "ecs-tasks",
    "ecs create-service": "ecs",
    "ecs update-service": "ecs",
    "ecs create-express-gateway-service": "",
    "ecs update-express-gateway-service": "",
    "lambda": "lambda",
    "cloudformation": "cloudformation",
    "stepfunctions": "states",
    "codebuild": "codebuild",
    "codepipeline": "codepipeline",
    "deploy": "codedeploy",
    "events": "events",
    "scheduler": "scheduler",
    "pipes": "pipes",
    "glue": "glue",
    "sagemaker": "sagemaker",
    "firehose": "firehose",
    "batch register-job-definition": "ecs-tasks",
    "ec2 run-instances": "ec2",
    "ec2 associate-iam-instance-profile": "ec2",
    "iam add-role-to-instance-profile": "ec2",
}
"""The service to which a command's roles are passed, by command or by the CLI's service; empty where it is not one for all."""


def pass_role(value: str | None) -> str | None:
    """Return the ARN of a role that a command hands to a service by ARN or name; None where it is not legible."""
    if not legible(value):
        return None
    role = Arn.parse(value)
    if role is not None:
        return str(role) if role.is_role and role.has_account else None
    name = str(value).removeprefix("role/")
    return arn("iam", f"role/{name}", None) if re.fullmatch(r"[\w+=,.@/-]+", name) else None


def passed_to(command: Command) -> str | None:
    """Return the service principal that ``iam:PassedToService`` holds when a command passes a role; None where it is not known."""
    service = _PASSED_TO.get(command.name, _PASSED_TO.get(command.service, ""))
    return service_principal(service) if service else None


def passed_roles(command: Command) -> Iterator[tuple[str, str | None]]:
    """Yield iam:PassRole for each role that an operation which writes is given, as an option or inside of one."""
    for option, values in command.options.items():
        if option == "role" and command.service in _RANKS:
            continue
        if _ROLE_OPTIONS.fullmatch(option):
            yield from (("iam:PassRole", pass_role(value)) for value in (values[:1] or (None,)))
        elif option != "cliinputjson":
            for value in values:
                yield from _roles_in(value) if "ole" in value else ()
    for name, document in command.documents.items():
        if name != "cliinputjson" and name not in {o for o, v in command.options.items() if v}:
            yield from _roles_in(json.dumps(document))


def _roles_in(text: str) -> Iterator[tuple[str, str | None]]:
    yield from (("iam:PassRole", pass_role(role)) for role in _ROLE_MEMBERS.findall(text[:_LONGEST]))
    if "ole" in text[_LONGEST:]:
        yield "iam:PassRole", None  # of what stands behind it is not known which

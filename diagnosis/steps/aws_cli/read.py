"""Read a command line of the AWS CLI as the operations that it makes at AWS."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial

from diagnosis.facts.runs import RepositoryFile
from diagnosis.names.endpoint import is_aws_endpoint
from diagnosis.policy import action_facts
from diagnosis.steps.aws_cli.deployments import Use
from diagnosis.steps.aws_cli.exceptions import ACTIONS, needs_nothing
from diagnosis.steps.aws_cli.passed_roles import passed_to
from diagnosis.steps.aws_cli.registry import registry_call
from diagnosis.steps.aws_cli.resources import Scope, arn, legible
from diagnosis.steps.aws_cli.s3_commands import COMMANDS, may_be_anywhere, uses_of_s3
from diagnosis.steps.aws_cli.several_calls import uses_beside, uses_for_tags, uses_of_several
from diagnosis.steps.aws_cli.special_resources import resource_for
from diagnosis.steps.aws_cli.tables.methods import METHODS
from diagnosis.steps.aws_cli.tables.prefixes import PREFIXES
from diagnosis.steps.aws_cli.tables.waiters import WAITERS
from diagnosis.steps.aws_cli.words import Command, FileReader, file_text, folded, read_command
from diagnosis.steps.kinds import Gap, Operation, Purpose, StepKind

_WORD = re.compile(r"[a-z0-9][a-z0-9-]*")
_PLACE = re.compile(r"\{([a-z0-9-]+)\}")
_HIDDEN = ("$", "`", "*")
_KNOWN = frozenset({"s3", "s3api", *(name.partition(" ")[0] for name in WAITERS if not name.startswith("ecr"))})
"""Services of which it is certain that they are no registry."""
_HOW = "CloudTrail's events of a green session of this role show what it calls"


def operations_of_aws(
    words: tuple[str, ...], values: Mapping[str, str], files: tuple[RepositoryFile, ...] | FileReader = ()
) -> tuple[Operation, ...]:
    """Return what ``aws …`` does at AWS, by its words (expanded), the environment, and the repository's files that it names.

    A call of a service is a SERVICE operation with its IAM action and resource; what is known to call AWS but not with what is
    NOT_JUDGED and names the command; a command whose very name is not legible is OPAQUE. ``files`` are those of the repository,
    by their paths from its root, or a function that returns the text of a file as the command names it, None for an unknown one.
    """
    command = read_command(words[1:], files if callable(files) else partial(file_text, files=files))
    if command.service == "sts" and command.operation in ("assume-role-with-web-identity", "assume-role"):
        by_token = command.operation.endswith("web-identity")
        action = "sts:AssumeRoleWithWebIdentity" if by_token else "sts:AssumeRole"
        return (Operation(StepKind.STS_ASSUME, Purpose.ASSUME, target=command.option("role-arn"), action=action),)
    if _calls_nothing(command):
        return (Operation(StepKind.AWS_CLI),)
    if command.service in ("ecr", "ecr-public") and command.operation and not command.operation.startswith(_HIDDEN):
        region = command.option("region") or values.get("AWS_REGION") or values.get("AWS_DEFAULT_REGION")
        return (registry_call(command, region),)
    if not _WORD.fullmatch(command.service) or not _WORD.fullmatch(command.operation):
        gap = Gap(
            "aws", "which operation it calls is only known when it runs", _HOW, may_push=command.service not in _KNOWN
        )
        return (Operation(StepKind.AWS_CLI, Purpose.OPAQUE, gap=gap),)
    elsewhere = _elsewhere(command, values)
    if elsewhere is not None:
        return (elsewhere,)
    return tuple(_calls(command, Scope.of(command, values)))


def _calls_nothing(command: Command) -> bool:
    return (
        (needs_nothing(command.service, command.operation) and not command.has("role-arn"))
        or (not command.operation and _WORD.fullmatch(command.service) is not None)
        or command.has("no-sign-request")
        or command.has("generate-cli-skeleton")
    )


def _elsewhere(command: Command, values: Mapping[str, str]) -> Operation | None:
    """Return what stands for a command that does not go to AWS with the job's session; None for one that does."""
    profile = command.option("profile")
    if command.has("profile") and profile != "default":
        why = "it runs with a profile of its own, whose credentials the step's text does not show"
        return _gap(Purpose.NOT_JUDGED, f"aws {command.name}", why, "run it with the job's own session")
    endpoint = command.option("endpoint-url") or next(
        (
            values[name]
            for name in (f"AWS_ENDPOINT_URL_{command.service.upper()}", "AWS_ENDPOINT_URL")
            if name in values
        ),
        None,
    )
    if endpoint is None and not command.has("endpoint-url"):
        return None
    if not legible(endpoint):
        why = "which endpoint it calls is only known when it runs"
        return _gap(Purpose.NOT_JUDGED, f"aws {command.name}", why, "write the endpoint's address in the step")
    return None if is_aws_endpoint(endpoint or "") else Operation(StepKind.AWS_CLI)


def _calls(command: Command, scope: Scope) -> Iterator[Operation]:
    uses = _uses(command, scope)
    if uses is None:
        why = "its IAM actions are not known here"
        yield _gap(Purpose.NOT_JUDGED, f"aws {command.name}", why, _HOW)
        return
    for action, resource in dict.fromkeys(uses):
        facts = action_facts(action)
        name = facts.name if facts is not None else action
        to = passed_to(command) if name == "iam:PassRole" else None
        context = (("iam:PassedToService", to),) if to is not None else ()
        yield Operation(
            StepKind.AWS_CLI,
            Purpose.SERVICE,
            action=name,
            resource=resource,
            context=context,
            tolerated=(command.name, name) in _TOLERATED,
        )
    left: str | None = _NOT_JUDGED.get(command.name)
    if command.name in _STACKS and not command.has("role-arn"):
        left = "what the stack's own resources need is asked of the session itself, as no service role is named"
    if command.has("with-decryption"):
        left = "a parameter under a key of the customer's needs kms:Decrypt on that key"
    if command.service == "s3" and any(map(may_be_anywhere, command.arguments[:2])):
        left = "whether it copies from or to the runner's disk or another place in S3 is only known when it runs"
    if left is not None:
        yield _gap(Purpose.NOT_JUDGED, f"aws {command.name}", left, _HOW)


_TOLERATED = frozenset({("cloudformation package", "s3:GetObject")})
"""Calls without which a command goes on: a file that cannot be asked for is sent anew."""
_STACKS = frozenset(
    {"cloudformation deploy", "cloudformation create-stack", "cloudformation update-stack"}
    | {"cloudformation delete-stack", "cloudformation execute-change-set"}
)
_NOT_JUDGED = {
    "ecs run-task": "the roles of its task definition are passed too, and the command does not name them",
    "ecs start-task": "the roles of its task definition are passed too, and the command does not name them",
    "ecs create-service": "the roles of its task definition may be passed too, and the command does not name them",
    "codeartifact login": "the packages that the tool then reads or publishes are not named by the command",
    "ec2 run-instances": "the image, network and disks that it uses are judged one by one, and not all are named",
    **dict.fromkeys(
        (f"elasticbeanstalk {verb}-environment" for verb in ("create", "update", "rebuild", "terminate")),
        "what the environment's own resources need is asked of the session itself",
    ),
}
"""What a command needs further that its words do not tell."""


def _uses(command: Command, scope: Scope) -> tuple[Use, ...] | None:
    """Return IAM actions with resources; None for a command that is not known."""
    if command.service == "s3":
        return uses_of_s3(command, scope) if command.operation in COMMANDS else None
    if command.operation == "wait":
        return _waited(command, scope)
    several = uses_of_several(command, scope)
    if several is not None:
        return several
    method = METHODS.get(command.name)
    actions = actions_of(command.service, command.operation)
    if not actions and method is not None:
        return _by_method(method, command, scope)
    if not actions:
        return None
    own = tuple((action, resource) for action in actions for resource in resource_for(action, command, scope))
    facts = action_facts(actions[0])
    writes = facts is not None and facts.access_level not in ("Read", "List")
    return (*own, *uses_beside(command, scope, writes=writes), *uses_for_tags(command, own))


def actions_of(service: str, operation: str) -> tuple[str, ...]:
    """Return the IAM actions, in AWS's letter case, of an operation by its names in the CLI; empty where none is known."""
    named = ACTIONS.get(f"{service} {operation}")
    if named is not None:
        return named
    facts = action_facts(f"{PREFIXES.get(service, service)}:{folded(operation)}")
    return (facts.name,) if facts is not None else ()


def _waited(command: Command, scope: Scope) -> tuple[Use, ...] | None:
    """Return the call that a waiter repeats."""
    name = command.arguments[0] if command.arguments else ""
    polled = WAITERS.get(f"{command.service} {name}")
    if polled is None:
        return None
    asked = Command(command.service, polled, command.arguments[1:], command.options, command.documents, command.unread)
    return _uses(asked, scope)


def _by_method(method: str, command: Command, scope: Scope) -> tuple[Use, ...]:
    """Return the call of an API Gateway operation: the HTTP method as the action, the path as the resource."""
    verb, _, path = method.partition(" ")
    parts = {name: legible(command.option(name)) for name in _PLACE.findall(path)}
    told = all(part is not None and ":" not in part for part in parts.values()) and bool(scope.region)
    resource = _PLACE.sub(lambda found: parts[found[1]] or "", path) if told else None
    return ((f"apigateway:{verb}", arn("apigateway", resource, scope, account="") if resource is not None else None),)


def _gap(purpose: Purpose, what: str, why: str, how: str) -> Operation:
    return Operation(StepKind.AWS_CLI, purpose, gap=Gap(what, why, how))

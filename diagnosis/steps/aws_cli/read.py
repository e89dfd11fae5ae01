"""Read a command line of the AWS CLI as the operations that it makes at AWS."""

from __future__ import annotations

from collections.abc import Mapping

from diagnosis.steps.aws_cli.registry import registry_call
from diagnosis.steps.aws_cli.words import read_command
from diagnosis.steps.kinds import Operation, Purpose, StepKind


def operations_of_aws(words: tuple[str, ...], values: Mapping[str, str]) -> tuple[Operation, ...]:
    """Return what ``aws …`` does at AWS, by its words (expanded) and the environment."""
    command = read_command(words[1:])
    if command.service == "sts" and command.operation in ("assume-role-with-web-identity", "assume-role"):
        return (Operation(StepKind.STS_ASSUME, Purpose.ASSUME, target=command.option("role-arn")),)
    if command.service in ("ecr", "ecr-public") and command.operation:
        region = command.option("region") or values.get("AWS_REGION") or values.get("AWS_DEFAULT_REGION")
        return (registry_call(command, region),)
    return (Operation(StepKind.AWS_CLI),)

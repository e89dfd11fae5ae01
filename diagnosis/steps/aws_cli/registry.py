"""``aws ecr`` and ``aws ecr-public``: logins and calls of the registry's own API."""

from __future__ import annotations

from diagnosis.names.ecr_address import PUBLIC_HOST
from diagnosis.policy import action_facts
from diagnosis.steps.aws_cli.words import Command
from diagnosis.steps.kinds import Operation, Purpose, StepKind

_LOGINS = ("get-login-password", "get-login", "get-authorization-token")
_WAITERS = {"image-scan-complete": "describe-image-scan-findings"}


def registry_call(command: Command, region: str | None) -> Operation:
    """Return the login or the call that a command of ``aws ecr`` or ``aws ecr-public`` makes."""
    service, verb = command.service, command.operation
    if verb in _LOGINS:
        named = command.option("registry-ids")
        return Operation(
            StepKind.ECR_LOGIN_PASSWORD,
            Purpose.LOGIN,
            target=PUBLIC_HOST if service == "ecr-public" else None,
            action=f"{service}:GetAuthorizationToken",
            region=region,
            registries=(named,) if named else (),
        )
    if verb == "wait":
        verb = _WAITERS.get(command.arguments[0] if command.arguments else "", "describe-images")
    spelled = f"{service}:{''.join(part.capitalize() for part in verb.split('-'))}"
    facts = action_facts(spelled)
    action = facts.name if facts is not None else spelled
    kind = StepKind.ECR_DESCRIBE_IMAGES if verb == "describe-images" else StepKind.ECR_CALL
    name = command.option("repository-name") or command.option("repository-names")
    return Operation(kind, Purpose.CALL, name, action, region, command.option("registry-id"))

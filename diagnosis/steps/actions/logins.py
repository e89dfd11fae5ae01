"""Read the actions that log in to a registry."""

from __future__ import annotations

from collections.abc import Mapping

from diagnosis.names.ecr_address import PUBLIC_HOST, EcrAddress
from diagnosis.steps.kinds import Operation, Purpose, StepKind


def ecr_login(inputs: Mapping[str, str]) -> Operation:
    """Read amazon-ecr-login: a token of the account's own registry, of the registries it names, or of the public one."""
    public = inputs.get("registry-type", "").lower() == "public"
    return Operation(
        StepKind.AMAZON_ECR_LOGIN,
        Purpose.LOGIN,
        target=PUBLIC_HOST if public else None,
        action="ecr-public:GetAuthorizationToken" if public else "ecr:GetAuthorizationToken",
        registries=tuple(part.strip() for part in inputs.get("registries", "").split(",") if part.strip()),
    )


def docker_login(inputs: Mapping[str, str]) -> Operation:
    """Read docker/login-action: it asks ECR for the token itself at a host of ECR's (unless ``ecr`` is false)."""
    registry = inputs.get("registry", "")
    address = EcrAddress.find(registry)
    if address is not None and inputs.get("ecr", "auto").lower() != "false":
        action = "ecr-public:GetAuthorizationToken" if address.public else "ecr:GetAuthorizationToken"
        return Operation(
            StepKind.DOCKER_LOGIN_ACTION, Purpose.LOGIN, target=registry, action=action, region=address.region
        )
    return Operation(StepKind.DOCKER_LOGIN_ACTION, Purpose.LOGIN, target=registry or "docker.io/")

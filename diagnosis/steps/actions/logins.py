"""Read the actions that take credentials of AWS, or log in to a registry.

Sources: README.md and action.yml of aws-actions/configure-aws-credentials, aws-actions/amazon-ecr-login, docker/login-action
and redhat-actions/podman-login.
"""

from __future__ import annotations

from diagnosis.names.ecr_address import PUBLIC_HOST, EcrAddress
from diagnosis.steps.actions.action_use import ActionUse
from diagnosis.steps.actions.own_keys import uses_own_keys
from diagnosis.steps.kinds import Operation, Purpose, StepKind
from diagnosis.steps.service_calls import calls, role_arn


def configure_credentials(use: ActionUse) -> tuple[Operation, ...]:
    """Read configure-aws-credentials: the role whose session the steps after it run with.

    With ``role-chaining`` it takes that role by the session that the job has, which needs to be allowed that.
    """
    kind = StepKind.CONFIGURE_AWS_CREDENTIALS
    chained: tuple[Operation, ...] = ()
    if use.is_true("role-chaining") and use.given("role-to-assume"):
        tagged = () if use.is_true("role-skip-session-tagging") else ("sts:TagSession",)
        chained = calls(kind, role_arn(use.text("role-to-assume")), "sts:AssumeRole", *tagged)
    return (
        *chained,
        Operation(
            kind,
            Purpose.ASSUME,
            target=use.inputs.get("role-to-assume"),
            region=use.inputs.get("aws-region"),
        ),
    )


def ecr_login(use: ActionUse) -> tuple[Operation, ...]:
    """Read amazon-ecr-login: a token of the account's own registry, of the registries it names, or of the public one."""
    public = use.text("registry-type").lower() == "public"
    return (
        Operation(
            StepKind.AMAZON_ECR_LOGIN,
            Purpose.LOGIN,
            target=PUBLIC_HOST if public else None,
            action="ecr-public:GetAuthorizationToken" if public else "ecr:GetAuthorizationToken",
            registries=tuple(part.strip() for part in use.text("registries").split(",") if part.strip()),
        ),
    )


def docker_login(use: ActionUse) -> tuple[Operation, ...]:
    """Read docker/login-action: it asks ECR for the token itself at a host of ECR's (unless ``ecr`` is false)."""
    registry = use.inputs.get("registry", "")
    address = EcrAddress.find(registry)
    if address is not None and use.inputs.get("ecr", "auto").lower() != "false":
        action = "ecr-public:GetAuthorizationToken" if address.public else "ecr:GetAuthorizationToken"
        return (
            Operation(
                StepKind.DOCKER_LOGIN_ACTION, Purpose.LOGIN, target=registry, action=action, region=address.region
            ),
        )
    return (Operation(StepKind.DOCKER_LOGIN_ACTION, Purpose.LOGIN, target=registry or "docker.io/"),)


def login_with_keys(use: ActionUse) -> tuple[Operation, ...]:
    """Read elgohr/ecr-login-action and jwalton/gh-ecr-login: a token of ECR, by the job's credentials or by keys of its own."""
    own = uses_own_keys(use, may_push=True)
    if own is not None:
        return own
    region = use.text("region") or None
    return (Operation(StepKind.AMAZON_ECR_LOGIN, Purpose.LOGIN, action="ecr:GetAuthorizationToken", region=region),)


def server_login(use: ActionUse) -> tuple[Operation, ...]:
    """Read Azure/docker-login: ``docker login`` with a user and a password that are given."""
    return (Operation(StepKind.DOCKER_LOGIN_ACTION, Purpose.LOGIN, target=use.text("login-server") or "docker.io/"),)

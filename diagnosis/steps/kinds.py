"""Recognize what a step does, from its ``uses``, its inputs and its script; never from the name that is displayed.

A step does one or more *operations*: it assumes a role, logs in to a registry, pushes, pulls, or calls ECR. The address or
repository of an operation is kept as far as it can be read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from diagnosis.names.ecr_address import PUBLIC_HOST, EcrAddress
from diagnosis.steps.variables import is_legible

DEFAULT_SESSION_NAME = "GitHubActions"
"""What configure-aws-credentials calls the session unless told otherwise."""


class StepKind(StrEnum):
    """What kind of tool a step runs."""

    CONFIGURE_AWS_CREDENTIALS = "configure-aws-credentials"
    AMAZON_ECR_LOGIN = "amazon-ecr-login"
    DOCKER_LOGIN_ACTION = "docker/login-action"
    BUILD_PUSH_ACTION = "docker/build-push-action"
    PUSH_ACTION = "push action"
    """Another action that builds or pushes an image."""
    DOCKER = "docker"
    BUILDX = "buildx"
    BUILDAH = "buildah"
    PODMAN = "podman"
    SKOPEO = "skopeo"
    CRANE = "crane"
    KO = "ko"
    KANIKO = "kaniko"
    HELM = "helm"
    OTHER_IMAGE_TOOL = "image tool"
    """oras, regctl, cosign and their like."""
    ECR_LOGIN_PASSWORD = "aws ecr get-login-password"  # noqa: S105 - the name of a command, no secret
    ECR_DESCRIBE_IMAGES = "aws ecr describe-images"
    ECR_CALL = "aws ecr"
    STS_ASSUME = "aws sts assume-role-with-web-identity"
    AWS_CLI = "aws"
    CDK = "cdk"
    SAM = "sam"
    TERRAFORM = "terraform"
    UPLOAD_ARTIFACT = "upload-artifact"
    OTHER = "other"


class Purpose(StrEnum):
    """What an operation is for, as far as a gate judges it."""

    ASSUME = "assume"
    LOGIN = "login"
    PUSH = "push"
    PULL = "pull"
    CALL = "call"
    """A call of ECR's own API."""
    SERVICE = "service"
    """A call of another AWS service."""
    OPAQUE = "opaque"
    """It runs with the session and cannot be read; ``gap`` says what stands there."""
    NOT_JUDGED = "not-judged"
    """A tool that is known, whose further calls depend on what nobody can read here; ``gap`` names it."""
    NOTHING = "nothing"
    """Nothing that a gate judges."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What of a step cannot be read, why, and what would make it readable."""

    what: str
    why: str
    how: str
    may_push: bool = False
    """Whether it is a tool that may use the registry."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a step does at AWS or at a registry."""

    kind: StepKind
    purpose: Purpose = Purpose.NOTHING
    target: str | None = None
    """Image address, registry host or repository name, variables expanded as far as they are known."""
    action: str | None = None
    """For calls: the IAM action, ``ecr:DescribeImages``."""
    region: str | None = None
    registry_id: str | None = None
    registries: tuple[str, ...] = ()
    """For logins: the registry ids that are named; empty for the session's own account."""
    resource: str | None = None
    """For calls of other services: the ARN, with ``{partition}``, ``{region}`` and ``{account}`` for those of the session; a
    pattern where only a prefix is known; ``*`` for an action without resource level; None where nothing tells it."""
    source: str = ""
    """Where it is read, where that is not the step itself: ``Makefile``, ``scripts/push.sh``."""
    gap: Gap | None = None
    """For what is opaque or not judged."""
    guarded: bool = False
    """The script goes on where this fails, so the step's success proves nothing about the operation."""

    @property
    def public(self) -> bool:
        """Whether the operation is about the public registry."""
        address = EcrAddress.find(self.target)
        return (self.action or "").startswith("ecr-public:") or (address is not None and address.public)

    @property
    def elsewhere(self) -> bool:
        """Whether the target of a login, push or pull certainly names a registry that is not ECR."""
        target = (self.target or "").removeprefix("docker://").removeprefix("oci://")
        if not target or EcrAddress.find(target) is not None or (self.action or "").startswith("ecr"):
            return False
        host = target.split("/")[0]
        return is_legible(target) or (is_legible(host) and bool(_FOREIGN.fullmatch(host)))


_FOREIGN = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?|localhost(?::\d+)?")

_ACTIONS: dict[str, StepKind] = {
    "aws-actions/configure-aws-credentials": StepKind.CONFIGURE_AWS_CREDENTIALS,
    "aws-actions/amazon-ecr-login": StepKind.AMAZON_ECR_LOGIN,
    "docker/login-action": StepKind.DOCKER_LOGIN_ACTION,
    "redhat-actions/podman-login": StepKind.DOCKER_LOGIN_ACTION,
    "docker/build-push-action": StepKind.BUILD_PUSH_ACTION,
    "docker/bake-action": StepKind.BUILD_PUSH_ACTION,
    "redhat-actions/push-to-registry": StepKind.PUSH_ACTION,
    "mr-smithers-excellent/docker-build-push": StepKind.PUSH_ACTION,
    "jwalton/gh-ecr-push": StepKind.PUSH_ACTION,
    "kciter/aws-ecr-action": StepKind.PUSH_ACTION,
    "aevea/action-kaniko": StepKind.KANIKO,
    "int128/kaniko-action": StepKind.KANIKO,
    "hashicorp/setup-terraform": StepKind.TERRAFORM,
    "actions/upload-artifact": StepKind.UPLOAD_ARTIFACT,
}


def action_kind(uses: str | None) -> StepKind:
    """Return the kind of an action by its owner and name; every major version, tag or commit alike."""
    if not uses:
        return StepKind.OTHER
    if uses.startswith("docker://"):
        return StepKind.KANIKO if "kaniko" in uses else StepKind.OTHER
    parts = uses.split("@")[0].lower().split("/")
    return _ACTIONS.get("/".join(parts[:2]), StepKind.OTHER)


def is_composite_candidate(uses: str | None) -> bool:
    """Return whether the action may run further steps of its own, whose heads then stand inside its part of the log."""
    return bool(uses) and action_kind(uses) is StepKind.OTHER


def outputs_of_action(uses: str, inputs: Mapping[str, str]) -> dict[str, str]:
    """Return the outputs that follow from an action's inputs: docker/metadata-action makes tags of the images that it is given."""
    if uses.split("@")[0].lower() != "docker/metadata-action":
        return {}
    images = [re.sub(r"^name=([^,]+).*", r"\1", image) for image in _list(inputs.get("images", ""))]
    return {"outputs.tags": "\n".join(images)} if images else {}


def operations_of_action(uses: str, inputs: Mapping[str, str]) -> tuple[Operation, ...]:
    """Return what an action does, by its inputs (lower-case keys, expanded)."""
    kind = action_kind(uses)
    match kind:
        case StepKind.CONFIGURE_AWS_CREDENTIALS:
            return (
                Operation(kind, Purpose.ASSUME, target=inputs.get("role-to-assume"), region=inputs.get("aws-region")),
            )
        case StepKind.AMAZON_ECR_LOGIN:
            return (_ecr_login(inputs),)
        case StepKind.DOCKER_LOGIN_ACTION:
            return (_docker_login(inputs),)
        case StepKind.BUILD_PUSH_ACTION:
            return _build_push(inputs)
        case StepKind.PUSH_ACTION | StepKind.KANIKO:
            return _other_push(kind, inputs)
        case _:
            return (Operation(kind),)


def _ecr_login(inputs: Mapping[str, str]) -> Operation:
    public = inputs.get("registry-type", "").lower() == "public"
    return Operation(
        StepKind.AMAZON_ECR_LOGIN,
        Purpose.LOGIN,
        target=PUBLIC_HOST if public else None,
        action="ecr-public:GetAuthorizationToken" if public else "ecr:GetAuthorizationToken",
        registries=tuple(part.strip() for part in inputs.get("registries", "").split(",") if part.strip()),
    )


def _docker_login(inputs: Mapping[str, str]) -> Operation:
    """Read docker/login-action: it asks ECR for the token itself at a host of ECR's (unless ``ecr`` is false)."""
    registry = inputs.get("registry", "")
    address = EcrAddress.find(registry)
    if address is not None and inputs.get("ecr", "auto").lower() != "false":
        action = "ecr-public:GetAuthorizationToken" if address.public else "ecr:GetAuthorizationToken"
        return Operation(
            StepKind.DOCKER_LOGIN_ACTION, Purpose.LOGIN, target=registry, action=action, region=address.region
        )
    return Operation(StepKind.DOCKER_LOGIN_ACTION, Purpose.LOGIN, target=registry or "docker.io/")


def _build_push(inputs: Mapping[str, str]) -> tuple[Operation, ...]:
    kind = StepKind.BUILD_PUSH_ACTION
    operations = [
        Operation(kind, Purpose.PULL, target=source) for source in _cache_references(inputs.get("cache-from", ""))
    ]
    outputs = inputs.get("outputs", "")
    pushes = inputs.get("push", "").lower() == "true" or "push=true" in outputs or "type=registry" in outputs
    if pushes:
        targets = _list(inputs.get("tags", "")) or _names_in_outputs(outputs) or [""]
        operations.extend(Operation(kind, Purpose.PUSH, target=target or None) for target in targets)
    elif "$" in inputs.get("push", ""):
        targets = _list(inputs.get("tags", "")) or [""]
        operations.extend(Operation(kind, Purpose.PUSH, target=target or None) for target in targets)
    operations.extend(
        Operation(kind, Purpose.PUSH, target=target) for target in _cache_references(inputs.get("cache-to", ""))
    )
    return tuple(operations) or (Operation(kind),)


def _other_push(kind: StepKind, inputs: Mapping[str, str]) -> tuple[Operation, ...]:
    registry, image = inputs.get("registry", ""), inputs.get("image", inputs.get("repo", ""))
    if inputs.get("push", "true").lower() == "false":
        return (Operation(kind),)
    tags = _list(inputs.get("tags", inputs.get("tag", "")))
    target = next((tag for tag in tags if EcrAddress.find(tag)), "/".join(part for part in (registry, image) if part))
    return (Operation(kind, Purpose.PUSH, target=target or None),)


def _list(text: str) -> list[str]:
    """Return a list input: by lines or commas."""
    return [part.strip() for part in re.split(r"[\n,]", text) if part.strip()]


def _cache_references(text: str) -> list[str]:
    """Return the registry references of ``cache-from`` or ``cache-to``: ``type=registry,ref=…``, or a bare address."""
    found = re.findall(r"ref=([^\s,]+)", text)
    bare = [line.strip() for line in text.splitlines() if line.strip() and "=" not in line]
    return found + bare


def _names_in_outputs(text: str) -> list[str]:
    return re.findall(r"name=([^\s,]+)", text)

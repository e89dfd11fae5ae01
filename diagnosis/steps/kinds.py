"""Say what a step can do, as values: the kinds of tools, and the operations that a step does with them.

They are read from a step's ``uses``, its inputs and its script; never from the name that is displayed. A step does one or
more *operations*: it assumes a role, logs in to a registry, pushes, pulls, or calls ECR or another service. The address or
repository of an operation is kept as far as it can be read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from diagnosis.names.ecr_address import EcrAddress
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
    SERVERLESS = "serverless"
    COPILOT = "copilot"
    PULUMI = "pulumi"
    AWS_TOOL = "AWS tool"
    """Another tool that works at AWS by its own configuration: packer, eksctl, the EB CLI."""
    AWS_ACTION = "AWS action"
    """A documented action that calls another AWS service."""
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
    context: tuple[tuple[str, str], ...] = ()
    """For calls of other services: condition keys that the call certainly carries, ``("iam:PassedToService", "…")``."""
    tolerated: bool = False
    """For calls of other services: the step's documented policy grants it, and the step may do without: lacking alone it
    fails nothing, and where it is granted it is nothing beyond the need."""
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

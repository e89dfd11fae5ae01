"""Say what an action does, and which outputs follow from its inputs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from diagnosis.steps.actions.image_pushes import build_push, other_push
from diagnosis.steps.actions.input_lists import parts_of
from diagnosis.steps.actions.kind_of_action import action_kind
from diagnosis.steps.actions.logins import docker_login, ecr_login
from diagnosis.steps.kinds import Operation, Purpose, StepKind


def outputs_of_action(uses: str, inputs: Mapping[str, str]) -> dict[str, str]:
    """Return the outputs that follow from an action's inputs: docker/metadata-action makes tags of the images that it is given."""
    if uses.split("@")[0].lower() != "docker/metadata-action":
        return {}
    images = [re.sub(r"^name=([^,]+).*", r"\1", image) for image in parts_of(inputs.get("images", ""))]
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
            return (ecr_login(inputs),)
        case StepKind.DOCKER_LOGIN_ACTION:
            return (docker_login(inputs),)
        case StepKind.BUILD_PUSH_ACTION:
            return build_push(inputs)
        case StepKind.PUSH_ACTION | StepKind.KANIKO:
            return other_push(kind, inputs)
        case _:
            return (Operation(kind),)

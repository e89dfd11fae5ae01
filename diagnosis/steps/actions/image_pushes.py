"""Read the actions that build and push images."""

from __future__ import annotations

import re
from collections.abc import Mapping

from diagnosis.names.ecr_address import EcrAddress
from diagnosis.steps.actions.input_lists import parts_of
from diagnosis.steps.kinds import Operation, Purpose, StepKind


def build_push(inputs: Mapping[str, str]) -> tuple[Operation, ...]:
    """Read docker/build-push-action: it pushes its tags or the names of its outputs, and pulls and pushes caches."""
    kind = StepKind.BUILD_PUSH_ACTION
    operations = [
        Operation(kind, Purpose.PULL, target=source) for source in _cache_references(inputs.get("cache-from", ""))
    ]
    outputs = inputs.get("outputs", "")
    pushes = inputs.get("push", "").lower() == "true" or "push=true" in outputs or "type=registry" in outputs
    if pushes:
        targets = parts_of(inputs.get("tags", "")) or _names_in_outputs(outputs) or [""]
        operations.extend(Operation(kind, Purpose.PUSH, target=target or None) for target in targets)
    elif "$" in inputs.get("push", ""):
        targets = parts_of(inputs.get("tags", "")) or [""]
        operations.extend(Operation(kind, Purpose.PUSH, target=target or None) for target in targets)
    operations.extend(
        Operation(kind, Purpose.PUSH, target=target) for target in _cache_references(inputs.get("cache-to", ""))
    )
    return tuple(operations) or (Operation(kind),)


def other_push(kind: StepKind, inputs: Mapping[str, str]) -> tuple[Operation, ...]:
    """Read another action that builds or pushes one image, by the names that its inputs commonly have."""
    registry, image = inputs.get("registry", ""), inputs.get("image", inputs.get("repo", ""))
    if inputs.get("push", "true").lower() == "false":
        return (Operation(kind),)
    tags = parts_of(inputs.get("tags", inputs.get("tag", "")))
    target = next((tag for tag in tags if EcrAddress.find(tag)), "/".join(part for part in (registry, image) if part))
    return (Operation(kind, Purpose.PUSH, target=target or None),)


def _cache_references(text: str) -> list[str]:
    """Return the registry references of ``cache-from`` or ``cache-to``: ``type=registry,ref=…``, or a bare address."""
    found = re.findall(r"ref=([^\s,]+)", text)
    bare = [line.strip() for line in text.splitlines() if line.strip() and "=" not in line]
    return found + bare


def _names_in_outputs(text: str) -> list[str]:
    return re.findall(r"name=([^\s,]+)", text)

"""Take the plan that a run kept as an artifact in place of what a ``terraform apply`` leaves open.

Only where it can be no other: one plan in JSON among the attempt's artifacts, and one step of the job that applies one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from diagnosis.facts.reading import Known, Reading
from diagnosis.facts.runs import Artifact
from diagnosis.steps.infrastructure.terraform_plan import uses_of_text
from diagnosis.steps.kinds import Operation, Purpose, StepKind

_MEMBERS = ('"resource_changes"', '"format_version"')
"""What every plan in Terraform's JSON format has."""


def applies_a_plan(operations: Sequence[Operation]) -> bool:
    """Return whether a step applies a configuration whose resources are not judged."""
    return any(_is_open(operation) for operation in operations)


def plan_of(artifacts: Reading[tuple[Artifact, ...]]) -> tuple[str, str] | None:
    """Return where the one plan of the artifacts stands, for people, and its text; None where there is none, or more than one."""
    found = [
        (f"{name} of the artifact {artifact.name}", text)
        for artifact in (artifacts.value if isinstance(artifacts, Known) else ())
        for name, text in artifact.files
        if all(member in text for member in _MEMBERS)
    ]
    return found[0] if len(found) == 1 else None


def with_plan(operations: Sequence[Operation], plan: tuple[str, str]) -> tuple[Operation, ...]:
    """Return a step's operations with the plan's in place of the mark for what it applies."""
    source, text = plan
    result: list[Operation] = []
    for operation in operations:
        if _is_open(operation):
            # What the configuration runs beside its resources is in no plan.
            result += [operation] if operation.gap is not None and operation.gap.may_push else []
            result += [replace(found, source=source) for found in uses_of_text(text)]
        else:
            result.append(operation)
    return tuple(dict.fromkeys(result))


def _is_open(operation: Operation) -> bool:
    return (
        operation.kind is StepKind.TERRAFORM
        and operation.purpose is Purpose.NOT_JUDGED
        and operation.gap is not None
        and operation.gap.what.endswith(" apply")
        and not operation.gap.what.startswith("the state of")
    )

"""Take a plan in place of what ``terraform plan`` and ``apply`` leave open: one that is given, or that a run kept as an artifact.

Only where it can be no other: one plan in JSON, and one step of the job that applies one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from diagnosis.facts.reading import Known, Reading
from diagnosis.facts.runs import Artifact
from diagnosis.policy import action_facts
from diagnosis.steps.infrastructure.terraform_plan import uses_of_text
from diagnosis.steps.kinds import Operation, Purpose, StepKind

_READING = frozenset({"Read", "List"})
_MEMBERS = ('"resource_changes"', '"format_version"')
"""What every plan in Terraform's JSON format has."""


def applies_a_plan(operations: Sequence[Operation]) -> bool:
    """Return whether a step applies a configuration whose resources are not judged."""
    return any(_is_open(operation) for operation in operations)


def plan_of(artifacts: Reading[tuple[Artifact, ...]] | None, given: Sequence[str] = ()) -> tuple[str, str] | None:
    """Return where the one plan stands, for people, and its text; None where there is none, or more than one.

    ``given``: the plans that the command line names; where there are such, the artifacts are not looked at.
    """
    found = [("the plan that is given", text) for text in given] or [
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
        if _is_open(operation, "plan") or _is_open(operation, "refresh"):
            result += [replace(found, source=source) for found in uses_of_text(text) if _only_reads(found)]
        elif _is_open(operation):
            # What the configuration runs beside its resources is in no plan.
            result += [operation] if operation.gap is not None and operation.gap.may_push else []
            result += [replace(found, source=source) for found in uses_of_text(text)]
        else:
            result.append(operation)
    return tuple(dict.fromkeys(result))


def _only_reads(operation: Operation) -> bool:
    facts = action_facts(operation.action) if operation.action else None
    return operation.purpose is Purpose.NOT_JUDGED or (facts is not None and facts.access_level in _READING)


def _is_open(operation: Operation, verb: str = "apply") -> bool:
    return (
        operation.kind is StepKind.TERRAFORM
        and operation.purpose is Purpose.NOT_JUDGED
        and operation.gap is not None
        and operation.gap.what.endswith(f" {verb}")
        and not operation.gap.what.startswith("the state of")
    )

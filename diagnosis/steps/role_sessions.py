"""Divide a job into its role sessions: from the step that assumes a role to the step that assumes another one."""

from __future__ import annotations

from dataclasses import replace

from diagnosis.steps.kinds import Operation, Purpose, StepKind
from diagnosis.steps.read_job import ReadJob, ReadStep


def role_sessions(read: ReadJob) -> tuple[ReadJob, ...]:
    """Return the job once for each role that it assumes, with the steps that run with that role; one that assumes none, as it is.

    What stands before the first one belongs to the first. A role that is assumed again goes on with its session. Two roles
    whose names are not legible count as two where they are written differently.
    """
    parts: list[list[ReadStep]] = [[]]
    role: str | None = None
    for step in read.steps:
        named = _assumed(step)
        own, before = _divided(step) if named is not None else (step, None)
        if named is not None and role is not None and named != role:
            parts[-1] += [before] if before is not None else []
            parts.append([])
        role = named or role
        parts[-1].append(own)
    if len(parts) == 1 and tuple(parts[0]) == read.steps:
        return (read,)
    return tuple(replace(read, steps=tuple(part)) for part in parts)


def _assumed(step: ReadStep) -> str | None:
    """Return the role that a step assumes for those after it, as far as it is legible; None for a step that assumes none."""
    found = [operation for operation in step.operations if _takes_role(operation)]
    return (found[-1].target or "") if found else None


def _divided(step: ReadStep) -> tuple[ReadStep, ReadStep | None]:
    """Return a step that takes a role, and apart from it what it calls for that with the session before: role chaining."""
    before = tuple(each for each in step.operations if _is_of_the_session_before(each))
    if not before:
        return step, None
    own = tuple(each for each in step.operations if not _is_of_the_session_before(each))
    return replace(step, operations=own), replace(step, operations=before)


def _is_of_the_session_before(operation: Operation) -> bool:
    return operation.purpose is Purpose.SERVICE and operation.kind is StepKind.CONFIGURE_AWS_CREDENTIALS


def _takes_role(operation: Operation) -> bool:
    return operation.purpose is Purpose.ASSUME and (
        operation.kind is not StepKind.CONFIGURE_AWS_CREDENTIALS or bool(operation.target)
    )


def is_chained(step: ReadStep) -> bool:
    """Return whether a step assumes its role with the credentials of the session before it, and not with GitHub's token."""
    if any(operation.action == "sts:AssumeRole" for operation in step.operations if _takes_role(operation)):
        return True
    given = {name.lower(): value for section in step.sections for name, value, _ in section.inputs}
    own = step.matched.written
    told = given.get("role-chaining") or (own.input("role-chaining") if own else None) or ""
    return told.strip().lower() == "true"

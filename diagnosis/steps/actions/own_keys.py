"""Tell whether an action is given access keys of its own, so that it does not run with the job's role."""

from __future__ import annotations

from diagnosis.steps.actions.action_use import ActionUse
from diagnosis.steps.aws_key_names import names_a_key
from diagnosis.steps.kinds import Operation, StepKind
from diagnosis.steps.service_calls import not_judged

_OF_THE_JOB = ("env.", "outputs.")
"""Contexts in which configure-aws-credentials leaves the keys of the job's role."""


def uses_own_keys(use: ActionUse, *, may_push: bool = False) -> tuple[Operation, ...] | None:
    """Return what to note instead of the calls where the action takes keys as inputs; None where it has those of the job.

    A secret's keys are another principal's. A masked value can be either: then the calls are not judged.
    """
    given = next((text for name in use.inputs if names_a_key(name) and (text := use.text(name))), "")
    if not given or ("${{" in given and any(place in given for place in _OF_THE_JOB)):
        return None
    if "${{" in given and "secrets." in given:
        return (Operation(StepKind.AWS_ACTION),)
    return not_judged(
        StepKind.AWS_ACTION,
        use.uses,
        "it is given access keys as inputs, and the log does not show whose",
        "let it take the credentials of the job's environment, or read its principal in CloudTrail",
        may_push=may_push,
    )

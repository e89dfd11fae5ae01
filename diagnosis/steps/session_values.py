"""What a session gives to the steps after it: its account and region; and addresses as the log would show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from diagnosis.facts.case import Case
from diagnosis.names.arn import Arn
from diagnosis.names.ecr_address import masked
from diagnosis.steps.kinds import Operation, Purpose, StepKind
from diagnosis.steps.script.command_output import ACCOUNT, ROLE
from diagnosis.steps.variables import is_legible


def session_values(operations: Iterable[Operation], case: Case) -> dict[str, str]:
    """Return what follows from a step that takes a role: account, role, and the region that the action sets."""
    found: dict[str, str] = {}
    for operation in operations:
        if operation.purpose is not Purpose.ASSUME or operation.kind is not StepKind.CONFIGURE_AWS_CREDENTIALS:
            continue
        role = Arn.parse(operation.target or "") or case.role_arn
        if role is not None and role.has_account:
            found[ACCOUNT] = role.account
            found[ROLE] = str(role)
        if operation.region and is_legible(operation.region):
            found["AWS_REGION"] = found["AWS_DEFAULT_REGION"] = operation.region
    return found


def as_logged(operation: Operation) -> Operation:
    """Return the operation with a secret in a registry's host masked, as the log of a run would show the address."""
    shown = masked(operation.target) if operation.target else operation.target
    return operation if shown == operation.target else replace(operation, target=shown)

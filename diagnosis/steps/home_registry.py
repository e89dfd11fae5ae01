"""Find the registry that ``amazon-ecr-login`` logs in to, by what the job hands to its actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diagnosis.facts.case import Case
from diagnosis.names.arn import Arn, is_account_id
from diagnosis.names.ecr_address import EcrAddress
from diagnosis.steps.actions.kind_of_action import action_kind
from diagnosis.steps.kinds import StepKind
from diagnosis.steps.variables import is_legible


def home_registry(actions: Sequence[tuple[Mapping[str, str], str]], case: Case) -> str | None:
    """Return the host of the one registry that the login names, else of the role's own account, in the region of the session.

    ``actions``: ``(inputs, uses)`` of the job's actions, in order. None where account or region are not known, and where
    several registries are named: then none of them is the login's output.
    """
    logins = (given.get("registries", "") for given, uses in actions if action_kind(uses) is StepKind.AMAZON_ECR_LOGIN)
    named = next((text.strip() for text in logins if text.strip()), "")
    for inputs, _ in actions:
        if "role-to-assume" not in inputs:
            continue
        account = named or _account_of(Arn.parse(inputs["role-to-assume"])) or _account_of(case.role_arn) or ""
        region = next((text for text in (inputs.get("aws-region"), case.region) if text and is_legible(text)), None)
        if region and is_account_id(account):
            return EcrAddress.private(account, region).host
    return None


def _account_of(role: Arn | None) -> str | None:
    return role.account if role is not None and role.is_role and role.has_account else None

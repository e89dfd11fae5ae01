"""Which registry does ``amazon-ecr-login`` log in to, by what the job hands to its actions?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from diagnosis.facts.case import Case
from diagnosis.steps.kinds import StepKind, action_kind
from diagnosis.steps.variables import is_legible

_ROLE_ARN = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):role/\S+")
_ACCOUNT = re.compile(r"\d{12}")


def home_registry(actions: Sequence[tuple[Mapping[str, str], str]], case: Case) -> str | None:
    """The host of the one registry that the login names, else of the role's own account, in the region of the session.

    ``actions``: ``(inputs, uses)`` of the job's actions, in order. None where account or region are not known, and where
    several registries are named: then none of them is the login's output.
    """
    logins = (given.get("registries", "") for given, uses in actions if action_kind(uses) is StepKind.AMAZON_ECR_LOGIN)
    named = next((text.strip() for text in logins if text.strip()), "")
    for inputs, _ in actions:
        if "role-to-assume" not in inputs:
            continue
        role = _ROLE_ARN.fullmatch(inputs["role-to-assume"]) or _ROLE_ARN.fullmatch(case.role_arn or "")
        account = named or (role[1] if role else "")
        region = next((text for text in (inputs.get("aws-region"), case.region) if text and is_legible(text)), None)
        if region and _ACCOUNT.fullmatch(account):
            return f"{account}.dkr.ecr.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"
    return None

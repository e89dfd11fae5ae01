"""Tell whether a Resource pattern leaves the name open, so that it holds every resource of a kind."""

from __future__ import annotations

import re

from diagnosis.names.arn_pattern import ArnPattern
from diagnosis.policy.language.matching import matches_everything, resource_matcher
from diagnosis.sets.patterns import unspelled

EVERY_ROLE = "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"
"""The form of a role's ARN, as the service authorization reference writes it."""
_VARIABLE = re.compile(r"\$\{[^{}]{0,500}\}")
_LENGTH = 40


def holds_every(pattern: str, form: str) -> bool:
    """Return whether the pattern holds every ARN of a form, in the accounts and regions that it names.

    It is asked for one with a name that it cannot have spelled. A short ARN is completed with ``*``, as in identity-based
    policies.
    """
    if matches_everything(pattern):
        return True
    # ``arn:*`` lacks even the field without which it could not be taken apart.
    written, wanted = ArnPattern.parse(pattern if pattern.count(":") > 1 else f"{pattern}:*"), ArnPattern.parse(form)
    if written is None or wanted is None:
        return False
    whole, sign = written.completed(), unspelled(pattern)
    if (wanted.region and not whole.region) or (wanted.account and not whole.account):
        return False
    fields = (
        "arn",
        _filled(whole.partition, sign),
        wanted.service,
        _filled(whole.region, sign) if wanted.region else "",
        _filled(whole.account, sign) if wanted.account else "",
        _VARIABLE.sub(sign * _LENGTH, wanted.resource),
    )
    return resource_matcher(pattern, variables=False)(":".join(fields), {})


def _filled(written: str, sign: str) -> str:
    return written.replace("*", sign).replace("?", sign)

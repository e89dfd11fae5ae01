"""Judge a need on a resource of which only a pattern is known: what policies say of all of the pattern, or of some of it.

``arn:aws:s3:::bucket/releases/*`` stands for whatever the step uploads there. The need is certainly allowed where every
statement that is needed holds the whole pattern and no Deny holds any of it, certainly denied where the policies allow
nothing of it. So each policy is taken twice: once as it meets the resource that it treats best, once as it meets the
one that it treats worst. Between the two the need is undecided.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from diagnosis.grants.resources import Element, example
from diagnosis.names.arn import Arn
from diagnosis.names.arn_pattern import ArnPattern
from diagnosis.policy import Effect, Policy, Statement
from diagnosis.policy.language.actions import forms_for_action
from diagnosis.policy.language.condition_bounds import OPEN
from diagnosis.policy.language.variables import VERSION_WITH_VARIABLES
from diagnosis.sets.patterns import TooManyStates

_WILD = frozenset("*?")
_PLACEHOLDER = re.compile(r"\$\{([A-Za-z0-9_-]+)\}")


def patterns_of(action: str, resource: str | None, role_arn: Arn) -> tuple[str, ...]:
    """Return the patterns that stand for a need's resource where it is not exact; empty where it is.

    A resource that is not known at all may be any of the role's account that the action works on.
    """
    if resource == "*" or (resource is not None and not _WILD & set(resource)):
        return ()
    if resource is not None:
        return (resource,)
    account = role_arn.account if role_arn.has_account else "*"
    forms = forms_for_action(action)
    if forms:
        return tuple(dict.fromkeys(_filled(form, role_arn.partition, account) for form in forms))
    return (str(ArnPattern(role_arn.partition, action.partition(":")[0].lower(), "*", "*", "*")),)


def _filled(form: str, partition: str, account: str) -> str:
    """Return a documented form of ARNs as a pattern: the variables of which nothing is known become wildcards."""
    known = {"Partition": partition, "Account": account}
    return _PLACEHOLDER.sub(lambda found: known.get(found.group(1), "*"), form)


def over(policy: Policy, patterns: tuple[str, ...], side: str) -> Policy:
    """Return the policy as it meets the resource of the patterns that it treats best (``OPEN``) or worst (``SHUT``).

    It then holds for any resource or for none, statement by statement.
    """
    if not patterns:
        return policy
    variables = policy.version == VERSION_WITH_VARIABLES
    return replace(
        policy, statements=tuple(_over(statement, patterns, side, variables) for statement in policy.statements)
    )


def _over(statement: Statement, patterns: tuple[str, ...], side: str, variables: bool) -> Statement:
    resources = statement.resources
    if resources is None:
        return statement
    grants = statement.effect is Effect.ALLOW
    complete = statement.principals is None or any("*" in pattern for pattern in resources.patterns)
    element = Element(resources.patterns, resources.negated, grants, complete, variables)
    holds_all, holds_some = (False, True) if resources.has_variables else _reach(element, patterns)
    taken = holds_some if grants is (side == OPEN) else holds_all
    return replace(statement, resources=resources.taken_as(matching=taken))


@lru_cache(maxsize=4096)
def _reach(element: Element, patterns: tuple[str, ...]) -> tuple[bool, bool]:
    """Return whether the element holds all of the patterns' resources, and whether it holds any."""
    if not _are_arns(patterns):
        return False, True
    asked = Element(patterns, variables=False)
    try:
        all_held = example(frozenset((asked,)), frozenset((element,))) is None
        return all_held, all_held or example(frozenset((asked, element)), frozenset()) is not None
    except TooManyStates:
        return False, True


def _are_arns(patterns: Iterable[str]) -> bool:
    return all(Arn.parse(pattern) is not None for pattern in patterns)

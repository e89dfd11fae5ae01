"""Judge a need on a resource of which only a pattern is known: what policies say of all of the pattern, or of some of it.

``arn:aws:s3:::bucket/releases/*`` stands for whatever the step uploads there. The need is certainly allowed where every
statement that is needed holds the whole pattern and no Deny holds any of it, certainly denied where the policies allow
nothing of it. So each policy is taken twice: once as it meets the resource that it treats best, once as it meets the
one that it treats worst. Between the two the need is undecided.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from diagnosis.grants.resources import Element, example
from diagnosis.names.arn import Arn
from diagnosis.names.arn_pattern import ArnPattern
from diagnosis.policy import Effect, Policy, Statement
from diagnosis.policy.language.actions import forms_for_action
from diagnosis.policy.language.condition_bounds import OPEN
from diagnosis.policy.language.globs import Cells, cells_of, covers, meet
from diagnosis.policy.language.matching import cut_at_colons, matches_everything, names_no_resource
from diagnosis.policy.language.variables import VERSION_WITH_VARIABLES, Wildcard, read_pieces
from diagnosis.sets.patterns import TooManyStates

_WILD = frozenset("*?")
_SEGMENTS = 6
_MOST_WORK, _LONGEST, _MOST_STARS = 200_000, 400, 6
"""Longer patterns, and those with more stars, are not compared to the end: what they hold is left open."""
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


def is_within(resource: str, pattern: str) -> bool:
    """Return whether a pattern certainly holds a resource, or all resources of another pattern."""
    return resource == pattern or _pair(pattern, resource, True)[0]


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


def _reach(element: Element, patterns: tuple[str, ...]) -> tuple[bool, bool]:
    """Return whether the element certainly holds all of the patterns' resources, and whether it may hold any."""
    named_all, named_some = True, False
    for asked in patterns:
        pairs = [
            _pair(pattern, asked, element.complete) for pattern in element.patterns if not _is_void(element, pattern)
        ]
        named_all = named_all and any(covers_it for covers_it, _ in pairs)
        named_some = named_some or any(meets_it for _, meets_it in pairs)
    return (not named_some, not named_all) if element.negated else (named_all, named_some)


def _is_void(element: Element, pattern: str) -> bool:
    return element.grants and not element.negated and names_no_resource(pattern, complete=element.complete)


@lru_cache(maxsize=16384)
def _pair(pattern: str, asked: str, complete: bool) -> tuple[bool, bool]:
    """Return whether a policy's pattern certainly holds all of what is asked for, and whether it may hold some of it.

    The patterns are compared segment by segment; whether one with a star that takes further segments holds some, as languages.
    """
    if matches_everything(pattern):
        return True, True
    if Arn.parse(asked) is None or len(pattern) * len(asked) > _MOST_WORK:
        return False, True
    wide, narrow = _segments(pattern, complete=complete), _segments(asked, complete=True)
    if len(wide) == len(narrow):
        if all(covers(one, other) for one, other in zip(wide, narrow, strict=True)):
            return True, True
        if all(meet(one, other) for one, other in zip(wide, narrow, strict=True)):
            return False, True
        # A star that ends a segment may take further segments with it.
        if not any(segment[-1:] == (Wildcard.ANY,) for segment in wide[:-1]):
            return False, False
    if len(pattern) + len(asked) > _LONGEST or pattern.count("*") + asked.count("*") > _MOST_STARS:
        return False, True
    held, named = Element((asked,), variables=False), Element((pattern,), complete=complete, variables=False)
    try:
        return False, example(frozenset((held, named)), frozenset()) is not None
    except TooManyStates:
        return False, True


def _segments(pattern: str, *, complete: bool) -> tuple[Cells, ...]:
    """Return the segments of an ARN's pattern, those that know no letter case in lower case."""
    pieces = cut_at_colons(read_pieces(pattern, variables=False, wildcards=True), _SEGMENTS)
    if complete:
        pieces += [(Wildcard.ANY,)] * (_SEGMENTS - len(pieces))
    cells = [cells_of(segment) for segment in pieces]
    folded = [tuple(sign.lower() if isinstance(sign, str) else sign for sign in segment) for segment in cells[:-1]]
    return (*folded, *cells[-1:])

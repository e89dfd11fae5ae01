"""Bracket a policy whose conditions ask for values that nobody recorded between two policies that ask known ones only.

The run's request carries keys that no record tells (``aws:SourceIp``, a principal tag). A decision that rests on such a
key would be a guess; evaluated on both policies it is either the same, and stands, or it differs, and is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from diagnosis.policy.language.conditions import Condition
from diagnosis.policy.language.parsing import Policy, own_policy
from diagnosis.policy.language.statement import EVERY_RESOURCE, Effect, Statement
from diagnosis.policy.language.variables import VERSION_WITH_VARIABLES

OPEN = "open"
"""Unsure Allow statements apply, unsure Deny statements do not."""
SHUT = "shut"
"""Unsure Deny statements apply, unsure Allow statements do not."""

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_LITERAL_VARIABLES = frozenset({"*", "?", "$"})
_NOTHING, _NOTHING_BY_PRINCIPAL = (
    own_policy({"Effect": "Allow", "Action": "planescope:Nothing", element: "*"}).statements
    for element in ("Resource", "Principal")
)
"""A statement that allows nothing that exists: a policy needs one, and its layer stays present and empty."""


def bounded(policy: Policy, known_keys: Collection[str], side: str) -> tuple[Policy, tuple[str, ...]]:
    """Return the policy of one side, and the condition keys that made statements unsure (sorted).

    Without such keys it is the policy itself. ``known_keys`` are lower-case names of the keys whose value or absence is
    certain.
    """
    kept: list[Statement] = []
    unsure: set[str] = set()
    for statement in policy.statements:
        keys = {name for name in _asked(statement) if name.lower() not in known_keys}
        if not keys:
            kept.append(statement)
            continue
        unsure |= keys
        if (statement.effect is Effect.ALLOW) == (side == OPEN):
            kept.append(_taken_as_met(statement, known_keys))
    if not unsure:
        return policy, ()
    nothing = _NOTHING if policy.statements[0].principals is None else _NOTHING_BY_PRINCIPAL
    return replace(policy, statements=tuple(kept) or nothing), tuple(sorted(unsure))


def keys_asked(policy: Policy) -> frozenset[str]:
    """Return every condition key and policy variable on which the policy's statements depend, in lower case."""
    if policy.version != VERSION_WITH_VARIABLES:
        return frozenset(item.folded_key for statement in policy.statements for item in statement.conditions)
    return frozenset(name.lower() for statement in policy.statements for name in _asked(statement))


def _asked(statement: Statement) -> set[str]:
    patterns = statement.resources.patterns if statement.resources else ()
    named = {condition.key for condition in statement.conditions} | _variables(patterns)
    return named.union(*(_variables(condition.values) for condition in statement.conditions))


def _variables(values: Iterable[str]) -> set[str]:
    return {name.split(",")[0].strip() for value in values for name in _VARIABLE.findall(value)} - _LITERAL_VARIABLES


def _taken_as_met(statement: Statement, known: Collection[str]) -> Statement:
    """Return the statement with every unsure element taken as matching."""

    def is_known(names: Iterable[str]) -> bool:
        return all(name.lower() in known for name in names)

    def is_sure(condition: Condition) -> bool:
        return is_known({condition.key} | _variables(condition.values))

    resources = statement.resources
    if resources is not None and not is_known(_variables(resources.patterns)):
        resources = EVERY_RESOURCE
    return replace(
        statement, resources=resources, conditions=tuple(item for item in statement.conditions if is_sure(item))
    )

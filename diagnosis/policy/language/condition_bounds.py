"""Bracket a policy whose conditions ask for values that nobody recorded between two policies that ask known ones only.

The run's request carries keys that no record tells (``aws:SourceIp``, a principal tag). A decision that rests on such a
key would be a guess; evaluated on both policies it is either the same, and stands, or it differs, and is unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from diagnosis.policy.language.conditions import Condition
from diagnosis.policy.language.key_states import KeyState, settle
from diagnosis.policy.language.parsing import Policy, own_policy
from diagnosis.policy.language.statement import EVERY_RESOURCE, Effect, Statement
from diagnosis.policy.language.variables import VARIABLE, VERSION_WITH_VARIABLES

OPEN = "open"
"""Unsure Allow statements apply, unsure Deny statements do not."""
SHUT = "shut"
"""Unsure Deny statements apply, unsure Allow statements do not."""

_LITERAL_VARIABLES = frozenset({"*", "?", "$"})
_NOTHING, _NOTHING_BY_PRINCIPAL = (
    own_policy({"Effect": "Allow", "Action": "planescope:Nothing", element: "*"}).statements
    for element in ("Resource", "Principal")
)
"""A statement that allows nothing that exists: a policy needs one, and its layer stays present and empty."""


def bounded(
    policy: Policy, known_keys: Collection[str], side: str, states: Mapping[str, KeyState] | None = None
) -> tuple[Policy, tuple[str, ...]]:
    """Return the policy of one side, and the condition keys that made statements unsure (sorted).

    Without such keys it is the policy itself. ``known_keys`` are lower-case names of the keys whose value or absence is
    certain; ``states`` tell what is known of others, by their lower-case names.
    """
    kept: list[Statement] = []
    unsure: set[str] = set()
    variables = policy.version == VERSION_WITH_VARIABLES
    for statement in policy.statements:
        settled = _settled(statement, known_keys, states or {})
        keys = {name for name in _asked(settled, variables) if name.lower() not in known_keys}
        if any(item.settled and not item.settled.holds for item in settled.conditions):
            # It applies to no such request, whatever its other conditions ask for.
            kept.append(_taken_as_met(settled, known_keys, variables))
        elif not keys:
            kept.append(settled)
        else:
            unsure |= keys
            if (statement.effect is Effect.ALLOW) == (side == OPEN):
                kept.append(_taken_as_met(settled, known_keys, variables))
    if not unsure:
        return (policy if not states else replace(policy, statements=tuple(kept))), ()
    nothing = _NOTHING if policy.statements[0].principals is None else _NOTHING_BY_PRINCIPAL
    return replace(policy, statements=tuple(kept) or nothing), tuple(sorted(unsure))


def keys_asked(policy: Policy) -> frozenset[str]:
    """Return every condition key and policy variable on which the policy's statements depend, in lower case."""
    variables = policy.version == VERSION_WITH_VARIABLES
    return frozenset(name.lower() for statement in policy.statements for name in _asked(statement, variables))


def _settled(statement: Statement, known: Collection[str], states: Mapping[str, KeyState]) -> Statement:
    """Return the statement with the conditions decided that what is known of their keys decides."""
    if all(item.folded_key in known or item.folded_key not in states for item in statement.conditions):
        return statement
    conditions = tuple(
        settle(item, states[item.folded_key]) if item.folded_key in states and item.folded_key not in known else item
        for item in statement.conditions
    )
    return replace(statement, conditions=conditions)


def _asked(statement: Statement, variables: bool) -> set[str]:
    """Return the keys that decide whether the statement applies; in Version 2008-10-17 a variable is plain text."""
    open_ones = [item for item in statement.conditions if item.settled is None]
    named = {condition.depends_on for condition in open_ones}
    if not variables:
        return named
    patterns = statement.resources.patterns if statement.resources else ()
    return named.union(_variables(patterns), *(_variables(condition.values) for condition in open_ones))


def _variables(values: Iterable[str]) -> set[str]:
    return {name.split(",")[0].strip() for value in values for name in VARIABLE.findall(value)} - _LITERAL_VARIABLES


def _taken_as_met(statement: Statement, known: Collection[str], variables: bool) -> Statement:
    """Return the statement with every unsure element taken as matching."""

    def is_known(names: Iterable[str]) -> bool:
        return all(name.lower() in known for name in names)

    def is_sure(condition: Condition) -> bool:
        if condition.settled is not None:
            return True
        return is_known({condition.depends_on} | (_variables(condition.values) if variables else set()))

    resources = statement.resources
    if variables and resources is not None and not is_known(_variables(resources.patterns)):
        resources = EVERY_RESOURCE
    return replace(
        statement, resources=resources, conditions=tuple(item for item in statement.conditions if is_sure(item))
    )

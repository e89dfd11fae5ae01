"""Test one condition (operator, key, values) of a statement: it matches, it fails, or its key is absent.

Source: IAM User Guide, "Condition operators", "Multivalued context keys", "Conditions with multiple context keys or
values". Operators and keys are joined by AND, the values of a key by OR (by NOR under a negated operator).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum

from diagnosis.policy.language.operators import OPERATORS, Comparison, Operator, read_boolean
from diagnosis.policy.language.variables import Context


class ConditionResult(Enum):
    """What a condition says of a request. Only ``MATCHED`` lets its statement apply."""

    MATCHED = "matched"
    FAILED = "failed"
    KEY_ABSENT = "key absent"
    """The condition fails because the request does not carry the key."""


class SetOperator(StrEnum):
    """How the values of a multivalued key are joined."""

    FOR_ALL = "ForAllValues"
    FOR_ANY = "ForAnyValue"


_OPERATOR = re.compile(
    r"(?:(?P<set>forallvalues|foranyvalue):)?(?P<base>[a-z]+?)(?P<exists>ifexists)?\Z", re.IGNORECASE
)
_NULL = "null"
_OF_STRINGS = frozenset({"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"})


@dataclass(frozen=True, slots=True)
class Settled:
    """The outcome of a condition on a key whose value is not known in full, where every possible value gives the same."""

    holds: bool
    met: str
    """What is known of the value, in words."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator."""

    operator: str
    """As written: ``ForAnyValue:StringLikeIfExists``."""
    key: str
    """As written."""
    values: tuple[str, ...]
    path: str
    """JSON path inside the document: ``Statement[0].Condition.StringEquals.aws:SourceIp``."""
    folded_key: str
    base: Operator | None
    """None for ``Null``."""
    set_operator: SetOperator | None
    if_exists: bool
    _comparisons: tuple[Comparison, ...] = field(repr=False, compare=False)
    _wanted_null: frozenset[bool] = field(repr=False, compare=False, default=frozenset())
    variables: bool = False
    """Whether the document's Version has variables at all."""
    settled: Settled | None = None
    """Set where the outcome is certain and the request cannot show it; see ``key_states``."""
    asked: str = ""
    """What it depends on, where that is not the key: a value that was not kept."""

    @property
    def depends_on(self) -> str:
        """The name of what it depends on: the key as written, or what stands in its place."""
        return self.asked or self.key

    @property
    def name(self) -> str:
        """The operator as AWS writes it, for messages."""
        base = self.base.name if self.base else "Null"
        prefix = f"{self.set_operator}:" if self.set_operator else ""
        return f"{prefix}{base}{'IfExists' if self.if_exists else ''}"

    @property
    def compares_strings(self) -> bool:
        """Whether it compares strings or ARNs for equality or likeness, and is not negated."""
        return self.base is not None and self.base.name in _OF_STRINGS

    @property
    def compares_something(self) -> bool:
        """Whether a request must carry the key, with a value that the condition lists."""
        if self.base is None or self.base.negated or self.if_exists or self.set_operator is SetOperator.FOR_ALL:
            return False
        return bool(self.values) and all(value.strip("*?") for value in self.values)

    def test(self, context: Context) -> ConditionResult:
        """Return whether the condition matched, failed, or lacked its key."""
        if self.settled is not None:
            return ConditionResult.MATCHED if self.settled.holds else ConditionResult.FAILED
        found = context.get(self.folded_key)
        if self.base is None:
            holds = (found is None) in self._wanted_null
            return ConditionResult.MATCHED if holds else _WHY_NULL_FAILED[found is None]
        if found is None:
            return ConditionResult.MATCHED if self._holds_when_absent() else ConditionResult.KEY_ABSENT
        if self.set_operator is None:
            holds = not found.multivalued and self._holds(found.values[0], context)
        elif self.set_operator is SetOperator.FOR_ANY:
            holds = any(self._holds(value, context) for value in found.values)
        else:
            # An empty string is a null data set: it cannot make ForAllValues fail.
            holds = not any(found.values) or all(self._holds(value, context) for value in found.values)
        return ConditionResult.MATCHED if holds else ConditionResult.FAILED

    def _holds_when_absent(self) -> bool:
        if self.if_exists or self.set_operator is SetOperator.FOR_ALL:
            return True
        return self.base is not None and self.base.negated and self.set_operator is None

    def _holds(self, value: str, context: Context) -> bool:
        if self.base is not None and self.base.negated:
            # A value that cannot be compared is no proof of difference.
            return all(compare(value, context) is False for compare in self._comparisons)
        return any(compare(value, context) for compare in self._comparisons)

    def incomparable(self, value: str, context: Context) -> bool:
        """Return whether some policy value cannot be compared with the request's value."""
        return any(compare(value, context) is None for compare in self._comparisons)


_WHY_NULL_FAILED = {True: ConditionResult.KEY_ABSENT, False: ConditionResult.FAILED}


def compile_condition(
    operator: str, key: str, values: Sequence[str], path: str, *, variables: bool
) -> Condition | None:
    """Return a condition ready to be tested; None for an operator that AWS does not know."""
    parts = _OPERATOR.match(operator)
    if not parts:
        return None
    base_name, if_exists = parts.group("base").lower(), parts.group("exists") is not None
    set_operator = _SET_OPERATORS.get((parts.group("set") or "").lower())
    wanted = tuple(values)
    if base_name == _NULL and not if_exists:
        null = frozenset(read for value in wanted if (read := read_boolean(value)) is not None)
        return Condition(operator, key, wanted, path, key.lower(), None, set_operator, False, (), null)
    base = OPERATORS.get(base_name)
    if base is None:
        return None
    comparisons = tuple(base.compile(value, variables) for value in wanted)
    return Condition(
        operator, key, wanted, path, key.lower(), base, set_operator, if_exists, comparisons, frozenset(), variables
    )


def not_kept(condition: Condition) -> Condition:
    """Return the condition with its outcome left open, whatever its key holds: one of its values was not kept.

    It asks for a key of its own, by its place, that no request is known to carry or to lack.
    """
    place = condition.path.replace(":", "/")
    asked = f"{_NOT_KEPT}{place}"
    return replace(condition, asked=asked, folded_key=asked.lower())


_NOT_KEPT = "aws:ValueNotKept/"
_SET_OPERATORS = {member.value.lower(): member for member in SetOperator}

"""Take conditions as atoms: which hold wherever others hold, and which cannot hold together.

A condition that no record decides is neither met nor failed; what a statement grants is granted *under* it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from diagnosis.policy import Condition, ConditionResult, Statement
from diagnosis.policy.language.principals import PrincipalSet
from diagnosis.policy.language.variables import Context

_EXACT = frozenset({"StringEquals", "ArnEquals", "NumericEquals", "Bool"})


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which conditions, and for whom, statements apply."""

    conditions: tuple[Condition, ...]
    principals: tuple[tuple[PrincipalSet, bool], ...] = ()
    """``(the element, whether it is NotPrincipal)``."""

    @classmethod
    def of(cls, statement: Statement, known: Context) -> Terms | None:
        """Return the terms of a statement that no record decides; None where a known value rules it out."""
        left: list[Condition] = []
        for condition in statement.conditions:
            if condition.folded_key not in known:
                left.append(condition)
            elif condition.test(known) is not ConditionResult.MATCHED:
                return None
        named = ((statement.principals, statement.not_principal),) if statement.principals is not None else ()
        return cls(tuple(left), named)

    def together(self, other: Terms) -> Terms:
        """Return the terms under which both apply."""
        return Terms((*self.conditions, *other.conditions), (*self.principals, *other.principals))

    @property
    def possible(self) -> bool:
        """Whether the terms can hold at once, as far as their texts tell."""
        by_key: dict[str, set[str]] = {}
        for condition in self.conditions:
            if condition.base is None or condition.base.name not in _EXACT or not _is_plain(condition):
                continue
            values = by_key.setdefault(condition.folded_key, set(condition.values))
            values &= set(condition.values)
            if not values:
                return False
        return True

    def imply(self, other: Terms) -> bool:
        """Return whether the other terms hold wherever these do."""
        return all(_implied(wanted, self.conditions) for wanted in other.conditions) and all(
            any(_covers(wanted, given) for given in self.principals) for wanted in other.principals
        )

    @property
    def texts(self) -> tuple[str, ...]:
        """The conditions as people read them, each once."""
        return tuple(
            dict.fromkeys(f"{item.operator} {item.key} {', '.join(item.values)}".strip() for item in self.conditions)
        )


def _is_plain(condition: Condition) -> bool:
    return condition.set_operator is None and not condition.if_exists and not any("${" in v for v in condition.values)


def _implied(wanted: Condition, given: Iterable[Condition]) -> bool:
    """Return whether a condition holds wherever the given ones do: one of them asks the same, of fewer values."""
    for item in given:
        if item.folded_key != wanted.folded_key or item.name != wanted.name:
            continue
        if item.base is not None and item.base.negated:
            if set(wanted.values) <= set(item.values):
                return True
        elif set(item.values) <= set(wanted.values):
            return True
    return False


def _covers(wanted: tuple[PrincipalSet, bool], given: tuple[PrincipalSet, bool]) -> bool:
    """Return whether an element names everybody whom the given one names."""
    if wanted[1] is not given[1]:
        return False
    if wanted[1]:
        return set(wanted[0].entries) <= set(given[0].entries)
    return wanted[0].anybody or set(given[0].entries) <= set(wanted[0].entries)

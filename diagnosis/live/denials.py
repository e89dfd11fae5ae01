"""Tell what the unconditional Deny statements of a role's own policies leave of its grants."""

from __future__ import annotations

from collections.abc import Callable

from diagnosis.policy import Statement
from diagnosis.policy.language.globs import Cells, covers, meet, pattern_cells
from diagnosis.policy.language.matching import names_every_action
from diagnosis.policy.language.statement import ActionPatterns

OF_NO_SERVICE = "planescope:anything"
"""An action that no policy names: what covers it covers whatever is not named."""


def _speaks_of_all(actions: ActionPatterns, wanted: str) -> bool:
    """Return whether an Action or NotAction element speaks of every action for which the folded pattern stands."""
    if not set(wanted) & {"*", "?"}:
        return actions.covers(wanted)
    if actions.negated:
        return not any(_compared(meet, pattern, wanted) for pattern in actions.patterns)
    return any(_compared(covers, pattern, wanted) for pattern in actions.patterns)


def _compared(relation: Callable[[Cells, Cells], bool], pattern: str, wanted: str) -> bool:
    """Return whether the relation holds between two patterns of actions, on each side of the colon."""
    if names_every_action(pattern):
        return True
    sides = zip(pattern.lower().partition(":"), wanted.partition(":"), strict=True)
    return all(relation(pattern_cells(one), pattern_cells(other)) for one, other in sides)


class Denials:
    """The grants that unconditional Deny statements take away again."""

    def __init__(self, statements: list[Statement]) -> None:
        self._statements = [item for item in statements if not item.conditions and item.resources is not None]

    def everywhere(self, action: str) -> bool:
        """Return whether an action, or all that a pattern stands for, is denied on every resource."""
        return any(
            _speaks_of_all(item.actions, action.lower())
            and item.resources is not None
            and item.resources.everything
            and not item.resources.negated
            for item in self._statements
        )

    def spared(self) -> tuple[str, ...] | None:
        """Return the actions that a Deny of everything else leaves; None where there is no such Deny."""
        for item in self._statements:
            places = item.resources
            if places and places.everything and not places.negated and item.actions.covers(OF_NO_SERVICE):
                return item.actions.patterns if item.actions.negated else ()
        return None

    def elsewhere(self, action: str, needed: frozenset[str | None]) -> bool:
        """Return whether the action is denied on all but needed resources (Deny with NotResource)."""
        return any(
            item.actions.covers(action.lower())
            and item.resources is not None
            and item.resources.negated
            and set(item.resources.patterns) <= needed
            for item in self._statements
        )

"""What the unconditional Deny statements of a role's policies take away from its grants."""

from __future__ import annotations

from diagnosis.policy import Statement


class Denials:
    """What unconditional Deny statements take away again."""

    def __init__(self, statements: list[Statement]) -> None:
        self._statements = [item for item in statements if not item.conditions and item.resources is not None]

    def everywhere(self, action: str) -> bool:
        """Whether the action is denied on every resource."""
        return any(
            item.actions.covers(action.lower())
            and item.resources is not None
            and item.resources.everything
            and not item.resources.negated
            for item in self._statements
        )

    def elsewhere(self, action: str, needed: frozenset[str | None]) -> bool:
        """Whether the action is denied on all but needed resources (Deny with NotResource)."""
        return any(
            item.actions.covers(action.lower())
            and item.resources is not None
            and item.resources.negated
            and set(item.resources.patterns) <= needed
            for item in self._statements
        )

"""What the releases of one side need of a role: actions on resources, and the tokens that they present."""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.claims.claim_set import ClaimSet
from diagnosis.verdicts.release import Need


@dataclass(frozen=True, slots=True)
class RoleNeeds:
    """The needs of all sessions that assume one role at the next runs."""

    needs: tuple[Need, ...] = ()
    claims: tuple[ClaimSet, ...] = ()
    """The tokens of those runs; a pull request's, which anybody may open, are not among them."""

    subjects: tuple[str, ...] = ()
    """The subjects of further refs that the workflow's own filters let through, as patterns of IAM."""

    longest: int = 0
    """The longest session that a step asks for, in seconds; 0 where none says."""

    @property
    def grants(self) -> tuple[tuple[str, str], ...]:
        """The needs as ``(action, resource)`` pairs, as far as the resource is known."""
        return tuple(dict.fromkeys((need.action, need.resource) for need in self.needs if need.resource is not None))


NOTHING_NEEDED = RoleNeeds()

"""Compare two trust policies: whom the second admits and the first does not, and the other way round."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from diagnosis.callers.who_gets_in import Admission, Admitted, who_gets_in
from diagnosis.claims.claim_set import ClaimSet
from diagnosis.facts.runs import Repository
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument, Unparsable
from diagnosis.trust.question import TrustOutcome


@dataclass(frozen=True, slots=True)
class CallerClass:
    """One class of callers that a policy admits, with its smallest member."""

    slug: str
    """The region of all callers: ``another-branch``, ``another-repository``, ``second-door``, …"""
    who: str
    """Who that is, as a noun phrase."""
    witness: str
    """The smallest subject of the class, or the principal."""
    claims: tuple[tuple[str, str], ...] = ()
    """The token with that subject, as claims."""
    certain: bool = True
    """Whether it gets in whatever the values that no record tells."""

    @property
    def text(self) -> str:
        """``who: witness``."""
        return f"{self.who}: {self.witness}"


@dataclass(frozen=True, slots=True)
class TrustComparison:
    """How the callers that two trust policies admit differ."""

    newly_admitted: tuple[CallerClass, ...] = ()
    no_longer_admitted: tuple[CallerClass, ...] = ()
    undecided: tuple[str, ...] = ()
    """Why it could not be decided; empty where it was."""

    @property
    def admits_nothing_new(self) -> bool:
        """Whether it is proved that the second policy admits nobody whom the first refuses."""
        return not self.newly_admitted and not self.undecided

    @property
    def takes_nothing_away(self) -> bool:
        """Whether it is proved that the second policy admits everybody whom the first admits."""
        return not self.no_longer_admitted and not self.undecided

    @property
    def equivalent(self) -> bool:
        """Whether it is proved that both admit the same callers."""
        return self.admits_nothing_new and self.takes_nothing_away


def compare_trust(
    before: PolicyDocument,
    after: PolicyDocument,
    repository: Repository,
    *,
    meant: Iterable[ClaimSet] = (),
    provider_arn: Arn | None = None,
) -> TrustComparison:
    """Compare whom two trust policies admit. ``meant`` are the claims for which the change is made: they are not new."""
    sides = [who_gets_in(document, repository, provider_arn=provider_arn) for document in (before, after)]
    undecided = tuple(f"The trust policy is unparsable: {side.text}." for side in sides if isinstance(side, Unparsable))
    old, new = (_inside(side) for side in sides)
    subjects = {claims.subject for claims in meant}
    return TrustComparison(
        tuple(_class(item) for key, item in new.items() if key not in old and item.subject not in subjects),
        tuple(_class(item) for key, item in old.items() if key not in new),
        undecided,
    )


def _inside(side: Admission | Unparsable) -> dict[str, Admitted]:
    probes = side.probes if isinstance(side, Admission) else ()
    return {item.probe: item for item in probes if item.outcome is TrustOutcome.ALLOWED}


def _class(item: Admitted) -> CallerClass:
    return CallerClass(item.probe, item.who, item.subject)

"""What the account holds for one session of a run: documents, what decides at each gate, who gets in, what is beyond the need."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from diagnosis.account_view.documents import AccountDocument
from diagnosis.facts.account import AccountState
from diagnosis.gates import Gate
from diagnosis.names.arn import Arn
from diagnosis.verdicts.assessment import BeyondGrant, Problem
from diagnosis.verdicts.gate_verdict import GateVerdict, Missing, maybe_verdict_at
from diagnosis.verdicts.release import Need, StepGap

if TYPE_CHECKING:
    from diagnosis.callers.admission_verdict import Admission


class Part(StrEnum):
    """What a statement, or a whole document, has to do with the verdict."""

    ALLOWS = "allows"
    """The Allow that opens it; across accounts the role's own policies' and the resource's."""
    ALSO = "has to allow as well, and does"
    """Of a boundary, a session policy or a control policy, which open nothing by themselves: one Allow of each."""
    DENIES = "denies"
    NEAREST = "comes nearest, and does not allow"
    """The Allow that fails by least, where nothing allows."""
    SILENT = "allows nothing here"
    """The whole document: no statement of it comes into question."""
    OPEN = "may allow or not"
    """It hangs on a value that is not known."""
    BEYOND = "gives more than is needed"
    PERHAPS_BEYOND = "gives more than any known use needs"
    """Not every use is known, so that nobody can call it too much."""


@dataclass(frozen=True, slots=True)
class Deciding:
    """One statement that decides, or a whole document."""

    document: int
    """Position among the documents."""
    statement: int | None
    """Position in the document; None for the document as a whole."""
    part: Part
    why: str
    """One sentence or two; it quotes policies: foreign text."""
    uses: tuple[str, ...] = ()
    """``action on resource``, for which it decides."""


@dataclass(frozen=True, slots=True)
class SessionView:
    """What the account holds for one session of a release: one job's, or one matrix's, with one role."""

    jobs: tuple[str, ...]
    """As GitHub shows them."""
    role_arn: Arn | None
    account: AccountState
    """As it was read for this role."""
    documents: tuple[AccountDocument, ...]
    gates: tuple[GateVerdict, ...]
    deciding: tuple[tuple[Gate, tuple[Deciding, ...]], ...]
    subjects: tuple[str, ...]
    admission: Admission | Missing
    """Who gets in by the trust policy."""
    needs: tuple[Need, ...]
    problems: tuple[Problem, ...]
    """Of least privilege: what is too much."""
    beyond: tuple[BeyondGrant, ...]
    """What is granted beyond every known use, and no problem by itself."""
    withheld: tuple[BeyondGrant, ...]
    """What would be too much, were every user of the role known."""
    gaps: tuple[StepGap, ...]
    """The steps that may use what no known use needs."""
    notes: tuple[str, ...]

    def decides(self, gate: Gate) -> tuple[Deciding, ...]:
        """Return what decides at a gate."""
        return dict(self.deciding).get(gate, ())

    def at(self, gate: Gate) -> GateVerdict | None:
        """Return the verdict at a gate, where the session asks something there."""
        return maybe_verdict_at(self.gates, gate)

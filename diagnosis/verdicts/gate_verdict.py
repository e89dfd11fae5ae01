"""What is concluded about one gate: the verdict with its reason, the failure that a log tells, the gap that remains."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from diagnosis.causes import Cause
from diagnosis.facts.evidence import Evidence
from diagnosis.gates import ALL_GATES, GATES, Checkpoint, Gate, Owner, Plane, Verdict


@dataclass(frozen=True, slots=True)
class Missing:
    """What could not be read, why, and the way to obtain it."""

    what: str
    why: str
    """Part of a sentence: the period of one that is a whole sentence is left out."""
    how: str
    permission: str | None = None

    def __post_init__(self) -> None:
        """Leave out the final period: what shows the reason ends its own sentence."""
        object.__setattr__(self, "why", self.why.removesuffix("."))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a log, an annotation or a step says went wrong."""

    plane: Plane
    checkpoint: Checkpoint | None
    """None: the plane is known, the place inside it is not (or the plane has no checkpoints)."""
    cause: Cause | None
    """None where the evidence cannot name one."""
    candidates: tuple[Cause, ...] = ()
    """The causes that the evidence cannot separate."""
    action: str | None = None
    """The denied IAM action, where the text names it: ``ecr:PutImage``."""
    principal: str | None = None
    resource: str | None = None
    sentence: str = ""
    """One sentence for people: what this means, not what the log said."""
    tell_apart: str = ""
    """The cheapest read-only step that would separate the candidates."""
    evidence: Evidence | None = None

    @property
    def gate(self) -> Gate | None:
        """The gate that failed, if this is an access failure with a known place."""
        return self.checkpoint.gate if self.checkpoint else None


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """The verdict at one gate, with its reason and proof."""

    gate: Gate
    verdict: Verdict
    reason: str
    """One sentence that an engineer can act on."""
    checkpoint: Checkpoint | None = None
    cause: Cause | None = None
    candidates: tuple[Cause, ...] = ()
    actions: tuple[str, ...] = ()
    """The IAM actions that are denied or missing, where the verdict is about actions."""
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[Missing, ...] = ()
    owner: Owner = Owner.CLOUD_SECURITY


def verdict_at(verdicts: Iterable[GateVerdict], gate: Gate) -> GateVerdict:
    """Return the verdict at a gate that is certainly among them. Raises ``LookupError`` for one that is not."""
    found = maybe_verdict_at(verdicts, gate)
    if found is None:
        raise LookupError(f"no verdict at {gate.value}")
    return found


def maybe_verdict_at(verdicts: Iterable[GateVerdict], gate: Gate) -> GateVerdict | None:
    """Return the verdict at a gate; None where it is not among them, as service authorization need not be."""
    return next((verdict for verdict in verdicts if verdict.gate is gate), None)


def gates_shown(*sides: Iterable[GateVerdict]) -> tuple[Gate, ...]:
    """Return the gates that have a place wherever these are shown side by side: the four, and what any side has beside them."""
    present = {verdict.gate for side in sides for verdict in side}
    return tuple(gate for gate in ALL_GATES if gate in GATES or gate in present)

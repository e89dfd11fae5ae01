"""What the catalogue holds of one cause and of one integrity finding: who acts, and the words."""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.gates import Checkpoint, Gate, Owner, Plane


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseRecord:
    """Everything that is known of a cause without looking at an account or a run."""

    place: Checkpoint | Plane
    """Where it is met: a checkpoint, or a plane alone for a cause that several checkpoints share or that no gate has."""
    owner: Owner
    """Who has to act."""
    sentence: str
    """What it means: one complete sentence, or two."""
    tell_apart: str
    """The cheapest way to tell it from its lookalikes; nothing in it changes anything."""
    next_step: str
    """The smallest change or the next action, in words."""
    reference: str | None
    """The address of the documentation of AWS, GitHub or OpenID; None only where none of them writes about it."""
    no_reference: str = ""
    """Why there is none."""

    @property
    def plane(self) -> Plane:
        """The plane, by the checkpoint where there is one."""
        return self.place.plane if isinstance(self.place, Checkpoint) else self.place

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The checkpoint; None where the cause belongs to no single one."""
        return self.place if isinstance(self.place, Checkpoint) else None

    @property
    def gate(self) -> Gate | None:
        """The gate of the checkpoint."""
        return self.checkpoint.gate if self.checkpoint else None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrityRecord:
    """Everything that is known of an integrity finding without looking at a chain of attempts."""

    owner: Owner
    """Who has to act."""
    sentence: str
    """What it means for the closure: one complete sentence."""
    shows: str
    """By which facts it is found."""
    next_step: str
    """What would settle it, in words."""
    reference: str | None
    """The address of the documentation of AWS or GitHub; None only where neither writes about it."""
    no_reference: str = ""
    """Why there is none."""

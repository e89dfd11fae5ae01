"""What happened around the attempts, as values: observed changes, the history after each attempt, drift since a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from diagnosis.facts.evidence import Evidence
from diagnosis.gates import Gate, Plane


@dataclass(frozen=True, slots=True)
class ObservedChange:
    """One change that a record shows (CloudTrail, or GitHub's own record of two attempts); nobody merely stated it."""

    text: str
    """What was changed, as a clause: ``PutRolePolicy Push on release``."""
    at: datetime | None
    """None where the record tells the interval only."""
    who: str
    """Who did it; empty where the record does not tell."""
    plane: Plane
    gates: tuple[Gate, ...]
    """The gates that such a change can open or shut; empty for the registry's state."""
    evidence: Evidence


class Traced(StrEnum):
    """How far the remediation after an attempt is on record."""

    OBSERVED = "observed"
    STATED = "stated"
    NOT_NEEDED = "none needed"
    NOT_ON_RECORD = "none on record"


@dataclass(frozen=True, slots=True)
class AttemptHistory:
    """What was done between an attempt and the next one (for the last: up to the end of what was read)."""

    run: int
    attempt: int
    traced: Traced
    statement: str
    """The remediation in one or two sentences; empty where none is on record."""
    observed: tuple[ObservedChange, ...] = ()
    subject: str | None = None
    """The subject as the run presented it, by CloudTrail; None where that was not seen or is not certain."""
    role: str | None = None
    """The role that the run asked for with it."""
    subject_evidence: Evidence | None = None
    silence_proves: bool = False
    """Whether CloudTrail covers the interval whole, so that what it does not show did not happen."""


class DriftKind(StrEnum):
    """In which way today's account is no longer what a run met."""

    BROKEN_SINCE = "broken-since"
    """The run passed a gate that fails today."""
    MENDED_SINCE = "mended-since"
    """The run failed at a gate that passes today."""
    ROLE_CHANGED = "role-changed"
    PROVIDER_CHANGED = "provider-changed"
    REPOSITORY_CHANGED = "repository-changed"
    RESOURCE_CHANGED = "resource-changed"
    """The policy of a bucket or a key that the release uses."""
    IMAGE_CHANGED = "image-changed"


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference between what a run met and what stands today. The two verdicts stay apart; this only points."""

    kind: DriftKind
    run: int
    attempt: int
    reason: str
    gate: Gate | None = None
    at: datetime | None = None
    """When it changed, where that is known."""
    evidence: tuple[Evidence, ...] = ()

"""The embedded incident and the moments at which it can be looked at: three stages, and one moment after them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from probes.recording.format import Recording
from probes.recording.read.recording import read_recording

INCIDENT = Path(__file__).parent / "incident"
"""The directory of the embedded recording."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time of the incident: the GitHub side and the account are as they were then."""

    key: str
    """``1``, ``2``, ``3`` or ``later``: the key of the account's state in the recording too."""
    at: datetime
    """UTC. What was created later is not served."""
    title: str
    sentence: str

    @property
    def stage(self) -> int | None:
        """The stage of the demo, or None for the moment after the stages."""
        return int(self.key) if self.key.isdigit() else None


STAGES: tuple[Moment, ...] = (
    Moment(
        key="1",
        at=datetime(2026, 2, 13, 11, 38, 10, tzinfo=UTC),
        title="Run 1 has failed at the OIDC trust gate",
        sentence="The account has no OIDC provider; the role trusts main and dev only and has no ECR permission.",
    ),
    Moment(
        key="2",
        at=datetime(2026, 2, 13, 11, 39, 25, tzinfo=UTC),
        title="Run 2 has failed at registry authorization",
        sentence="The provider exists, and run 2 on dev assumed the role; the role still has no ECR permission.",
    ),
    Moment(
        key="3",
        at=datetime(2026, 2, 13, 11, 42, 30, tzinfo=UTC),
        title="Run 3 has succeeded",
        sentence="The inline policy is on the role, the image is in the registry, and the evidence is in the bucket.",
    ),
)

LATER = Moment(
    key="later",
    at=datetime(2026, 2, 13, 16, 25, 0, tzinfo=UTC),
    title="Run 4 was refused for its ref",
    sentence="Hours later another workflow ran on migrate-dev, which the role's trust policy still did not admit.",
)

MOMENTS: tuple[Moment, ...] = (*STAGES, LATER)


@cache
def load_incident() -> Recording:
    """Read the embedded incident, once.

    Raises probes.recording.format.RecordingError if the installed files are damaged.
    """
    return read_recording(INCIDENT)

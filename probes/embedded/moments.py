"""The embedded incidents and the moments at which each can be looked at: its stages, and what came after them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from probes.recording.format import Recording
from probes.recording.read.recording import read_recording

INCIDENT = Path(__file__).parent / "incident"
"""The directory of the first recording."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time of the incident: the GitHub side and the account are as they were then."""

    key: str
    """``1``, ``2``, ``3``, …, or ``later``: the key of the account's state in the recording too."""
    at: datetime
    """UTC. What was created later is not served."""
    title: str
    sentence: str
    workflow: str | None = None
    """The workflow file whose chain is shown, where that is another one than the case's."""

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


_PACKAGING = "dev_min_m1_packaging.yml"

SERVICE_STAGES: tuple[Moment, ...] = (
    Moment(
        key="1",
        at=datetime(2026, 2, 13, 16, 25, 0, tzinfo=UTC),
        title="The lane was refused for its ref",
        sentence=(
            "The trust policy admits main and dev, and the lane ran on migrate-dev; the role has no permission for the"
            " Terraform state, the parameters or the evidence."
        ),
    ),
    Moment(
        key="2",
        at=datetime(2026, 2, 13, 16, 36, 0, tzinfo=UTC),
        title="On main the login passed, and the state was refused",
        sentence=(
            "The lane was dispatched on main and checked out migrate-dev; Terraform's backend met 403. The run before"
            " had failed for a path that main did not have."
        ),
    ),
    Moment(
        key="3",
        at=datetime(2026, 2, 13, 19, 3, 0, tzinfo=UTC),
        title="The state is open, and the evidence was refused",
        sentence=(
            "The trust admits migrate-dev, an inline policy gives state, lock and parameters; the upload below"
            " evidence/dev_min/ was denied. The run before had met topics that existed already."
        ),
    ),
    Moment(
        key="4",
        at=datetime(2026, 2, 13, 19, 8, 0, tzinfo=UTC),
        title="The lane has succeeded",
        sentence="The inline policy covers evidence/dev_min/* too, and the evidence is in the bucket.",
    ),
    Moment(
        key="5",
        at=datetime(2026, 2, 22, 19, 47, 58, tzinfo=UTC),
        title="Nine days later: a push to a second repository was denied",
        sentence="The role may log in to the registry, and may push to fraud-platform-dev-min alone.",
        workflow=_PACKAGING,
    ),
    Moment(
        key="6",
        at=datetime(2026, 2, 22, 19, 52, 0, tzinfo=UTC),
        title="The push to the second repository has succeeded",
        sentence="A second inline policy names fraud-platform-dev-full, and the image is in the registry.",
        workflow=_PACKAGING,
    ),
)


@dataclass(frozen=True, slots=True)
class Incident:
    """One embedded recording with the moments at which it can be looked at."""

    name: str
    """As the command line names it."""
    directory: Path
    moments: tuple[Moment, ...]
    """The stages, then what came after them."""

    @property
    def stages(self) -> tuple[Moment, ...]:
        """The moments that are stages."""
        return tuple(moment for moment in self.moments if moment.stage is not None)


RELEASE = Incident("release", INCIDENT, MOMENTS)
"""Three runs of a release, and the first one of the incident after it."""
SERVICES = Incident("services", Path(__file__).parent / "incident_services", SERVICE_STAGES)
"""The same repository later that day and week: a lane that uses other services, then a second ECR repository."""

INCIDENTS = {incident.name: incident for incident in (RELEASE, SERVICES)}


@cache
def load_incident(incident: Incident = RELEASE) -> Recording:
    """Read an embedded incident, once.

    Raises probes.recording.format.RecordingError if the installed files are damaged.
    """
    return read_recording(incident.directory)

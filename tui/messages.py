"""What the parts of the app tell each other: values only, no widget reaches into another.

``kind`` names what a piece of work is about, ``job`` is its number: a message of a piece that has been superseded is told
from one of its successor by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from tui.backend import (
    Backend,
    BackendProblem,
    Between,
    ExportResult,
    Progress,
    RunKey,
    RunPage,
    RunQuery,
    RunRow,
    WorkflowRow,
)

if TYPE_CHECKING:
    from diagnosis.account_view.view import SessionView
    from diagnosis.documents.walkthrough.steps import Walkthrough
    from diagnosis.verdicts.diagnosis import Diagnosis
    from diagnosis.what_if.outcome import WhatIf
    from tui.fleet_backend import FleetBackend


@dataclass
class Progressed(Message):
    """A piece of work is further; a newer message replaces one that still waits."""

    kind: str
    job: int
    progress: Progress

    def can_replace(self, message: Message) -> bool:
        """Return whether the other message is about the same piece of work."""
        return isinstance(message, Progressed) and message.job == self.job


@dataclass
class WorkEnded(Message):
    """A piece of work has ended without a problem; ``cancelled`` where the user stopped it."""

    kind: str
    job: int
    cancelled: bool = False


@dataclass
class WorkFailed(Message):
    """A piece of work has ended with a problem."""

    kind: str
    job: int
    problem: BackendProblem


@dataclass
class BackendReady(Message):
    """The backend has been built."""

    backend: Backend


@dataclass
class RunsLoaded(Message):
    """A page of runs arrived; the first page replaces what is shown."""

    page: RunPage
    number: int


@dataclass
class RunsPolled(Message):
    """The first page of runs has changed, or some of later pages have; what was read of the others stays."""

    page: RunPage | None
    further: tuple[RunRow, ...] = ()


@dataclass
class RunFound(Message):
    """The run that an address names has been found; its diagnosis follows."""

    row: RunRow


@dataclass
class WorkflowsListed(Message):
    """The repository's workflows have been read."""

    workflows: tuple[WorkflowRow, ...]


@dataclass
class MomentReached(Message):
    """The embedded incident has moved to another stage."""


@dataclass
class Diagnosed(Message):
    """A diagnosis arrived."""

    diagnosis: Diagnosis
    selected: RunKey | None
    subject: RunKey | None
    """The subject that was asked for."""


@dataclass
class Compared(Message):
    """What lies between two attempts has been read."""

    earlier: RunKey
    later: RunKey
    between: Between


@dataclass
class SessionsViewed(Message):
    """What the account holds for a run's sessions is laid out."""

    run: RunKey
    sessions: tuple[SessionView, ...]


@dataclass
class WhatIfJudged(Message):
    """A proposed document was judged."""

    text: str
    """The text that was judged."""
    result: WhatIf


@dataclass
class DocumentOpened(Message):
    """A document was read from a file."""

    text: str
    file: str


@dataclass
class DocumentSaved(Message):
    """A document was written to a file."""

    text: str
    place: Path


@dataclass
class Corrected(Message):
    """The chain was corrected by hand, or the corrections were kept."""

    sentence: str
    """What was done."""


@dataclass
class Exported(Message):
    """The packet has been written."""

    result: ExportResult


@dataclass
class CopyWanted(Message):
    """The user wants a text copied; the app does it and says where it is then."""

    text: str
    what: str
    """What it is, in a few words."""


@dataclass
class WalkthroughTold(Message):
    """A chain is told step by step."""

    moments: tuple[Diagnosis, ...]
    """The diagnoses that it stands on, in order of time; the last is the one that was shown."""
    told: Walkthrough


@dataclass
class StepChosen(Message):
    """The user wants this step of the walkthrough."""

    index: int


@dataclass
class AttemptPointed(Message):
    """The user wants the step of the walkthrough that tells this attempt."""

    key: RunKey


@dataclass
class HandedOut(Message):
    """The hand-out of a walkthrough has been written."""

    place: Path


@dataclass
class RunChosen(Message):
    """The user wants this run diagnosed."""

    key: RunKey


@dataclass
class MoreRunsWanted(Message):
    """The list is near the end of the loaded runs and wants the next page."""


@dataclass
class CellOpened(Message):
    """The user wants the details of the cell under the cursor."""


@dataclass
class SubjectChosen(Message):
    """The user wants NOW judged for this attempt."""

    key: RunKey


@dataclass
class SectionChosen(Message):
    """The user wants another section of the details."""

    section: str


@dataclass
class FleetReady(Message):
    """What reads a fleet has been built."""

    backend: FleetBackend


@dataclass
class FleetLineChosen(Message):
    """The user wants the line of the fleet under the cursor opened."""


@dataclass
class FleetAsked(Message):
    """The user wants the fleet's screen from a dashboard."""

    repository: str
    """The address of the dashboard's repository."""


@dataclass
class DashboardOver(Message):
    """The user opens a workflow of the fleet: its dashboard lies over the fleet until esc comes back."""

    factory: Callable[[], Backend]


@dataclass
class DashboardLeft(Message):
    """The user leaves the dashboard of a workflow of the fleet."""


@dataclass
class PlaceNamed(Message):
    """The user has given the address, id or number of a run."""

    text: str


@dataclass
class FilterApplied(Message):
    """The user has applied a filter, or cleared it."""

    text: str


@dataclass
class QueryChanged(Message):
    """The user wants other runs: the part of the filter that GitHub applies has changed."""

    query: RunQuery

"""What the parts of the app tell each other: values only, no widget reaches into another.

``kind`` names what a piece of work is about, ``job`` is its number: a message of a piece that has been superseded is told
from one of its successor by it.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from diagnosis.verdicts.diagnosis import Diagnosis
from tui.backend import Backend, BackendProblem, Between, ExportResult, Progress, RunKey, RunPage, RunQuery


@dataclass
class Progressed(Message):
    """How far it is; a newer one replaces one that waits."""

    kind: str
    job: int
    progress: Progress

    def can_replace(self, message: Message) -> bool:
        """Only the newest progress of a kind matters."""
        return isinstance(message, Progressed) and message.job == self.job


@dataclass
class WorkEnded(Message):
    """It ended, whichever way; ``cancelled`` where the user asked for it."""

    kind: str
    job: int
    cancelled: bool = False


@dataclass
class WorkFailed(Message):
    """It ended with a problem that has a way out."""

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
class MomentReached(Message):
    """The embedded incident stands at another stage now."""


@dataclass
class Diagnosed(Message):
    """A diagnosis arrived."""

    diagnosis: Diagnosis
    selected: RunKey | None
    subject: RunKey | None
    """The subject that was asked for."""


@dataclass
class Compared(Message):
    """What lies between two attempts arrived."""

    earlier: RunKey
    later: RunKey
    between: Between


@dataclass
class Exported(Message):
    """The packet has been written."""

    result: ExportResult


@dataclass
class RunChosen(Message):
    """The user wants this run diagnosed."""

    key: RunKey


@dataclass
class MoreRunsWanted(Message):
    """The end of the loaded runs is near."""


@dataclass
class CellOpened(Message):
    """The user asks for the details of the cell."""


@dataclass
class SubjectChosen(Message):
    """NOW shall be judged for this attempt."""

    key: RunKey


@dataclass
class SectionChosen(Message):
    """Another section of the details."""

    section: str


@dataclass
class QueryChanged(Message):
    """The user wants other runs: the part of the filter that GitHub applies has changed."""

    query: RunQuery

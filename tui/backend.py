"""The port between screens and everything behind them: what the app may ask for, as values.

Screens know this module only; :mod:`tui.bootstrap` wires it to the probes. Every method blocks and is called from a
worker thread; ``cancelled`` is looked at between requests, ``progress`` may be called from any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from diagnosis.documents.audience import Audience
from tui.problem import BackendProblem as BackendProblem
from tui.problem import Cancelled as Cancelled
from tui.progress import Progress as Progress

if TYPE_CHECKING:
    from diagnosis.account_view.documents import DocumentKind
    from diagnosis.account_view.view import SessionView
    from diagnosis.closure.corrections import Correction
    from diagnosis.documents.walkthrough.steps import Walkthrough
    from diagnosis.facts.github_context import CommitsBetween, Environment
    from diagnosis.facts.reading import Reading
    from diagnosis.names.arn import Arn
    from diagnosis.verdicts.diagnosis import Diagnosis
    from diagnosis.verdicts.replay import Replay
    from diagnosis.what_if.outcome import WhatIf

RunKey: TypeAlias = tuple[int, int]
"""``(run id, attempt)``."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """One row of the run list. All texts are foreign."""

    key: RunKey
    number: int
    workflow: str
    workflow_path: str
    title: str
    ref: str
    event: str
    actor: str
    status: str
    conclusion: str | None
    created_at: datetime
    url: str


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of runs, newest first."""

    rows: tuple[RunRow, ...]
    total: int
    next_page: int | None


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Filters that GitHub applies; empty means all."""

    workflow: str = ""
    branch: str = ""
    actor: str = ""
    event: str = ""
    status: str = ""
    created: str = ""


@dataclass(frozen=True, slots=True)
class RunPlace:
    """A run of the repository as an address names it."""

    run: int
    attempt: int | None = None
    """None: the one of the job, else the latest."""
    job: int | None = None


@dataclass(frozen=True, slots=True)
class WorkflowRow:
    """One workflow of the repository. All texts are foreign."""

    name: str
    path: str
    state: str
    """``active``, or why it starts no run."""
    key: str
    """What :attr:`RunQuery.workflow` takes for it."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A stage of the embedded incident, as the user moves through them."""

    name: str
    """``1``, ``2``, ``3`` or ``later``."""
    title: str
    sentence: str


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call of the ledger."""

    at: datetime
    service: str
    operation: str
    target: str
    result: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """How a packet is to be."""

    masked: bool = True
    """Whether account ids are replaced by asterisks."""
    zipped: bool = False
    """Whether it is one zip file, else a folder."""
    audience: Audience = Audience.AUDITOR
    """Who reads it."""
    force: bool = False
    """Whether it takes the place of an older packet."""
    sign: Callable[[bytes], str] | None = None
    """Make the signed envelope of the packet's statement."""


@dataclass(frozen=True, slots=True)
class ExportResult:
    """Where the packet lies, and what it consists of."""

    place: Path
    files: tuple[str, ...]
    root: str
    """The sum that stands for all its files, to be compared over another channel."""
    masked: bool = True
    """Whether account ids were replaced by asterisks."""


@dataclass(frozen=True, slots=True)
class Between:
    """What lies between two attempts and stands in neither attempt's own record. All texts are foreign."""

    commits: Reading[CommitsBetween]
    """From the earlier attempt's commit to the later one's, with the pull requests that they came by."""
    environments: tuple[tuple[str, Reading[Environment]], ...] = ()
    """The deployment environments that the two name, as they are now: GitHub keeps no history of them."""
    subjects: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    """The subject claims that the earlier and the later attempt would present, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Update:
    """What a poll found; None where nothing has changed."""

    runs: RunPage | None = None
    """The first page of the list."""
    diagnosis: Diagnosis | None = None
    further: tuple[RunRow, ...] = ()
    """Runs of later pages that are no longer as they were."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """How the chain was corrected by hand since the app was opened, and where that is kept."""

    made: int = 0
    """How many can be undone."""
    file: Path | None = None
    """The case file; None while they are kept in memory alone."""


@dataclass(frozen=True, slots=True)
class ProposedDocument:
    """A document of the account as the user would have it."""

    kind: DocumentKind
    text: str
    """JSON."""
    name: str = ""
    """Of an inline or managed policy: which it replaces, or makes; empty for the role's policy about ECR, else a new one."""
    role: Arn | None = None
    """Whose it is, where runs assume several roles."""
    file: str = ""
    """Where it came from, for people."""


ProgressHook: TypeAlias = Callable[[Progress], None]
CancelHook: TypeAlias = Callable[[], bool]


def no_progress(progress: Progress) -> None:
    """Show nothing; a progress hook for callers that need none."""


class Backend(Protocol):
    """The questions that the app asks, whatever answers them."""

    @property
    def title(self) -> str:
        """The name of the repository, and of what narrows it. Partly foreign text."""

    @property
    def repository_address(self) -> str:
        """The repository's address on the web: ``https://github.com/owner/name``. Partly foreign text."""

    @property
    def origin_note(self) -> str:
        """One line on what kind of facts these are (``embedded incident: logs reconstructed``); empty for live."""

    @property
    def limit_note(self) -> str:
        """What is left of GitHub's rate limit (``GitHub 4,812 of 5,000 left``); empty while it is not known."""

    @property
    def moments(self) -> Sequence[Moment]:
        """The stages that ``[`` and ``]`` move through; empty for a live repository."""

    @property
    def moment_index(self) -> int:
        """Index into :attr:`moments`."""

    def move_to(self, index: int) -> None:
        """Move the embedded incident to a stage; the runs served and the state of the account change with it."""

    def list_runs(
        self, query: RunQuery, page: int, *, cancelled: CancelHook, progress: ProgressHook = no_progress
    ) -> RunPage:
        """Return one page of runs; pages count from 1. ``progress`` is told of a rate limit that is waited out."""

    def find_run(self, place: RunPlace, *, progress: ProgressHook, cancelled: CancelHook) -> RunRow:
        """Return the run that an address names, whether or not it was listed."""

    def workflows(self, *, progress: ProgressHook, cancelled: CancelHook) -> tuple[WorkflowRow, ...]:
        """Return the repository's workflows, those that are active first."""

    def diagnose(
        self, selected: RunKey | None, *, subject: RunKey | None, progress: ProgressHook, cancelled: CancelHook
    ) -> Diagnosis:
        """Diagnose the chain around the selected run; None is the newest chain.

        The live side is judged for ``subject``; None is the selected run, else the chain's latest attempt.
        """

    def poll(
        self,
        query: RunQuery,
        selected: RunKey | None,
        *,
        subject: RunKey | None,
        progress: ProgressHook,
        cancelled: CancelHook,
    ) -> Update:
        """Return what GitHub has new since runs and chain were last read; unchanged, it costs no part of the rate limit.

        The account is asked again only where a run has ended or the chain has become another.
        """

    def between(self, earlier: Replay, later: Replay, *, progress: ProgressHook, cancelled: CancelHook) -> Between:
        """Read what changed from one attempt to another; what cannot be read is a reading with its reason."""

    def session_views(
        self, shown: Diagnosis, run: RunKey, *, progress: ProgressHook, cancelled: CancelHook
    ) -> tuple[SessionView, ...]:
        """Return what the account holds for each session of a run, as it was read for the diagnosis: nothing is asked again."""

    def what_if(
        self, shown: Diagnosis, documents: Sequence[ProposedDocument], *, progress: ProgressHook, cancelled: CancelHook
    ) -> WhatIf:
        """Judge documents that the user proposes, in memory, against the runs and the account of a diagnosis.

        Raises BackendProblem for a text that is no policy, with its line and column.
        """

    def open_document(self, place: Path) -> str:
        """Return the text of a policy in a file, also of one within an answer of the AWS CLI. Raises BackendProblem."""

    def save_document(self, text: str, place: Path) -> Path:
        """Write a document to a new file, whole or not at all; return its path. Raises BackendProblem where one is there."""

    def calls(self) -> tuple[CallRow, ...]:
        """Return the ledger: every call made so far."""

    @property
    def corrections(self) -> Corrections:
        """What was corrected by hand, and where it is kept."""

    def correct(
        self, correction: Correction, shown: Diagnosis, *, progress: ProgressHook, cancelled: CancelHook
    ) -> None:
        """Correct the chain that is shown; where there is a case file, it is written first."""

    def undo_correction(self) -> None:
        """Take the last correction back, in the case file too."""

    def keep_corrections(self, file: Path, shown: Diagnosis) -> None:
        """Write a new case file with what was corrected; later corrections go there."""

    def export_packet(
        self,
        diagnosis: Diagnosis,
        place: Path | None,
        choice: ExportChoice = ExportChoice(),
    ) -> ExportResult:
        """Write the evidence packet; None is the usual name in the current directory, where that is free."""

    def walkthrough(self, moments: Sequence[Diagnosis], *, masked: bool = False) -> Walkthrough:
        """Tell the chain of the last diagnosis step by step; the others are of the same chain at earlier moments.

        ``masked`` replaces account ids by asterisks.
        """

    def write_handout(self, told: Walkthrough, place: Path) -> Path:
        """Write a walkthrough as one page of Markdown; what must not leave, and a file that is there, stop it."""

    def close(self) -> None:
        """Stop servers and sessions that were started for this backend."""

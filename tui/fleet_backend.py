"""The port between the fleet's screen and what reads many repositories, or the file of an earlier run: values alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from diagnosis.facts.account import CredentialsProblem
    from diagnosis.fleet.order import Sort
    from diagnosis.fleet.row import RepositoryRow, WorkflowRow
    from tui.backend import Backend, CallRow, CancelHook, ProgressHook


@dataclass(frozen=True, slots=True)
class FleetLines:
    """Lines of a fleet: some of them as they come, or all that there are."""

    repositories: tuple[RepositoryRow, ...] = ()
    rows: tuple[WorkflowRow, ...] = ()
    gaps: tuple[str, ...] = ()
    """What is missing of the whole, one clause each: a slice, a file that was not finished."""
    notes: tuple[str, ...] = ()
    """What else is to be said of it: what was left out, what stands in two files."""


class FleetForm(StrEnum):
    """A form in which the lines are written to a file."""

    JSON_LINES = "jsonl"
    """All of it, as ``planescope fleet`` writes it: a file that can be opened here again."""
    CSV = "csv"


class FleetBackend(Protocol):
    """The questions of the fleet's screen. Every method that reads blocks and is called from a worker thread."""

    @property
    def title(self) -> str:
        """Whose repositories they are, or which file names them. Foreign text."""

    @property
    def origin_note(self) -> str:
        """One line on what kind of facts these are; empty where they are read now."""

    @property
    def limit_note(self) -> str:
        """What is left of GitHub's rate limit; empty while it is not known."""

    @property
    def credentials_problem(self) -> CredentialsProblem | None:
        """What is wrong with the reader's own AWS credentials; None where nothing is, or nobody was asked."""

    def read(self, tell: Callable[[FleetLines], None], *, progress: ProgressHook, cancelled: CancelHook) -> FleetLines:
        """Read the repositories side by side and ``tell`` their lines as they come; return all of them, judged together.

        What was read by an earlier call is not read again, except what could not be read then. Raises BackendProblem where
        nothing can be read at all, and Cancelled where the user stopped it: what was told is kept.
        """

    def open(self, row: WorkflowRow) -> Backend:
        """Build the backend of one workflow's dashboard. Raises BackendProblem."""

    def address(self, row: WorkflowRow | RepositoryRow) -> str:
        """Return the address on the web of a workflow's newest run, else of the workflow, else of the repository."""

    def written(self, form: FleetForm, shown: FleetLines, by: Sort) -> str:
        """Return the text of a file: as JSON Lines everything that was read, as CSV these lines in this order."""

    def calls(self) -> tuple[CallRow, ...]:
        """Return the ledger: every call made so far, oldest first."""

    def close(self) -> None:
        """Stop what still runs."""


class Fleets(Protocol):
    """What makes a fleet of what the user types."""

    def offered(self, repository: str) -> str:
        """Return what is offered at first beside the dashboard of a repository: its owner."""

    def named(self, text: str, *, files: bool) -> Callable[[], FleetBackend]:
        """Return what builds the fleet of an organization, of a file of repositories, or of an earlier run's file.

        ``files``: whether the files of this machine are open to whoever typed it. Raises BackendProblem where the text names
        none of these.
        """

"""What the tools ask for: backends and files, as the command line opens them. The command wires it; the tools know no options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from diagnosis.facts.reading import Known, Unreadable
from tui.backend import BackendProblem, CancelHook, ProgressHook

if TYPE_CHECKING:
    from diagnosis.facts.case import Case
    from diagnosis.migration.plan import Migration
    from diagnosis.verdicts.conformance import Conformance
    from tui.backends.repository import RepositoryBackend

LONGEST_FILE = 4 * 1024 * 1024
"""In bytes: a log may be long."""


class Sources(Protocol):
    """Opens what the tools read."""

    @property
    def root(self) -> Path:
        """The folder outside of which no file is read."""

    def demo(self, stage: str, incident: str) -> RepositoryBackend:
        """Return the backend of an embedded incident. Raises BackendProblem."""

    def runs_named(self, words: Sequence[str]) -> tuple[str | None, tuple[int, ...]]:
        """Return the repository that addresses of runs name, and the ids. Raises BackendProblem."""

    def repository(self, name: str | None, workflow: str, branch: str, case: Case) -> RepositoryBackend:
        """Return the backend of a repository; without a name that of case, option or folder. Raises BackendProblem."""

    def case(self, file: Path | None) -> Case:
        """Return what a case file states. Raises BackendProblem."""

    def conformance(
        self, options: Mapping[str, Any], case: Path | None, progress: ProgressHook, cancelled: CancelHook
    ) -> Conformance:
        """Judge the change in the clone at :attr:`root`; the options are those of the command. Raises BackendProblem, Cancelled."""

    def migration(
        self,
        repositories: Sequence[str],
        rename: str | None,
        owner: str | None,
        roles: Sequence[str],
        progress: ProgressHook,
        cancelled: CancelHook,
    ) -> Migration:
        """Return the plan of a move. Raises BackendProblem, Cancelled."""


def text_of(root: Path, path: str, most: int = LONGEST_FILE) -> str:
    """Return the text of a file within the folder, secrets replaced. Raises BackendProblem: links out of it are refused too."""
    from probes.checkout import Checkout

    _require_file(root, path)
    reading = Checkout(root, "").text(path, most)
    if isinstance(reading, Known):
        return reading.value
    why = reading.why if isinstance(reading, Unreadable) else "it is not there"
    raise BackendProblem(f"{path[:_SHOWN]!r} was not read: {why}.", _WAY_OUT)


def place_of(root: Path, path: str) -> Path:
    """Return the place of a text file within the folder. Raises BackendProblem as :func:`text_of` does."""
    text_of(root, path)
    return root / path


def _require_file(root: Path, path: str) -> None:
    try:
        place = root / path
        inside = not Path(path).is_absolute() and place.resolve().is_relative_to(root.resolve())
        there = inside and place.is_file()
    except (OSError, ValueError, RuntimeError):
        inside = there = False
    if not inside:
        raise BackendProblem(f"{path[:_SHOWN]!r} is no file within the folder that the server reads.", _WAY_OUT)
    if not there:
        raise BackendProblem(f"{path[:_SHOWN]!r} is no file.", _WAY_OUT)


_SHOWN = 200
_WAY_OUT = "Give a path from the folder that the server was started in (or --root), or the text itself."

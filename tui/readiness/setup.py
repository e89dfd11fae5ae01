"""The port of the start screen: who looks at what is set up, and who builds what is opened from there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from tui.backend import Backend, CancelHook
from tui.readiness.check import Check


class Setup(Protocol):
    """What the start screen asks. :mod:`tui.bootstrap` wires it to the probes."""

    @property
    def repository(self) -> str:
        """The repository that is given, or found in this folder; empty where there is none."""

    @property
    def last(self) -> str:
        """The repository that was opened last, as a suggestion; empty where none is remembered."""

    def look(self, repository: str, tell: Callable[[Check], None], cancelled: CancelHook) -> None:
        """Look at everything and tell each check as it is known, from any thread. Blocks; bounded in time.

        ``repository`` is a name; empty for the one of this folder.
        """

    def typed(self, text: str) -> str:
        """Return the name of a repository as it was typed or pasted. Raises BackendProblem for what is none."""

    def opened(self, repository: str) -> Callable[[], Backend]:
        """Return what builds the backend of a repository, by its name; empty is the one of this folder. Raises BackendProblem."""

    def demo(self) -> Backend:
        """Build the backend of the embedded incident. Raises BackendProblem where its extra is not installed."""

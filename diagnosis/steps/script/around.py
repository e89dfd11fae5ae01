"""What stands around a command of a script, and what is known of it once it has run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from diagnosis.steps.shell.outcomes import Outcome
from diagnosis.steps.shell.tree import Statement

_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition: a list of commands, which holds as the list ends."""

    body: tuple[Statement, ...]
    pipefail: bool = False
    """Whether of a pipe each command counts."""


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a command."""

    guarded: bool = False
    """Its failure does not fail the script, or it may not run at all."""
    source: str = ""
    """The file it stands in; empty for the step's own script."""
    depth: int = 0
    stdin: str | None = None
    builds: bool = False
    """It is part of the project's own build or tests."""
    guards: tuple[Guard, ...] = ()
    """What decides whether it runs at all, as far as that is not settled: conditions, and what stands before ``&&`` or ``||``."""

    @property
    def at_the_bound(self) -> bool:
        """Whether nothing that this command runs is followed any more."""
        return self.depth >= _DEEPEST

    def under(self, *, guarded: bool) -> Around:
        """Return the same, or the same under a guard."""
        if guarded is self.guarded:
            return self
        return Around(guarded, self.source, self.depth, self.stdin, self.builds, self.guards)

    def behind(self, *guards: Guard) -> Around:
        """Return the same behind further conditions."""
        return replace(self, guards=(*self.guards, *guards)) if guards else self

    def reading(self, stdin: str | None) -> Around:
        """Return the same with another input."""
        if stdin is self.stdin:
            return self
        return Around(self.guarded, self.source, self.depth, stdin, self.builds, self.guards)


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ends, and what it prints."""

    outcome: Outcome = Outcome.RUNS
    out: str | None = None
    """What is printed; None where nobody can tell."""
    seen: str = ""
    """What is known of it."""

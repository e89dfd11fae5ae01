"""What is known of a shell on one way through a script on which a command fails, and what became of that failure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

NONZERO = "\0nonzero"
"""The value of ``$?`` after a failure: some number that is not 0."""
UNKNOWN = "\0unknown"
"""The value of a variable that the script sets to what is not known."""


class End(Enum):
    """How a part of a script ends."""

    WELL = "well"
    FAILED = "failed"
    """With a failure, at which ``set -e`` ends the shell."""
    QUIETLY = "quietly"
    """With a failure at which ``set -e`` does nothing: of a command of an ``&&`` list that is not its last, or after ``!``."""
    EXIT_WELL = "exit well"
    EXIT_FAILED = "exit failed"
    RETURN_WELL = "return well"
    RETURN_FAILED = "return failed"
    BREAK = "break"
    CONTINUE = "continue"

    @property
    def goes_on(self) -> bool:
        """Whether what follows in the list is run."""
        return self in (End.WELL, End.FAILED, End.QUIETLY)

    @property
    def is_failure(self) -> bool:
        """Whether it is a failure of the part."""
        return self in (End.FAILED, End.QUIETLY)


class Loss(Enum):
    """Where a script goes on although a command failed."""

    OTHERWISE = "`||` goes on where it fails"
    ASKED = "a condition asks whether it fails, and the script goes on"
    TURNED = "`!` turns its result around"
    PIPE = "it stands in a pipe, of which only the last result counts"
    BACKGROUND = "it runs in the background, and nobody waits for its result"
    OPEN = "the shell goes on after a failure there"
    LIST = "it is followed by `&&` in the middle of the script, where a failure ends nothing"
    TAKEN = "its output is taken within another command, and its result is dropped"
    TRAP = "a trap ends the script well"
    TOOL = "the program that runs it drops its result"


@dataclass(frozen=True, slots=True)
class Shell:
    """One way through a script, up to a point of it."""

    errexit: bool
    pipefail: bool
    variables: tuple[tuple[str, str], ...] = ()
    """Those whose value is known here, sorted by name."""
    status: str | None = "0"
    """``$?``; None where it is not known."""
    failed: bool = False
    """Whether the command has failed on this way, and nothing has made up for it."""
    loss: Loss | None = None
    """Where the failure was passed over first."""
    doubt: bool = False
    """Whether, after the failure, something was passed that is not understood, so that the way may not be one."""
    traps: tuple[tuple[str, str | None], ...] = ()
    """What runs at a signal, by its name; None for what is not known."""
    waiting: frozenset[str] = frozenset()
    """The processes in the background that end with the failure."""

    def value(self, name: str) -> str | None:
        """Return a variable's value; None where it is not known."""
        return next((value for own, value in self.variables if own == name), None)

    def with_value(self, name: str, value: str | None) -> Shell:
        """Return this shell with a variable set; to what is not known where the value is None."""
        if not name:
            return self
        rest = (pair for pair in self.variables if pair[0] != name)
        return replace(self, variables=tuple(sorted((*rest, (name, UNKNOWN if value is None else value)))))

    def forgotten(self, names: Iterable[str]) -> Shell:
        """Return this shell where the values of these variables are not known any more."""
        shell = self
        for name in names:
            shell = shell.with_value(name, None)
        return shell

    def lost(self, loss: Loss) -> Shell:
        """Return this shell where it goes on here; the first place at which the failure is passed over stays."""
        return replace(self, loss=loss) if self.failed and self.loss is None else self

    def doubted(self) -> Shell:
        """Return this shell after something that is not understood; before the failure that says nothing."""
        return replace(self, doubt=True) if self.failed and not self.doubt else self

    def after(self, inner: Shell) -> Shell:
        """Return this shell after an inner one: what became of the failure stays."""
        return replace(self, failed=inner.failed, loss=inner.loss, doubt=inner.doubt)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a script a part stands."""

    ignored: bool = False
    """``set -e`` does nothing here: in a condition, before ``&&`` or ``||``, after ``!``."""
    handler: bool = False
    """It runs because the command failed."""
    returns: bool = False
    """It is part of a function or of a file that is read in; elsewhere ``return`` itself fails."""
    depth: int = 0


Ways: TypeAlias = "set[tuple[End, Shell]]"
"""The ways through a part of a script: how each ends, and the shell that it leaves."""

"""What the following of a script has found so far, and how much more it may follow."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from diagnosis.steps.kinds import Operation, Purpose
from diagnosis.steps.repository_files import Files
from diagnosis.steps.script.around import Around, Result
from diagnosis.steps.tools.call import opaque

MOST_COMMANDS = 3_000
"""Commands followed in one script with all that it calls."""


@dataclass(slots=True)
class Record:
    """The operations in order, the files as the script leaves them, the tools' notes, and the commands left."""

    files: Files
    notes: dict[str, str]
    operations: list[Operation] = field(default_factory=list)
    left: int = MOST_COMMANDS

    def add(self, found: tuple[Operation, ...], around: Around) -> None:
        """Add what a command does."""
        for operation in found:
            # A token that is piped into a login: the login fails with it.
            guarded = around.guarded and operation.purpose is not Purpose.LOGIN
            self.operations.append(replace(operation, guarded=guarded, source=operation.source or around.source))

    def exhaust(self, around: Around) -> Result:
        """Say once that the script is longer than what is followed."""
        gap = opaque("the script", "it is longer than what is followed", "shorten the script, or divide it into steps")
        if not any(each.gap == gap[0].gap for each in self.operations):
            self.operations.extend(replace(each, source=around.source) for each in gap)
        return Result()

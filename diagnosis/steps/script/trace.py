"""Follow a script and note which of its commands does what: each command's operations, and the scripts that it runs.

A command is a node of the script's tree. It may be followed several times (in a loop, in a function): each time is a visit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from diagnosis.steps.kinds import Operation
from diagnosis.steps.repository_files import Files
from diagnosis.steps.script.around import Around, Result
from diagnosis.steps.script.record import Record
from diagnosis.steps.script.run import ScriptRun
from diagnosis.steps.script.state import State
from diagnosis.steps.shell.syntax import script_of
from diagnosis.steps.shell.tree import Simple, Statement
from diagnosis.steps.tools.call import Nested, Reader

_SHEBANG = re.compile(r"#!\s*\S*?(?:bash|sh)[ \t]+(-\S+(?:[ \t]+\w+)?)")


class How(Enum):
    """How a command runs a script."""

    FUNCTION = "function"
    SAME_SHELL = "same shell"
    """``source`` and ``eval``."""
    PROGRAM = "program"
    """In a shell of its own."""
    TRAP = "trap"
    """At a signal or at the end, not here."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A script that a command runs."""

    body: tuple[Statement, ...]
    how: How
    options: tuple[str, ...] = ()
    """Those that its shell is started with (``-e``)."""
    text: str = ""
    """Empty for a function, whose text is that of the script around it."""


@dataclass(slots=True)
class Visit:
    """One time that a command was followed."""

    programs: list[tuple[str, ...]] = field(default_factory=list)
    """The words of each command: a wrapper's, then those of what it runs."""
    operations: list[Operation] = field(default_factory=list)
    runs: list[Ran] = field(default_factory=list)


@dataclass(slots=True)
class Trace:
    """What each command of a script did."""

    visits: dict[int, list[Visit]] = field(default_factory=dict)
    """By the identity of the command's node."""
    nodes: list[Simple] = field(default_factory=list)
    """Kept, so that no identity is given twice."""
    apart: list[Operation] = field(default_factory=list)
    """What belongs to no command."""

    def of(self, node: Simple) -> list[Visit]:
        """Return the visits of a command; none where it was not followed."""
        return self.visits.get(id(node), [])


class _NotingRecord(Record):
    """A record that tells of each operation as it is added."""

    __slots__ = ("note",)

    def __init__(self, files: Files, notes: dict[str, str], note: Callable[[Operation], None]) -> None:
        super().__init__(files, notes)
        self.note = note

    def add(self, found: tuple[Operation, ...], around: Around) -> None:
        before = len(self.operations)
        super().add(found, around)
        for operation in self.operations[before:]:
            self.note(operation)

    def exhaust(self, around: Around) -> Result:
        before = len(self.operations)
        result = super().exhaust(around)
        for operation in self.operations[before:]:
            self.note(operation)
        return result


class TracedRun(ScriptRun):
    """Follows one script, and notes each visit of a command."""

    def __init__(self, read: Reader, knows: Callable[[str], bool], files: Files, notes: dict[str, str]) -> None:
        """Take what a :class:`ScriptRun` takes."""
        super().__init__(read, knows, files, notes)
        self.record = _NotingRecord(files, notes, self._note)
        self.trace = Trace()
        self._visit: Visit | None = None
        self._how = How.PROGRAM
        self._options: tuple[str, ...] = ()

    def _note(self, operation: Operation) -> None:
        own = self._visit.operations if self._visit is not None else self.trace.apart
        own.append(replace(operation, guarded=False))

    def _simple(self, node: Simple, state: State, around: Around) -> Result:
        outer, self._visit = self._visit, Visit()
        try:
            return super()._simple(node, state, around)
        finally:
            if id(node) not in self.trace.visits:
                self.trace.nodes.append(node)
            visits = self.trace.visits.setdefault(id(node), [])
            if self._visit not in visits:
                visits.append(self._visit)
            self._visit = outer

    def command(self, words: tuple[str, ...], own: Mapping[str, str], state: State, around: Around) -> Result:
        """Note the command's words, and follow it."""
        if self._visit is not None:
            self._visit.programs.append(words)
        return super().command(words, own, state, around)

    def script(self, text: str, state: State, around: Around) -> Result:
        """Note the script as one that the command at hand runs, and follow it."""
        how, options = self._how, self._options
        self._how, self._options = How.PROGRAM, ()
        if self._visit is not None:
            self._visit.runs.append(Ran(script_of(text), how, options, text))
        return super().script(text, state, around)

    def trap(self, text: str, state: State, around: Around) -> Result:
        """Note that the script runs later."""
        self._how = How.TRAP
        return super().trap(text, state, around)

    def _function(self, words: tuple[str, ...], state: State, around: Around) -> Result:
        if self._visit is not None:
            self._visit.runs.append(Ran(state.functions[words[0]], How.FUNCTION))
        return super()._function(words, state, around)

    def _source(self, words: tuple[str, ...], state: State, around: Around) -> Result:
        self._how = How.SAME_SHELL
        return self._done(super()._source(words, state, around))

    def _eval(self, text: str, state: State, around: Around) -> Result:
        self._how = How.SAME_SHELL
        return self._done(super()._eval(text, state, around))

    def _shell(self, words: tuple[str, ...], own: Mapping[str, str], state: State, around: Around) -> Result:
        end = next((at for at, word in enumerate(words[1:], 1) if word[:1] not in ("-", "+")), len(words))
        # The name of an option stands in a word of its own (``-o pipefail``).
        self._options = words[1 : end + 1]
        return self._done(super()._shell(words, own, state, around))

    def _nested(self, nested: Nested, own: Mapping[str, str], state: State, around: Around) -> None:
        named = _SHEBANG.match(nested.script)
        if not self._options and named is not None:
            self._options = tuple(named[1].split())
        super()._nested(nested, own, state, around)
        self._done(Result())

    def _done(self, result: Result) -> Result:
        self._how, self._options = How.PROGRAM, ()
        return result

"""Follow a script of a release and note what it runs, sets and writes, each with what stands around it.

It is the follower that finds a script's operations, with ears: functions, wrappers, ``bash -c`` and scripts of the repository
are followed as there, and variables are filled in by what is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from diagnosis.closure.steps.guards import asks
from diagnosis.steps.commands import follow_script
from diagnosis.steps.kinds import Operation, Purpose
from diagnosis.steps.repository_files import NO_FILES, Files
from diagnosis.steps.script.around import Around, Guard, Result
from diagnosis.steps.script.assignments import is_powershell_assignment
from diagnosis.steps.script.run import ScriptRun
from diagnosis.steps.script.state import State
from diagnosis.steps.shell.tree import Node, Pipeline, Redirect, Simple
from diagnosis.steps.shell.words import source_of, text_of_word


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that the script runs."""

    words: tuple[str, ...]
    """Its words, filled in as far as they are known."""
    own: tuple[tuple[str, str], ...] = ()
    """The variables that are set for it alone."""
    stdin: str | None = None
    folder: str | None = ""
    source: str = ""
    """The file it stands in; empty for the step's own script."""
    piped_to: tuple[str, ...] = ()
    """The programs behind it in its pipe."""
    guards: tuple[Guard, ...] = ()
    place: int = 0

    @property
    def program(self) -> str:
        """The program's name, without the folder it lies in."""
        return self.words[0].replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".exe") if self.words else ""

    @property
    def tail(self) -> tuple[str, ...]:
        """Its arguments."""
        return self.words[1:]

    @property
    def shown(self) -> str:
        """The command on one line, for people."""
        text = " ".join(" ".join(self.words).split())
        return text if len(text) <= 100 else f"{text[:100]}…"


@dataclass(frozen=True, slots=True)
class Was:
    """A variable that the script gives a value."""

    name: str
    value: str
    exported: bool = False
    guards: tuple[Guard, ...] = ()
    place: int = 0


@dataclass(frozen=True, slots=True)
class Wrote:
    """A file that the script writes by a redirect or through ``tee``."""

    target: str
    text: str | None
    """What is written; None where nobody can tell."""
    append: bool = False
    guards: tuple[Guard, ...] = ()
    ran: Ran | None = None
    """The command whose output it is."""
    folder: str | None = ""
    place: int = 0


@dataclass(frozen=True, slots=True)
class Watched:
    """Everything that was noted of a script, in the order in which it would happen."""

    ran: tuple[Ran, ...] = ()
    was: tuple[Was, ...] = ()
    wrote: tuple[Wrote, ...] = ()
    opaque: tuple[Operation, ...] = ()
    """What of it cannot be read."""
    operations: tuple[Operation, ...] = ()
    handed_on: tuple[tuple[str, str], ...] = ()
    read: bool = True
    """False for a script in a language that is not read at all."""


def watched(
    script: str,
    values: Mapping[str, str],
    files: Files = NO_FILES,
    folder: str | None = "",
    shell: str | None = None,
) -> Watched:
    """Follow a script and return what was noted of it."""
    operations, handed_on, run = follow_script(_Watching, script, values, files, folder, shell)
    opaque = tuple(each for each in operations if each.purpose is Purpose.OPAQUE)
    if run is None:
        return Watched(opaque=opaque, operations=operations, read=False)
    return Watched(tuple(run.ran), tuple(run.was), tuple(run.wrote), opaque, operations, tuple(handed_on.items()))


class _Watching(ScriptRun):
    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type] # what a ScriptRun is given
        self.ran: list[Ran] = []
        self.was: list[Was] = []
        self.wrote: list[Wrote] = []
        self._behind: list[tuple[str, ...]] = []
        self._count = 0

    def _next(self) -> int:
        self._count += 1
        return self._count

    def command(self, words: tuple[str, ...], own: Mapping[str, str], state: State, around: Around) -> Result:
        made = Ran(
            words,
            tuple(own.items()),
            around.stdin,
            state.folder,
            around.source,
            tuple(name for names in self._behind for name in names),
            around.guards,
            self._next(),
        )
        self.ran.append(made)
        if made.program in ("tee", "sponge"):
            before = self.ran[-2] if len(self.ran) > 1 and self.ran[-2].piped_to else None
            append = "-a" in made.tail or "--append" in made.tail
            for name in made.tail:
                if not name.startswith("-"):
                    wrote = Wrote(name, around.stdin, append, around.guards, before, state.folder, self._next())
                    self.wrote.append(wrote)
        return super().command(words, own, state, around)

    def _simple(self, node: Simple, state: State, around: Around) -> Result:
        before = dict(state.variables.known) if node.assignments else {}
        result = super()._simple(node, state, around)
        if is_powershell_assignment(node):
            name = node.words[0][0].text.strip("${}")
            self.was.append(Was(name, state.variables.known.get(name, ""), True, around.guards, self._next()))
        for each in node.assignments if not node.words else ():
            word = text_of_word(each.word, state.variables, self._substitute(state, around)) if not each.name else ""
            name = each.name or word.partition("=")[0]
            value = state.variables.known.get(name, word.partition("=")[2])
            if each.name or "=" in word or "$" in name or before.get(name, "") != value:
                exported = node.declares == "export" or name in state.exported
                self.was.append(Was(name, value, exported, around.guards, self._next()))
                if around.guards and asks(around.guards):
                    # What it holds is up to how a command ends.
                    state.forget((name,))
        return result

    def _pipeline(self, node: Pipeline, state: State, around: Around) -> Result:
        names = tuple(_name_of(each) for each in node.nodes)
        self._behind.append(names[1:])
        try:
            return super()._pipeline(node, state, around)
        finally:
            self._behind.pop()

    def _redirected(self, redirects: tuple[Redirect, ...], result: Result, state: State, around: Around) -> Result:
        for redirect in redirects:
            if ">" not in redirect.sign or redirect.descriptor not in ("", "1"):
                continue
            target = text_of_word(redirect.word, state.variables, self._substitute(state, replace(around, stdin=None)))
            if redirect.sign.endswith("&") and target.isdecimal():
                continue
            last = self.ran[-1] if self.ran else None
            text = result.out if result.out is not None else (result.seen or None)
            append = redirect.sign == ">>"
            self.wrote.append(Wrote(target, text, append, around.guards, last, state.folder, self._next()))
        return super()._redirected(redirects, result, state, around)


def _name_of(node: Node) -> str:
    if isinstance(node, Simple) and node.words:
        return source_of(node.words[0]).rsplit("/", 1)[-1]
    return ""

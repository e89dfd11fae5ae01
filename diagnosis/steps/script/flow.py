"""Follow the lists, pipes, branches, loops and redirections of a script down to its commands, by what is known of its variables.

Nothing is executed. Where both ways may be gone, both are followed, and what differs afterwards is not known. A loop over
a literal list is followed item by item, any other loop once. The work is bounded; a script beyond the bound is opaque.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace

from diagnosis.steps.repository_files import WRITTEN, path_in
from diagnosis.steps.script.around import Around, Guard, Result
from diagnosis.steps.script.assignments import assign, assign_as_powershell, is_powershell_assignment
from diagnosis.steps.script.builtins import read_line
from diagnosis.steps.script.handed_on import hand_on, unsure
from diagnosis.steps.script.record import Record
from diagnosis.steps.script.state import State, joined
from diagnosis.steps.shell.outcomes import Outcome
from diagnosis.steps.shell.syntax import LONGEST_SCRIPT, script_of, word_of
from diagnosis.steps.shell.tree import (
    Assignment,
    Case,
    For,
    Function,
    Group,
    Heredoc,
    If,
    Node,
    Part,
    PartKind,
    Pipeline,
    Redirect,
    Simple,
    Statement,
    While,
    Word,
)
from diagnosis.steps.shell.words import Substitute, assigned_in, fields, is_literal, matches, source_of, text_of_word
from diagnosis.steps.variables import is_legible

MOST_ITEMS = 300
"""Turns of a loop that are followed."""
_MOST_SEEN = 50_000
"""Characters that are kept of what is printed."""
_PRINTED_BY_A_LOGIN = re.compile(r"ecr\s+get-login\b")


class Flow(ABC):
    """Follows statements; a subclass says what a command does."""

    def __init__(self, record: Record) -> None:
        """Take where the operations are written down."""
        self.record = record
        self.trapped: set[str] = set()
        """Functions that a trap runs and that are not defined yet."""

    @abstractmethod
    def command(self, words: tuple[str, ...], own: Mapping[str, str], state: State, around: Around) -> Result:
        """Follow one command by its words, with the variables that are set for it alone."""

    def script(self, text: str, state: State, around: Around) -> Result:
        """Follow the text of a script; what is beyond the length that is read is said to be left out."""
        if len(text) > LONGEST_SCRIPT:
            self.record.exhaust(around)
        return self.statements(script_of(text), state, around)

    def trap(self, text: str, state: State, around: Around) -> Result:
        """Follow what runs at a signal or at the end, by what is known of the variables here."""
        if around.at_the_bound:
            return self.record.exhaust(around)
        self.script(text, state.fork(), replace(around, guarded=True, depth=around.depth + 1, stdin=None))
        return Result(Outcome.RUNS, "")

    def statements(self, statements: tuple[Statement, ...], state: State, around: Around) -> Result:
        """Follow a list in order; the state becomes what it leaves."""
        outcome, before = Outcome.RUNS, ""
        chained: tuple[Statement, ...] = ()
        out: str | None = ""
        seen: list[str] = []
        shell = state
        for place, statement in enumerate(statements):
            if self.record.left < 0:
                return self.record.exhaust(around)
            if shell.over:
                break
            if before not in ("&&", "||"):
                # What goes on in the background has a shell of its own: it ends nothing here, and sets nothing.
                state = shell.fork() if _in_background(statements, place) else shell
            if state.over:
                before = statement.operator
                continue
            skipped, unsettled = _way(before, outcome)
            chained = chained if before in ("&&", "||") else ()
            before = statement.operator
            if skipped:
                continue
            guarded = around.guarded or unsettled or before in ("||", "&") or state.tolerant
            inner = around.under(guarded=guarded)
            inner = inner.behind(Guard(chained, state.pipefail)) if chained else inner
            chained = (*chained, statement)
            if unsettled:
                way = state.fork()
                result = self._node(statement.node, way, inner)
                state.take(joined([way, state]))
                result = replace(result, outcome=Outcome.EITHER if outcome is Outcome.EITHER else Outcome.RUNS)
            else:
                result = self._node(statement.node, state, inner)
            outcome = result.outcome
            if state is not shell:
                shell.handed_on = state.handed_on
            if unsettled and result.out != "":
                # It may be printed or not.
                result = replace(result, out=None, seen=unsure(result.seen))
            out = None if out is None or result.out is None else out + ("\n" if out else "") + result.out
            if result.seen:
                seen.append(result.seen)
        return Result(outcome, out if out is None or len(out) < _MOST_SEEN else None, "\n".join(seen)[:_MOST_SEEN])

    def _node(self, node: Node, state: State, around: Around) -> Result:
        match node:
            case Simple():
                return self._simple(node, state, around)
            case Pipeline():
                return self._pipeline(node, state, around)
            case Function():
                state.functions[node.name] = node.body
                if node.name in self.trapped:
                    self.trapped.discard(node.name)
                    self.trap(node.name, state, around)
                return Result(Outcome.YES, "")
            case Group():
                return self._redirected(node.redirects, self._group(node, state, around), state, around)
            case If():
                around = self._given(node.redirects, state, around)
                return self._redirected(node.redirects, self._if(node, state, around), state, around)
            case Case():
                around = self._given(node.redirects, state, around)
                return self._redirected(node.redirects, self._case(node, state, around), state, around)
            case For():
                around = self._given(node.redirects, state, around)
                return self._redirected(node.redirects, self._for(node, state, around), state, around)
            case While():
                return self._redirected(node.redirects, self._while(node, state, around), state, around)

    def _group(self, node: Group, state: State, around: Around) -> Result:
        around = self._given(node.redirects, state, around)
        return self._apart(node.body, state, around) if node.subshell else self.statements(node.body, state, around)

    def _given(self, redirects: tuple[Redirect, ...], state: State, around: Around) -> Around:
        """Return the same with the input that these redirects give."""
        return around.reading(self._input(redirects, state, around, around.stdin)) if redirects else around

    def _apart(self, body: tuple[Statement, ...], state: State, around: Around) -> Result:
        """Follow a list in a shell of its own: what it sets stays there, what it hands on does not."""
        own = state.fork()
        result = self.statements(body, own, around)
        state.handed_on = own.handed_on
        return result

    def _pipeline(self, node: Pipeline, state: State, around: Around) -> Result:
        result = Result(out=around.stdin)
        last = len(node.nodes) - 1
        for place, each in enumerate(node.nodes):
            guarded = around.guarded or node.negated or (place < last and not state.pipefail)
            own = state.fork() if last else state
            inner = around.under(guarded=guarded).reading(result.out if place else around.stdin)
            result = self._node(each, own, inner)
            state.handed_on = own.handed_on
        if node.negated:
            turned = {Outcome.YES: Outcome.NO, Outcome.NO: Outcome.YES, Outcome.RUNS: Outcome.EITHER}
            return replace(result, outcome=turned.get(result.outcome, result.outcome))
        return replace(
            result, outcome=Outcome.EITHER if last and result.outcome is not Outcome.RUNS else result.outcome
        )

    def _if(self, node: If, state: State, around: Around) -> Result:
        ways: list[State] = []
        results: list[Result] = []
        settled = True
        asked: tuple[Guard, ...] = ()
        for condition, body in node.branches:
            outcome = Outcome.YES
            if condition is not None:
                outcome = self.statements(condition, state, around.under(guarded=True)).outcome
            if outcome is Outcome.NO:
                continue
            settled = settled and outcome is Outcome.YES
            asked = (*asked, Guard(condition, state.pipefail)) if condition and not settled else asked
            way = state if outcome is Outcome.YES else state.fork()
            inner = around if settled else around.under(guarded=True).behind(*asked)
            results.append(self.statements(body, way, inner))
            ways.append(way)
            if outcome is Outcome.YES:
                break
        else:
            ways.append(state)
        state.take(joined(ways))
        if settled and len(results) == 1:
            return results[0]
        found = "\n".join(unsure(each.seen) for each in results if each.seen)
        return Result(Outcome.RUNS, None if results else "", found)

    def _case(self, node: Case, state: State, around: Around) -> Result:
        text = text_of_word(node.word, state.variables, self._substitute(state, around))
        asked = Guard((Statement(Simple(((Part(PartKind.LITERAL, "["),), node.word))),))
        ways: list[State] = []
        seen: list[str] = []
        settled = True
        for patterns, body in node.arms:
            written = [source_of(pattern) for pattern in patterns]
            for pattern in patterns:
                if any(part.kind is PartKind.SUBSTITUTION for part in pattern):
                    text_of_word(pattern, state.variables, self._substitute(state, around.under(guarded=True)))
            fits = [True if pattern == "*" else matches(text, pattern) for pattern in written]
            if all(each is False for each in fits):
                continue
            certain = settled and True in fits
            settled = settled and True in fits
            way = state if certain else state.fork()
            inner = around if certain else around.under(guarded=True).behind(asked)
            found = self.statements(body, way, inner).seen
            seen.append(found if certain else unsure(found))
            ways.append(way)
            if True in fits:
                break
        else:
            ways.append(state)
        state.take(joined(ways))
        return Result(Outcome.RUNS, None, "\n".join(each for each in seen if each))

    def _for(self, node: For, state: State, around: Around) -> Result:
        items: list[str] | None
        if node.words is None:
            items = list(state.variables.arguments) if state.variables.arguments is not None else None
        else:
            items = fields(node.words, state.variables, self._substitute(state, around.under(guarded=True)))
        if items is not None and not any(is_literal(item) for item in items):
            items = None if items else []
        if items is None:
            counted = assigned_in(source_of(node.words[0])) if node.words and not node.name else ()
            return self._unsettled_loop(node.body, state, around, (node.name, *counted))
        # An item that is not legible may be none or several; what the loop does with it looks the same.
        settled = all(is_literal(item) for item in items)
        named = [item if is_literal(item) else f"${node.name}" for item in items]
        return self._items(node.name, named, node.body, state, around if settled else around.under(guarded=True))

    def _items(self, name: str, items: list[str], body: tuple[Statement, ...], state: State, around: Around) -> Result:
        seen: list[str] = []
        out: str | None = ""
        for item in items[:MOST_ITEMS]:
            self.record.left -= 1
            state.assign(name, item)
            result = self.statements(body, state, around)
            out = None if out is None or result.out is None else out + ("\n" if out and result.out else "") + result.out
            seen.append(result.seen)
            state.broken = False
            if state.ended or self.record.left < 0:
                break
        if len(items) > MOST_ITEMS:
            self.record.exhaust(around)
        return Result(Outcome.RUNS, out, "\n".join(each for each in seen if each)[:_MOST_SEEN])

    def _unsettled_loop(
        self, body: tuple[Statement, ...], state: State, around: Around, names: tuple[str, ...]
    ) -> Result:
        """Follow a loop of nobody knows how many turns: once as it begins, and once more with what a turn changes unknown."""
        self.record.left -= 1
        state.forget(name for name in names if name)
        before = state.fork()
        inner = around.under(guarded=True)
        first = len(self.record.operations)
        result = self.statements(body, state, inner)
        changed = state.changed_since(before)
        state.broken = state.ended = False
        if changed:
            mark = len(self.record.operations)
            state.take(before.fork())
            state.forget(changed)
            self.statements(body, state, inner)
            state.broken = state.ended = False
            state.forget(changed)
            known = set(self.record.operations[first:mark])
            self.record.operations[mark:] = [each for each in self.record.operations[mark:] if each not in known]
        return Result(Outcome.RUNS, None, result.seen)

    def _while(self, node: While, state: State, around: Around) -> Result:
        stdin = self._input(node.redirects, state, around, around.stdin)
        reading = _names_read(node.condition)
        if reading is not None and stdin is not None and "$" not in stdin:
            lines = stdin.split("\n")[: MOST_ITEMS + 1]
            result = Result()
            for line in lines[:MOST_ITEMS]:
                self.record.left -= 1
                read_line(reading, line, state, _separator(node.condition, state))
                result = self.statements(node.body, state, around.reading(None))
                state.broken = False
                if state.ended or self.record.left < 0:
                    break
            if len(lines) > MOST_ITEMS:
                self.record.exhaust(around)
            return replace(result, out=None)
        self.statements(node.condition, state, replace(around, guarded=True, stdin=None))
        return self._unsettled_loop(node.body, state, around.reading(None), reading or ())

    # Simple commands

    def _simple(self, node: Simple, state: State, around: Around) -> Result:
        self.record.left -= 1
        if self.record.left < 0:
            return self.record.exhaust(around)
        inner = around.under(guarded=around.guarded or bool(node.words) or bool(node.declares))
        substitute = self._substitute(state, inner)
        if is_powershell_assignment(node):
            command = assign_as_powershell(node, state, substitute)
            return Result(Outcome.YES, "") if command is None else self._simple(command, state, around)
        own = assign(node, state, substitute)
        self._forget_counted(node, state)
        if not node.words:
            # An assignment ends as the command does whose output it takes; one that is declared always succeeds.
            taken = not node.declares and any(_takes_output(each) for each in node.assignments)
            return Result(Outcome.RUNS if taken else Outcome.YES, "")
        words = fields(node.words, state.variables, substitute)
        stdin = self._input(node.redirects, state, around, around.stdin)
        if not words:
            return Result(Outcome.RUNS, "")
        substituted = any(part.kind is PartKind.SUBSTITUTION for part in node.words[0])
        if substituted and "$" in words[0] and _PRINTED_BY_A_LOGIN.search(words[0]):
            return Result()
        result = self.command(tuple(words), own, state, around.reading(stdin))
        return self._redirected(node.redirects, result, state, around)

    @staticmethod
    def _forget_counted(node: Simple, state: State) -> None:
        """Make illegible what ``$((x += 1))`` in a word changes."""
        for word in (*node.words, *(each.word for each in node.assignments)):
            for part in word:
                if part.text.startswith("$(("):
                    state.forget(assigned_in(part.text))

    # Input and output

    def _substitute(self, state: State, around: Around) -> Substitute:
        def run(part: Part) -> str | None:
            if around.at_the_bound:
                self.record.exhaust(around)
                return None
            inner = replace(around, depth=around.depth + 1, stdin=None)
            if len(part.body) == 1 and (file := _only_file(part.body[0].node)) is not None:
                return self._input((file,), state, inner, None)
            result = self._apart(part.body, state, inner)
            return result.out.rstrip("\n") if result.out is not None and len(part.body) else None

        return run

    def _input(
        self, redirects: tuple[Redirect, ...], state: State, around: Around, otherwise: str | None
    ) -> str | None:
        found = otherwise
        for redirect in redirects:
            if redirect.heredoc is not None:
                found = self._heredoc(redirect.heredoc, state, around)
            elif redirect.sign == "<<<":
                found = text_of_word(redirect.word, state.variables, self._substitute(state, around))
            elif redirect.sign == "<":
                found = self._input_file(redirect.word, state, around)
        return found

    def _input_file(self, word: Word, state: State, around: Around) -> str | None:
        if len(word) == 1 and word[0].kind is PartKind.SUBSTITUTION:
            return self._substitute(state, around.under(guarded=True))(word[0])
        name = text_of_word(word, state.variables, self._substitute(state, around))
        text = self.record.files.text(path_in(state.folder, name)) if is_legible(name) else None
        return text.rstrip("\n") if text is not None else None

    def _heredoc(self, heredoc: Heredoc, state: State, around: Around) -> str:
        if heredoc.literal:
            return heredoc.text
        word = word_of(heredoc.text, quoted=True)
        return text_of_word(word, state.variables, self._substitute(state, around.under(guarded=True)))

    def _redirected(self, redirects: tuple[Redirect, ...], result: Result, state: State, around: Around) -> Result:
        """Follow where the output goes; return what is still printed."""
        mixed = False
        for redirect in redirects:
            if ">" not in redirect.sign:
                continue
            target = source_of(redirect.word)
            copies = target == "/dev/stdout" or (redirect.sign.endswith("&") and target.isdecimal())
            if redirect.descriptor not in ("", "1"):
                mixed = mixed or (copies and target not in ("2", redirect.descriptor))
                if not copies:
                    self._note_file(redirect, None, state, around)
                continue
            if copies and target in ("1", "/dev/stdout"):
                continue
            whole = len(result.seen) < _MOST_SEEN
            handed_on = hand_on(target, result.seen if whole else result.seen.rpartition("\n")[0], state)
            if handed_on and not whole:
                self.record.exhaust(around)
            if not handed_on and not copies:
                self._note_file(redirect, None if "&" in redirect.sign else result.out, state, around)
            # After ``2>&1 >FILE`` what is printed is the errors.
            result = replace(result, out=None if mixed else "", seen="")
        return result

    def _note_file(self, redirect: Redirect, text: str | None, state: State, around: Around) -> None:
        """Note what a redirect writes to a file of the workspace, which a later command or step may run."""
        name = text_of_word(redirect.word, state.variables, self._substitute(state, around))
        path = path_in(state.folder, name)
        if path is None:
            return
        state.handed_on[f"{WRITTEN}{path}"] = "true"
        if redirect.sign == ">>":
            earlier = self.record.files.text(path)
            text = f"{earlier}\n{text}" if earlier is not None and text is not None else None
        self.record.files = self.record.files.written(path, None if around.guarded else text)


def _takes_output(made: Assignment) -> bool:
    """Return whether an assignment holds the output of a command."""
    words = (made.word, *(made.items or ()))
    return any(
        part.kind is PartKind.SUBSTITUTION or "$(" in part.text or "`" in part.text for word in words for part in word
    )


def _only_file(node: Node) -> Redirect | None:
    """Return the redirect of ``$(<FILE)``, which prints the file; None for every other command."""
    if not isinstance(node, Simple) or node.words or node.assignments or len(node.redirects) != 1:
        return None
    return node.redirects[0] if node.redirects[0].sign == "<" else None


def _in_background(statements: tuple[Statement, ...], place: int) -> bool:
    """Return whether the list of ``&&`` and ``||`` that begins here ends with ``&``."""
    last = next((each for each in statements[place:] if each.operator not in ("&&", "||")), None)
    return last is not None and last.operator == "&"


def _way(operator: str, outcome: Outcome) -> tuple[bool, bool]:
    """Return whether what stands behind this operator is left out, and whether that is not settled."""
    if operator == "&&":
        return outcome is Outcome.NO, outcome is Outcome.EITHER
    if operator == "||":
        return outcome is Outcome.YES, outcome in (Outcome.EITHER, Outcome.RUNS)
    return False, False


def _names_read(condition: tuple[Statement, ...]) -> tuple[str, ...] | None:
    """Return the variables of ``while read -r a b``; None for every other condition."""
    node = condition[0].node if condition else None
    if not isinstance(node, Simple) or not node.words or source_of(node.words[0]) != "read":
        return None
    names = tuple(source_of(word) for word in node.words[1:])
    return tuple(name for name in names if name.isidentifier()) or ("REPLY",)


def _separator(condition: tuple[Statement, ...], state: State) -> str | None:
    """Return what divides the fields of ``while IFS=, read -r a b``."""
    node = condition[0].node if condition else None
    own = [each for each in node.assignments if each.name == "IFS"] if isinstance(node, Simple) else []
    return source_of(own[0].word) if own else state.variables.known.get("IFS")

"""Follow every way through a script on which one command fails; where one of them ends well, the failure can be lost.

The command fails each time that it is run; every other command may succeed or fail. The rules are those of bash: when ``set -e``
ends the shell and when it does nothing, which result of a pipe counts, what a subshell, a function, a trap and a process in the
background hand on. Source: GNU bash manual, "The Set Builtin", "Pipelines", "Lists of Commands", "Command Execution Environment".
What is not understood is a way that may end well, with a doubt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from diagnosis.closure.steps.demotion.gate_commands import (
    GateCommand,
    drops_result,
    gate_command,
    logs_in,
    reads_password,
)
from diagnosis.closure.steps.demotion.shell_builtins import BUILTINS, follow_builtin, options_of
from diagnosis.closure.steps.demotion.shell_state import NONZERO, UNKNOWN, End, Loss, Place, Shell, Ways
from diagnosis.closure.steps.demotion.shell_words import fits, is_one_item, text_in, words_of
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.script.trace import How, Ran, Trace, Visit
from diagnosis.steps.shell.syntax import script_of
from diagnosis.steps.shell.tree import (
    Case,
    For,
    Function,
    Group,
    If,
    Node,
    PartKind,
    Pipeline,
    Simple,
    Statement,
    While,
    Word,
)
from diagnosis.steps.shell.words import assigned_in

_MOST_STEPS = 30_000
_MOST_WAYS = 300
_DEEPEST = 14
_MOST_TURNS = 8
_MOST_ITEMS = 8
_NEVER_FAILS = frozenset(
    {"true", ":", "echo", "printf", "trap", "set", "shift", "export", "local", "declare", "typeset"}
)
_ODD = frozenset({"coproc", "alias", "enable", "kill", "disown", "logout", "suspend", "hash", "builtin", "bg", "fg"})
_NEXT_TURN = frozenset({End.WELL, End.FAILED, End.QUIETLY, End.CONTINUE})
"""Ends of a loop's body after which the next turn follows."""


class TooManyWaysError(Exception):
    """The script has more ways than are followed."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a command's failure: kept where neither holds."""

    loss: Loss | None = None
    """Where a way that ends well goes on after it."""
    doubt: str = ""
    """Why it cannot be told."""


def fate_of(
    command: GateCommand,
    body: tuple[Statement, ...],
    trace: Trace,
    *,
    errexit: bool,
    pipefail: bool,
    values: Callable[[str], str | None],
) -> Fate:
    """Return what becomes of a command's failure in a script that runs in a shell with these options."""
    following = _Following(command, trace, values)
    try:
        ends = following.program(body, Shell(errexit, pipefail), Place())
    except TooManyWaysError:
        return Fate(doubt="it has more ways than are followed")
    if not following.reached:
        return Fate(doubt="where it stands in the script was not followed")
    lost = [shell for end, shell in ends if end is End.WELL and shell.failed]
    certain = next((shell for shell in lost if not shell.doubt), None)
    if certain is not None:
        return Fate(certain.loss or Loss.OPEN)
    if lost:
        where = lost[0].loss or Loss.OPEN
        return Fate(doubt=f"{where.value}; whether it then ends with a failure is not understood")
    return Fate()


@dataclass(slots=True)
class _Following:
    command: GateCommand
    trace: Trace
    values: Callable[[str], str | None]
    reached: bool = False
    left: int = _MOST_STEPS

    # Shells

    def program(self, body: tuple[Statement, ...], shell: Shell, place: Place) -> Ways:
        """Follow a script that is a process of its own: it ends well or with a failure, traps included."""
        found: Ways = set()
        for end, after in self.statements(body, shell, place):
            if end in (End.WELL, End.EXIT_WELL, End.RETURN_WELL, End.BREAK, End.CONTINUE):
                found.add((End.WELL, after))
                continue
            found.add((End.FAILED, after))
            found |= self._trapped(after, ("EXIT",))
        return found

    def _trapped(self, shell: Shell, signals: tuple[str, ...]) -> Ways:
        """Return the ways that end well since a trap for one of these signals says so."""
        found: Ways = set()
        for signal, text in shell.traps:
            if signal not in signals or not shell.failed:
                continue
            if text is None:
                found.add((End.WELL, shell.lost(Loss.TRAP).doubted()))
                continue
            quiet = replace(shell, traps=()).lost(Loss.TRAP)
            for end, after in self.statements(script_of(text), quiet, Place(depth=1)):
                if end is End.EXIT_WELL:
                    found.add((End.WELL, after))
        return found

    def _apart(self, body: tuple[Statement, ...], shell: Shell, place: Place) -> Ways:
        """Follow a list in a shell of its own within this one: what it sets is gone, its result stays."""
        inner = replace(shell, traps=())
        return {(end, shell.after(after)) for end, after in self.program(body, inner, place)}

    def _captured(self, body: tuple[Statement, ...], shell: Shell, place: Place) -> Ways:
        """Follow what stands in ``$( … )``: bash turns ``set -e`` off there."""
        inner = replace(shell, errexit=False)
        return {(end, shell.after(after)) for end, after in self._apart(body, inner, place)}

    # Lists

    def statements(self, body: tuple[Statement, ...], shell: Shell, place: Place) -> Ways:
        """Follow a list in order."""
        if place.depth > _DEEPEST:
            raise TooManyWaysError
        found: Ways = set()
        ways: Ways = {(End.WELL, shell)}
        at = 0
        while at < len(body) and ways:
            end = at
            while end < len(body) - 1 and body[end].operator in ("&&", "||"):
                end += 1
            chain, at = body[at : end + 1], end + 1
            next_ways: Ways = set()
            for before in {after.lost(Loss.OPEN) for _, after in ways}:
                if chain[-1].operator == "&":
                    next_ways.add((End.WELL, self._background(chain, before, place)))
                    continue
                for result, after in self._chain(chain, before, place):
                    if result.goes_on:
                        next_ways |= self._at_failure(result, after, place)
                    else:
                        found.add((result, after))
            found |= {way for way in next_ways if not way[0].goes_on}
            ways = _bounded({way for way in next_ways if way[0].goes_on})
        return _bounded(found | ways)

    def _at_failure(self, end: End, shell: Shell, place: Place) -> Ways:
        """Return what follows the end of a list's element: ``set -e`` and a trap at failures end the shell."""
        if end is not End.FAILED or place.ignored:
            return {(end, shell)}
        trapped: Ways = {(End.EXIT_WELL, after) for _, after in self._trapped(shell, ("ERR",))}
        return trapped | {(End.EXIT_FAILED if shell.errexit else end, shell)}

    def _background(self, chain: tuple[Statement, ...], shell: Shell, place: Place) -> Shell:
        body = (*chain[:-1], replace(chain[-1], operator=";"))
        name = f"\0process:{id(chain[0].node)}"
        ends = self._apart(body, shell, replace(place, ignored=False, depth=place.depth + 1))
        shell = replace(shell.with_value("!", name), status="0", waiting=shell.waiting - {name})
        if not any(after.failed and not shell.failed for _, after in ends):
            return shell
        kept = all(end.is_failure for end, after in ends if after.failed)
        waiting = shell.waiting | {name} if kept else shell.waiting
        return replace(shell, failed=True, waiting=waiting).lost(Loss.BACKGROUND)

    def _chain(self, chain: tuple[Statement, ...], shell: Shell, place: Place) -> Ways:
        """Follow commands that ``&&`` and ``||`` join."""
        self._spend()
        last = len(chain) - 1
        found: Ways = set()
        ways: Ways = {(End.WELL, shell)}
        for at, statement in enumerate(chain):
            sign = chain[at - 1].operator if at else ""
            next_ways: Ways = set()
            for end, before in ways:
                if at and end.is_failure is (sign == "&&"):
                    # Left out: the result stays, and ``set -e`` does not see it.
                    next_ways.add((End.QUIETLY if end.is_failure else end, before))
                    continue
                inner = replace(place, ignored=place.ignored or at < last, depth=place.depth + 1)
                handles = end.is_failure and before.failed
                inner = replace(inner, handler=inner.handler or handles)
                begun = before.lost(Loss.OTHERWISE) if handles else before
                for result, after in self.node(statement.node, begun, inner):
                    (next_ways if result.goes_on else found).add((result, after))
            ways = _bounded(next_ways)
        if last:
            ways = {(end, after.lost(Loss.LIST) if end is End.QUIETLY else after) for end, after in ways}
        return found | ways

    # Nodes

    def node(self, node: Node, shell: Shell, place: Place) -> Ways:
        """Follow one command."""
        self._spend()
        match node:
            case Simple():
                found = self._simple(node, shell, place)
            case Pipeline():
                found = self._pipeline(node, shell, place)
            case Function():
                found = {(End.WELL, shell)}
            case Group():
                shell = self._read(words_of(node.redirects), shell, place)
                found = (self._apart if node.subshell else self.statements)(node.body, shell, place)
            case If():
                found = self._if(node, self._read(words_of(node.redirects), shell, place), place)
            case Case():
                found = self._case(node, self._read((node.word, *words_of(node.redirects)), shell, place), place)
            case For():
                words = (*(node.words or ()), *words_of(node.redirects))
                found = self._for(node, self._read(words, shell, place), place)
            case While():
                found = self._while(node, self._read(words_of(node.redirects), shell, place), place)
        if not (isinstance(node, Pipeline) and len(node.nodes) > 1):
            # Each command sets it anew.
            found = {(end, after.forgotten(_results_of_a_pipe(after))) for end, after in found}
        return _bounded({(end, replace(after, status=_status(end, after, node))) for end, after in found})

    def _pipeline(self, node: Pipeline, shell: Shell, place: Place) -> Ways:
        if len(node.nodes) == 1:
            ends = self.node(node.nodes[0], shell, replace(place, ignored=place.ignored or node.negated))
            return _turned(ends) if node.negated else ends
        inner = replace(place, ignored=place.ignored or node.negated, depth=place.depth + 1)
        # By what was before: the results so far, and whether the password that a login waits for did not come.
        ways: set[tuple[tuple[bool, ...], Shell, bool]] = {((), shell, False)}
        for each in node.nodes:
            body = (Statement(each),)
            next_ways: set[tuple[tuple[bool, ...], Shell, bool]] = set()
            for results, before, empty in ways:
                fresh = not before.failed
                waits = empty and isinstance(each, Simple) and any(reads_password(it) for it in self.trace.of(each))
                for end, done in self._apart(body, before, inner):
                    bad = end.is_failure or waits
                    lacks = fresh and done.failed and end.is_failure and self.command.makes_token
                    passed_over = bad and not shell.pipefail and each is not node.nodes[-1]
                    after = done.lost(Loss.PIPE) if passed_over else done
                    next_ways.add(((*results, bad), after, (empty or lacks) and not waits))
            ways = next_ways
            if len(ways) > _MOST_WAYS:
                raise TooManyWaysError
        found: Ways = set()
        for results, done, _ in ways:
            failed = any(results) if shell.pipefail else results[-1]
            after = done
            for at, bad in enumerate(results):
                after = after.with_value(f"PIPESTATUS[{at}]", NONZERO if bad else "0")
            found.add((End.FAILED if failed else End.WELL, after))
        return _turned(found) if node.negated else found

    def _if(self, node: If, shell: Shell, place: Place) -> Ways:
        found: Ways = set()
        ways: Ways = {(End.FAILED, shell)}
        deeper = replace(place, depth=place.depth + 1)
        for condition, body in node.branches:
            asked: Ways = set()
            for _, before in ways:
                inner = replace(deeper, handler=place.handler or (before.failed and not shell.failed))
                if condition is None:
                    found |= self.statements(body, before, inner)
                    continue
                for end, done in self.statements(condition, before, replace(deeper, ignored=True)):
                    after = done.lost(Loss.ASKED)
                    if not end.goes_on:
                        found.add((end, after))
                    elif end.is_failure:
                        asked.add((end, after))
                    else:
                        chosen = replace(inner, handler=inner.handler or (after.failed and not before.failed))
                        found |= self.statements(body, after, chosen)
            ways = asked
        return found | {(End.WELL, after) for _, after in ways}

    def _case(self, node: Case, shell: Shell, place: Place) -> Ways:
        text = self._text(node.word, shell)
        found: Ways = set()
        for patterns, body in node.arms:
            fitting = [fits(text, self._text(pattern, shell)) for pattern in patterns]
            if all(each is False for each in fitting):
                continue
            certain = True in fitting
            before = shell if certain else shell.doubted()
            found |= self.statements(body, before, replace(place, depth=place.depth + 1))
            if certain:
                return found
        return found | {(End.WELL, shell.doubted() if found else shell)}

    def _for(self, node: For, shell: Shell, place: Place) -> Ways:
        items = [self._text(word, shell) for word in node.words] if node.words else [None]
        plain = (
            all(is_one_item(word) for word in node.words or ()) and None not in items and 0 < len(items) <= _MOST_ITEMS
        )
        inner = replace(place, depth=place.depth + 1)
        found: Ways = set()
        if plain:
            ways: Ways = {(End.WELL, shell)}
            for item in items:
                turn: Ways = set()
                for _, before in ways:
                    set_to = before.with_value(node.name, item)
                    turn |= self.statements(node.body, set_to.lost(Loss.OPEN), inner)
                found |= {_left(way) for way in turn if way[0] not in _NEXT_TURN}
                ways = _bounded({(_after_turn(end), after) for end, after in turn if end in _NEXT_TURN})
            return found | ways
        return self._turns(
            shell,
            lambda before: {(End.WELL, before), (End.FAILED, before)},
            node.body,
            inner,
            (node.name,),
        )

    def _while(self, node: While, shell: Shell, place: Place) -> Ways:
        inner = replace(place, depth=place.depth + 1)
        asking = replace(inner, ignored=True)

        def asked(before: Shell) -> Ways:
            return {(end, after.lost(Loss.ASKED)) for end, after in self.statements(node.condition, before, asking)}

        return self._turns(shell, asked, node.body, inner, (), until=node.until)

    def _turns(
        self,
        shell: Shell,
        asked: Callable[[Shell], Ways],
        body: tuple[Statement, ...],
        place: Place,
        names: tuple[str, ...],
        *,
        until: bool = False,
    ) -> Ways:
        """Follow a loop of nobody knows how many turns, until a turn brings nothing new."""
        found: Ways = set()
        seen: set[Shell] = set()
        waiting = {shell}
        for _ in range(_MOST_TURNS):
            next_waiting: set[Shell] = set()
            for before in waiting - seen:
                seen.add(before)
                for end, after in asked(before):
                    if not end.goes_on:
                        found.add((End.WELL, after) if end is End.CONTINUE else _left((end, after)))
                        continue
                    if end.is_failure is not until:
                        found.add((End.WELL, after))
                        continue
                    for result, done in self.statements(body, after.forgotten(names), place):
                        if result in _NEXT_TURN:
                            next_waiting.add(done.lost(Loss.OPEN))
                            if result.is_failure:
                                found.add((result, done))
                        else:
                            found.add(_left((result, done)))
            waiting = next_waiting - seen
            if not waiting:
                return found
            if len(waiting) > _MOST_WAYS:
                raise TooManyWaysError
        # A variable that counts the turns takes no end.
        raise TooManyWaysError

    # Simple commands

    def _simple(self, node: Simple, shell: Shell, place: Place) -> Ways:
        visits = self.trace.of(node)
        password = any(logs_in(visit) for visit in visits)
        words = (*node.words, *words_of(node.redirects))
        before = self._read(words, shell, place)
        if not node.words:
            return self._assigned(node, shell, place)
        taken = [part for word in node.words for part in word if part.kind is PartKind.SUBSTITUTION]
        lacks = before.failed and not shell.failed and self.command.makes_token
        if lacks and password:
            # A login with an empty password fails.
            return {(End.FAILED, replace(before, loss=shell.loss))}
        if lacks and len(node.words) == len(taken) == 1 and node.words[0] == (taken[0],):
            # A command that is printed and then run: nothing is printed, and the result is that of what prints.
            return {(End.FAILED, replace(before, loss=shell.loss))}
        before = self._read([each.word for each in node.assignments], before, place)
        name = self._text(node.words[0], before) or ""
        if name in BUILTINS and any(run.how is not How.TRAP for visit in visits for run in visit.runs):
            # A function of the script bears its name.
            odd = replace(before, doubt=True)
            return {(End.WELL, odd), (End.FAILED, odd)}
        told = follow_builtin(name, node, [self._text(word, before) for word in node.words[1:]], before, place)
        if told is not None:
            return told
        found: Ways = set()
        for visit in visits:
            found |= self._visit(visit, before, place)
        return found or self._free(name, before)

    def _free(self, name: str, shell: Shell) -> Ways:
        """Return the ends of a command that crosses no gate."""
        if name in _ODD:
            shell = replace(shell, doubt=True)
        return {(End.WELL, shell)} if name in _NEVER_FAILS else {(End.WELL, shell), (End.FAILED, shell)}

    def _visit(self, visit: Visit, shell: Shell, place: Place) -> Ways:
        own = gate_command(visit.operations)
        is_it = own is not None and own == self.command
        ends: Ways = set()
        if is_it:
            self.reached = True
            ends.add((End.FAILED, replace(shell, failed=True)))
        elif own is not None:
            because = place.handler or shell.loss in (Loss.ASKED, Loss.TURNED)
            same = bool(own.services & self.command.services) or any(each[0] is Purpose.PUSH for each in own.deeds)
            made_up = shell.failed and because and self.command.asks and same
            # Where a question failed, the next command of the same service is met by the same refusal.
            answered = replace(shell, failed=False, loss=None) if made_up else shell
            ends |= {(End.WELL, answered), (End.FAILED, shell)}
        runs = [each for each in visit.runs if each.how is not How.TRAP]
        if runs and not is_it:
            ends |= self._runs(runs, shell, place)
        if not ends:
            ends = self._free(visit.programs[0][0] if visit.programs else "", shell)
        if any(words[0] == "coproc" for words in visit.programs):
            # It runs in a shell of its own, so that an end of that shell is none of this one.
            apart = {End.EXIT_WELL: End.WELL, End.EXIT_FAILED: End.FAILED}
            ends = {(apart.get(end, end), after) for end, after in ends}
        drops = drops_result(visit)
        if drops is not False:
            lost = {
                (End.WELL, after if drops else after.doubted())
                for after in (after.lost(Loss.TOOL) for end, after in ends if end.is_failure and after.failed)
            }
            ends = ({way for way in ends if not way[1].failed} if drops else ends) | lost
        if visit.programs and visit.programs[0][0] == "exec" and len(visit.programs[0]) > 1:
            turned = {End.WELL: End.EXIT_WELL, End.FAILED: End.EXIT_FAILED, End.QUIETLY: End.EXIT_FAILED}
            ends = {(turned.get(end, end), after) for end, after in ends}
        return ends

    def _runs(self, runs: Sequence[Ran], shell: Shell, place: Place) -> Ways:
        """Follow the scripts that a command runs, one after the other until one fails."""
        inner = replace(place, depth=place.depth + 1)
        found: Ways = set()
        ways: Ways = {(End.WELL, shell)}
        for each in runs:
            next_ways: Ways = set()
            for _, before in ways:
                for end, after in self._run(each, before, inner):
                    (next_ways if end is End.WELL else found).add((end, after))
            ways = next_ways
        return found | ways

    def _run(self, ran: Ran, shell: Shell, place: Place) -> Ways:
        if ran.how is How.PROGRAM:
            errexit, pipefail = options_of(ran.options)
            own = Shell(errexit, pipefail, (), failed=shell.failed, loss=shell.loss, doubt=shell.doubt)
            inner = replace(place, ignored=False, returns=False)
            return {(end, shell.after(after)) for end, after in self.program(ran.body, own, inner)}
        returned = {End.RETURN_WELL: End.WELL, End.RETURN_FAILED: End.FAILED, End.QUIETLY: End.FAILED}
        ends = self.statements(ran.body, shell, replace(place, returns=True))
        return {(returned.get(end, end), after) for end, after in ends}

    def _assigned(self, node: Simple, shell: Shell, place: Place) -> Ways:
        """Follow assignments alone: they end as the last output that is taken does, and those that are declared end well."""
        ways: Ways = {(End.WELL, self._read(words_of(node.redirects), shell, place))}
        for each in node.assignments:
            next_ways: Ways = set()
            for end, before in ways:
                words = each.items if each.items is not None else (each.word,)
                bodies = [part.body for word in words for part in word if part.body]
                results: Ways = {(end, before)}
                for body in bodies:
                    results = {
                        way
                        for previous, earlier in results
                        for way in self._captured(
                            body, earlier.lost(Loss.TAKEN) if previous.is_failure else earlier, place
                        )
                    }
                value = self._text(each.word, before) if each.items is None and not each.append else None
                for result, after in results:
                    known = value if not bodies and not each.indexed else None
                    name = each.name or (self._text(each.word, after) or "").partition("=")[0]
                    next_ways.add((result, after.with_value(name, known)))
            ways = _bounded(next_ways)
        if node.declares:
            return {(End.WELL, after.lost(Loss.TAKEN) if end.is_failure else after) for end, after in ways}
        return ways

    def _read(self, words: Iterable[Word], shell: Shell, place: Place) -> Shell:
        """Return the shell after the commands whose output these words take; their results are dropped."""
        for word in words:
            for part in word:
                if part.text.startswith("$(("):
                    shell = shell.forgotten(assigned_in(part.text))
                if not part.body:
                    continue
                for _, after in self._captured(part.body, shell, replace(place, depth=place.depth + 1)):
                    if after.failed and not shell.failed:
                        shell = after.lost(Loss.TAKEN)
        return shell

    def _text(self, word: Word, shell: Shell) -> str | None:
        return text_in(word, shell, self.values)

    def _spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooManyWaysError


def _results_of_a_pipe(shell: Shell) -> list[str]:
    return [name for name, value in shell.variables if name.startswith("PIPESTATUS") and value != UNKNOWN]


def _turned(ends: Ways) -> Ways:
    turned: Ways = set()
    for end, after in ends:
        if end.is_failure:
            turned.add((End.WELL, after.lost(Loss.TURNED)))
        else:
            turned.add((End.QUIETLY if end is End.WELL else end, after))
    return turned


def _left(way: tuple[End, Shell]) -> tuple[End, Shell]:
    """Return how a loop ends that is left so."""
    return (End.WELL, way[1]) if way[0] is End.BREAK else way


def _after_turn(end: End) -> End:
    return End.WELL if end is End.CONTINUE else end


def _status(end: End, shell: Shell, node: Node) -> str | None:
    if isinstance(node, Function):
        return "0"
    return "0" if end is End.WELL else NONZERO if end.is_failure else shell.status


def _bounded(ways: Ways) -> Ways:
    if len(ways) > _MOST_WAYS:
        raise TooManyWaysError
    return ways

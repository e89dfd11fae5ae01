"""Follow a script through its branches, loops, functions and the scripts that it calls, by what is known of its variables.

Nothing is executed. Where both ways may be gone, both are followed, and what differs afterwards is not known. A loop over
a literal list is followed item by item, any other loop once. The work is bounded; a script beyond the bound is opaque.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from diagnosis.facts.reading import Absent, Unreadable
from diagnosis.steps.kinds import Operation, Purpose
from diagnosis.steps.repository_files import WRITTEN, Files, path_in
from diagnosis.steps.script.command_output import output_of
from diagnosis.steps.script.state import State, joined
from diagnosis.steps.shell.outcomes import Outcome, outcome_of
from diagnosis.steps.shell.powershell import with_blocks_apart
from diagnosis.steps.shell.syntax import (
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
    script_of,
    word_of,
)
from diagnosis.steps.shell.words import Substitute, Variables, fields, matches, separated, source_of, text_of_word
from diagnosis.steps.tools.call import Call, Nested, Reader, opaque
from diagnosis.steps.tools.wrappers import READERS_OF_SECRETS, unwrapped
from diagnosis.steps.variables import is_legible

MOST_COMMANDS = 3_000
"""Commands followed in one script with all that it calls."""
_DEEPEST = 12
_MOST_ITEMS = 300
_BATCH = (".bat", ".cmd")
_SHELLS = frozenset({"bash", "sh", "zsh", "dash", "ash", "ksh"})
_INTERPRETER = re.compile(r"#!\s*(?:/usr/bin/env\s+(?:-S\s+)?)?(?:\S*/)?([\w.+-]+)")
_WRITTEN = re.compile(r"([A-Za-z_][\w-]*)=(.*)", re.DOTALL)
_BLOCK = re.compile(r"([A-Za-z_][\w-]*)<<(\S+)")
_OLD_OUTPUT = re.compile(r"::set-output name=([\w-]+)::(.*)")
_SYSTEM = ("/usr/", "/bin/", "/sbin/", "/opt/", "/kaniko/", "/snap/", "/home/linuxbrew/", "/root/go/bin/")
_PRINTED_BY_A_LOGIN = re.compile(r"ecr\s+get-login\b")
_OF_THE_MACHINE = re.compile(
    r"(?:^|/)(?:bin|Scripts)/activate$|^(?:~|\$HOME|\$\{HOME\})/\.(?:bashrc|bash_profile|profile|zshrc|nvm/nvm\.sh|cargo/env|sdkman/.*)$"
    r"|^\$\{?NVM_DIR\}?/nvm\.sh$|^/etc/"
)
"""What sets up a shell: it belongs to the machine or to a tool, not to the project."""
_ENVIRONMENTS = re.compile(
    r"\$\(\s*(?:ssh-agent|minikube|direnv|opam|\S*brew|dircolors|docker-machine|pyenv|rbenv|nodenv|fnm|mise|asdf"
    r"|aws\s+configure\s+export-credentials|aws\s+ecr\s+get-login|luarocks|cat\s+\S*\.env)\b"
)


class Printed(Enum):
    """Where a command's output goes, as far as later steps see it."""

    OUTPUT = "outputs."
    ENVIRONMENT = ""


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands around a command."""

    guarded: bool = False
    source: str = ""
    depth: int = 0
    stdin: str | None = None
    builds: bool = False

    def under(self, *, guarded: bool) -> _Around:
        """Return the same, or the same under a guard."""
        if guarded is self.guarded:
            return self
        return _Around(guarded, self.source, self.depth, self.stdin, self.builds)

    def reading(self, stdin: str | None) -> _Around:
        """Return the same with another input."""
        return self if stdin is self.stdin else _Around(self.guarded, self.source, self.depth, stdin, self.builds)


@dataclass(frozen=True, slots=True)
class _Result:
    outcome: Outcome = Outcome.RUNS
    out: str | None = None
    """What is printed; None where nobody can tell."""
    seen: str = ""
    """What is known of it."""


class ScriptRun:
    """Follows one script."""

    def __init__(self, read: Reader, knows: Callable[[str], bool], files: Files, notes: dict[str, str]) -> None:
        """Take what reads a command, what tells whether a program is known by its name, the repository's files, and notes."""
        self.operations: list[Operation] = []
        self._read = read
        self._knows = knows
        self._files = files
        self._notes = notes
        self._left = MOST_COMMANDS

    def follow(self, script: str, state: State, source: str = "") -> None:
        """Add the script's operations, in the order in which they would be made."""
        for name in [name for name in state.variables.known if name.startswith(WRITTEN)][:200]:
            self._files = self._files.written(name.removeprefix(WRITTEN), None)
        self._list(script_of(script), state, _Around(source=source))

    # Lists, branches, loops

    def _list(self, statements: tuple[Statement, ...], state: State, around: _Around) -> _Result:
        outcome, before = Outcome.RUNS, ""
        out: str | None = ""
        seen: list[str] = []
        for statement in statements:
            if self._left < 0:
                return self._exhaust(around)
            if state.over:
                break
            skipped, unsettled = _way(before, outcome)
            before = statement.operator
            if skipped:
                continue
            guarded = around.guarded or unsettled or before in ("||", "&") or state.tolerant
            inner = around.under(guarded=guarded)
            if unsettled:
                way = state.fork()
                result = self._node(statement.node, way, inner)
                state.take(joined([way, state]))
                result = replace(result, outcome=Outcome.EITHER if outcome is Outcome.EITHER else Outcome.RUNS)
            else:
                result = self._node(statement.node, state, inner)
            outcome = result.outcome
            out = None if out is None or result.out is None else out + ("\n" if out else "") + result.out
            if result.seen:
                seen.append(result.seen)
        return _Result(outcome, out if out is None or len(out) < 50_000 else None, "\n".join(seen)[:50_000])

    def _node(self, node: Node, state: State, around: _Around) -> _Result:
        match node:
            case Simple():
                return self._simple(node, state, around)
            case Pipeline():
                return self._pipeline(node, state, around)
            case Function():
                state.functions[node.name] = node.body
                return _Result(Outcome.YES, "")
            case Group():
                return self._redirected(node.redirects, self._group(node, state, around), state, around)
            case If():
                return self._redirected(node.redirects, self._if(node, state, around), state, around)
            case Case():
                return self._redirected(node.redirects, self._case(node, state, around), state, around)
            case For():
                return self._redirected(node.redirects, self._for(node, state, around), state, around)
            case While():
                return self._redirected(node.redirects, self._while(node, state, around), state, around)

    def _group(self, node: Group, state: State, around: _Around) -> _Result:
        around = replace(around, stdin=self._input(node.redirects, state, around, around.stdin))
        return self._apart(node.body, state, around) if node.subshell else self._list(node.body, state, around)

    def _apart(self, body: tuple[Statement, ...], state: State, around: _Around) -> _Result:
        """Follow a list in a shell of its own: what it sets stays there, what it hands on does not."""
        own = state.fork()
        result = self._list(body, own, around)
        state.handed_on = own.handed_on
        return result

    def _pipeline(self, node: Pipeline, state: State, around: _Around) -> _Result:
        result = _Result(out=around.stdin)
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

    def _if(self, node: If, state: State, around: _Around) -> _Result:
        ways: list[State] = []
        results: list[_Result] = []
        settled = True
        for condition, body in node.branches:
            outcome = Outcome.YES
            if condition is not None:
                outcome = self._list(condition, state, around.under(guarded=True)).outcome
            if outcome is Outcome.NO:
                continue
            settled = settled and outcome is Outcome.YES
            way = state if outcome is Outcome.YES else state.fork()
            results.append(self._list(body, way, around if settled else around.under(guarded=True)))
            ways.append(way)
            if outcome is Outcome.YES:
                break
        else:
            ways.append(state)
        state.take(joined(ways))
        if settled and len(results) == 1:
            return results[0]
        return _Result(Outcome.RUNS, None if results else "", "\n".join(each.seen for each in results if each.seen))

    def _case(self, node: Case, state: State, around: _Around) -> _Result:
        text = text_of_word(node.word, state.variables, self._substitute(state, around))
        ways: list[State] = []
        seen: list[str] = []
        settled = True
        for patterns, body in node.arms:
            written = [source_of(pattern) for pattern in patterns]
            fits = [True if pattern == "*" else matches(text, pattern) for pattern in written]
            if all(each is False for each in fits):
                continue
            certain = settled and True in fits
            settled = settled and True in fits
            way = state if certain else state.fork()
            seen.append(self._list(body, way, around if certain else around.under(guarded=True)).seen)
            ways.append(way)
            if True in fits:
                break
        else:
            ways.append(state)
        state.take(joined(ways))
        return _Result(Outcome.RUNS, None, "\n".join(each for each in seen if each))

    def _for(self, node: For, state: State, around: _Around) -> _Result:
        items: list[str] | None
        if node.words is None:
            items = list(state.variables.arguments) if state.variables.arguments is not None else None
        else:
            items = fields(node.words, state.variables, self._substitute(state, around.under(guarded=True)))
        if items is not None and not any(_is_item(item) for item in items):
            items = None if items else []
        if items is None:
            return self._unsettled_loop(node.body, state, around, (node.name,))
        # An item that is not legible may be none or several; what the loop does with it looks the same.
        settled = all(_is_item(item) for item in items)
        named = [item if _is_item(item) else f"${node.name}" for item in items]
        return self._items(node.name, named, node.body, state, around if settled else around.under(guarded=True))

    def _items(
        self, name: str, items: list[str], body: tuple[Statement, ...], state: State, around: _Around
    ) -> _Result:
        seen: list[str] = []
        out: str | None = ""
        for item in items[:_MOST_ITEMS]:
            self._left -= 1
            state.assign(name, item)
            result = self._list(body, state, around)
            out = None if out is None or result.out is None else out + ("\n" if out and result.out else "") + result.out
            seen.append(result.seen)
            state.broken = False
            if state.ended or self._left < 0:
                break
        if len(items) > _MOST_ITEMS:
            self._exhaust(around)
        return _Result(Outcome.RUNS, out, "\n".join(each for each in seen if each)[:50_000])

    def _unsettled_loop(
        self, body: tuple[Statement, ...], state: State, around: _Around, names: tuple[str, ...]
    ) -> _Result:
        """Follow a loop of nobody knows how many turns: once as it begins, and once more with what a turn changes unknown."""
        self._left -= 1
        state.forget(name for name in names if name)
        before = state.fork()
        inner = around.under(guarded=True)
        first = len(self.operations)
        result = self._list(body, state, inner)
        changed = state.changed_since(before)
        state.broken = state.ended = False
        if changed:
            mark = len(self.operations)
            state.take(before.fork())
            state.forget(changed)
            self._list(body, state, inner)
            state.broken = state.ended = False
            state.forget(changed)
            known = set(self.operations[first:mark])
            self.operations[mark:] = [each for each in self.operations[mark:] if each not in known]
        return _Result(Outcome.RUNS, None, result.seen)

    def _while(self, node: While, state: State, around: _Around) -> _Result:
        stdin = self._input(node.redirects, state, around, around.stdin)
        reading = _names_read(node.condition)
        if reading is not None and stdin is not None and "$" not in stdin:
            lines = stdin.split("\n")[: _MOST_ITEMS + 1]
            result = _Result()
            for line in lines[:_MOST_ITEMS]:
                self._left -= 1
                _read_into(reading, line, state, _separator(node.condition, state))
                result = self._list(node.body, state, around.reading(None))
                state.broken = False
                if state.ended or self._left < 0:
                    break
            if len(lines) > _MOST_ITEMS:
                self._exhaust(around)
            return replace(result, out=None)
        self._list(node.condition, state, replace(around, guarded=True, stdin=None))
        return self._unsettled_loop(node.body, state, around.reading(None), reading or ())

    # Simple commands

    def _simple(self, node: Simple, state: State, around: _Around) -> _Result:
        self._left -= 1
        if self._left < 0:
            return self._exhaust(around)
        inner = around.under(guarded=around.guarded or bool(node.words) or bool(node.declares))
        substitute = self._substitute(state, inner)
        if _is_powershell_assignment(node):
            name = node.words[0][0].text.strip("${}")
            if _is_command_of_powershell(node.words[2]):
                state.assign(name, f"${name}")
                return self._simple(replace(node, words=node.words[2:]), state, around)
            state.assign(name, " ".join(text_of_word(word, state.variables, substitute) for word in node.words[2:]))
            state.exported.add(name)
            return _Result(Outcome.YES, "")
        own = self._assign(node, state, substitute)
        if not node.words:
            return _Result(Outcome.YES, "")
        words = fields(node.words, state.variables, substitute)
        stdin = self._input(node.redirects, state, around, around.stdin)
        if not words:
            return _Result(Outcome.YES, "")
        substituted = any(part.kind is PartKind.SUBSTITUTION for part in node.words[0])
        if substituted and "$" in words[0] and _PRINTED_BY_A_LOGIN.search(words[0]):
            return _Result()
        result = self._command(tuple(words), own, state, around.reading(stdin))
        return self._redirected(node.redirects, result, state, around)

    def _assign(self, node: Simple, state: State, substitute: Substitute) -> dict[str, str]:
        """Follow assignments; return those that hold for the command behind them alone."""
        own: dict[str, str] = {}
        variables = state.variables
        for each in node.assignments:
            if not each.name:
                name, _, value = text_of_word(each.word, variables, substitute).partition("=")
                if value and name.isidentifier():
                    state.assign(name, value)
                if node.declares == "export" and name.isidentifier():
                    state.exported.add(name)
                continue
            if each.items is not None:
                items = tuple(fields(each.items, variables, substitute))
                if any(re.match(r"\[[^\]]+\]=", item) for item in items):
                    for item in items:
                        key, _, value = item[1:].partition("]=")
                        variables.known[f"{each.name}[{key.strip(chr(34))}]"] = value
                    continue
                earlier = variables.arrays.get(each.name, ()) if each.append else ()
                if any(not _is_item(item) for item in items) or (each.append and each.name not in variables.arrays):
                    variables.arrays.pop(each.name, None)
                    variables.known[each.name] = f"${each.name}"
                else:
                    variables.arrays[each.name] = (*earlier, *items)
                continue
            text = text_of_word(each.word, variables, substitute)
            if each.indexed:
                variables.arrays.pop(each.name, None)
                continue
            if each.append:
                text = variables.known.get(each.name, f"${each.name}") + text
            if node.words:
                own[each.name] = text
            else:
                state.assign(each.name, text)
                if node.declares == "export":
                    state.exported.add(each.name)
        return own

    def _command(self, words: tuple[str, ...], own: Mapping[str, str], state: State, around: _Around) -> _Result:
        """Follow one command by its words."""
        tested = outcome_of(words)
        if tested is not None:
            return _Result(tested, "" if words[0] in ("[", "[[", "test", "true", "false", ":") else None)
        if words[0] in state.functions and around.depth < _DEEPEST:
            return self._function(words, state, around)
        builtin = self._builtin(words, own, state, around)
        if builtin is not None:
            return builtin
        inner = unwrapped(words)
        if inner is not None:
            rest, more = inner
            if _base(words[0]) in READERS_OF_SECRETS:
                why = "which secrets of AWS it fetches is in its configuration"
                self._add(opaque(_base(words[0]), why, "fetch them with the AWS CLI", may_push=False), state, around)
            if not rest:
                return _Result(out="")
            if rest[0] == "xargs" and around.depth < _DEEPEST:
                return self._xargs(rest, {**own, **more}, state, around)
            if around.depth < _DEEPEST:
                return self._command(rest, {**own, **more}, state, replace(around, depth=around.depth + 1))
        if words[0] == "xargs" and around.depth < _DEEPEST:
            return self._xargs(words, own, state, around)
        program = _base(words[0])
        if program in _SHELLS:
            return self._shell(words, own, state, around)
        if not is_legible(words[0]) and path_in(state.folder, words[0]) is None:
            self._add(
                opaque(words[0][:100], "which program it runs is computed", "write the program's name"), state, around
            )
            return _Result()
        script = self._repository_script(words, own, state, around)
        if script is not None:
            return script
        return self._program(words, own, state, around)

    def _program(self, words: tuple[str, ...], own: Mapping[str, str], state: State, around: _Around) -> _Result:
        program = _base(words[0]).removesuffix(".exe")
        seen = _Seen(state.variables.known, state.exported, own)
        call = Call((program, *words[1:]), seen, self._files, state.folder, around.stdin, self._notes)
        found = self._read(call)
        for each in found:
            if isinstance(each, Nested):
                self._nested(each, own, state, around)
            elif not (around.builds and each.purpose is Purpose.OPAQUE):
                self._add((each,), state, around)
        out = output_of(call)
        if program == "tee" and around.stdin is not None:
            for word in words[1:]:
                self._hand_on(word, around.stdin, state)
        if program == "echo" and out and (old := _OLD_OUTPUT.match(out)):
            state.handed_on[f"outputs.{old[1]}"] = old[2]
        return _Result(Outcome.RUNS, out, out or "")

    def _nested(self, nested: Nested, own: Mapping[str, str], state: State, around: _Around) -> None:
        if around.depth >= _DEEPEST:
            self._exhaust(around)
            return
        child = self._child(state, {**own, **nested.values}, nested.folder, nested.arguments)
        inner = replace(
            around,
            source=nested.source or around.source,
            depth=around.depth + 1,
            stdin=None,
            builds=around.builds or nested.builds,
        )
        self._list(script_of(nested.script), child, inner)
        state.handed_on = child.handed_on

    def _child(
        self, state: State, own: Mapping[str, str], folder: str | None, arguments: tuple[str, ...] | None
    ) -> State:
        """Return what a program of its own sees: the variables that are exported, none of the functions."""
        seen = _Seen(state.variables.known, state.exported, own)
        known = dict(seen)
        return State(Variables(known, {}, arguments), set(known), folder, handed_on=dict(state.handed_on))

    def _function(self, words: tuple[str, ...], state: State, around: _Around) -> _Result:
        before = state.variables.arguments
        state.variables.arguments = words[1:]
        result = self._list(state.functions[words[0]], state, replace(around, depth=around.depth + 1))
        state.variables.arguments = before
        state.broken = False
        return result

    def _builtin(self, words: tuple[str, ...], own: Mapping[str, str], state: State, around: _Around) -> _Result | None:
        name, tail = words[0], words[1:]
        match name:
            case "cd" | "pushd" | "Set-Location" | "chdir":
                names = [word for word in tail if not word.startswith("-")]
                state.folder = path_in(state.folder, names[0]) if names else None
            case "popd":
                state.folder = None
            case "set":
                _follow_set(tail, state)
            case "shift":
                count = int(tail[0]) if tail[:1] and tail[0].isdigit() and len(tail[0]) < 4 else 1
                if state.variables.arguments is not None:
                    state.variables.arguments = state.variables.arguments[count:]
            case "exit":
                state.ended = True
            case "return" | "break" | "continue":
                state.broken = True
            case "unset":
                for each in tail:
                    state.variables.known.pop(each, None)
                    state.variables.arrays.pop(each, None)
            case "read" | "mapfile" | "readarray":
                self._read_builtin(words, own.get("IFS", state.variables.known.get("IFS")), state, around)
            case "getopts":
                state.forget(tail[1:2])
            case "source" | "." if tail:
                return self._source(words, state, around)
            case "eval":
                return self._eval(" ".join(tail), state, around)
            case "trap":
                if tail[:1] and " " in tail[0] and around.depth < _DEEPEST:
                    self._list(script_of(tail[0]), state.fork(), replace(around, guarded=True, depth=around.depth + 1))
            case _:
                return None
        return _Result(Outcome.RUNS, "")

    def _read_builtin(self, words: tuple[str, ...], signs: str | None, state: State, around: _Around) -> None:
        names = tuple(word for word in words[1:] if word.isidentifier())
        known = around.stdin is not None and "$" not in around.stdin
        if words[0] != "read":
            name = names[-1] if names else "MAPFILE"
            if known and around.stdin is not None:
                state.variables.arrays[name] = tuple(line for line in around.stdin.split("\n") if line)
            else:
                state.forget((name,))
        elif known and around.stdin is not None and not any(re.fullmatch(r"-[a-z]*a", word) for word in words):
            _read_into(names, around.stdin.split("\n")[0], state, signs)
        elif known and around.stdin is not None and names:
            state.variables.arrays[names[-1]] = tuple(separated(around.stdin.split("\n")[0], signs))
        else:
            state.forget(names)

    def _source(self, words: tuple[str, ...], state: State, around: _Around) -> _Result:
        if _OF_THE_MACHINE.search(words[1]):
            return _Result()
        path = path_in(state.folder, words[1])
        text = self._text(path)
        if text is None or around.depth >= _DEEPEST:
            self._add(self._unread(words[1], path), state, around)
            return _Result()
        before = state.variables.arguments
        state.variables.arguments = words[2:] or before
        inner = replace(around, source=path or around.source, depth=around.depth + 1)
        result = self._list(script_of(text), state, inner)
        state.variables.arguments = before
        state.broken = False
        return result

    def _eval(self, text: str, state: State, around: _Around) -> _Result:
        if not text or _ENVIRONMENTS.match(text):
            return _Result()
        if "$(" in text or text.startswith("$") or around.depth >= _DEEPEST:
            self._add(opaque(f"eval {text[:80]}", "the commands are computed", "write the commands out"), state, around)
            return _Result()
        return self._list(script_of(text), state, replace(around, depth=around.depth + 1))

    def _shell(self, words: tuple[str, ...], own: Mapping[str, str], state: State, around: _Around) -> _Result:
        """Follow ``bash -c "…"``, ``bash FILE ARGS``, and a shell that reads its commands."""
        inner = replace(around, depth=around.depth + 1, stdin=None)
        rest = list(words[1:])
        options: list[str] = []
        while rest and rest[0][:1] in ("-", "+") and len(rest[0]) > 1:
            word = rest.pop(0)
            options.append(word)
            if word in ("-o", "+o", "-O", "+O", "--rcfile", "--init-file") and rest:
                options.append(rest.pop(0))
        by_text = any(re.fullmatch(r"-[a-z]*c", each) for each in options)
        if around.depth >= _DEEPEST or (by_text and not rest):
            self._exhaust(around)
            return _Result()
        if by_text:
            child = self._child(state, own, state.folder, tuple(rest[2:]))
            if not rest[0].strip() or rest[0].startswith(("$(", "${{")) or re.fullmatch(r"\$\{?\w+\}?", rest[0]):
                self._add(
                    opaque(f"{words[0]} -c {rest[0][:60]}", "the commands are computed", "write them out"),
                    state,
                    around,
                )
                return _Result()
            _follow_set([each for each in options if each != "-c"], child)
            result = self._list(script_of(rest[0]), child, inner)
            state.handed_on = child.handed_on
            return result
        if rest and rest[0] != "-" and "-s" not in options:
            path = path_in(state.folder, rest[0])
            text = self._text(path)
            if text is None:
                if any(each in ("--version", "--help") for each in options):
                    return _Result()
                self._add(self._unread(rest[0], path), state, around)
                return _Result()
            self._nested(Nested(text, state.folder, path or "", arguments=tuple(rest[1:])), own, state, around)
            return _Result()
        if around.stdin is not None:
            arguments = tuple(rest[1:] if rest[:1] == ["-"] else rest)
            self._nested(Nested(around.stdin, state.folder, around.source, arguments=arguments), own, state, around)
        elif not any(each in ("--version", "--help") for each in options):
            self._add(
                opaque(words[0], "its commands come from another program", "put them into the repository"),
                state,
                around,
            )
        return _Result()

    def _xargs(self, words: tuple[str, ...], own: Mapping[str, str], state: State, around: _Around) -> _Result:
        rest = list(words[1:])
        marker, several = "", True
        while rest and rest[0].startswith("-"):
            word = rest.pop(0)
            if word in ("-I", "--replace", "-i"):
                marker = rest.pop(0) if rest and word == "-I" else "{}"
            elif word.startswith("-I"):
                marker = word[2:]
            elif word in ("-n", "-L", "-P", "-d", "-s", "-a", "--max-args", "--max-procs", "--delimiter") and rest:
                count = rest.pop(0)
                several = several and not (word in ("-n", "-L", "--max-args") and count == "1")
            elif word in ("-n1", "-L1", "--max-args=1"):
                several = False
        if not rest:
            return _Result(out=around.stdin)
        stdin = around.stdin if around.stdin is not None and "$" not in around.stdin else None
        lines = ["$xargs"] if stdin is None else stdin.split("\n") if marker else stdin.split()
        inner = replace(around, stdin=None, depth=around.depth + 1)
        turns: list[list[str]]
        if marker:
            turns = [[word.replace(marker, line) for word in rest] for line in lines if line.strip()]
        elif several:
            turns = [[*rest, *lines]]
        else:
            turns = [[*rest, line] for line in lines]
        for turn in turns[:_MOST_ITEMS]:
            self._command(tuple(turn), own, state, inner)
        return _Result()

    def _repository_script(
        self, words: tuple[str, ...], own: Mapping[str, str], state: State, around: _Around
    ) -> _Result | None:
        """Follow a program that is named by its path in the repository; None where it is no such thing."""
        name = words[0]
        if "/" not in name and not name.endswith((".sh", ".bash")):
            return None
        if name.startswith(_SYSTEM) or "node_modules/.bin/" in name or name.startswith("~/"):
            return None
        base = _base(name)
        if base in ("gradlew", "mvnw") or (
            self._read.__self__.knows(base) if hasattr(self._read, "__self__") else False
        ):
            return None
        path = path_in(state.folder, name)
        reading = self._files.at(path) if path is not None else None
        text = self._text(path)
        if text is None:
            self._add(self._unread(name, path, reading), state, around)
            return _Result()
        program = _INTERPRETER.match(text)
        foreign = "cmd" if base.lower().endswith(_BATCH) else program[1] if program else None
        if foreign is not None and foreign not in _SHELLS:
            self._add(
                opaque(path or name, f"it is a program for {foreign}", "write its calls of AWS into the workflow"),
                state,
                around,
            )
            return _Result()
        text = with_blocks_apart(text) if base.lower().endswith(".ps1") else text
        self._nested(Nested(text, state.folder, path or "", arguments=words[1:]), own, state, around)
        return _Result()

    def _unread(self, name: str, path: str | None, reading: object = None) -> tuple[Operation, ...]:
        reading = reading or (self._files.at(path) if path is not None else None)
        if path is None:
            why = "where it lies in the repository is not legible" if "$" in name else "it is no file of the repository"
            return opaque(name[:200], why, "put the script into the repository and call it by its path")
        if isinstance(reading, Absent):
            return opaque(path, "the commit has no such file", "put the script into the repository")
        if isinstance(reading, Unreadable):
            return opaque(path, reading.why, reading.how)
        if reading is not None:
            return opaque(path, "it is too long to be read", "shorten it")
        return opaque(path, "the file was not read", "let the run's repository be read (contents: read)")

    # Input and output

    def _substitute(self, state: State, around: _Around) -> Substitute:
        def run(part: Part) -> str | None:
            if around.depth >= _DEEPEST:
                return None
            inner = replace(around, depth=around.depth + 1, stdin=None)
            result = self._apart(part.body, state, inner)
            return result.out.rstrip("\n") if result.out is not None and len(part.body) else None

        return run

    def _input(
        self, redirects: tuple[Redirect, ...], state: State, around: _Around, otherwise: str | None
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

    def _input_file(self, word: Word, state: State, around: _Around) -> str | None:
        if len(word) == 1 and word[0].kind is PartKind.SUBSTITUTION:
            return self._substitute(state, around.under(guarded=True))(word[0])
        name = text_of_word(word, state.variables, self._substitute(state, around))
        text = self._text(path_in(state.folder, name)) if is_legible(name) else None
        return text.rstrip("\n") if text is not None else None

    def _heredoc(self, heredoc: Heredoc, state: State, around: _Around) -> str:
        if heredoc.literal:
            return heredoc.text
        word = word_of(heredoc.text, quoted=True)
        return text_of_word(word, state.variables, self._substitute(state, around.under(guarded=True)))

    def _redirected(self, redirects: tuple[Redirect, ...], result: _Result, state: State, around: _Around) -> _Result:
        for redirect in redirects:
            if ">" not in redirect.sign:
                continue
            target = source_of(redirect.word)
            handed_on = self._hand_on(target, result.seen, state)
            if not handed_on and "&" not in redirect.sign:
                self._note_file(redirect, result.out, state, around)
            if handed_on or not (redirect.sign.endswith("&") and target.isdigit()):
                result = replace(result, out="", seen="")
                if (path := path_in(state.folder, target)) is not None:
                    state.handed_on[f"{WRITTEN}{path}"] = "true"
        return result

    def _note_file(self, redirect: Redirect, text: str | None, state: State, around: _Around) -> None:
        """Note what a redirect writes to a file of the workspace, which a later command may run."""
        name = text_of_word(redirect.word, state.variables, self._substitute(state, around))
        path = path_in(state.folder, name)
        if path is None:
            return
        if redirect.sign == ">>":
            earlier = self._files.text(path)
            text = f"{earlier}\n{text}" if earlier is not None and text is not None else None
        self._files = self._files.written(path, None if around.guarded else text)

    def _text(self, path: str | None) -> str | None:
        """Return the text of a file as it stands here: as the script wrote it, else as the commit has it."""
        return self._files.text(path)

    def _hand_on(self, target: str, text: str, state: State) -> bool:
        """Note what is written for later steps; return whether the target is one of their files."""
        prefix = _prefix_of(target)
        if prefix is None:
            return False
        for name, value in _written(text):
            state.handed_on[prefix.value + name] = value
        return True

    def _add(self, found: tuple[Operation, ...], state: State, around: _Around) -> None:
        for operation in found:
            # A token that is piped into a login: the login fails with it.
            guarded = around.guarded and operation.purpose is not Purpose.LOGIN
            self.operations.append(replace(operation, guarded=guarded, source=operation.source or around.source))

    def _exhaust(self, around: _Around) -> _Result:
        gap = opaque("the script", "it is longer than what is followed", "shorten the script, or divide it into steps")
        if not any(each.gap == gap[0].gap for each in self.operations):
            self.operations.extend(replace(each, source=around.source) for each in gap)
        return _Result()


class _Seen(Mapping[str, str]):
    """The variables that a program sees, and GitHub's contexts."""

    def __init__(self, known: Mapping[str, str], exported: set[str], own: Mapping[str, str]) -> None:
        self._known = known
        self._exported = exported
        self._own = own

    def __getitem__(self, name: str) -> str:
        if name in self._own:
            return self._own[name]
        if name in self._exported or "." in name:
            return self._known[name]
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        for name in self._known:
            if (name in self._exported or "." in name) and name not in self._own:
                yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _way(operator: str, outcome: Outcome) -> tuple[bool, bool]:
    """Return whether what stands behind this operator is left out, and whether that is not settled."""
    if operator == "&&":
        return outcome is Outcome.NO, outcome is Outcome.EITHER
    if operator == "||":
        return outcome is Outcome.YES, outcome in (Outcome.EITHER, Outcome.RUNS)
    return False, False


def _base(word: str) -> str:
    return word.replace("\\", "/").rsplit("/", 1)[-1]


def _is_item(text: str) -> bool:
    """Return whether a word of a list is literal: legible, and no pattern of file names."""
    return (text == "" or is_legible(text)) and not any(sign in text for sign in "*?[")


def _is_powershell_assignment(node: Simple) -> bool:
    return (
        len(node.words) > 2
        and len(node.words[0]) == 1
        and node.words[0][0].kind is PartKind.PARAMETER
        and source_of(node.words[1]) == "="
    )


def _is_command_of_powershell(word: Word) -> bool:
    """Return whether what a variable is set to begins with a command, whose output it gets: a bare word is one."""
    first = word[0] if word else None
    return first is not None and first.kind is PartKind.LITERAL and not first.quoted and first.text[:1].isalpha()


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


def _read_into(names: tuple[str, ...], line: str, state: State, signs: str | None) -> None:
    last = len(names) - 1
    words = (
        line.split(None, last) if signs is None and last > 0 else separated(line, signs) if last > 0 else [line.strip()]
    )
    if len(words) > len(names):
        words = [*words[:last], (signs or " ")[0].join(words[last:])]
    for place, name in enumerate(names):
        state.assign(name, words[place].strip() if place < len(words) else "")


def _follow_set(options: tuple[str, ...] | list[str], state: State) -> None:
    words = list(options)
    while words:
        word = words.pop(0)
        if word == "--":
            state.variables.arguments = tuple(words)
            return
        if word[:1] not in ("-", "+") or len(word) < 2:
            state.variables.arguments = (word, *words)
            return
        on = word[0] == "-"
        if "e" in word[1:]:
            state.tolerant = not on
        if "a" in word[1:]:
            state.all_exported = on
        if word.endswith("o") and words:
            match words.pop(0):
                case "pipefail":
                    state.pipefail = on
                case "errexit":
                    state.tolerant = not on
                case "allexport":
                    state.all_exported = on


def _prefix_of(target: str) -> Printed | None:
    if "GITHUB_OUTPUT" in target or "github.output" in target.lower():
        return Printed.OUTPUT
    return Printed.ENVIRONMENT if "GITHUB_ENV" in target or "github.env" in target.lower() else None


def _written(text: str) -> Iterator[tuple[str, str]]:
    """Yield the pairs of ``NAME=value`` and ``NAME<<END … END``."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        block = _BLOCK.fullmatch(lines[at].strip())
        at += 1
        if block:
            end = next((place for place in range(at, len(lines)) if lines[place].strip() == block[2]), len(lines))
            yield block[1], "\n".join(lines[at:end])
            at = end + 1
        elif found := _WRITTEN.fullmatch(lines[at - 1]):
            yield found[1], found[2]

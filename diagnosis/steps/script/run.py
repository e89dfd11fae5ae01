"""Follow a script and say what each of its commands does: functions, builtins, wrappers, scripts of the repository, programs.

A program is read by the reader that is given; nothing is executed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from diagnosis.steps.kinds import Operation, Purpose
from diagnosis.steps.repository_files import Files, path_in
from diagnosis.steps.script.around import Around, Result
from diagnosis.steps.script.assignments import local_names
from diagnosis.steps.script.builtins import changed_by_builtin, set_options
from diagnosis.steps.script.command_output import output_of
from diagnosis.steps.script.flow import MOST_ITEMS, Flow
from diagnosis.steps.script.handed_on import hand_on, hand_on_printed
from diagnosis.steps.script.record import Record
from diagnosis.steps.script.repository_script import SHELLS, base_name, script_at, unread
from diagnosis.steps.script.state import State
from diagnosis.steps.script.xargs import commands_of_xargs, options_of_xargs, printed_by_xargs
from diagnosis.steps.shell.outcomes import Outcome, outcome_of
from diagnosis.steps.shell.tree import Statement
from diagnosis.steps.shell.words import assigned_in
from diagnosis.steps.tools.call import Call, Nested, Reader, opaque
from diagnosis.steps.tools.wrappers import READERS_OF_SECRETS, unwrapped
from diagnosis.steps.variables import is_legible

_OF_THE_MACHINE = re.compile(
    r"(?:^|/)(?:bin|Scripts)/activate$|^(?:~|\$HOME|\$\{HOME\})/\.(?:bashrc|bash_profile|profile|zshrc|nvm/nvm\.sh|cargo/env|sdkman/.*)$"
    r"|^\$\{?NVM_DIR\}?/nvm\.sh$|^/etc/"
)
"""What sets up a shell: it belongs to the machine or to a tool, not to the project."""
_ENVIRONMENTS = re.compile(
    r"\$\(\s*(?:ssh-agent|minikube|direnv|opam|\S*brew|dircolors|docker-machine|pyenv|rbenv|nodenv|fnm|mise|asdf"
    r"|aws\s+configure\s+export-credentials|aws\s+ecr\s+get-login|luarocks|cat\s+\S*\.env)\b"
)


class ScriptRun(Flow):
    """Follows one script."""

    def __init__(self, read: Reader, knows: Callable[[str], bool], files: Files, notes: dict[str, str]) -> None:
        """Take what reads a command, what tells whether a program is known by its name, the repository's files, and notes."""
        super().__init__(Record(files, notes))
        self._read = read
        self._knows = knows
        self._locals: dict[int, tuple[tuple[Statement, ...], frozenset[str]]] = {}
        """The variables that a function declares as its own, by the identity of its body."""

    def follow(self, script: str, state: State) -> tuple[Operation, ...]:
        """Return the script's operations, in the order in which they would be made; the state becomes what it leaves."""
        self.record.files = self.record.files.as_left(state.variables.known)
        self.script(script, state, Around())
        for name in sorted(self.trapped):
            self.trap(name, state.fork(), Around())
        return tuple(self.record.operations)

    def command(self, words: tuple[str, ...], own: Mapping[str, str], state: State, around: Around) -> Result:
        """Follow one command by its words."""
        if words[0] in state.functions:
            return self._function(words, state, around)
        if words[0] in ("((", "let"):
            state.forget(assigned_in(" ".join(words[1:])))
        tested = outcome_of(words)
        if tested is not None:
            return Result(tested, "" if words[0] in ("[", "[[", "test", "true", "false", ":") else None)
        builtin = self._builtin(words, own, state, around)
        if builtin is not None:
            return builtin
        inner = unwrapped(words)
        if inner is not None:
            rest, more = inner
            if base_name(words[0]) in READERS_OF_SECRETS:
                why = "which secrets of AWS it fetches is in its configuration"
                self.record.add(opaque(base_name(words[0]), why, "fetch them with the AWS CLI", may_push=False), around)
            if not rest:
                return Result(out="")
            if rest[0] == "xargs" and not around.at_the_bound:
                return self._xargs(rest, {**own, **more}, state, around)
            if not around.at_the_bound:
                return self.command(rest, {**own, **more}, state, replace(around, depth=around.depth + 1))
        if words[0] == "xargs" and not around.at_the_bound:
            return self._xargs(words, own, state, around)
        program = base_name(words[0])
        if program in SHELLS:
            return self._shell(words, own, state, around)
        if not is_legible(words[0]) and path_in(state.folder, words[0]) is None:
            self.record.add(
                opaque(words[0][:100], "which program it runs is computed", "write the program's name"), around
            )
            return Result()
        script = script_at(words, state.folder, self.record.files, self._knows)
        if script is None:
            return self._program(words, own, state, around)
        if isinstance(script, Nested):
            self._nested(script, own, state, around)
        else:
            self.record.add(script, around)
        return Result()

    def _program(self, words: tuple[str, ...], own: Mapping[str, str], state: State, around: Around) -> Result:
        program = base_name(words[0]).removesuffix(".exe")
        seen = state.seen(own)
        call = Call((program, *words[1:]), seen, self.record.files, state.folder, around.stdin, self.record.notes)
        found = self._read(call)
        for each in found:
            if isinstance(each, Nested):
                self._nested(each, own, state, around)
            elif not (around.builds and each.purpose is Purpose.OPAQUE):
                self.record.add((each,), around)
        out = output_of(call)
        if program == "tee" and around.stdin is not None:
            for word in words[1:]:
                hand_on(word, around.stdin, state)
        if program == "echo" and out:
            hand_on_printed(out, state)
        return Result(Outcome.YES if program in ("echo", "printf") else Outcome.RUNS, out, out or "")

    def _nested(self, nested: Nested, own: Mapping[str, str], state: State, around: Around) -> None:
        if around.at_the_bound:
            self.record.exhaust(around)
            return
        child = state.child({**own, **nested.values}, nested.folder, nested.arguments)
        inner = replace(
            around,
            source=nested.source or around.source,
            depth=around.depth + 1,
            stdin=None,
            builds=around.builds or nested.builds,
        )
        self.script(nested.script, child, inner)
        state.handed_on = child.handed_on

    def _function(self, words: tuple[str, ...], state: State, around: Around) -> Result:
        if around.at_the_bound:
            return self.record.exhaust(around)
        body = state.functions[words[0]]
        if id(body) not in self._locals:
            # The body is kept beside its names, so that its identity stays its own.
            self._locals[id(body)] = (body, local_names(body))
        own = self._locals[id(body)][1]
        variables = state.variables
        before = variables.arguments
        known = {name: variables.known[name] for name in own if name in variables.known}
        arrays = {name: variables.arrays[name] for name in own if name in variables.arrays}
        state.variables.arguments = words[1:]
        result = self.statements(body, state, replace(around, depth=around.depth + 1))
        state.variables.arguments = before
        state.restore(own, known, arrays)
        state.broken = False
        return result

    def _builtin(self, words: tuple[str, ...], own: Mapping[str, str], state: State, around: Around) -> Result | None:
        """Follow a builtin of the shell; None where it is none."""
        tail = words[1:]
        match words[0]:
            case "source" | "." if tail:
                return self._source(words, state, around)
            case "eval":
                return self._eval(" ".join(tail), state, around)
            case "trap":
                named = tail[1:] if tail[:1] == ("--",) else tail
                if len(named) > 1 and named[0].isidentifier() and named[0] not in state.functions:
                    # A function that stands further below.
                    self.trapped.add(named[0])
                elif len(named) > 1 and named[0].strip() not in ("", "-"):
                    return self.trap(named[0], state, around)
            case _:
                signs = own.get("IFS", state.variables.known.get("IFS"))
                if not changed_by_builtin(words, signs, state, around.stdin):
                    return None
        return Result(Outcome.RUNS, "")

    def _source(self, words: tuple[str, ...], state: State, around: Around) -> Result:
        if _OF_THE_MACHINE.search(words[1]):
            return Result()
        path = path_in(state.folder, words[1])
        text = self.record.files.text(path)
        if text is None or around.at_the_bound:
            self.record.add(unread(words[1], path, self.record.files), around)
            return Result()
        before = state.variables.arguments
        state.variables.arguments = words[2:] or before
        inner = replace(around, source=path or around.source, depth=around.depth + 1)
        result = self.script(text, state, inner)
        state.variables.arguments = before
        state.broken = False
        return result

    def _eval(self, text: str, state: State, around: Around) -> Result:
        if not text or (_ENVIRONMENTS.match(text) and ";" not in text and "&&" not in text):
            return Result()
        if "$(" in text or text.startswith("$") or around.at_the_bound:
            self.record.add(opaque(f"eval {text[:80]}", "the commands are computed", "write the commands out"), around)
            return Result()
        return self.script(text, state, replace(around, depth=around.depth + 1))

    def _shell(self, words: tuple[str, ...], own: Mapping[str, str], state: State, around: Around) -> Result:
        """Follow ``bash -c "…"``, ``bash FILE ARGS``, and a shell that reads its commands."""
        inner = replace(around, depth=around.depth + 1, stdin=None)
        rest = list(words[1:])
        options: list[str] = []
        while rest and rest[0][:1] in ("-", "+") and len(rest[0]) > 1:
            word = rest.pop(0)
            options.append(word)
            if (word in ("-O", "+O", "--rcfile", "--init-file") or re.fullmatch(r"[-+][a-z]*o", word)) and rest:
                options.append(rest.pop(0))
        by_text = any(re.fullmatch(r"-(?=[a-z]*c)[a-z]++", each) for each in options)
        if around.at_the_bound or (by_text and not rest):
            return self.record.exhaust(around)
        if by_text:
            child = state.child(own, state.folder, tuple(rest[2:]))
            if not rest[0].strip() or rest[0].startswith(("$(", "${{")) or re.fullmatch(r"\$\{?\w+\}?", rest[0]):
                self.record.add(
                    opaque(f"{words[0]} -c {rest[0][:60]}", "the commands are computed", "write them out"),
                    around,
                )
                return Result()
            set_options([each for each in options if each != "-c"], child)
            result = self.script(rest[0], child, inner)
            state.handed_on = child.handed_on
            return result
        if rest and rest[0] != "-" and "-s" not in options:
            path = path_in(state.folder, rest[0])
            text = self.record.files.text(path)
            if text is None:
                if any(each in ("--version", "--help") for each in options):
                    return Result()
                self.record.add(unread(rest[0], path, self.record.files), around)
                return Result()
            self._nested(Nested(text, state.folder, path or "", arguments=tuple(rest[1:])), own, state, around)
            return Result()
        if around.stdin is not None:
            arguments = tuple(rest[1:] if rest[:1] == ["-"] else rest)
            self._nested(Nested(around.stdin, state.folder, around.source, arguments=arguments), own, state, around)
        elif not any(each in ("--version", "--help") for each in options):
            self.record.add(
                opaque(words[0], "its commands come from another program", "put them into the repository"),
                around,
            )
        return Result()

    def _xargs(self, words: tuple[str, ...], own: Mapping[str, str], state: State, around: Around) -> Result:
        rest, options = options_of_xargs(words[1:])
        stdin = around.stdin
        if "-a" in options:
            name = options["-a"]
            stdin = self.record.files.text(path_in(state.folder, name)) if is_legible(name) else None
        if not rest:
            out = printed_by_xargs(stdin, options)
            return Result(out=out, seen=out or "")
        commands = commands_of_xargs(rest, options, stdin)
        inner = replace(around, stdin=None, depth=around.depth + 1)
        for each in commands[:MOST_ITEMS]:
            self.command(each, own, state, inner)
        if len(commands) > MOST_ITEMS:
            self.record.exhaust(around)
        return Result()

"""Find the commands that a script names: a small, tolerant reader of shell text.

It finds simple commands through quotes, continuations, pipes, substitutions and ``bash -c``; it leaves out comments
and here-documents, so that a command that a script merely writes down is not taken for one that it runs. Nothing is
executed and nothing is expanded here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

LONGEST_SCRIPT = 100_000
"""Characters read; the rest of a longer script is left unread."""
_DEEPEST = 12
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_LEADERS = frozenset(
    {
        "if",
        "then",
        "else",
        "elif",
        "while",
        "until",
        "do",
        "!",
        "{",
        "time",
        "exec",
        "command",
        "builtin",
        "sudo",
        "env",
    }
    | {"nohup", "nice", "eval", "export", "declare", "local", "readonly", "typeset", "xargs"}
)
_SHELLS = frozenset({"bash", "sh", "zsh", "dash", "eval"})
_HEREDOC = re.compile(r"<<(-?)[ \t]*(['\"]?)([\w.@-]+)\2")


@dataclass(frozen=True, slots=True)
class ShellCommand:
    """One simple command, quotes removed, variables as written."""

    words: tuple[str, ...]
    """The program and its arguments; empty for a bare assignment."""
    assignments: tuple[tuple[str, str], ...] = ()
    redirect: str | None = None
    """The file that the output goes to (``$GITHUB_OUTPUT``), as written."""
    guarded: bool = False
    """Its failure need not fail the script: ``… || true``, ``… | tee``, ``if …``, ``echo "$(…)"``, after ``set +e``."""

    @property
    def program(self) -> str:
        """The program's base name: ``docker`` for ``/usr/bin/docker``."""
        return self.words[0].rsplit("/", 1)[-1] if self.words else ""


def commands_in(script: str) -> tuple[ShellCommand, ...]:
    """Return all simple commands of a script, in the order in which they begin; substitutions stand before their user."""
    reader = _Reader(script[:LONGEST_SCRIPT])
    reader.read(0)
    return tuple(reader.commands)


@dataclass(slots=True)
class _Words:
    """The command under construction."""

    words: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    open: bool = False

    def add(self, text: str) -> None:
        self.current.append(text)
        self.open = True

    def close_word(self) -> None:
        if self.open:
            self.words.append("".join(self.current))
        self.current, self.open = [], False


class _Reader:
    """One pass over the text; nested parts are read by readers of their own, to a bounded depth."""

    def __init__(self, text: str, depth: int = 0, *, guarded: bool = False) -> None:
        self.text = text
        self.depth = depth
        self.commands: list[ShellCommand] = []
        self._tolerant = guarded
        self._pipefail = False
        self._waiting: list[tuple[str, bool]] = []

    def read(self, at: int) -> None:
        words = _Words()
        text, end = self.text, len(self.text)
        while at < end:
            char = text[at]
            if char == "\n":
                self._close(words)
                at = self._skip_heredocs(at + 1)
            elif char in " \t\r":
                words.close_word()
                at += 1
            elif char == "#" and not words.open:
                at = self._line_end(at)
            elif char in ";|()" or (char == "&" and not self._is_redirect(at)):
                self._close(words, text[at : at + 2])
                at += 2 if text[at : at + 2] in ("&&", "||") else 1
            elif char in "<>":
                at = self._redirect(words, at)
            else:
                at = self._part(words, at)
        self._close(words)

    def _part(self, words: _Words, at: int) -> int:
        """Read one piece of a word; return where it ends."""
        text = self.text
        char = text[at]
        if char in "\\`" and text[at + 1 : at + 2] == "\n":
            return at + 2
        if char == "\\":
            words.add(text[at + 1 : at + 2])
            return at + 2
        if char == "'":
            close = text.find("'", at + 1)
            close = len(text) if close < 0 else close
            words.add(text[at + 1 : close])
            return close + 1
        if char == '"':
            return self._double_quoted(words, at + 1)
        if char in "$`":
            return self._dollar(words, at)
        words.add(char)
        return at + 1

    def _double_quoted(self, words: _Words, at: int) -> int:
        text, end = self.text, len(self.text)
        words.add("")
        while at < end and text[at] != '"':
            if text[at] == "\\":
                words.add("" if text[at + 1 : at + 2] == "\n" else text[at + 1 : at + 2])
                at += 2
            elif text[at] in "$`":
                at = self._dollar(words, at)
            else:
                words.add(text[at])
                at += 1
        return at + 1

    def _dollar(self, words: _Words, at: int) -> int:
        """Read a variable, an expression of GitHub's, or a substitution, whose commands are read too; return where it ends."""
        text = self.text
        for opening, closing, nested in (("${{", "}}", False), ("${", "}", False), ("$(", ")", True), ("`", "`", True)):
            if not text.startswith(opening, at):
                continue
            inner = at + len(opening)
            close = _balanced(text, inner) if opening == "$(" else text.find(closing, inner)
            if close < 0:
                break
            if nested and self.depth < _DEEPEST:
                # ``NAME=$(…)`` passes the failure on; ``echo "$(…)"`` and ``export NAME=$(…)`` do not.
                reader = _Reader(text[inner:close], self.depth + 1, guarded=self._tolerant or bool(words.words))
                reader.read(0)
                self.commands.extend(reader.commands)
            words.add(text[at : close + len(closing)])
            return close + len(closing)
        words.add(text[at])
        return at + 1

    def _is_redirect(self, at: int) -> bool:
        return self.text[at + 1 : at + 2] == ">" or (at > 0 and self.text[at - 1] in "<>")

    def _redirect(self, words: _Words, at: int) -> int:
        text = self.text
        heredoc = _HEREDOC.match(text, at) if not text.startswith("<<<", at) else None
        if heredoc:
            self._waiting.append((heredoc[3], bool(heredoc[1])))
            return heredoc.end()
        if words.open and "".join(words.current).isdigit():
            words.current, words.open = [], False
        words.close_word()
        sign = text[at]
        while at < len(text) and text[at] in "<>&":
            at += 1
        words.words.append(sign)
        return at

    def _skip_heredocs(self, at: int) -> int:
        for delimiter, indented in self._waiting:
            while at < len(self.text):
                stop = self._line_end(at)
                line = self.text[at:stop]
                at = stop + 1
                if (line.lstrip("\t") if indented else line).rstrip("\r") == delimiter:
                    break
        self._waiting = []
        return at

    def _line_end(self, at: int) -> int:
        stop = self.text.find("\n", at)
        return len(self.text) if stop < 0 else stop

    def _close(self, words: _Words, end: str = "") -> None:
        words.close_word()
        found, words.words = words.words, []
        plain, redirect = _without_redirects(found)
        if plain[:1] == ["set"]:
            self._follow_set(plain[1:])
        piped = end[:1] == "|" and end != "||" and not self._pipefail
        guarded = self._tolerant or piped or end == "||" or (end[:1] == "&" and end != "&&")
        guarded = guarded or plain[:1] in (["if"], ["elif"], ["while"], ["until"], ["!"])
        assignments, rest = _strip_leaders(plain)
        if rest and rest[0].rsplit("/", 1)[-1] in _SHELLS and self.depth < _DEEPEST:
            self._read_argument(rest)
        if rest or assignments:
            self.commands.append(ShellCommand(tuple(rest), tuple(assignments), redirect, guarded))

    def _follow_set(self, options: list[str]) -> None:
        text = " ".join(options)
        if re.search(r"(?:^| )\+\w*e", text):
            self._tolerant = True
        elif re.search(r"(?:^| )-\w*e", text):
            self._tolerant = False
        if re.search(r"(?:^| )-\w*o pipefail", text):
            self._pipefail = True

    def _read_argument(self, words: list[str]) -> None:
        """Read the argument of ``bash -c "…"`` as a script."""
        for option, argument in pairwise(words):
            if option.startswith("-") and option.endswith("c"):
                reader = _Reader(argument, self.depth + 1)
                reader.read(0)
                self.commands.extend(reader.commands)
                return


def _balanced(text: str, at: int) -> int:
    """Return where the bracket that was opened before ``at`` closes; -1 where it does not."""
    depth, quote = 1, ""
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return -1


def _without_redirects(words: list[str]) -> tuple[list[str], str | None]:
    plain: list[str] = []
    redirect = None
    index = 0
    while index < len(words):
        if words[index] in ("<", ">"):
            if words[index] == ">" and index + 1 < len(words):
                redirect = words[index + 1]
            index += 2
        else:
            plain.append(words[index])
            index += 1
    return plain, redirect


def _strip_leaders(words: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Cut off keywords, ``sudo``, ``timeout`` and assignments, and keep the assignments."""
    assignments: list[tuple[str, str]] = []
    rest = list(words)
    while rest:
        assigned = _ASSIGNMENT.fullmatch(rest[0])
        if assigned:
            assignments.append((assigned[1], assigned[2]))
            rest.pop(0)
        elif rest[0] in _LEADERS:
            leader = rest.pop(0)
            while leader != "eval" and rest and rest[0].startswith("-"):
                rest.pop(0)
        elif rest[0].rsplit("/", 1)[-1] == "timeout" and len(rest) > 2:
            rest.pop(0)
            while rest and (rest[0].startswith("-") or rest[0][:1].isdigit()):
                rest.pop(0)
        else:
            break
    return assignments, rest

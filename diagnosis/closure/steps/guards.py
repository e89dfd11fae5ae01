"""Tell whether a condition of a script measures something: how a command ended, and not only what is always so.

A condition is followed as bash does: of a list counts the last command, of a pipe too where ``pipefail`` does not hold, and
``|| true`` makes it hold whatever was before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from functools import reduce
from itertools import pairwise

from diagnosis.steps.script.around import Guard
from diagnosis.steps.shell.syntax import script_of
from diagnosis.steps.shell.tree import (
    Case,
    For,
    Function,
    Group,
    If,
    Node,
    Part,
    PartKind,
    Pipeline,
    Simple,
    Statement,
    While,
)
from diagnosis.steps.shell.words import source_of

_TRIVIAL_NAMED = """
mkdir cd pushd popd echo printf set shopt export declare local touch rm chmod chown cp mv sleep date cat true
false : pwd ls which type hash command umask exec trap source . tee install ln basename dirname git uname
hostname whoami id env nproc df free uptime seq yes read wait time unset alias
"""
_TRIVIAL = frozenset(_TRIVIAL_NAMED.split())
"""Commands whose success says nothing about the release."""
_VERSIONS = frozenset({"--version", "-v", "-V", "version", "--help", "-h"})
_OF_THE_RUNNER = re.compile(r"\$\{?(?:GITHUB_|RUNNER_|CI\b|HOME\b|PWD\b|ImageOS)")
_MEASURES = re.compile(r"\b(?:steps|needs|job)\s*\.|\bfailure\s*\(|\bcancelled\s*\(")


_TESTS = frozenset({"[", "[[", "test", "((", "let"})
_WRAPPERS = frozenset({"sudo", "timeout", "nice", "nohup", "time", "env", "command", "exec", "stdbuf", "builtin"})
"""Programs that end as what they run."""
_NO_COMMAND = re.compile(r"-.*|\w+=.*|\d+(?:\.\d+)?[smhd]?")
"""Words between a wrapper and what it runs."""
_FILTERS = frozenset(
    {"tr", "sed", "awk", "cut", "sort", "uniq", "head", "tail", "tee", "cat", "base64", "xargs", "fold", "rev"}
)
"""Programs that hand on what they are given, in another form."""
_DEAF = frozenset({"echo", "printf", "true", "false", ":", "date", "pwd", "ls", "hostname", "whoami"})
"""Programs that take nothing from the pipe before them."""


class _Ends(Enum):
    """How a command ends, as far as a condition is concerned."""

    WELL = "always well"
    BADLY = "never well"
    MEASURED = "as what it measures"
    OTHERWISE = "by what is no measurement"


def asks(guards: Sequence[Guard]) -> bool:
    """Return whether one of these conditions measures something."""
    return any(_of_list(each.body, pipefail=each.pipefail) is _Ends.MEASURED for each in guards)


def asks_of_steps(condition: str) -> bool:
    """Return whether a condition of GitHub's asks how a step or a job ended."""
    return bool(_MEASURES.search(condition))


def asks_a_command(substitution: str) -> bool:
    """Return whether ``$(…)`` takes the output of a command that measures something."""
    return _prints(script_of(substitution.removeprefix("$(").removesuffix(")")))


# How it ends


def _of_list(body: Sequence[Statement], *, pipefail: bool) -> _Ends:
    """Return how a list ends: as the last commands that ``&&`` and ``||`` join."""
    if not body or body[-1].operator == "&":
        return _Ends.WELL
    begun = len(body) - 1
    while begun and body[begun - 1].operator in ("&&", "||"):
        begun -= 1
    ends = _of_node(body[begun].node, pipefail=pipefail)
    for before, statement in pairwise(body[begun:]):
        join = _both if before.operator == "&&" else _either
        ends = join(ends, _of_node(statement.node, pipefail=pipefail))
    return ends


def _both(one: _Ends, two: _Ends) -> _Ends:
    for ends in (_Ends.BADLY, _Ends.MEASURED, _Ends.OTHERWISE):
        if ends in (one, two):
            return ends
    return _Ends.WELL


def _either(one: _Ends, two: _Ends) -> _Ends:
    for ends in (_Ends.WELL, _Ends.OTHERWISE, _Ends.MEASURED):
        if ends in (one, two):
            return ends
    return _Ends.BADLY


def _of_node(node: Node, *, pipefail: bool) -> _Ends:
    match node:
        case Simple():
            return _of_command(node, pipefail=pipefail)
        case Pipeline():
            ends = [_of_node(each, pipefail=pipefail) for each in node.nodes]
            end = reduce(_both, ends) if pipefail else ends[-1]
            turned = {_Ends.WELL: _Ends.BADLY, _Ends.BADLY: _Ends.WELL}
            return turned.get(end, end) if node.negated else end
        case For() if node.words == ():
            return _Ends.WELL
        case Group() | For():
            return _of_list(node.body, pipefail=pipefail)
        case While():
            inner = _of_list(node.body, pipefail=pipefail)
            asked = _of_list(node.condition, pipefail=pipefail)
            # Such a loop is left only once its condition says so.
            waits = asked is _Ends.MEASURED and not _leaves(node.body)
            return _Ends.MEASURED if waits or inner is _Ends.MEASURED else _Ends.WELL
        case If():
            asked = reduce(_both, (_of_list(each or (), pipefail=pipefail) for each, _ in node.branches))
            bodies = [body for _, body in node.branches]
            return _of_choice(asked, bodies, whole=node.branches[-1][0] is None, pipefail=pipefail)
        case Case():
            asked = _Ends.MEASURED if any(map(_unsettled, node.word)) else _Ends.OTHERWISE
            whole = any(source_of(pattern) == "*" for patterns, _ in node.arms for pattern in patterns)
            return _of_choice(asked, [body for _, body in node.arms], whole=whole, pipefail=pipefail)
        case Function():
            return _Ends.WELL


def _of_choice(asked: _Ends, bodies: Sequence[Sequence[Statement]], *, whole: bool, pipefail: bool) -> _Ends:
    """Return how a choice ends: by what is asked, where what follows from it ends differently."""
    ends = {_of_list(body, pipefail=pipefail) for body in bodies} | (set() if whole else {_Ends.WELL})
    if len(ends) == 1:
        return ends.pop()
    return _Ends.MEASURED if asked is _Ends.MEASURED or _Ends.MEASURED in ends else _Ends.OTHERWISE


def _leaves(body: Sequence[Statement]) -> bool:
    """Return whether a loop may be left by a word of its body."""
    return any(re.search(r"\b(?:break|return)\b", str(each.node)) for each in body)


def _of_command(node: Simple, *, pipefail: bool) -> _Ends:
    if not node.words:
        taken = [part.body for each in node.assignments for part in each.word if part.body]
        return _of_list(taken[-1], pipefail=pipefail) if taken and not node.declares else _Ends.WELL
    words = [(source_of(word).rsplit("/", 1)[-1], word) for word in node.words]
    while words[1:] and words[0][0] in _WRAPPERS:
        del words[0]
        while words[1:] and _NO_COMMAND.fullmatch(words[0][0]):
            del words[0]
    name, tail = words[0][0], words[1:]
    if name in _TESTS:
        return _Ends.MEASURED if any(_unsettled(part) for _, word in tail for part in word) else _Ends.OTHERWISE
    if name in ("bash", "sh", "dash") and any(each.startswith("-") and each.endswith("c") for each, _ in tail[:-1]):
        return _of_list(script_of("".join(part.text for part in tail[-1][1])), pipefail=False)
    if name in ("false", "exit", "return"):
        return _Ends.BADLY
    if name == "wait" and tail:
        return _Ends.MEASURED
    trivial = name in _TRIVIAL or name in ("break", "continue") or (tail and all(each in _VERSIONS for each, _ in tail))
    return _Ends.WELL if trivial else _Ends.MEASURED


# What it prints


def _prints(body: Sequence[Statement]) -> bool:
    """Return whether what a list prints is measured: a command's own output, or a text that is printed as a command ended."""
    chain: list[Statement] = []
    for statement in body:
        if _prints_itself(statement.node) or (chain and _of_list(chain, pipefail=False) is _Ends.MEASURED):
            return True
        chain = [*chain, statement] if statement.operator in ("&&", "||") else []
    return False


def _prints_itself(node: Node) -> bool:
    match node:
        case Simple():
            away = any(each.sign.startswith((">", "&>")) and each.descriptor in ("", "1") for each in node.redirects)
            taken = any(_prints(part.body) for word in node.words[1:] for part in word if part.body)
            return not away and (taken or (bool(node.words) and _of_command(node, pipefail=False) is _Ends.MEASURED))
        case Pipeline():
            first, last = node.nodes[0], node.nodes[-1]
            if _name(last) in _DEAF or _name(first) in ("echo", "printf"):
                return _prints_itself(last if _name(last) in _DEAF else first)
            return any(_prints_itself(each) for each in node.nodes if each is first or _name(each) not in _FILTERS)
        case Group() | For():
            return _prints(node.body)
        case While():
            return _of_list(node.condition, pipefail=False) is _Ends.MEASURED or _prints(node.body)
        case If():
            asked = [_of_list(each, pipefail=False) for each, _ in node.branches if each is not None]
            return _Ends.MEASURED in asked or any(_prints(body) for _, body in node.branches)
        case Case():
            return any(map(_unsettled, node.word)) or any(_prints(body) for _, body in node.arms)
        case Function():
            return False


def _name(node: Node) -> str:
    return source_of(node.words[0]).rsplit("/", 1)[-1] if isinstance(node, Simple) and node.words else ""


def _unsettled(part: Part) -> bool:
    match part.kind:
        case PartKind.SUBSTITUTION:
            return _prints(part.body)
        case PartKind.PARAMETER:
            return not _OF_THE_RUNNER.match(part.text)
        case PartKind.EXPRESSION:
            return bool(_MEASURES.search(part.text))
        case PartKind.LITERAL:
            return False

"""Tell whether a condition of a script measures something: how a command ended, and not only what is always so."""

from __future__ import annotations

import re

from diagnosis.steps.shell.syntax import script_of
from diagnosis.steps.shell.tree import Case, For, Group, If, Node, Part, PartKind, Pipeline, Simple, Statement, While
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


def asks(guards: tuple[Statement, ...]) -> bool:
    """Return whether one of these conditions measures something."""
    return any(_asks(each.node) for each in guards)


def asks_of_steps(condition: str) -> bool:
    """Return whether a condition of GitHub's asks how a step or a job ended."""
    return bool(_MEASURES.search(condition))


def asks_a_command(substitution: str) -> bool:
    """Return whether ``$(…)`` takes the output of a command that measures something."""
    return any(_asks(each.node) for each in script_of(substitution.removeprefix("$(").removesuffix(")")))


def _asks(node: Node) -> bool:
    match node:
        case Simple():
            if not node.words:
                return any(
                    any(_asks(inner.node) for part in each.word for inner in part.body) for each in node.assignments
                )
            name = source_of(node.words[0]).rsplit("/", 1)[-1]
            if name in ("[", "[[", "test", "((", "let"):
                return any(_unsettled(part) for word in node.words[1:] for part in word)
            asked = [source_of(word) for word in node.words[1:]]
            return name not in _TRIVIAL and (not asked or any(word not in _VERSIONS for word in asked))
        case Pipeline():
            return any(_asks(each) for each in node.nodes)
        case Group() | For():
            return any(_asks(each.node) for each in node.body)
        case While():
            return any(_asks(each.node) for each in (*node.condition, *node.body))
        case If():
            return any(_asks(each.node) for condition, _ in node.branches for each in condition or ())
        case Case():
            return any(_unsettled(part) for part in node.word)
        case _:
            return False


def _unsettled(part: Part) -> bool:
    match part.kind:
        case PartKind.SUBSTITUTION:
            return any(_asks(each.node) for each in part.body)
        case PartKind.PARAMETER:
            return not _OF_THE_RUNNER.match(part.text)
        case PartKind.EXPRESSION:
            return bool(_MEASURES.search(part.text))
        case PartKind.LITERAL:
            return False

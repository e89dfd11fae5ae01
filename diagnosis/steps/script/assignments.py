"""What assignments make of variables: ``NAME=value``, ``NAME=(a b)``, ``export NAME=value``, and ``$NAME = …`` of PowerShell."""

from __future__ import annotations

import re
from dataclasses import replace

from diagnosis.steps.script.state import State
from diagnosis.steps.shell.tree import Case, For, Group, If, Node, PartKind, Pipeline, Simple, Statement, While, Word
from diagnosis.steps.shell.words import Substitute, fields, is_literal, source_of, text_of_word


def assign(node: Simple, state: State, substitute: Substitute) -> dict[str, str]:
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
            if any(not is_literal(item) for item in items) or (each.append and each.name not in variables.arrays):
                variables.arrays.pop(each.name, None)
                variables.known[each.name] = f"${each.name}"
            else:
                variables.arrays[each.name] = (*earlier, *items)
            continue
        text = text_of_word(each.word, variables, substitute)
        if each.indexed:
            # Which element it is may be computed: none of them is certain any more.
            state.forget((each.name,))
            for name in [name for name in variables.known if name.startswith(f"{each.name}[")]:
                del variables.known[name]
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


def local_names(body: tuple[Statement, ...]) -> frozenset[str]:
    """Return the variables that a function declares as its own (``local``, ``declare``, ``typeset``)."""
    found: set[str] = set()
    left: list[Statement | Node] = list(body)
    while left:
        each = left.pop()
        node = each.node if isinstance(each, Statement) else each
        match node:
            case Simple() if node.declares in ("local", "declare", "typeset"):
                named = (made.name or source_of(made.word).partition("=")[0] for made in node.assignments)
                found.update(name for name in named if name.isidentifier())
            case Pipeline():
                left += node.nodes
            case Group() if not node.subshell:
                left += node.body
            case While():
                left += (*node.condition, *node.body)
            case For():
                left += node.body
            case If():
                for condition, then in node.branches:
                    left += (*(condition or ()), *then)
            case Case():
                for _, then in node.arms:
                    left += then
    return frozenset(found)


def is_powershell_assignment(node: Simple) -> bool:
    """Return whether a command is ``$NAME = …``."""
    return (
        len(node.words) > 2
        and len(node.words[0]) == 1
        and node.words[0][0].kind is PartKind.PARAMETER
        and source_of(node.words[1]) == "="
    )


def assign_as_powershell(node: Simple, state: State, substitute: Substitute) -> Simple | None:
    """Follow ``$NAME = …``; return the command whose output the variable gets, None where it gets a value."""
    name = node.words[0][0].text.strip("${}")
    if _is_command_of_powershell(node.words[2]):
        state.assign(name, f"${name}")
        return replace(node, words=node.words[2:])
    state.assign(name, " ".join(text_of_word(word, state.variables, substitute) for word in node.words[2:]))
    state.exported.add(name)
    return None


def _is_command_of_powershell(word: Word) -> bool:
    """Return whether what a variable is set to begins with a command, whose output it gets: a bare word is one."""
    first = word[0] if word else None
    return first is not None and first.kind is PartKind.LITERAL and not first.quoted and first.text[:1].isalpha()

"""The builtins of bash that say how a script goes on: what each makes of the shell, and how it ends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from diagnosis.closure.steps.demotion.shell_state import NONZERO, End, Place, Shell, Ways
from diagnosis.closure.steps.demotion.shell_tests import counts, holds
from diagnosis.closure.steps.demotion.shell_words import known_in
from diagnosis.steps.shell.tree import Simple
from diagnosis.steps.shell.words import assigned_in

BUILTINS = frozenset(
    {
        "exit",
        "return",
        "break",
        "continue",
        "true",
        ":",
        "false",
        "set",
        "trap",
        "wait",
        "[",
        "test",
        "let",
        "read",
        "unset",
    }
)
"""Those that a function of the script may take the place of."""
_NUMBER = re.compile(r"-?[0-9]{1,18}")


def follow_builtin(name: str, node: Simple, tail: Sequence[str | None], shell: Shell, place: Place) -> Ways | None:
    """Follow a builtin that says how the script goes on, or a test; None for every other command.

    ``tail``: the words behind its name, None for one that is not known.
    """
    first = tail[0] if tail else None
    match name:
        case "return" if not place.returns:
            return {(End.FAILED, shell)}
        case "exit" | "return":
            status = first if tail else shell.status
            well, bad = (End.EXIT_WELL, End.EXIT_FAILED) if name == "exit" else (End.RETURN_WELL, End.RETURN_FAILED)
            if status is None or len(tail) > 1 or (status != NONZERO and not _NUMBER.fullmatch(status)):
                return {(well, shell.doubted()), (bad, shell)}
            return {(bad if status == NONZERO or int(status) % 256 else well, shell)}
        case "break" | "continue":
            if first not in (None, "1") or len(tail) > 1:
                return {(End.BREAK, shell.doubted())}
            return {(End.BREAK if name == "break" else End.CONTINUE, shell)}
        case "true" | ":":
            return {(End.WELL, shell)}
        case "false":
            return {(End.FAILED, shell)}
        case "set":
            return {(End.WELL, _with_options(tail, shell))}
        case "trap":
            return {(End.WELL, _with_trap(tail, shell))}
        case "wait":
            return _waited(tail, shell)
        case "[" | "[[" | "test":
            inner = tail[:-1] if tail and tail[-1] in ("]", "]]") else tail
            return _answered(holds(inner, double=name == "[["), shell)
        case "((":
            text = node.words[1][0].text if len(node.words) > 1 and node.words[1] else ""
            return _answered(counts(text, known_in(shell)), shell.forgotten(assigned_in(text)))
        case "let" | "read" | "mapfile" | "readarray" | "getopts" | "unset":
            names = tuple(text for text in tail if text and text.isidentifier())
            shell = shell.forgotten((*names, *assigned_in(" ".join(text or "" for text in tail))))
            return {(End.WELL, shell), (End.FAILED, shell)}
        case _:
            return None


def options_of(words: Sequence[str]) -> tuple[bool, bool]:
    """Return whether a shell that is started with these words has ``errexit`` and ``pipefail``."""
    shell = _with_options(list(words), Shell(False, False))
    return shell.errexit, shell.pipefail


def _with_options(words: Sequence[str | None], shell: Shell) -> Shell:
    left = list(words)
    while left:
        word = left.pop(0)
        if word is None:
            return replace(shell, errexit=False, pipefail=False, doubt=True)
        if word == "--" or word[:1] not in ("-", "+") or len(word) < 2:
            return shell
        if word.startswith("--"):
            continue
        on = word[0] == "-"
        if "e" in word[1:]:
            shell = replace(shell, errexit=on)
        if word.endswith("o") and left:
            named = left.pop(0)
            if named == "pipefail":
                shell = replace(shell, pipefail=on)
            elif named == "errexit":
                shell = replace(shell, errexit=on)
            elif named is None:
                shell = replace(shell, doubt=True, errexit=False)
    return shell


def _with_trap(words: Sequence[str | None], shell: Shell) -> Shell:
    if words and words[0] is not None and re.fullmatch("-[lpP]+", words[0]):
        # It shows traps and sets none.
        return shell
    left = list(words[1:] if words[:1] == ["--"] else words)
    if len(left) < 2:
        # One signal alone is set back: `trap EXIT`.
        left = ["-", *(word for word in left if word is not None and word[:1] != "-")]
    text, *signals = left
    traps = dict(shell.traps)
    for signal in signals:
        if signal is None:
            return replace(shell, traps=(("EXIT", None), ("ERR", None)))
        name = {"0": "EXIT"}.get(signal, signal.upper().removeprefix("SIG"))
        if text in ("-", ""):
            traps.pop(name, None)
        else:
            traps[name] = text
    return replace(shell, traps=tuple(sorted(traps.items())))


def _waited(words: Sequence[str | None], shell: Shell) -> Ways:
    if not words:
        return {(End.WELL, shell)}
    last = words[-1]
    if last is None or not last.startswith("\0process:") or any((word or "-").startswith("-") for word in words):
        return {(End.WELL, shell.doubted()), (End.FAILED, shell)}
    return {(End.FAILED if last in shell.waiting else End.WELL, shell)}


def _answered(held: bool | None, shell: Shell) -> Ways:
    if held is not None:
        return {(End.WELL if held else End.FAILED, shell)}
    return {(End.WELL, shell.doubted()), (End.FAILED, shell.doubted())}

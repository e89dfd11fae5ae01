"""What the builtins of a shell change in the state of a script: folder, options, arguments, variables, and whether it goes on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from diagnosis.steps.repository_files import path_in
from diagnosis.steps.script.state import State
from diagnosis.steps.shell.words import separated


def changed_by_builtin(words: tuple[str, ...], signs: str | None, state: State, stdin: str | None) -> bool:
    """Change the state as a builtin does; return whether the command is one.

    ``signs``: what divides the fields of its input (``IFS``); None: blanks and ends of lines.
    """
    tail = words[1:]
    match words[0]:
        case "cd" | "pushd" | "Set-Location" | "chdir":
            names = [word for word in tail if not word.startswith("-")]
            state.folder = path_in(state.folder, names[0]) if names else None
        case "popd":
            state.folder = None
        case "set":
            set_options(tail, state)
        case "shift":
            count = int(tail[0]) if tail[:1] and tail[0].isdecimal() and len(tail[0]) < 4 else 1
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
            _read(words, signs, state, stdin)
        case "getopts":
            state.forget(tail[1:2])
        case "printf" if tail[:1] == ("-v",):
            state.forget(tail[1:2])
        case "wait" if "-p" in tail:
            state.forget(tail[tail.index("-p") + 1 :][:1])
        case _:
            return False
    return True


def set_options(options: Sequence[str], state: State) -> None:
    """Change the state as ``set`` does: ``-e``, ``-o pipefail``, ``-a``, and the script's arguments."""
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


def read_line(names: tuple[str, ...], line: str, state: State, signs: str | None) -> None:
    """Give variables the fields of a line, the last one all that is left, as ``read`` does."""
    last = len(names) - 1
    words = (
        line.split(None, last) if signs is None and last > 0 else separated(line, signs) if last > 0 else [line.strip()]
    )
    if len(words) > len(names):
        words = [*words[:last], (signs or " ")[0].join(words[last:])]
    for place, name in enumerate(names):
        state.assign(name, words[place].strip() if place < len(words) else "")


def _read(words: tuple[str, ...], signs: str | None, state: State, stdin: str | None) -> None:
    names = tuple(word for word in words[1:] if word.isidentifier())
    text = stdin if stdin is not None and "$" not in stdin else None
    if words[0] != "read":
        name = names[-1] if names else "MAPFILE"
        if text is not None:
            state.variables.arrays[name] = tuple(line for line in text.split("\n") if line)
        else:
            state.forget((name,))
    elif text is not None and not any(re.fullmatch(r"-[a-z]*a", word) for word in words):
        read_line(names, text.split("\n")[0], state, signs)
    elif text is not None and names:
        state.variables.arrays[names[-1]] = tuple(separated(text.split("\n")[0], signs))
    else:
        state.forget(names)

"""Say which commands ``xargs`` runs, from its options and its input.

Source: the manual pages of xargs, GNU's and BSD's.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

_LETTERS = {
    "--replace": "-I",
    "--max-args": "-n",
    "--max-lines": "-L",
    "--max-procs": "-P",
    "--delimiter": "-d",
    "--arg-file": "-a",
    "--max-chars": "-s",
    "--null": "-0",
    "--eof": "-E",
    "--no-run-if-empty": "-r",
}
_VALUED = frozenset({"-I", "-n", "-L", "-P", "-d", "-a", "-s", "-E", "-J", "-R", "-S"})
_ANY_NUMBER = 100_000


def options_of_xargs(words: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the command that xargs runs, and the options before it by their letters."""
    rest, options = list(words), dict[str, str]()
    while rest and rest[0].startswith("-") and len(rest[0]) > 1:
        word = rest.pop(0)
        if word == "--":
            break
        name, sign, value = word.partition("=") if word.startswith("--") else (word[:2], word[2:], word[2:])
        letter = _LETTERS.get(name, name)
        if word in ("-i", "--replace"):
            options["-I"] = "{}"
        elif name == "-i":
            options["-I"] = value
        elif letter in _VALUED:
            options[letter] = value if sign else rest.pop(0) if rest else ""
        elif word.startswith("--"):
            options[letter] = ""
        else:
            # Switches that are written together: ``-0r``, ``-rn1``.
            for at, switch in enumerate(word[1:], 1):
                if f"-{switch}" in _VALUED:
                    options[f"-{switch}"] = word[at + 1 :] or (rest.pop(0) if rest else "")
                    break
                options[f"-{switch}"] = ""
    return tuple(rest), options


def commands_of_xargs(command: tuple[str, ...], options: Mapping[str, str], stdin: str | None) -> list[tuple[str, ...]]:
    """Return the commands in order; where nobody can tell the input, one command stands for all."""
    items = _items(stdin, options) if stdin is not None and "$" not in stdin else None
    marker = options.get("-I")
    if marker:
        named = ["$xargs"] if items is None else items
        return [tuple(word.replace(marker, item) for word in command) for item in named]
    if items is None:
        return [(*command, "$xargs")]
    turns = [(*command, *turn) for turn in _turns(items, options)]
    # Without an item the command runs once, unless that is turned off.
    return turns or ([] if "-r" in options else [command])


def printed_by_xargs(stdin: str | None, options: Mapping[str, str]) -> str | None:
    """Return what is printed where no program is named; None where nobody can tell."""
    items = _items(stdin, options) if stdin is not None else None
    return None if items is None else "\n".join(" ".join(turn) for turn in _turns(items, options))


def _items(stdin: str, options: Mapping[str, str]) -> list[str] | None:
    """Return what xargs divides its input into; None where its quotes are not closed."""
    if "-0" in options or "-d" in options:
        given = options.get("-d", "\0")
        sign = {"\\n": "\n", "\\t": "\t", "\\0": "\0"}.get(given, given)[:1] or "\n"
        return stdin.removesuffix(sign).split(sign)
    if "-I" in options:
        return _apart([line.lstrip() for line in stdin.split("\n") if line.strip()], "\n")
    if "-L" in options:
        return [line for line in stdin.split("\n") if line.strip()]
    return _apart([stdin], " \t\n")


def _apart(texts: list[str], blanks: str) -> list[str] | None:
    """Return the words of texts without their quotes; None where a quote is not closed."""
    words: list[str] = []
    for text in texts:
        if not any(sign in text for sign in "'\"\\"):
            words += [each for each in re.split(f"[{blanks}]+", text) if each]
            continue
        reader = shlex.shlex(text, posix=True)
        reader.whitespace, reader.whitespace_split, reader.commenters = blanks, True, ""
        try:
            words += list(reader)
        except ValueError:
            return None
    return words


def _turns(items: list[str], options: Mapping[str, str]) -> list[list[str]]:
    """Return the items of each command, by how many one gets at most: of lines, their words."""
    of_lines = "-L" in options and not {"-I", "-d", "-0"} & options.keys()
    count = options.get("-L" if of_lines else "-n", "")
    size = (int(count) if count.isdecimal() and len(count) < 6 else 0) or _ANY_NUMBER
    turns = [items[at : at + size] for at in range(0, len(items), size)]
    return [_apart(turn, " \t\n") or turn for turn in turns] if of_lines else turns

"""Read words of a script by the values that are known on one way through it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from diagnosis.closure.steps.demotion.shell_state import NONZERO, UNKNOWN, Shell
from diagnosis.steps.shell.tree import PartKind, Redirect, Word

_NAME = re.compile(r"\$\{?([A-Za-z_]\w*|[?!]|PIPESTATUS\[\d\])\}?")


def known_in(shell: Shell) -> dict[str, str]:
    """Return the variables whose values are known on this way, ``?`` among them."""
    known = {name: value for name, value in shell.variables if value != UNKNOWN}
    if shell.status is not None:
        known["?"] = shell.status
    return known


def text_in(word: Word, shell: Shell, values: Callable[[str], str | None]) -> str | None:
    """Return a word's text by the values that are known here, or else by ``values``; None where they do not tell it."""
    parts: list[str] = []
    # An empty piece is what the quotes of `"$rc"` leave.
    alone = sum(part.kind is not PartKind.LITERAL or bool(part.text) for part in word) == 1
    for part in word:
        if part.kind is PartKind.LITERAL:
            parts.append(part.text)
            continue
        found = _NAME.fullmatch(part.text) if part.kind is PartKind.PARAMETER else None
        if found is None:
            return None
        value = shell.status if found[1] == "?" else shell.value(found[1])
        value = values(found[1]) if value is None and found[1] not in ("?", "!") else value
        if value is None or value == UNKNOWN or (value == NONZERO and not alone):
            return None
        if not part.quoted and (not value or any(sign in value for sign in " \t\n*?[")):
            # It is no word, or several.
            return None
        parts.append(value)
    return "".join(parts)


def fits(text: str | None, pattern: str | None) -> bool | None:
    """Return whether a text fits a pattern of ``case``; None where that is not known."""
    if pattern == "*":
        return True
    if text is None or pattern is None:
        return None
    if any(sign in pattern for sign in "*?[("):
        return None
    if text == NONZERO:
        return False if pattern == "0" or not pattern.isdecimal() else None
    return text == pattern


def words_of(redirects: Iterable[Redirect]) -> tuple[Word, ...]:
    """Return the words that say from where and to where a command is redirected."""
    return tuple(each.word for each in redirects)


def is_one_item(word: Word) -> bool:
    """Return whether a word of a loop's list is one item."""
    return all(part.kind is PartKind.LITERAL and (part.quoted or not set(part.text) & set("*?[{")) for part in word)

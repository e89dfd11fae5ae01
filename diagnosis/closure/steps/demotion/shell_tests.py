"""Say whether a test of a shell holds (``[ $status -ne 0 ]``, ``(( n ))``), by the values that are known."""

from __future__ import annotations

import re
from collections.abc import Sequence

from diagnosis.closure.steps.demotion.shell_state import NONZERO

_SUM = re.compile(r"\$?\{?(\w+)\}?\s*(==|!=|>=|<=|>|<)\s*([0-9]{1,9})")
_ALONE = re.compile(r"\s*\$?\{?([A-Za-z_]\w*|\?)\}?\s*")
_NUMBERS = {"-eq": "==", "-ne": "!=", "-ge": ">=", "-le": "<=", "-gt": ">", "-lt": "<"}
_PATTERN = re.compile(r"[*?\[\]()|\\]")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,8})")
"""A number that every test reads alike: a leading zero makes it one of base eight in ``[[ … ]]`` and ``(( … ))`` alone."""


def holds(words: Sequence[str | None], *, double: bool = False) -> bool | None:
    """Return whether the words between the brackets hold; None where that is not known. A word may be unknown itself.

    ``double``: they stand in ``[[ … ]]``, which has other signs for "and" and "or" than ``[ … ]``.
    """
    if any(word in ("(", ")") for word in words):
        return None
    if not double and len(words) == 4 and words[0] == "!":
        # Of four words, `[` turns all of the rest around: `[ ! a -o b ]` asks for neither.
        return _turned(holds(words[1:]))
    for sign, decided in (("||", True), ("&&", False)) if double else (("-o", True), ("-a", False)):
        if sign in words[1:-1]:
            at = list(words).index(sign, 1)
            sides = (holds(words[:at], double=double), holds(words[at + 1 :], double=double))
            return decided if decided in sides else None if None in sides else not decided
    if words and words[0] == "!":
        return _turned(holds(words[1:], double=double))
    match list(words):
        case [("-n" | "-z") as asked, text]:
            return None if text is None else bool(text) is (asked == "-n")
        case [text]:
            return None if text is None else bool(text)
        case [left, ("=" | "==" | "!=") as compares, right]:
            same = _same(left, right)
            return None if same is None else same is (compares != "!=")
        case [left, str(sign), right] if sign in _NUMBERS:
            return compared(left, _NUMBERS[sign], right)
        case _:
            return None


def counts(text: str, value_of: dict[str, str]) -> bool | None:
    """Return whether ``(( text ))`` holds: a comparison of one variable with a number, or a variable alone."""
    text = text.removeprefix("$((").removesuffix("))").strip()
    alone = _ALONE.fullmatch(text)
    if alone:
        value = value_of.get(alone[1])
        return None if value is None else compared(value, "!=", "0")
    found = _SUM.fullmatch(text)
    return compared(value_of.get(found[1]), found[2], found[3]) if found else None


def _turned(held: bool | None) -> bool | None:
    return None if held is None else not held


def _same(left: str | None, right: str | None) -> bool | None:
    if left is None or right is None:
        return None
    if _PATTERN.search(right):
        return None
    if NONZERO in (left, right):
        other = right if left == NONZERO else left
        return False if other == "0" or (not other.isdecimal() and other != NONZERO) else None
    return left == right


def compared(left: str | None, sign: str, right: str | None) -> bool | None:
    """Return whether two numbers compare so; a failure's number is at least 1."""
    if right == NONZERO and left != NONZERO:
        turned = {">=": "<=", "<=": ">=", ">": "<", "<": ">"}
        return compared(right, turned.get(sign, sign), left)
    if left == NONZERO:
        if right is None or not _is_number(right) or right.startswith("-"):
            return None
        number = int(right)
        if number == 0:
            return sign in ("!=", ">", ">=")
        if number == 1 and sign in (">=", "<"):
            return sign == ">="
        return None
    if left is None or right is None or not (_is_number(left) and _is_number(right)):
        return None
    one, two = int(left), int(right)
    return {
        "==": one == two,
        "!=": one != two,
        ">=": one >= two,
        "<=": one <= two,
        ">": one > two,
        "<": one < two,
    }[sign]


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text))

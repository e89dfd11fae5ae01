"""Say whether a test of a script holds (``[ "$X" = y ]``, ``[[ … ]]``, ``true``), where known values settle it."""

from __future__ import annotations

from enum import Enum

from diagnosis.steps.shell.words import matches

_ASKING = frozenset({"grep", "egrep", "fgrep", "which", "type", "hash", "diff", "cmp", "pgrep"})
"""Programs that answer a question by their result."""


class Outcome(Enum):
    """How a command ends."""

    YES = "yes"
    NO = "no"
    EITHER = "either"
    """A test that nobody here can settle."""
    RUNS = "runs"
    """A command that is meant to succeed."""


def outcome_of(words: tuple[str, ...]) -> Outcome | None:
    """Return how a test ends; None for a command that is none."""
    match words[0]:
        case "true" | ":":
            return Outcome.YES
        case "false":
            return Outcome.NO
        case "((" | "let":
            return Outcome.EITHER
        case "[" | "[[" | "test":
            inner = words[1:-1] if words[-1:] in (("]",), ("]]",)) else words[1:]
            return _outcome(_holds(list(inner)))
        case "command" if words[1:2] in (("-v",), ("-V",)):
            return Outcome.EITHER
        case "git" if words[1:2] == ("diff",):
            return Outcome.EITHER
        case name if name in _ASKING:
            return Outcome.EITHER
        case _:
            return None


def _outcome(holds: bool | None) -> Outcome:
    return Outcome.EITHER if holds is None else Outcome.YES if holds else Outcome.NO


def _holds(words: list[str]) -> bool | None:
    for sign, decided in (("||", True), ("-o", True), ("&&", False), ("-a", False)):
        sides: list[bool | None] = []
        rest = words
        while sign in rest and 0 < (at := rest.index(sign)) < len(rest) - 1:
            sides.append(_holds(rest[:at]))
            rest = rest[at + 1 :]
        if sides:
            sides.append(_holds(rest))
            return decided if decided in sides else None if None in sides else not decided
    turns = next((at for at, word in enumerate(words) if word != "!"), len(words))
    if turns:
        inner = _holds(words[turns:])
        return None if inner is None else inner is not bool(turns % 2)
    match words:
        case ["-n", text] | [text]:
            return None if "$" in text or "***" in text else bool(text)
        case ["-n"] | []:
            return False
        case ["-z"]:
            return True
        case ["-z", text]:
            return None if "$" in text or "***" in text else not text
        case [left, "=" | "==", right]:
            return _same(left, right)
        case [left, "!=", right]:
            same = _same(left, right)
            return None if same is None else not same
        case _:
            return None


def _same(left: str, right: str) -> bool | None:
    if any(sign in text for text in (left, right) for sign in ("$", "***")):
        return None
    if "[" in right and left != right:
        # A pattern within ``[[ ]]``, and nothing but text within ``[ ]``.
        return None
    return matches(left, right) if "*" in right or "?" in right else left == right

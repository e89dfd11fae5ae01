"""Tell whether the filters of ``on: push`` let a branch or a tag of a name through.

Source: GitHub's cheat sheet of filter patterns: ``*`` and ``**`` (the first stops at ``/``), ``?`` and ``+`` after a
character, ``[ ]``, and ``!`` before a pattern that takes away what an earlier one gave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from diagnosis.facts.workflow import UnparsableWorkflow, Workflow

_LONGEST = 256
_ANY = "1"
"""Stands in an example where a pattern takes anything: versions are made of digits."""


def kind_of_push(workflow: Workflow | UnparsableWorkflow, name: str) -> str | None:
    """Return ``tag`` or ``branch`` where the filters of ``on: push`` let only one of that name through."""
    if not isinstance(workflow, Workflow):
        return None
    patterns = dict(workflow.push_patterns)
    filters = {each: patterns.get(each, ()) for each in workflow.push_filters}
    tag, branch = (may_push(filters, kind, name) if patterns else None for kind in ("tags", "branches"))
    if tag is None or branch is None or not (tag or branch):
        tags = not {"tags", "tags-ignore"}.isdisjoint(filters)
        branches = not {"branches", "branches-ignore"}.isdisjoint(filters)
        tag, branch = tags or not branches, branches or not tags
    return None if tag == branch else "tag" if tag else "branch"


def may_push(filters: Mapping[str, Sequence[str]], kind: str, name: str) -> bool | None:
    """Return whether a push to this branch or tag starts the workflow; None where a pattern cannot be read.

    ``kind``: ``branches`` or ``tags``. Where the other kind alone is filtered, this one starts nothing.
    """
    other = "tags" if kind == "branches" else "branches"
    if kind in filters:
        return _listed(filters[kind], name)
    if f"{kind}-ignore" in filters:
        ignored = _listed(filters[f"{kind}-ignore"], name)
        return None if ignored is None else not ignored
    return other not in filters and f"{other}-ignore" not in filters


def example_name(patterns: Sequence[str]) -> str | None:
    """Return a name that the patterns let through: one that they write out, else the first that they stand for.

    None where they cannot be read, or a later one takes away every name that was tried.
    """
    wanted = [pattern for pattern in patterns if not pattern.startswith("!")]
    literal = [pattern for pattern in wanted if not set(pattern) & set("*?+[]\\")]
    tried = [*literal, *(name for pattern in wanted if (name := _first_name(pattern)))]
    return next((name for name in tried if _listed(patterns, name)), None)


def _first_name(pattern: str) -> str | None:
    """Return a name that fits one pattern: a digit where anything may stand, and what may be left out is, but for a star's."""
    pieces = _pieces(pattern)
    if pieces is None:
        return None
    signs = []
    for piece in pieces:
        if not piece.may_miss:
            signs.append((piece.signs or _ANY)[0])
        elif not piece.signs:
            signs.append(_ANY)
    return "".join(signs)


def _listed(patterns: Sequence[str], name: str) -> bool | None:
    """Return whether the last pattern that fits the name is one that takes it in."""
    taken = False
    for pattern in patterns:
        pieces = _pieces(pattern.removeprefix("!"))
        if pieces is None or len(name) > _LONGEST:
            return None
        if _fits(pieces, name):
            taken = not pattern.startswith("!")
    return taken


@dataclass(frozen=True, slots=True)
class _Piece:
    """One sign of a pattern, and how often it may stand there."""

    signs: str | None
    """Those that it stands for; None for any but ``/``, and ``""`` for any at all."""
    may_miss: bool = False
    may_repeat: bool = False

    def takes(self, sign: str) -> bool:
        return sign != "/" if self.signs is None else not self.signs or sign in self.signs


def _fits(pieces: Sequence[_Piece], name: str) -> bool:
    """Return whether the pieces match the whole name; every place that may be reached is followed at once."""
    places = _onward(pieces, {0})
    for sign in name:
        moved: set[int] = set()
        for place in places:
            if place < len(pieces) and pieces[place].takes(sign):
                moved.add(place + 1)
                if pieces[place].may_repeat:
                    moved.add(place)
        places = _onward(pieces, moved)
    return len(pieces) in places


def _onward(pieces: Sequence[_Piece], places: set[int]) -> set[int]:
    found = set(places)
    for place in places:
        at = place
        while at < len(pieces) and pieces[at].may_miss:
            at += 1
            found.add(at)
    return found


@lru_cache(maxsize=512)
def _pieces(pattern: str) -> tuple[_Piece, ...] | None:
    """Take a filter pattern apart; None where it is too long, or holds what the file does not tell."""
    if len(pattern) > _LONGEST or "${{" in pattern:
        return None
    made: list[_Piece] = []
    at = 0
    while at < len(pattern):
        sign, step = pattern[at], 1
        closing = pattern.find("]", at + 2) if sign == "[" else -1
        if pattern.startswith("**", at):
            made.append(_Piece("", may_miss=True, may_repeat=True))
            step = 2
        elif sign == "*":
            made.append(_Piece(None, may_miss=True, may_repeat=True))
        elif sign == "\\" and at + 1 < len(pattern):
            made.append(_Piece(pattern[at + 1]))
            step = 2
        elif closing > 0:
            made.append(_Piece(_signs_of(pattern[at + 1 : closing])))
            step = closing + 1 - at
        elif sign in "?+" and made and not made[-1].may_repeat:
            made[-1] = replace(made[-1], may_miss=sign == "?", may_repeat=sign == "+")
        else:
            made.append(_Piece(sign))
        at += step
    return tuple(made)


def _signs_of(listed: str) -> str:
    """Return the signs of a list in brackets; ``a-z`` stands for all between."""
    found, at = [], 0
    while at < len(listed):
        if listed[at + 1 : at + 2] == "-" and at + 2 < len(listed):
            found += [chr(code) for code in range(ord(listed[at]), min(ord(listed[at + 2]), ord(listed[at]) + 200) + 1)]
            at += 3
        else:
            found.append(listed[at])
            at += 1
    return "".join(found) or "\0"

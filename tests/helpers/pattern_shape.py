"""Say of a regular expression, by its structure alone, where matching it may take more than linear time.

Python's engine tries one way after another. It takes quadratic time or worse where a text can be divided in many ways
between two parts of a pattern that repeat, or where a search begins anew at each character of a text that it read before.
Both are found here by sets of characters: a text that is read by two repeated parts, and by all that must stand between
them, needs a character that each of them takes. The answer errs on the safe side: it may name what is harmless.

What it takes for constant is a repetition of at most ``LONGEST_BOUND`` times.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]
from typing import Any

LONGEST_BOUND = 512
_ALPHABET = (
    "".join(map(chr, range(128))) + "éß\N{LATIN SMALL LETTER LONG S}\N{ARABIC-INDIC DIGIT THREE}\xa0\u2028\U0001f600"
)
"""Stands for all characters: a class of a pattern is known by those of these that it takes."""
_ALL = (1 << len(_ALPHABET)) - 1
_SINGLE = {_constants.LITERAL, _constants.NOT_LITERAL, _constants.IN, _constants.ANY}
_REPEATS = {_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT}
_AHEAD = {_constants.ASSERT, _constants.ASSERT_NOT}
_known: dict[tuple[str, int], int] = {}


def _signs(node: Any, flags: int) -> int:
    """Return the characters that an item of one character takes, as bits."""
    key = (repr(node), flags)
    if key not in _known:
        pattern = _compiled([node], flags)
        _known[key] = sum(1 << place for place, sign in enumerate(_ALPHABET) if pattern.fullmatch(sign))
    return _known[key]


def _compiled(items: Sequence[Any], flags: int) -> re.Pattern[str]:
    state = _parser.State()
    state.flags, state.str = flags, ""
    pattern: re.Pattern[str] = _compiler.compile(_parser.SubPattern(state, list(items)), flags)
    return pattern


_WORD = _signs((_constants.IN, [(_constants.CATEGORY, _constants.CATEGORY_WORD)]), re.UNICODE.value)
_BREAK = 1 << _ALPHABET.index("\n")


def parts_of(op: Any, value: Any, flags: int) -> list[tuple[Sequence[Any], int]]:
    """Return what an item holds, with the flags that apply inside."""
    if op in _REPEATS:
        return [(value[2], flags)]
    if op is _constants.SUBPATTERN:
        return [(value[3], (flags | value[1]) & ~value[2])]
    if op is _constants.ATOMIC_GROUP:
        return [(value, flags)]
    return [(branch, flags) for branch in value[1]] if op is _constants.BRANCH else []


def sample_of(items: Sequence[Any], flags: int) -> str:
    """Return a short text that the items take, as far as it can be told without trying."""
    found = ""
    for op, value in items:
        if op in _SINGLE:
            signs = _signs((op, value), flags)
            found += next((sign for place, sign in _BY_USE if signs >> place & 1), "")
        elif op in _REPEATS:
            found += sample_of(value[2], flags) * min(value[0], 40)
        elif parts := parts_of(op, value, flags):
            found += sample_of(*parts[0])
    return found


_BY_USE = sorted(enumerate(_ALPHABET), key=lambda pair: (not pair[1].isalnum(), not pair[1].isprintable(), pair[0]))


def _all_signs(items: Sequence[Any], flags: int) -> int:
    found = 0
    for op, value in items:
        if op is _constants.GROUPREF:
            return _ALL
        found |= _signs((op, value), flags) if op in _SINGLE else 0
        for part, inside in parts_of(op, value, flags):
            found |= _all_signs(part, inside)
    return found


def _needed(items: Sequence[Any], flags: int) -> Iterator[int]:
    """Yield, for each item that cannot be left out, the characters of which it needs one."""
    for op, value in items:
        if op in _SINGLE:
            yield _signs((op, value), flags)
        elif op is _constants.BRANCH:
            if all(any(True for _ in _needed(branch, flags)) for branch in value[1]):
                yield _all_signs([(op, value)], flags)
        elif op not in _REPEATS or value[0]:
            for part, inside in parts_of(op, value, flags):
                yield from _needed(part, inside)


def _may_fail(items: Sequence[Any]) -> bool:
    for op, value in items:
        if op in _SINGLE or op in _AHEAD or op in (_constants.AT, _constants.GROUPREF):
            return True
        parts = [part for part, _ in parts_of(op, value, 0)]
        if op is _constants.BRANCH:
            if all(map(_may_fail, parts)):
                return True
        elif (op not in _REPEATS or value[0]) and any(map(_may_fail, parts)):
            return True
    return False


def _first(items: Sequence[Any], flags: int) -> tuple[int, bool]:
    """Return the characters that the items may begin with, and whether they take one at all."""
    found = 0
    for op, value in items:
        if op in _SINGLE:
            return found | _signs((op, value), flags), True
        firsts = [_first(part, inside) for part, inside in parts_of(op, value, flags)]
        found |= sum({signs for signs, _ in firsts}) if len(firsts) < 2 else _joined(signs for signs, _ in firsts)
        if firsts and all(must for _, must in firsts) and (op not in _REPEATS or value[0]):
            return found, True
    return found, False


def _joined(masks: Iterator[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


@dataclass(frozen=True, slots=True)
class _Trail:
    """A repetition that was passed, or the beginning of a search, and what a text needs that comes from there to here."""

    of: str
    signs: int
    needs: tuple[int, ...] = ()
    text: str = ""
    """Of a search: a text that leads here."""

    def past(self, signs: int, sign: str = "") -> _Trail | None:
        if not signs & self.signs:
            return None
        text = self.text + sign if self.of == "search" else ""
        return replace(self, needs=self.needs if signs in self.needs else (*self.needs, signs), text=text)


_Trails = frozenset[_Trail]


def _stop(items: Sequence[Any], flags: int) -> re.Pattern[str] | None:
    """Return what no round of a repetition may begin with: ``(?:(?!stop).)*``."""
    op, value = items[0]
    if op is not _constants.ASSERT_NOT or value[0] < 0 or any(inner is _constants.GROUPREF for inner, _ in value[1]):
        return None
    return _compiled(value[1], flags)


class _Walk:
    def __init__(self, items: Sequence[Any], flags: int, *, searched: bool, whole: bool) -> None:
        self.found: set[str] = set()
        self._names: dict[int, str] = {}
        begin = frozenset({_Trail("search", _ALL)}) if searched else frozenset()
        self._items(items, flags, begin, whole, False)

    def _items(self, items: Sequence[Any], flags: int, trails: _Trails, fails: bool, inside: bool) -> _Trails:
        for place, (op, value) in enumerate(items):
            trails = self._item(op, value, flags, trails, fails or _may_fail(list(items)[place + 1 :]), inside)
        return trails

    def _past(self, trails: _Trails, signs: int, sign: str = "") -> _Trails:
        return frozenset(kept for trail in trails if (kept := trail.past(signs, sign)) is not None)

    def _item(self, op: Any, value: Any, flags: int, trails: _Trails, fails: bool, inside: bool) -> _Trails:
        if op in _SINGLE:
            signs = _signs((op, value), flags)
            return self._past(
                trails, signs, next((sign for place, sign in enumerate(_ALPHABET) if signs >> place & 1), "")
            )
        if op is _constants.AT:
            return self._at(value, flags, trails)
        if op in _AHEAD:
            return self._assertion(op, value, flags, trails, inside)
        if op in _REPEATS:
            return self._repeat(op, value, flags, trails, fails, inside)
        if op is _constants.BRANCH and inside and fails:
            firsts = [_first(branch, flags)[0] for branch in value[1]]
            if any(one & other for place, one in enumerate(firsts) for other in firsts[:place]):
                self.found.add("two ways of a choice that repeats begin alike")
        after = [self._items(part, within, trails, fails, inside) for part, within in parts_of(op, value, flags)]
        if op is _constants.ATOMIC_GROUP:
            known = {trail.of for trail in trails}
            return frozenset(trail for trail in after[0] if trail.of in known)
        return frozenset().union(*after) if after else trails

    def _at(self, value: Any, flags: int, trails: _Trails) -> _Trails:
        begins = value is _constants.AT_BEGINNING_STRING or value is _constants.AT_BEGINNING
        if begins and not (value is _constants.AT_BEGINNING and flags & re.MULTILINE):
            return frozenset(trail for trail in trails if trail.of != "search")
        if begins:
            return self._past(trails, _BREAK)
        return self._past(self._past(trails, _WORD), _ALL & ~_WORD) if value is _constants.AT_BOUNDARY else trails

    def _assertion(self, op: Any, value: Any, flags: int, trails: _Trails, inside: bool) -> _Trails:
        direction, items = value
        if direction < 0:
            if len(items) == 1 and items[0][0] in _SINGLE:
                signs = _signs(items[0], flags)
                return self._past(trails, signs if op is _constants.ASSERT else _ALL & ~signs)
            return trails
        self._items(items, flags, trails, True, inside)
        return trails

    def _repeat(self, op: Any, value: Any, flags: int, trails: _Trails, fails: bool, inside: bool) -> _Trails:
        low, high, items = value
        items = list(items)
        if high is not _constants.MAXREPEAT and high <= LONGEST_BOUND and not (inside and high != low):
            after = self._items(items, flags, trails, fails, inside)
            return after if low else after | trails
        signs, needs = _all_signs(items, flags), tuple(dict.fromkeys(_needed(items, flags)))
        name = self._names.setdefault(id(value), f"{len(self._names)}: {str(items)[:60]}")
        stop = _stop(items, flags)
        for trail in trails:
            stopped = trail.of == "search" and stop is not None and stop.search(trail.text)
            if fails and not stopped and all(need & trail.signs & signs for need in (*trail.needs, *needs)):
                self.found.add(f"{trail.of} and then {name}" if trail.signs & signs else "")
        if len(items) > 1 or items[0][0] not in _SINGLE:
            # Once more with what the first round leaves: one round may divide the text with the next.
            self._items(items, flags, self._items(items, flags, frozenset(), True, True), True, True)
        after = trails
        if low:
            after = self._items(items, flags, trails, False, False)
            known = {trail.of for trail in trails}
            after = frozenset(trail for trail in after if trail.of in known)
        if op is not _constants.POSSESSIVE_REPEAT:
            after |= {_Trail(name, signs, needs if len(needs) > 1 else ())}
        return after


def doubts(pattern: str, flags: int = 0, *, searched: bool = True, whole: bool = True) -> list[str]:
    """Return where the pattern may take more than linear time; empty where it cannot.

    ``searched``: it is looked for anywhere in a text. ``whole``: it may have to end where the text does.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = _parser.parse(pattern, flags)
    walk = _Walk(list(tree), flags | tree.state.flags, searched=searched, whole=whole)
    return sorted(walk.found - {""})

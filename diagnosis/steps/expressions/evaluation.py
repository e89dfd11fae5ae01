"""Evaluate an expression as far as the run settles it: a part that is not known gives nothing, unless nothing depends on it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from diagnosis.steps.expressions.functions import call
from diagnosis.steps.expressions.grammar import Node
from diagnosis.steps.expressions.values import (
    UNKNOWN,
    Filtered,
    Partial,
    Result,
    Unknown,
    Value,
    equal,
    folded,
    is_known,
    less,
    number_of,
    text_of,
    truth_of,
)

Lookup = Callable[[tuple[str, ...]], Result]
"""What a context holds at a path (``("github", "ref")``); :data:`UNKNOWN` where the run does not tell."""
Status = Callable[[str], Result]
"""What ``success``, ``failure``, ``always`` and ``cancelled`` give."""

STATUS = frozenset({"success", "failure", "always", "cancelled"})


def no_status(name: str) -> Result:
    """Return what a status function gives where nothing is known of the job: only ``always()`` is certain."""
    return True if name == "always" else UNKNOWN


def evaluate(text: str, node: Node, lookup: Lookup, status: Status = no_status) -> Result:
    """Return the value of an expression. ``text``: the text of which ``node`` is the parsed form."""
    return _Evaluation(text, lookup, status).of(node)


@dataclass(frozen=True, slots=True)
class _Evaluation:
    text: str
    lookup: Lookup
    status: Status
    held: dict[int, Result] = field(default_factory=dict)
    """The value of each part that was asked, by its identity: a key is asked as part of a path, and by itself."""

    def of(self, node: Node) -> Result:
        if id(node) in self.held:
            return self.held[id(node)]
        found: Result
        match node.kind:
            case "literal":
                found = node.value
            case "name":
                found = self.lookup((str(node.value),))
            case "index":
                found = self._index(node)
            case "call":
                found = self._call(node)
            case "not":
                truth = truth_of(self.of(node.parts[0]))
                found = UNKNOWN if truth is None else not truth
            case "or":
                found = self._chain(node.parts, stops_at=True)
            case "and":
                found = self._chain(node.parts, stops_at=False)
            case _:
                found = _compare(node.kind, *(self.of(part) for part in node.parts))
        self.held[id(node)] = found
        return found

    def _chain(self, parts: Sequence[Node], *, stops_at: bool) -> Result:
        """Evaluate ``||`` (which stops at what is true) or ``&&``: the part that stops it, else the last, is the value."""
        found = self.of(parts[0])
        for part in parts[1:]:
            truth = truth_of(found)
            if truth is stops_at:
                return found
            after = self.of(part)
            found = Unknown(stops_at if truth_of(after) is stops_at else None) if truth is None else after
        return found

    def _call(self, node: Node) -> Result:
        name = str(node.value).lower()
        if name in STATUS:
            return self.status(name)
        if name == "case":
            return self._case(node.parts)
        return call(
            name, [self.of(part) for part in node.parts], [self.text[part.start : part.end] for part in node.parts]
        )

    def _case(self, parts: Sequence[Node]) -> Result:
        """Evaluate ``case(condition, value, …, default)``; a condition has to be a boolean."""
        if len(parts) < 3 or len(parts) % 2 == 0:
            return UNKNOWN
        for condition, value in zip(parts[:-1:2], parts[1::2], strict=True):
            holds = self.of(condition)
            if not isinstance(holds, bool):
                return UNKNOWN
            if holds:
                return self.of(value)
        return self.of(parts[-1])

    def _index(self, node: Node) -> Result:
        outer, key = node.parts
        path = self._path(node)
        if path is not None:
            return self.lookup(path)
        within = self.of(outer)
        if not is_known(within):
            return UNKNOWN
        if key.kind == "star":
            return _all_of(within)
        at = self.of(key)
        return at_key(within, at) if is_known(at) else UNKNOWN

    def _path(self, node: Node) -> tuple[str, ...] | None:
        """Return the path of a context's property, keys that are computed included; None where it is none, or not known."""
        if node.kind == "name":
            return (str(node.value),)
        if node.kind != "index" or node.parts[1].kind == "star":
            return None
        outer, key = self._path(node.parts[0]), self.of(node.parts[1])
        if outer is None or not is_known(key) or isinstance(key, list | dict):
            return None
        return (*outer, text_of(key))


def at_key(within: Value, key: Value) -> Value:
    """Return a member of a list or an object; null where there is none. Names are compared without letter case."""
    if isinstance(within, Filtered):
        found = (_member(item, key) for item in within if isinstance(item, list | dict))
        return Filtered(each[0] for each in found if each)
    members = _member(within, key)
    return members[0] if members else None


def _member(within: Value, key: Value) -> list[Value]:
    if isinstance(key, list | dict):
        return []
    if isinstance(within, dict):
        wanted = folded(text_of(key))
        return [value for name, value in within.items() if folded(name) == wanted][:1]
    if isinstance(within, list):
        number = number_of(key)
        place = -1 if math.isnan(number) or not 0 <= number < len(within) else int(number)
        return [within[place]] if place >= 0 else []
    return []


def _all_of(within: Value) -> Value:
    if isinstance(within, Filtered):
        return Filtered(value for item in within for value in _items(item))
    return Filtered(_items(within))


def _items(within: Value) -> list[Value]:
    if isinstance(within, dict):
        return list(within.values())
    return list(within) if isinstance(within, list) else []


def _compare(operator: str, left: Result, right: Result) -> Result:
    if not is_known(left) or not is_known(right):
        return _apart(operator, left, right)
    match operator:
        case "==":
            return equal(left, right)
        case "!=":
            return not equal(left, right)
        case "<":
            return less(left, right)
        case ">":
            return less(right, left)
        case "<=":
            return equal(left, right) or less(left, right)
        case _:
            return equal(left, right) or less(right, left)


def _apart(operator: str, left: Result, right: Result) -> Result:
    """Compare a text that is known in part with a whole one: what is shown of it may tell that they differ."""
    if isinstance(right, Partial):
        left, right = right, left
    if operator in ("==", "!=") and isinstance(left, Partial) and isinstance(right, str):
        return UNKNOWN if left.may_equal(right) else operator == "!="
    return UNKNOWN

"""Texts that hurt a regular expression if anything does: what it repeats, repeated, and an end that it does not take."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

from pattern_shape import parts_of, sample_of

_MOST = 14
_REPEATS = {_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT}


def texts_against(pattern: str, flags: int, length: int) -> Iterator[str]:
    """Yield texts of some ``length`` characters each."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = _parser.parse(pattern, flags)
    units = list(dict.fromkeys(unit for unit in _units(list(tree), flags | tree.state.flags, "") if unit))
    step = max(1, len(units) // _MOST)
    for unit in units[::step]:
        yield unit * (length // len(unit)) + "\0"
    before = [unit for unit in units if len(unit) > 1][:3]
    for lead in before:
        for unit in units[:: step * 3]:
            yield lead + unit * (length // len(unit)) + "\n\0"


def _units(items: Sequence[Any], flags: int, before: str) -> Iterator[str]:
    """Yield what stands before each repetition, what is repeated, and both together."""
    for op, value in items:
        for part, inside in parts_of(op, value, flags):
            yield from _units(part, inside, before)
        if op in _REPEATS:
            body = sample_of(value[2], flags)
            yield from (body, before, before + body, body + before)
        before += sample_of([(op, value)], flags)
    yield before
    yield before[:-1]

"""Compare two readings of one part: what is not known on either side is said, and never taken for equal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from diagnosis.baseline.rules import DriftRule
from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.findings.finding import Finding, Level, Place

T = TypeVar("T")
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Both(Generic[T]):
    """A part as it was accepted and as it is; None where it is absent."""

    before: T | None
    now: T | None


def both(before: Reading[T], now: Reading[T], place: Place, what: str) -> Both[T] | Finding:
    """Return both sides, or the finding that one of them is not known."""
    if isinstance(now, Unreadable):
        needs = f" (needs {now.permission})" if now.permission else ""
        sentence = f"{_capital(what)} cannot be compared: {now.why.rstrip('.')}{needs}."
        return Finding(DriftRule.NOT_COMPARED, Level.UNKNOWN, place, sentence, _sentence(now.how))
    if isinstance(before, Unreadable):
        sentence = f"{_capital(what)} could not be read when the baseline was accepted ({before.why.rstrip('.')})."
        return Finding(DriftRule.NOT_COMPARED, Level.UNKNOWN, place, sentence, "Look at it now, and accept it.")
    return Both(_value(before), _value(now))


def undecided(place: Place, what: str, reasons: Iterable[str]) -> Iterator[Finding]:
    """Yield the finding that a comparison could not be made."""
    told = tuple(dict.fromkeys(reasons))
    if told:
        sentence = f"{_capital(what)} cannot be compared: {told[0].rstrip('.')}."
        yield Finding(
            DriftRule.NOT_COMPARED, Level.UNKNOWN, place, sentence, "Compare the documents by hand.", _cut(told[1:])
        )


def changed(
    rule: DriftRule, place: Place, sentence: str, details: Iterable[str] = (), level: Level = Level.ERROR
) -> Finding:
    """Return the finding of a change, with the correction of its rule."""
    return Finding(rule, level, place, sentence, rule.record.correction, _cut(tuple(details)))


def unknown(rule: DriftRule, place: Place, sentence: str, how: str, details: Iterable[str] = ()) -> Finding:
    """Return the finding of something that is not known; ``how`` is the way to know it, a clause or a sentence."""
    return Finding(rule, Level.UNKNOWN, place, sentence, _sentence(how), _cut(tuple(details)))


def differences(before: Iterable[str], now: Iterable[str]) -> tuple[str, ...]:
    """Return what came and what went, a line each: ``added: …``, ``removed: …``."""
    old, new = tuple(dict.fromkeys(before)), tuple(dict.fromkeys(now))
    added = [f"added: {text}" for text in new if text not in old]
    return (*added, *(f"removed: {text}" for text in old if text not in new))


def _cut(lines: tuple[str, ...]) -> tuple[str, ...]:
    more = len(lines) - _SHOWN
    return lines if more <= 1 else (*lines[:_SHOWN], f"and {more} more")


def _value(reading: Reading[T]) -> T | None:
    return reading.value if isinstance(reading, Known) else None


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sentence(text: str) -> str:
    return f"{_capital(text.rstrip('.'))}." if text else "Read it by hand."

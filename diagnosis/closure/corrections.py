"""Correct a chain by hand: an attempt that does not belong, a run that does, a place where another chain begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from diagnosis.closure.chain import in_order
from diagnosis.facts.case import AttemptName, Case
from diagnosis.facts.runs import Attempt
from diagnosis.verdicts.gate_verdict import Missing

MEMBERS = ("runs", "left_out", "splits")
"""The members of a case that a correction changes."""


class Kind(StrEnum):
    """What is done to the chain."""

    ADD = "add"
    DROP = "drop"
    SPLIT = "split"


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction; the attempt means nothing where a run is added."""

    kind: Kind
    run: int
    attempt: int = 1


class NoCorrectionError(ValueError):
    """A correction that would change nothing, or leave nothing; its text is a sentence."""


def corrected_case(case: Case, correction: Correction, shown: Sequence[Attempt]) -> Case:
    """Return the case with a correction of the chain that is shown. Raises NoCorrectionError."""
    match correction.kind:
        case Kind.ADD:
            return _added(case, correction.run, shown)
        case Kind.DROP:
            return _dropped(case, correction, shown)
        case Kind.SPLIT:
            return _split(case, correction, shown)


def _added(case: Case, run: int, shown: Sequence[Attempt]) -> Case:
    if any(attempt.run_id == run for attempt in shown):
        raise NoCorrectionError(f"Run {run} is in the chain already.")
    if case.runs and not any(attempt.run_id in case.runs for attempt in shown):
        raise NoCorrectionError("The case names other runs than this chain has: choose one of those first.")
    left_out = tuple(name for name in case.left_out if name.run != run)
    if left_out != case.left_out and (run in case.runs or not case.runs):
        return replace(case, left_out=left_out)
    named = case.runs or tuple(dict.fromkeys(attempt.run_id for attempt in shown))
    return replace(case, left_out=left_out, runs=tuple(dict.fromkeys((*named, run))))


def _dropped(case: Case, correction: Correction, shown: Sequence[Attempt]) -> Case:
    if len(shown) == 1:
        raise NoCorrectionError("The chain has this attempt alone.")
    return replace(case, left_out=(*case.left_out, _name(correction, shown)))


def _split(case: Case, correction: Correction, shown: Sequence[Attempt]) -> Case:
    first = in_order(shown)[0]
    if first.key == (correction.run, correction.attempt):
        raise NoCorrectionError("The chain begins with this attempt already.")
    return replace(case, splits=(*case.splits, _name(correction, shown)))


def _name(correction: Correction, shown: Sequence[Attempt]) -> AttemptName:
    alone = sum(attempt.run_id == correction.run for attempt in shown) == 1 and correction.attempt == 1
    return AttemptName(correction.run, None if alone else correction.attempt)


def corrected(attempts: Sequence[Attempt], case: Case, selected: tuple[int, int] | None = None) -> tuple[Attempt, ...]:
    """Return the chain of these attempts as the case corrects it: the part with the selected one, else the last.

    An attempt that the case leaves out, and that is selected all the same, stands alone with those of its run.
    """
    ordered = in_order(attempts)
    chosen = next((attempt for attempt in ordered if attempt.key == selected), None)
    if chosen is not None and case.leaves_out(chosen):
        return tuple(each for each in ordered if each.run_id == chosen.run_id and case.leaves_out(each))
    parts: list[list[Attempt]] = []
    for attempt in ordered:
        if case.leaves_out(attempt):
            continue
        if not parts or case.begins_at(attempt):
            parts.append([])
        parts[-1].append(attempt)
    with_chosen = [part for part in parts if chosen in part]
    return tuple((with_chosen or parts or [[]])[-1])


def apart_by_hand(case: Case, shown: Sequence[Attempt]) -> tuple[Missing, ...]:
    """Return what of the chain that is shown was set apart by hand: whoever reads it must know what is not in it, and why."""
    if not shown:
        return ()
    apart = list(left_out_by_hand(case, shown))
    first = in_order(shown)[0]
    if case.begins_at(first):
        what = f"what came before {_words(AttemptName(*first.key))}"
        apart.append(Missing(what, "by hand, this chain begins with that attempt", _SPLIT))
    return tuple(apart)


def left_out_by_hand(case: Case, shown: Sequence[Attempt]) -> tuple[Missing, ...]:
    """Return the attempts that somebody took out of the chain that is shown, or may have."""
    ids = [attempt.run_id for attempt in shown]

    def missing(name: AttemptName) -> Missing:
        if name.run in case.runs or min(ids) <= name.run <= max(ids):
            return Missing(_words(name), "it was left out of this chain by hand", _OUT)
        return Missing(_words(name), "it was left out by hand, and may have been this chain's", _NAME)

    return tuple(map(missing, case.taken_from(shown)))


_NAME = "name the runs of this chain as runs in the case file"
_OUT = "choose that run, or take it out of left_out in the case file"
_SPLIT = "choose an earlier run, or take the attempt out of splits in the case file"


def _words(name: AttemptName) -> str:
    return f"run {name.run}, attempt {name.attempt}" if name.attempt else f"run {name.run}"

"""What a run ended with, beside what the gates say: two facts, of which neither follows from the other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from unicodedata import combining, east_asian_width

from diagnosis.causes import Cause
from diagnosis.gates import Gate
from diagnosis.logs.scrub import scrub
from diagnosis.verdicts.replay import Replay
from diagnosis.verdicts.stop import Reason, Stop


class End(StrEnum):
    """How a run ended."""

    SUCCESS = "success"
    GATE = "gate"
    """Everything that failed was refused at a gate."""
    ANOTHER = "another-reason"
    """Something ended it that belongs to no gate, whatever else did."""
    UNKNOWN = "unknown"
    """It did not succeed, and nothing legible tells why."""
    RUNNING = "running"
    """It has not ended."""


_WITHOUT_PLACE = {
    "startup_failure": "the run never started",
    "action_required": "the run waits for an approval",
    "skipped": "the run was skipped",
    "neutral": "the run ended neutral",
    "stale": "GitHub gave the run up as stale",
}
_FOR_ANOTHER = "failed for another reason"
_LEAST_PLACE = 16
"""Columns that the name of a place keeps, however narrow the line is."""
_LEAST_JOB = 3
"""Columns that a job's name keeps beside a step's that is whole."""


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How one attempt ended, and where."""

    end: End
    stops: tuple[Stop, ...] = ()

    @property
    def gates(self) -> tuple[Gate, ...]:
        """The gates that refused, each once."""
        found = (stop.finding.gate for stop in self.stops if stop.reason is Reason.GATE and stop.finding is not None)
        return tuple(dict.fromkeys(gate for gate in found if gate is not None))

    @property
    def decisive(self) -> tuple[Stop, ...]:
        """The stops that make it what it is: those for another reason, else those that nothing tells of, else the gates'."""
        for reason in (Reason.ANOTHER, Reason.UNKNOWN):
            found = tuple(stop for stop in self.stops if stop.reason is reason)
            if found:
                return tuple(sorted(found, key=lambda stop: stop.conclusion != "failure"))
        return self.stops

    def sentence(self, width: int = 0) -> str:
        """Return how the run ended as part of a sentence: ``the run failed at JOB › STEP for another reason``.

        ``width``: columns that it should take at most; the names of job and step are shortened for it. 0 shortens nothing.
        """
        place = self._place
        if not width or columns(self._sentence(place)) <= width:
            return self._sentence(place)
        for alone in (False, True):
            around = columns(self._sentence(place, alone=alone)) - columns(place)
            line = self._sentence(shortened(place, max(_LEAST_PLACE, width - around)), alone=alone)
            if columns(line) <= width:
                break
        return line

    @property
    def brief(self) -> str:
        """The same of a run that no gate ended, in a few words, the telling ones first: ``another reason: STEP``."""
        words = "another reason" if self.end is End.ANOTHER else "reason not known"
        if self.end is End.ANOTHER and (told := self._another("").removeprefix("the run ")) != _FOR_ANOTHER:
            words = told
        place = next((stop.step or stop.job for stop in self.decisive), "")
        return f"{words}: {place}" if place else words

    @property
    def _place(self) -> str:
        return self.decisive[0].place if self.decisive else ""

    def _sentence(self, place: str, *, alone: bool = False) -> str:
        """Return the sentence; ``alone`` leaves out that a gate refused beside it, where there is no room."""
        labels = " and ".join(gate.label for gate in self.gates)
        at = f" at {place}" if place else ""
        if self.end is End.SUCCESS:
            return "the run succeeded"
        if self.end is End.RUNNING:
            return "the run has not ended"
        if self.end is End.GATE:
            return f"the run failed at {labels}"
        also = f" (and at {labels})" if labels and not alone else ""
        if self.end is End.UNKNOWN:
            return f"why the run failed{at} is not known{also}"
        return f"{self._another(at)}{also}"

    def _another(self, at: str) -> str:
        stop = self.decisive[0]
        if stop.conclusion in _WITHOUT_PLACE:
            return _WITHOUT_PLACE[stop.conclusion]
        cause = stop.finding.cause if stop.finding is not None else None
        if cause is Cause.TIME_LIMIT or stop.conclusion == "timed_out":
            return f"the run ran into its time limit{at}"
        if stop.conclusion == "cancelled" and cause in (None, Cause.CANCELLED):
            return f"the run was cancelled{at}"
        return f"the run failed{at} for another reason"  # without a place: see _FOR_ANOTHER


def end_of(replay: Replay) -> RunEnd:
    """Return how an attempt ended; what GitHub recorded stands above what its jobs tell."""
    attempt = replay.attempt
    if not attempt.complete:
        return RunEnd(End.RUNNING)
    if attempt.conclusion == "success":
        return RunEnd(End.SUCCESS)
    if attempt.conclusion is None:
        return RunEnd(End.UNKNOWN)
    reasons = {stop.reason for stop in replay.stops}
    if Reason.ANOTHER in reasons:
        return RunEnd(End.ANOTHER, replay.stops)
    return RunEnd(End.GATE if reasons == {Reason.GATE} else End.UNKNOWN, replay.stops)


def shortened(place: str, room: int) -> str:
    """Return ``JOB › STEP`` in so many columns: the job is cut first, then the middle, since the ends tell more."""
    if columns(place) <= room:
        return place
    job, arrow, step = place.rpartition(" › ")
    left = room - columns(step) - len(arrow) - 1
    if left >= _LEAST_JOB:
        return f"{_beginning(job, left).rstrip()}…{arrow}{step}"
    tail = (room - 1) // 2
    # What stands for a secret may have been cut, and what is left of it would look like one.
    cut = scrub(f"{_beginning(place, room - 1 - tail)}…{_beginning(place[::-1], tail)[::-1]}")
    return cut if columns(cut) <= room else f"{_beginning(cut, room - 1)}…"


def columns(text: str) -> int:
    """Return the columns that a terminal takes for a text: two for wide signs, none for those that combine."""
    if text.isascii():
        return len(text)
    return sum(map(_width, text))


def _width(sign: str) -> int:
    return 2 if east_asian_width(sign) in "WF" else 0 if combining(sign) else 1


def _beginning(text: str, room: int) -> str:
    taken = 0
    for place, sign in enumerate(text):
        taken += _width(sign)
        if taken > room:
            return text[:place]
    return text

"""The first line of a diagnosis: what the gates say today, and how the run ended; then why, and which other runs are red."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from diagnosis.gates import Gate, Plane, Verdict
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.replay import Replay
from diagnosis.verdicts.run_end import End, RunEnd, end_of


@dataclass(frozen=True, slots=True)
class Headline:
    """Both facts as parts of one sentence."""

    gates: str
    """``all gates pass``, or which one does not."""
    run: RunEnd | None
    """None where no attempt was chosen."""
    others: tuple[tuple[Replay, RunEnd], ...] = ()
    """The other attempts that did not succeed, in order of time."""

    def line(self, width: int = 0) -> str:
        """Return the sentence. ``width``: columns for which names of jobs and steps are shortened; 0 shortens nothing."""
        if self.run is None:
            return self.gates
        return f"{self.gates}; {self.run.sentence(max(1, width - len(self.gates) - 2) if width else 0)}"


def headline(diagnosis: Diagnosis) -> Headline:
    """Return the first line of a diagnosis. Names in it are foreign text."""
    subject = diagnosis.subject
    if subject is None:
        return Headline("no run was diagnosed", None)
    run = end_of(subject)
    ends = [(each, end_of(each)) for each in diagnosis.replays if each.attempt.key != subject.attempt.key]
    red = tuple((each, end) for each, end in ends if _is_red(each, end))
    return Headline(_gates(diagnosis, run), run, red)


def _is_red(replay: Replay, end: RunEnd) -> bool:
    return end.end not in (End.SUCCESS, End.RUNNING) and replay.attempt.conclusion not in ("skipped", "neutral")


def _gates(diagnosis: Diagnosis, run: RunEnd) -> str:
    live = diagnosis.live
    if live is None:
        return "the gates were not judged today"
    ahead = diagnosis.forecast[0].plane if diagnosis.forecast else None
    told = gates_today([(each.gate, each.verdict) for each in live.gates], ahead)
    if told:
        return told
    if diagnosis.refused_unjudged:
        return f"{diagnosis.refused_unjudged[0].label} was not judged today"
    return "all gates pass today" if run.end is End.GATE else "all gates pass"


def gates_today(verdicts: Sequence[tuple[Gate, Verdict]], ahead: Plane | None) -> str:
    """Return which gate fails or is not known today; empty where all pass. ``ahead``: the plane of what the next run would meet."""
    failing = next((gate for gate, verdict in verdicts if verdict is Verdict.FAIL), None)
    if failing is not None:
        return f"{failing.label} fails today"
    if ahead is not None:
        return f"{ahead.label} fails today"
    unknown = [gate.label for gate, verdict in verdicts if verdict is not Verdict.PASS]
    if len(unknown) == len(verdicts):
        return "the gates are not known today"
    if unknown:
        return f"{unknown[0]} is not known today" if len(unknown) == 1 else f"{len(unknown)} gates are not known today"
    return ""


def run_name(replay: Replay) -> str:
    """Return a run's id, with the number of an attempt after the first: ``7004.2``."""
    return replay.attempt.name


def in_short(end: RunEnd) -> str:
    """Return how another run ended in a few words: its gates, or the place of what stopped it."""
    words = " and ".join(gate.label for gate in end.gates)
    if end.end is End.GATE:
        return words
    sentence = end.sentence(60)
    return sentence.removeprefix("the run ").replace("why the run ", "why it ", 1)

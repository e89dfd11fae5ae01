"""The moments at which the account of one chain was read: which belongs to a step, and how NOW moves between two steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from diagnosis.documents.packet.content import AttemptEntry
from diagnosis.documents.walkthrough.steps import Moved, Step
from diagnosis.facts.runs import Attempt
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import maybe_verdict_at


class Moments:
    """Diagnoses of one chain, the oldest first; a live chain has one alone."""

    def __init__(self, diagnoses: Sequence[Diagnosis]) -> None:
        self._all = diagnoses
        self._served = [{replay.attempt.key for replay in each.replays} for each in diagnoses]

    @property
    def last(self) -> int:
        """Index of the latest moment."""
        return len(self._all) - 1

    def of(self, attempt: AttemptEntry) -> int:
        """Return the first moment at which an attempt of the chain was there."""
        found = (number for number, keys in enumerate(self._served) if (attempt.run, attempt.attempt) in keys)
        return next(found, self.last)

    def now(self, gate: Gate, moment: int) -> Verdict:
        """Return the verdict at NOW of a moment; unknown where the account was not read."""
        live = self._all[moment].live
        verdict = maybe_verdict_at(live.gates, gate) if live is not None else None
        return verdict.verdict if verdict is not None else Verdict.UNKNOWN

    def judged(self, moment: int) -> Attempt | None:
        """Return the attempt for which NOW of a moment is judged."""
        subject = self._all[moment].subject
        return subject.attempt if subject is not None else None

    def marked(self, steps: Iterable[Step]) -> Iterator[Step]:
        """Yield the steps with what the account is at each, and how NOW changed since the step before."""
        before: int | None = None
        for step in steps:
            moved: tuple[Moved, ...] = ()
            if before is not None and before != step.moment:
                gates = dict.fromkeys((*self._all[before].gates, *self._all[step.moment].gates))
                pairs = ((gate, self.now(gate, before), self.now(gate, step.moment)) for gate in gates)
                moved = tuple(Moved(gate, was, now) for gate, was, now in pairs if was is not now)
            before = step.moment
            yield replace(step, account=self._account(step.moment), moved=moved)

    def _account(self, moment: int) -> str:
        diagnosis = self._all[moment]
        gates = diagnosis.live.gates if diagnosis.live is not None else ()
        if diagnosis.live is None or all(gate.verdict is Verdict.UNKNOWN for gate in gates):
            return "Nothing that was read of the account decides a gate: NOW is not known at this step."
        if diagnosis.moment:
            return f"The account now, at {diagnosis.moment[:1].lower()}{diagnosis.moment[1:]}"
        at = diagnosis.live.account.read_at
        when = f" at {at:%Y-%m-%d %H:%M} UTC" if at is not None else ""
        return f"The account is as it was read{when}, the same at every step: nothing here shows it as it was at a run."

"""Tell a chain step by step: the planes, each attempt and what was done after it, today, closure with its anchors, non-claims.

A chain has the steps that fit it. Every sentence is the packet's own or follows from the packet's facts: a chain that is
open, unproven or not compliant is never told as a closed one, and a change that nobody observed is told as stated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from diagnosis.documents.audience import Audience
from diagnosis.documents.packet import packet
from diagnosis.documents.packet.content import AttemptEntry, FixEntry, Packet, RemediationSource
from diagnosis.documents.packet.interview import TWO_PLANES
from diagnosis.documents.packet.masking import accounts_of, written
from diagnosis.documents.packet.readings import state_of_chain
from diagnosis.documents.packet.story import chronology, ending, in_a_sentence, is_closed, opening, run_words, unproved
from diagnosis.documents.walkthrough.moments import Moments
from diagnosis.documents.walkthrough.steps import Column, Kind, Note, Place, Shown, Step, Walkthrough
from diagnosis.documents.walkthrough.words import anchored, at_gates, came_to, proof_of, said, spoken
from diagnosis.facts.case import Case
from diagnosis.gates import Gate, Plane, Verdict
from diagnosis.verdicts.closure import ClosureStatus
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.run_end import End

MOST_NOTES = 8
"""Points of one kind that a step lists; what is left out is counted."""

MOST_RULES = 4
_RULE = {Verdict.FAIL: "Fails", Verdict.UNKNOWN: "Not proved", Verdict.BLOCKED: "Not proved", Verdict.PASS: "Passes"}

_STATUS = {
    ClosureStatus.CLOSED: Verdict.PASS,
    ClosureStatus.OPEN: Verdict.FAIL,
    ClosureStatus.UNPROVEN: Verdict.UNKNOWN,
    ClosureStatus.NON_COMPLIANT: Verdict.FAIL,
}
_ENDS = {
    End.SUCCESS: Verdict.PASS,
    End.GATE: Verdict.FAIL,
    End.ANOTHER: Verdict.FAIL,
    End.UNKNOWN: Verdict.UNKNOWN,
    End.RUNNING: Verdict.UNKNOWN,
}
_KNOWN_BY = {
    RemediationSource.OBSERVED: "Observed after {run}: {text}.",
    RemediationSource.STATED: "Stated after {run}, observed by nothing that was read: {text}.",
    RemediationSource.NOT_ON_RECORD: "Nothing is on record of what was done after {run}.",
}


def walkthrough(moments: Sequence[Diagnosis], case: Case, *, mask_accounts: bool = False) -> Walkthrough:
    """Return the story of the last of these diagnoses.

    The others are of the same chain at earlier moments, in order of time, as the demo has them; a live chain has one moment
    alone. ``mask_accounts`` replaces account ids in every text.
    """
    last = moments[-1]
    at = Moments(moments)
    teller = _Teller(packet(last, case, mask_accounts=False, audience=Audience.INTERVIEWER), at)
    steps = tuple(at.marked(teller.steps()))
    first = last.replays[0].attempt.run_id if last.replays else 0
    told = Walkthrough(last.title, teller.facts.status, first, steps)
    return written(told, accounts_of(last, case)) if mask_accounts else told


class _Teller:
    def __init__(self, facts: Packet, moments: Moments) -> None:
        self.facts = facts
        self.moments = moments

    def steps(self) -> Iterator[Step]:
        facts = self.facts
        yield self._planes()
        for index, (attempt, sentence) in enumerate(zip(facts.attempts, chronology(facts), strict=True)):
            # A last success without a refusal is told with the closure.
            if index < len(facts.attempts) - 1 or attempt.end is not End.SUCCESS or at_gates(attempt, Verdict.FAIL):
                yield self._attempt(index, attempt, sentence)
                yield from self._done_after(index, attempt)
        if self._fails_today:
            yield self._today()
        if facts.fix is not None:
            yield self._proposal(facts.fix)
        yield self._closure()
        yield self._non_claims()

    # -- the steps

    def _planes(self) -> Step:
        notes = [
            Note(f"{plane.label}", self._plane_words(plane)) for plane in (Plane.AUTHENTICATION, Plane.AUTHORIZATION)
        ]
        return Step(Kind.PLANES, "Two planes", f"{TWO_PLANES} {opening(self.facts)}", notes=tuple(notes))

    def _plane_words(self, plane: Plane) -> str:
        gates = [gate for gate in self.facts.columns if gate.plane is plane]
        failed = {
            gate: [run_words(each) for each in self.facts.attempts if (gate, Verdict.FAIL) in each.verdicts]
            for gate in gates
        }
        told = [
            f"{gate.label} (failed in {', '.join(runs)})" if (runs := failed[gate]) else gate.label for gate in gates
        ]
        return "; ".join(told)

    def _attempt(self, index: int, attempt: AttemptEntry, sentence: str) -> Step:
        refused, blocked, unknown = (
            at_gates(attempt, each) for each in (Verdict.FAIL, Verdict.BLOCKED, Verdict.UNKNOWN)
        )
        place = self._cell(attempt, refused[0] if refused else None)
        word, verdict = (Verdict.FAIL.value, Verdict.FAIL) if refused else (attempt.conclusion, _ENDS[attempt.end])
        notes = [
            Note(
                "Where",
                f"{attempt.workflow or 'workflow not known'} on {attempt.ref or 'no ref'} at {attempt.commit[:12]}",
            )
        ]
        if blocked:
            notes.append(Note("Not reached", f"{_listed(blocked)}, of which this run says nothing."))
        if unknown and not refused:
            notes.append(Note("Not known", f"{_listed(unknown)}: the run does not show it."))
        if attempt.cause:
            notes.append(Note("Cause", attempt.cause + (f"; {attempt.owner} acts on it" if attempt.owner else "")))
        return Step(
            Kind.ATTEMPT,
            f"Attempt {index + 1} of {len(self.facts.attempts)}: {came_to(attempt)}",
            spoken(attempt, sentence),
            place,
            (Shown(word, verdict, run_words(attempt)),),
            tuple(notes),
            proof_of(attempt),
            self.moments.of(attempt),
        )

    def _done_after(self, index: int, attempt: AttemptEntry) -> Iterator[Step]:
        remediation = attempt.remediation
        refused = at_gates(attempt, Verdict.FAIL)
        known_by = _KNOWN_BY.get(remediation.source)
        nothing = remediation.source is RemediationSource.NOT_ON_RECORD
        last = index == len(self.facts.attempts) - 1
        if known_by is None or (nothing and (last or not refused or self._stays_shut(index, refused))):
            return
        moment = self.moments.of(self.facts.attempts[index if last else index + 1])
        notes = [] if nothing else [Note(remediation.source.value.capitalize(), remediation.text)]
        if remediation.rationale and remediation.source is RemediationSource.OBSERVED:
            notes.append(Note("Why", remediation.rationale))
        line = known_by.format(run=run_words(attempt), text=said(remediation.text))
        title = f"What was done after attempt {index + 1}"
        place: Place | None = None
        shown: tuple[Shown, ...] = ()
        if refused:
            gate = refused[0]
            place = Place(Column.NOW, gate)
            verdict = self.moments.now(gate, moment)
            line += f" {self._today_at(gate, attempt, verdict, moment)}"
            shown = (Shown(Verdict.FAIL.value, Verdict.FAIL, run_words(attempt)), Shown(verdict.value, verdict, "NOW"))
            if verdict is Verdict.PASS and not nothing:
                stated = "stated " if remediation.source is RemediationSource.STATED else ""
                title = f"The {stated}fix after attempt {index + 1}: {gate.label}"
        yield Step(Kind.FIX, title, line, place, shown, tuple(notes), moment=moment)

    def _stays_shut(self, index: int, refused: Sequence[Gate]) -> bool:
        """Return whether the next attempt was refused where this one was: then nothing on record is nothing to tell."""
        return (refused[0], Verdict.FAIL) in self.facts.attempts[index + 1].verdicts

    def _today_at(self, gate: Gate, attempt: AttemptEntry, verdict: Verdict, moment: int) -> str:
        """Return what became of the gate since the attempt, in a sentence."""
        judged = self.moments.judged(moment)
        name = f"run {judged.run_id}" if judged is not None else "no run"
        whom = f", judged for {name}" if judged is None or judged.key != (attempt.run, attempt.attempt) else ""
        failed = f"{gate.label} failed in that run"
        return {
            Verdict.PASS: f"{failed}; the account passes it now{whom}.",
            Verdict.FAIL: f"{failed}; the account still fails it now{whom}.",
            Verdict.BLOCKED: f"{failed}; now an earlier gate stands in its way{whom}.",
            Verdict.UNKNOWN: f"{failed}; whether the account passes it now is not known.",
        }[verdict]

    def _today(self) -> Step:
        facts = self.facts
        notes = [
            Note(
                entry.gate.label if entry.gate else entry.plane.label, f"{entry.reason} ({entry.cause}; {entry.owner})"
            )
            for entry in facts.forecast
        ]
        gate = next(
            (each.gate for wanted in (Verdict.FAIL, Verdict.UNKNOWN) for each in facts.now if each.verdict is wanted),
            None,
        )
        entry = next((each for each in facts.now if each.gate is gate), None)
        if not facts.now:
            line = "The account was not read: what the next run would meet is not known."
        elif notes:
            count = "one thing stands" if len(notes) == 1 else f"{len(notes)} things stand"
            line = f"{facts.outcome[:1].upper()}{facts.outcome[1:]}. As the account is now, {count} in the way of the next run."
        else:
            line = f"{facts.outcome[:1].upper()}{facts.outcome[1:]}."
        if entry is not None and not notes:
            notes.append(Note(entry.gate.label, entry.reason))
        if facts.fix is None and any(each.verdict is Verdict.FAIL for each in facts.now):
            notes.append(Note("Fix", "No bounded change is known that would open what fails."))
        verdict = entry.verdict if entry is not None else Verdict.UNKNOWN
        place = Place(Column.NOW, gate)
        shown = (Shown(verdict.value, verdict, "NOW"),)
        return Step(
            Kind.TODAY,
            "Today: what the next run would meet",
            line,
            place,
            shown,
            _most(notes),
            moment=self.moments.last,
        )

    def _proposal(self, fix: FixEntry) -> Step:
        now = {entry.gate: entry.verdict for entry in self.facts.now}
        shut = [entry for entry in fix.gates if now.get(entry.gate) is not Verdict.PASS]
        gate = next((entry for entry in shut if now.get(entry.gate) is Verdict.FAIL), shut[0] if shut else None)
        if fix.opens_all:
            said = "On the model every gate then passes."
        elif fix.passes_run:
            said = "On the model one more run then passes what AWS enforces; not every gate passes."
        else:
            said = "On the model not every gate passes after it."
        owners = tuple(dict.fromkeys(change.owner for change in fix.changes))
        notes = [
            Note(f"Change {number}", f"{change.title} ({change.owner}). {change.words}".strip())
            for number, change in enumerate(fix.changes, 1)
        ]
        notes += [Note("Admits too", ", ".join(fix.newly_admitted))] if fix.newly_admitted else []
        notes += [Note("Does not prove", fix.does_not_prove)] if fix.does_not_prove else []
        changes = "One change is" if len(fix.changes) == 1 else f"{len(fix.changes)} changes are"
        line = f"{changes} proposed, for {' and '.join(owners) or 'nobody'}: none was made. {said} No run shows it yet."
        before = now.get(gate.gate, Verdict.UNKNOWN) if gate is not None else Verdict.UNKNOWN
        shown = (
            (Shown(before.value, before, "NOW"), Shown(gate.verdict.value, gate.verdict, "AFTER FIX")) if gate else ()
        )
        place = Place(Column.AFTER_FIX, gate.gate) if gate is not None else None
        return Step(
            Kind.PROPOSAL, "The fix that is proposed", line, place, shown, _most(notes), moment=self.moments.last
        )

    def _closure(self) -> Step:
        facts = self.facts
        closure = facts.closure
        notes = []
        if closure is not None:
            passing = sum(rule.verdict is Verdict.PASS for rule in closure.rules)
            notes.append(Note("Rules", f"{passing} of {len(closure.rules)} pass."))
            short = unproved(facts)
            notes += [Note(_RULE[rule.verdict], f"{rule.title}: {rule.reason}") for rule in short[:MOST_RULES]]
            if len(short) > MOST_RULES:
                notes.append(Note("More", f"{len(short) - MOST_RULES} more rules do not pass; the packet lists them."))
            notes += [Note("Next", step) for step in closure.next_steps[:1]]
        runs = {attempt.url: run_words(attempt).capitalize() for attempt in facts.attempts}
        anchors = anchored(facts.anchors, runs)
        last = facts.attempts[-1] if facts.attempts else None
        verdict = _STATUS[closure.status] if closure is not None else Verdict.UNKNOWN
        if verdict is Verdict.PASS and not is_closed(facts):
            verdict = Verdict.UNKNOWN
        line = " ".join(part for part in (ending(facts), state_of_chain(facts, named=False)) if part)
        return Step(
            Kind.CLOSURE,
            f"Closure: {facts.status}" + (", and its anchors" if anchors else ""),
            line,
            self._cell(last, None) if last is not None else None,
            (Shown(facts.status, verdict, "the chain"),),
            tuple(notes),
            (*(proof_of(last)[:1] if last is not None and last.end is End.SUCCESS else ()), *anchors),
            self.moments.last,
        )

    def _non_claims(self) -> Step:
        facts = self.facts
        notes = [Note("Not claimed", words) for words in facts.non_claims]
        notes += [Note("Not known", f"{item.what}: {item.why}. To obtain it: {item.how}.") for item in facts.unknown]
        notes += [Note("Not covered", words) for words in facts.not_covered]
        parts = len(facts.reconstructed)
        if parts:
            more = f"; {parts - 2} more stand in the packet" if parts > 2 else ""
            notes.append(Note("Reconstructed", f"{'; '.join(facts.reconstructed[:2])}{more}"))
        line = f"How not to read this: {facts.readings.incorrect}"
        return Step(Kind.NON_CLAIMS, "What is not claimed", line, notes=tuple(notes), moment=self.moments.last)

    # -- what they stand on

    @property
    def _fails_today(self) -> bool:
        facts = self.facts
        passes = bool(facts.now) and all(entry.verdict is Verdict.PASS for entry in facts.now)
        return bool(facts.attempts) and (bool(facts.forecast) or not passes)

    def _cell(self, attempt: AttemptEntry, gate: Gate | None) -> Place:
        return Place(Column.RECORDED, gate, attempt.run, attempt.attempt)


def _most(notes: Sequence[Note]) -> tuple[Note, ...]:
    left = len(notes) - MOST_NOTES
    return (*notes[:MOST_NOTES], *((Note("More", f"{left} more of them stand in the packet."),) if left > 0 else ()))


def _listed(gates: Sequence[Gate]) -> str:
    return ", ".join(map(in_a_sentence, gates))

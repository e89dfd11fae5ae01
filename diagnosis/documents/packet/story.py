"""What the facts of a packet hold about the course of a chain: who failed where, how it ended, whether anything was pushed.

Every sentence of a packet about failures, a success or a push is made here, of facts alone. A word is used only where its
fact stands: *published* where a run shows the push, *success* where GitHub recorded one, *mended* where closure is proved.
"""

from __future__ import annotations

from collections.abc import Sequence

from diagnosis.documents.packet.content import AttemptEntry, Facts, RuleEntry
from diagnosis.gates import Gate, Plane, Verdict
from diagnosis.verdicts.closure import ClosureStatus
from diagnosis.verdicts.run_end import End

_PLANES = (Plane.AUTHENTICATION, Plane.AUTHORIZATION)


def failures(facts: Facts) -> tuple[tuple[AttemptEntry, Gate], ...]:
    """Return each refusal at a gate, with the attempt that met it."""
    return tuple(
        (attempt, gate) for attempt in facts.attempts for gate, verdict in attempt.verdicts if verdict is Verdict.FAIL
    )


def failed_planes(facts: Facts) -> tuple[Plane, ...]:
    """Return the planes of which a failure is on record: authentication before authorization."""
    found = {gate.plane for _, gate in failures(facts)}
    return tuple(plane for plane in _PLANES if plane in found)


def closing(facts: Facts) -> AttemptEntry | None:
    """Return the run that ends the chain in success; None where its last run did anything else."""
    last = facts.attempts[-1] if facts.attempts else None
    return last if last is not None and last.end is End.SUCCESS else None


def is_closed(facts: Facts) -> bool:
    """Return whether closure is proved: by its status, and by every rule of it."""
    closure = facts.closure
    return (
        closure is not None
        and closure.status is ClosureStatus.CLOSED
        and all(rule.verdict is Verdict.PASS for rule in closure.rules)
        and closing(facts) is not None
    )


def is_whole(facts: Facts) -> bool:
    """Return whether it is the whole story: both planes failed, the chain is closed, and its last run shows the push."""
    end = closing(facts)
    return is_closed(facts) and len(failed_planes(facts)) == len(_PLANES) and end is not None and end.published


def unproved(facts: Facts) -> tuple[RuleEntry, ...]:
    """Return the rules of closure that do not pass."""
    rules = facts.closure.rules if facts.closure else ()
    return tuple(rule for rule in rules if rule.verdict is not Verdict.PASS)


def breaches(facts: Facts) -> tuple[RuleEntry, ...]:
    """Return the rules that may never fail, and did; where none is marked so, those that failed."""
    failed = tuple(rule for rule in unproved(facts) if rule.verdict is Verdict.FAIL)
    return tuple(rule for rule in failed if rule.breach) or failed


def run_words(attempt: AttemptEntry) -> str:
    """Return how an attempt is named: ``run 7004``, and which attempt of it where it is not the first."""
    return f"run {attempt.run}" + (f" (attempt {attempt.attempt})" if attempt.attempt > 1 else "")


def opening(facts: Facts) -> str:
    """Return which planes failed, and where."""
    planes = failed_planes(facts)
    if len(planes) > 1:
        places = " and ".join(f"{plane.label} at {_places(facts, plane)}" for plane in planes)
        return f"Two control planes failed, each for a reason of its own: {places}."
    if planes:
        other = next(plane for plane in _PLANES if plane not in planes)
        where = f"{planes[0].label}, at {_places(facts, planes[0])}"
        return f"One control plane failed: {where}. No failure of the other, {other.label}, is on record."
    red = [attempt for attempt in facts.attempts if attempt.end not in (End.SUCCESS, End.RUNNING)]
    if red:
        return f"No gate is shown to have refused: {_listed([_ended(attempt) for attempt in red])}."
    return "No failure is on record." if facts.attempts else "No run was read."


def _places(facts: Facts, plane: Plane) -> str:
    """Return where a plane failed: ``OIDC trust (run 1)``."""
    by_gate: dict[Gate, list[str]] = {}
    for attempt, gate in failures(facts):
        if gate.plane is plane:
            by_gate.setdefault(gate, []).append(run_words(attempt))
    return _listed([f"{in_a_sentence(gate)} ({', '.join(runs)})" for gate, runs in by_gate.items()])


def in_a_sentence(gate: Gate) -> str:
    """Return a gate's name as it stands within a sentence: ``OIDC trust``, ``role assumption``."""
    return gate.label if gate.label[:2].isupper() else gate.label[0].lower() + gate.label[1:]


def chronology(facts: Facts) -> tuple[str, ...]:
    """Return how each attempt ended, in order of time, as sentences."""
    return tuple(f"{_capital(_ended(attempt))}." for attempt in facts.attempts)


def _ended(attempt: AttemptEntry) -> str:
    """Return how an attempt ended, as a clause."""
    name = run_words(attempt)
    refused = [in_a_sentence(gate) for gate, verdict in attempt.verdicts if verdict is Verdict.FAIL]
    if attempt.end is End.RUNNING:
        return f"{name} has not ended"
    if attempt.end is End.SUCCESS:
        return f"{name} ended in success" + (" and published its image" if attempt.published else "; no push is shown")
    if refused:
        also = ", and for a reason of no gate as well" if attempt.end is End.ANOTHER else ""
        return f"{name} failed at {_listed(refused)}{also}"
    if attempt.end is End.UNKNOWN:
        return f"why {name} failed is not known"
    return f"{name} ended for a reason that belongs to no gate"


def ending(facts: Facts) -> str:
    """Return how the chain ends; empty where there is none."""
    if not facts.attempts:
        return ""
    last, end = facts.attempts[-1], closing(facts)
    name = _capital(run_words(last))
    if end is None:
        return (
            f"{name}, the latest, has not ended."
            if last.end is End.RUNNING
            else f"The latest, {run_words(last)}, is red."
        )
    if not end.published:
        return f"{name} ended in success; that it pushed an image is not shown."
    same = len({attempt.workflow for attempt in facts.attempts}) == 1
    if not failures(facts):
        return f"{name} published its image."
    return f"{name} of {'the same' if same else 'another'} workflow then published its image."


def rule_named(facts: Facts, slug: str) -> RuleEntry | None:
    """Return a rule of closure by its id; None where closure was not judged, or has no such rule."""
    rules = facts.closure.rules if facts.closure else ()
    return next((rule for rule in rules if rule.rule == slug), None)


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]

"""The forecast: from one run and today's account, every gate that would still fail, in the order reruns would meet them."""

from __future__ import annotations

from collections.abc import Iterable

from diagnosis.gates import Verdict
from diagnosis.verdicts.assessment import Assessment, Problem
from diagnosis.verdicts.gate_verdict import GateVerdict, Missing


def forecast(assessment: Assessment | None) -> tuple[Problem, ...]:
    """Return all problems that stand in the way today.

    Without a live side it is empty, which means that nothing is known and not that nothing is wrong.
    """
    return assessment.problems if assessment else ()


def not_known(verdicts: Iterable[GateVerdict]) -> tuple[Missing, ...]:
    """Return what the verdicts could not rest on, each once."""
    found: dict[Missing, None] = {}
    for verdict in verdicts:
        if verdict.verdict in (Verdict.UNKNOWN, Verdict.FAIL):
            found.update(dict.fromkeys(verdict.missing))
    return tuple(found)

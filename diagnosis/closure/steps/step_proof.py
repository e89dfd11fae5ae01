"""What one look at the steps of a release proves: a verdict, with what was found and what was not understood."""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.facts.evidence import Evidence
from diagnosis.gates import Verdict
from diagnosis.verdicts.closure import IntegrityFinding


@dataclass(frozen=True, slots=True)
class StepProof:
    """The verdict of one question about the closing run's steps.

    ``pass`` only where every step that could hide the opposite was understood and does not; ``fail`` where one shows it;
    ``unknown`` where something was not read or has a form that is not understood.
    """

    verdict: Verdict
    reason: str
    evidence: tuple[Evidence, ...] = ()
    findings: tuple[IntegrityFinding, ...] = ()
    """What was found, each once; a finding never stands beside ``pass``."""
    not_understood: tuple[str, ...] = ()
    """The steps or forms that were not understood, as clauses."""

"""One place of the closing run where a gate does not stop the release, or may not; and the proof that several of them make."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from diagnosis.causes import Integrity
from diagnosis.closure.steps.step_proof import StepProof
from diagnosis.facts.evidence import Evidence
from diagnosis.gates import Verdict
from diagnosis.verdicts.closure import IntegrityFinding


@dataclass(frozen=True, slots=True)
class Demotion:
    """A place where a failure is lost, or may be."""

    what: str
    """As a clause."""
    shown: bool
    """Whether it is certain; else it is a form that is not understood, or something that was not read."""
    evidence: Evidence | None = None
    then: str = "a denial there does not stop the release"
    """What follows from it, as a clause."""

    @property
    def sentence(self) -> str:
        """What it is and what follows."""
        return f"{self.what[:1].upper()}{self.what[1:]}: {self.then}."


def proof_of(demotions: Iterable[Demotion], understood: str, unknown: str) -> StepProof:
    """Return the verdict of one question. ``understood``: what is proved where nothing was found; ``unknown``: what is not."""
    found = tuple(dict.fromkeys(demotions))
    shown = [each for each in found if each.shown]
    unclear = tuple(each.what for each in found if not each.shown)
    evidence = tuple(each.evidence for each in (*shown, *found) if each.evidence is not None)
    evidence = tuple(dict.fromkeys(evidence))
    if shown:
        findings = tuple(
            IntegrityFinding(
                Integrity.GATE_DEMOTED,
                each.sentence,
                (each.evidence,) if each.evidence is not None else (),
                breaks_closure=True,
            )
            for each in shown
        )
        return StepProof(Verdict.FAIL, shown[0].sentence, evidence, findings, unclear)
    if unclear:
        return StepProof(Verdict.UNKNOWN, f"{unknown}: {unclear[0]}.", evidence, (), unclear)
    return StepProof(Verdict.PASS, understood)

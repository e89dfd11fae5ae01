"""NOW and AFTER FIX as a packet has them: today's verdicts, the forecast, the recommended path with its bounded changes."""

from __future__ import annotations

from collections.abc import Sequence

from diagnosis.documents.packet.content import ChangeEntry, FixEntry, ForecastEntry, GateEntry, Unknown, Use
from diagnosis.gates import Verdict
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.diagnosis import Diagnosis, Path
from diagnosis.verdicts.gate_verdict import GateVerdict, Missing
from diagnosis.verdicts.release import Need, StepGap, missing_of


def gate_entries(verdicts: Sequence[GateVerdict]) -> tuple[GateEntry, ...]:
    """Return verdicts with their reasons."""
    return tuple(
        GateEntry(
            gate=verdict.gate,
            verdict=verdict.verdict,
            reason=verdict.reason,
            cause=str(verdict.cause or ""),
            candidates=tuple(map(str, verdict.candidates)),
            owner="" if verdict.verdict is Verdict.PASS else verdict.owner.value,
        )
        for verdict in verdicts
    )


def forecast_entry(problem: Problem) -> ForecastEntry:
    """Return one thing that the next run would meet."""
    return ForecastEntry(
        gate=problem.gate,
        plane=problem.plane,
        cause=str(problem.cause),
        reason=problem.reason,
        owner=problem.owner.value,
        actions=problem.actions,
        resource=problem.resource or "",
        jobs=problem.jobs,
        step=problem.step,
    )


def fix_entry(path: Path) -> FixEntry:
    """Return a path as words: what is proposed, and what the model says of it."""
    return FixEntry(
        title=path.title,
        gates=gate_entries(path.gates),
        opens_all=path.opens_all,
        passes_run=path.passes_run,
        changes=tuple(
            ChangeEntry(each.title, each.words, each.owner.value, each.verify, each.widens, each.tightens)
            for each in path.remediations
        ),
        proves=path.proves,
        does_not_prove=path.does_not_prove,
        newly_admitted=path.newly_admitted,
        not_covered=path.not_covered,
    )


def gaps_of(diagnosis: Diagnosis) -> tuple[StepGap, ...]:
    """Return the steps of the judged release that nothing covers; by the run alone where the account was not read."""
    if diagnosis.live is not None:
        return diagnosis.live.gaps
    sessions = diagnosis.subject.sessions if diagnosis.subject else ()
    return tuple(dict.fromkeys(gap for session in sessions for gap in session.gaps))


def gap_words(gap: StepGap) -> str:
    """Return what of a step is not known, and what would make it readable."""
    missing = missing_of(gap)
    if gap.is_open:
        return f"{missing.what}: {missing.why}. To obtain it: {missing.how}."
    return f"what step “{gap.step}” calls: {gap.what}: {gap.why}. {gap.how}"


def unknown_of(diagnosis: Diagnosis, gaps: Sequence[StepGap]) -> tuple[Unknown, ...]:
    """Return what is not known and the way to obtain it, each once; steps without cover are told elsewhere."""
    said = {missing_of(gap) for gap in gaps}
    return tuple(dict.fromkeys(_unknown(item) for item in diagnosis.unknown if item not in said))


def _unknown(missing: Missing) -> Unknown:
    return Unknown(missing.what, missing.why, missing.how, missing.permission or "")


def uses_of(diagnosis: Diagnosis) -> tuple[Use, ...]:
    """Return what the judged release uses at AWS."""
    if diagnosis.live is not None:
        needs: tuple[Need, ...] = diagnosis.live.needs
    else:
        needs = diagnosis.subject.needs if diagnosis.subject else ()
    return tuple(
        Use(need.action, need.resource or "not known", need.step, need.job, need.certainty.value) for need in needs
    )

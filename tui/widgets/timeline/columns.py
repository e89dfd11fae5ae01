"""The columns of the timeline: the recorded attempts in order of time, then NOW, then AFTER FIX."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from diagnosis.documents.credentials import account_unread
from diagnosis.gates import GATES, Gate, Plane, Verdict
from diagnosis.verdicts.diagnosis import Diagnosis, Path
from diagnosis.verdicts.gate_verdict import GateVerdict, maybe_verdict_at
from diagnosis.verdicts.outlook import Outlook, Prospect, outlook_after, outlook_now
from diagnosis.verdicts.replay import Replay
from diagnosis.verdicts.run_end import End, end_of
from tui.backend import RunKey
from tui.widgets.timeline.run_titles import RunTitles
from tui.widgets.timeline.run_titles import attempt_title as attempt_title  # named here too, where columns are


class Side(StrEnum):
    """Where the facts of a column come from; the three are never mixed."""

    RECORDED = "recorded"
    NOW = "NOW"
    AFTER_FIX = "AFTER FIX"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The last row of a column: the run's conclusion, or whether a rerun would pass."""

    sign: str
    word: str
    verdict: Verdict
    """Which style it takes."""


NO_RUN = Outcome("–", "no run", Verdict.BLOCKED)
"""Where there is no run yet, nothing is judged."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the timeline."""

    side: Side
    gates: tuple[GateVerdict, ...]
    """In gate order; empty where this side has nothing to show."""
    outcome: Outcome
    replay: Replay | None = None
    why_empty: str = ""
    title: str = ""
    """The heading: ``#412``, ``#412.2`` for its second attempt, ``#412 Release`` in a chain of several workflows, ``NOW`` or
    ``AFTER FIX``. Inert text."""

    @property
    def key(self) -> RunKey | None:
        """The attempt's key, for recorded columns."""
        return self.replay.attempt.key if self.replay else None

    def at(self, gate: Gate) -> GateVerdict | None:
        """Return the verdict at a gate, or None where there is none."""
        return maybe_verdict_at(self.gates, gate)


@dataclass(frozen=True, slots=True)
class Cell:
    """A place on the timeline."""

    column: int = 0
    row: int = 0
    """The rows of the gates from 0; after the last one the outcome."""
    gates: tuple[Gate, ...] = GATES
    """The gates that have a row."""

    @property
    def gate(self) -> Gate | None:
        """The gate, or None on the row of outcomes."""
        return self.gates[self.row] if self.row < len(self.gates) else None


def columns_of(diagnosis: Diagnosis, path_index: int = 0) -> tuple[Column, ...]:
    """Return all columns of a diagnosis; the last two are always NOW and AFTER FIX."""
    titles = RunTitles(diagnosis.replays)
    recorded = tuple(
        Column(Side.RECORDED, replay.gates, _recorded_outcome(replay), replay, title=titles.of(replay))
        for replay in diagnosis.replays
    )
    live = diagnosis.live.gates if diagnosis.live else ()
    if not diagnosis.replays:
        why = "There is no run yet for which the account could be judged."
        return (
            Column(Side.NOW, (), NO_RUN, why_empty=why, title=Side.NOW.value),
            Column(Side.AFTER_FIX, (), NO_RUN, why_empty=why, title=Side.AFTER_FIX.value),
        )
    why = "" if live else "The live side was not read."
    now = Column(Side.NOW, live, rerun_outcome(outlook_now(diagnosis)), why_empty=why, title=Side.NOW.value)
    return (*recorded, now, _after_fix(diagnosis, path_index))


def _after_fix(diagnosis: Diagnosis, path_index: int) -> Column:
    path, title = path_at(diagnosis, path_index), Side.AFTER_FIX.value
    if path is not None:
        return Column(Side.AFTER_FIX, path.gates, rerun_outcome(outlook_after(diagnosis, path)), title=title)
    if nothing_to_change(diagnosis):
        why = "Every gate passes now: there is nothing to fix."
        if diagnosis.subject is not None and ends_elsewhere(diagnosis.subject):
            why = f"Every gate passes now: there is nothing to fix at a gate; {end_of(diagnosis.subject).sentence()}."
        return Column(Side.AFTER_FIX, (), Outcome("–", "none due", Verdict.BLOCKED), why_empty=why, title=title)
    why = "No bounded change is known that would open what fails now."
    if account_unread(diagnosis):
        why = "The account was not read, so no change can be proved."
    return Column(Side.AFTER_FIX, (), Outcome("?", "no fix", Verdict.UNKNOWN), why_empty=why, title=title)


def nothing_to_change(diagnosis: Diagnosis) -> bool:
    """Return whether every gate passes today and nothing beside the gates is in the way."""
    now = outlook_now(diagnosis)
    return now.all_pass and not now.stops_at


def path_at(diagnosis: Diagnosis, index: int) -> Path | None:
    """Return the remediation path at an index; after the last comes the first again."""
    return diagnosis.paths[index % len(diagnosis.paths)] if diagnosis.paths else None


def _recorded_outcome(replay: Replay) -> Outcome:
    attempt = replay.attempt
    if attempt.conclusion is None:
        word = attempt.status.replace("_", " ") if attempt.status != "completed" else "no record"
        return Outcome("…", word, Verdict.UNKNOWN)
    if attempt.conclusion == "success":
        return Outcome("✔", "success", Verdict.PASS)
    if attempt.conclusion in ("failure", "timed_out", "startup_failure"):
        return Outcome("✘", attempt.conclusion.replace("_", " "), Verdict.FAIL)
    return Outcome("⊘", attempt.conclusion.replace("_", " "), Verdict.BLOCKED)


_RERUNS = {
    Prospect.PASSES: Outcome("✔", "passes", Verdict.PASS),
    Prospect.PASSES_OPEN: Outcome("!", "passes", Verdict.UNKNOWN),
    Prospect.UNPROVEN: Outcome("?", "unproven", Verdict.UNKNOWN),
    Prospect.STOPS: Outcome("✘", "stops", Verdict.FAIL),
}


def rerun_outcome(outlook: Outlook) -> Outcome:
    """Return what a rerun would come to, as the last row shows it; ``!`` where it passes and least privilege stays open."""
    return _RERUNS[outlook.prospect]


def ends_elsewhere(subject: Replay | None) -> bool:
    """Return whether something else than a gate ended the run, or nothing legible tells what did."""
    return subject is not None and end_of(subject).end in (End.ANOTHER, End.UNKNOWN)


def first_failing(gates: tuple[GateVerdict, ...]) -> GateVerdict | None:
    """Return the gate that stops the run, else the first that could not be decided."""
    for wanted in (Verdict.FAIL, Verdict.UNKNOWN):
        for verdict in gates:
            if verdict.verdict is wanted:
                return verdict
    return None


def opening_cell(diagnosis: Diagnosis, columns: tuple[Column, ...]) -> Cell:
    """Return where the cursor starts: at what stopped the subject, else at its outcome."""
    subject = diagnosis.subject.attempt.key if diagnosis.subject else None
    index = next((i for i, column in enumerate(columns) if column.key is not None and column.key == subject), 0)
    stopped, gates = first_failing(columns[index].gates), diagnosis.gates
    no_gate = diagnosis.subject is not None and end_of(diagnosis.subject).end is End.ANOTHER
    if no_gate and (stopped is None or stopped.verdict is not Verdict.FAIL):
        stopped = None
    return Cell(index, gates.index(stopped.gate) if stopped else len(gates), gates)


def stopping_plane(replay: Replay) -> Plane | None:
    """Return the plane that stopped a recorded attempt; None for a success or where nothing tells."""
    if replay.stopped_by is not None:
        return replay.stopped_by.plane
    failing = next((verdict for verdict in replay.gates if verdict.verdict is Verdict.FAIL), None)
    return failing.gate.plane if failing else None

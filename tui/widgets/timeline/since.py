"""What changed since the runs, in lines that name each run as the timeline does."""

from __future__ import annotations

from itertools import groupby

from diagnosis.gates import Gate
from diagnosis.verdicts.chronology import Drift, DriftKind
from diagnosis.verdicts.diagnosis import Diagnosis
from tui.widgets.timeline.run_titles import RunTitles

_NAMED = 3
_GATES = {
    DriftKind.BROKEN_SINCE: ("passed", "fails"),
    DriftKind.MENDED_SINCE: ("failed", "passes"),
}
"""What a gate did in the run, and does today."""


def since_lines(diagnosis: Diagnosis, *, reasons: bool = True, gate: Gate | None = None) -> tuple[str, ...]:
    """Return a line for each change; the runs for which a gate changed in one way share one.

    ``reasons``: with the reason why a gate fails today, which NOW says as well. ``gate``: the changes of that one alone.
    """
    titles = RunTitles(diagnosis.replays)
    names = {replay.attempt.key: titles.of(replay) for replay in diagnosis.replays}
    lines: list[str] = []
    for _, group in groupby(_ordered(diagnosis), lambda item: (item.kind, item.gate)):
        same = list(group)
        first = same[0]
        if gate is not None and (first.gate is not gate or first.kind not in _GATES):
            continue
        if first.kind not in _GATES or first.gate is None:
            lines += [item.reason.removeprefix("Changed since the run: ") for item in same]
            continue
        then, today = _GATES[first.kind]
        runs = [names.get((item.run, item.attempt), f"run {item.run}") for item in same]
        shown = ", ".join(runs[:_NAMED]) + (f" and {len(runs) - _NAMED} more" if len(runs) > _NAMED else "")
        why = first.reason.partition(": ")[2] if first.kind is DriftKind.BROKEN_SINCE and reasons else ""
        lines.append(f"{first.gate.label} {then} in {shown} and {today} today{f': {why}' if why else '.'}")
    return tuple(dict.fromkeys(lines))


def _ordered(diagnosis: Diagnosis) -> list[Drift]:
    """Return the gates' changes first, those of one gate and kind together; the others as they come."""
    kinds = list(_GATES)
    return sorted(
        diagnosis.drift,
        key=lambda item: (
            (kinds.index(item.kind), item.gate.order) if item.kind in kinds and item.gate else (len(kinds), 0)
        ),
    )

"""Cut a recording's case down to what was known at a moment: no later run, no statement that was made later."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from diagnosis.facts.case import Case
from probes.recording.format import Recording


def case_at(recording: Recording, at: datetime | None) -> Case:
    """Return the case as it was known at ``at`` (UTC); None gives the whole case.

    A run that the case names but the recording does not hold is kept: it may be read elsewhere.
    """
    recorded = recording.case
    if at is None:
        return recorded.case
    later = {run.id for run in recording.runs if run.created_at > at}
    defaults = Case()
    unknown: dict[str, Any] = {name: getattr(defaults, name) for name, since in recorded.known_at if since > at}
    changes = zip(recorded.case.changes, recorded.changes_known_at, strict=True)
    case = replace(
        recorded.case,
        runs=tuple(run for run in recorded.case.runs if run not in later),
        changes=tuple(change for change, since in changes if since is None or since <= at),
    )
    return replace(case, **unknown)

"""Reads the ``case`` section of a recording, and cuts a case down to what was known at a moment."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from diagnosis.case import Case, StatedChange
from probes.recording.fields import Fields
from probes.recording.format import RecordedCase, RecordedRun

_TEXTS = (
    "repository",
    "workflow",
    "branch",
    "role_arn",
    "region",
    "audience",
    "registry_id",
    "ecr_repository",
    "tag",
    "digest",
    "expected_account",
    "decision_log",
    "decision_log_entry",
    "evidence_local",
    "evidence_root",
)


def read_case(section: Fields) -> RecordedCase:
    """The case as its section states it. RecordingError for members that are not what the format says."""
    texts = {name: section.text(name) for name in _TEXTS if section.has(name)}
    entries = list(section.sections("changes"))
    runs = section.value.get("runs") or []
    if not isinstance(runs, list) or not all(isinstance(run, int) for run in runs):
        raise section.fault("runs", "is not a list of run ids")
    case = Case(
        title=section.text("title", ""),
        runs=tuple(runs),
        evidence_artifacts=section.texts("evidence_artifacts"),
        changes=tuple(
            StatedChange(
                after_run=entry.integer("after_run"),
                text=entry.text("text"),
                source=entry.text("source"),
                at=entry.text("at") if entry.has("at") else None,
            )
            for entry in entries
        ),
        notes=section.texts("notes"),
        **texts,
    )
    known = section.section("known_at") if section.has("known_at") else Fields({}, section.shown)
    for name in known.value:
        if name not in {field.name for field in fields(Case)}:
            raise section.fault(f"known_at.{name}", "names no member of a case")
    return RecordedCase(
        case=case,
        known_at=tuple((name, known.moment(name)) for name in known.value),
        changes_known_at=tuple(entry.optional_moment("known_at") for entry in entries),
    )


def case_at(recorded: RecordedCase, runs: tuple[RecordedRun, ...], moment: datetime | None) -> Case:
    """The case as it was known at a moment (UTC): no later run, no statement that was made later.

    ``moment`` None gives the whole case.
    """
    if moment is None:
        return recorded.case
    served = {run.id for run in runs if run.created_at <= moment}
    recorded_ids = {run.id for run in runs}
    defaults = Case()
    unknown: dict[str, Any] = {name: getattr(defaults, name) for name, since in recorded.known_at if since > moment}
    case = replace(recorded.case, **unknown)
    changes = zip(recorded.case.changes, recorded.changes_known_at, strict=True)
    return replace(
        case,
        runs=tuple(run for run in case.runs if run in served or run not in recorded_ids),
        changes=tuple(change for change, since in changes if since is None or since <= moment),
    )

"""Read the ``case`` section of a recording."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

from diagnosis.facts.case import Case, StatedChange, StatedException
from diagnosis.json_members import JsonMembers
from probes.recording.format import RecordedCase

_TEXTS = (
    "repository",
    "workflow",
    "branch",
    "region",
    "audience",
    "environment",
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


def read_case(section: JsonMembers) -> RecordedCase:
    """Read the case as its section states it. Raises JsonFault for members that are not what the format says."""
    texts: dict[str, Any] = {name: section.text(name) for name in _TEXTS if section.has(name)}
    entries = section.objects("changes", ())
    case = Case(
        title=section.text("title", ""),
        runs=section.integers("runs", ()),
        evidence_artifacts=section.texts("evidence_artifacts", ()),
        changes=tuple(
            StatedChange(
                after_run=entry.integer("after_run"),
                text=entry.text("text"),
                source=entry.text("source"),
                at=entry.text("at") if entry.has("at") else None,
            )
            for entry in entries
        ),
        exceptions=tuple(_exception(entry) for entry in section.objects("exceptions", ())),
        notes=section.texts("notes", ()),
        role_arn=section.arn("role_arn") if section.has("role_arn") else None,
        **texts,
    )
    known = section.object("known_at") if section.has("known_at") else JsonMembers({})
    for name in known.value:
        if name not in {field.name for field in fields(Case)}:
            raise section.fault(f"known_at.{name}", "names no member of a case")
    return RecordedCase(
        case=case,
        known_at=tuple((name, known.moment(name)) for name in known.value),
        changes_known_at=tuple(entry.optional_moment("known_at") for entry in entries),
    )


def _exception(entry: JsonMembers) -> StatedException:
    try:
        expires = date.fromisoformat(entry.text("expires"))
    except ValueError:
        raise entry.fault("expires", "is no day (2027-03-31)") from None
    return StatedException(entry.text("principal"), entry.text("rationale"), expires)

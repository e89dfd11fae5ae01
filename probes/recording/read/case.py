"""Read the ``case`` section of a recording."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

from diagnosis.facts.case import AttemptName, Case, StatedChange, StatedEscalation, StatedException, StatedWidening
from diagnosis.json_members import JsonMembers
from probes.case_members import attempt_name
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
    "decision_log_commit",
    "decision_log_entry",
    "evidence_local",
    "evidence_root",
    "planescope_action",
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
                after_attempt=entry.integer("after_attempt") if entry.has("after_attempt") else None,
            )
            for entry in entries
        ),
        exceptions=tuple(_exception(entry) for entry in section.objects("exceptions", ())),
        escalations=tuple(_escalation(entry) for entry in section.objects("escalations", ())),
        widenings=tuple(_widening(entry) for entry in section.objects("widenings", ())),
        left_out=_attempts(section, "left_out"),
        splits=_attempts(section, "splits"),
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
    return StatedException(entry.text("principal"), entry.text("rationale"), _day(entry))


def _escalation(entry: JsonMembers) -> StatedEscalation:
    expires = _day(entry) if entry.has("expires") else None
    return StatedEscalation(entry.text("grant"), entry.text("rationale", ""), expires)


def _widening(entry: JsonMembers) -> StatedWidening:
    return StatedWidening(
        role=entry.text("role", ""),
        admits=entry.texts("admits", ()),
        grants=entry.texts("grants", ()),
        on=entry.texts("on", ()),
        rationale=entry.text("rationale", ""),
        expires=_day(entry) if entry.has("expires") else None,
    )


def _day(entry: JsonMembers) -> date:
    try:
        return date.fromisoformat(entry.text("expires"))
    except ValueError:
        raise entry.fault("expires", "is no day (2027-03-31)") from None


def _attempts(section: JsonMembers, name: str) -> tuple[AttemptName, ...]:
    texts = section.texts(name, ())
    names = [named for text in texts if (named := attempt_name(text)) is not None]
    if len(names) < len(texts):
        raise section.fault(name, "names something else than an attempt (RUN/ATTEMPT)")
    return tuple(names)

"""Records of the catalogue as JSON: what ``planescope explain --cause --json`` prints."""

from __future__ import annotations

from collections.abc import Iterable

from diagnosis.causes import Cause, Integrity
from diagnosis.documents.json_values import Json

SCHEMA = "planescope.causes/1"


def document(causes: Iterable[Cause], integrity: Iterable[Integrity]) -> dict[str, Json]:
    """Return the records of these causes and integrity findings."""
    return {
        "schema": SCHEMA,
        "causes": [_cause(cause) for cause in causes],
        "integrity": [_integrity(finding) for finding in integrity],
    }


def _cause(cause: Cause) -> dict[str, Json]:
    record = cause.record
    return {
        "cause": cause.value,
        "plane": record.plane.value,
        "gate": record.gate.value if record.gate else None,
        "checkpoint": record.checkpoint.value if record.checkpoint else None,
        "owner": record.owner.value,
        "sentence": record.sentence,
        "tell_apart": record.tell_apart,
        "next_step": record.next_step,
        "reference": record.reference,
    }


def _integrity(finding: Integrity) -> dict[str, Json]:
    record = finding.record
    return {
        "slug": finding.value,
        "owner": record.owner.value,
        "sentence": record.sentence,
        "shows": record.shows,
        "next_step": record.next_step,
        "reference": record.reference,
    }

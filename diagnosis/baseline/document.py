"""A review against a baseline as a JSON document, and as SARIF for code scanning."""

from __future__ import annotations

from collections.abc import Callable

from diagnosis.baseline.review import Review
from diagnosis.baseline.rules import DriftRule
from diagnosis.documents.diagnosis import endpoint_objects
from diagnosis.documents.findings import findings_document, findings_sarif
from diagnosis.documents.json_values import Object, time
from diagnosis.findings.finding import Finding, Level, Place

SCHEMA = "planescope.drift/1"


def document(found: Review, file: str, *, written: bool = False, accepted: tuple[Finding, ...] | None = None) -> Object:
    """Return the review. ``file`` is the baseline's; ``accepted`` what accepting changed in it, where it was accepted."""
    baseline = found.baseline
    return {
        "schema": SCHEMA,
        "repository": found.seen.state.repository.full_name,
        "at": time(found.seen.at),
        "baseline": {
            "file": file,
            "accepted": {
                "at": time(baseline.accepted.at),
                "by": baseline.accepted.by,
                "rationale": baseline.accepted.rationale,
                "expires": baseline.accepted.expires.isoformat() if baseline.accepted.expires else None,
            }
            if baseline
            else None,
            "written": written,
        },
        "verdict": found.verdict.value,
        "counts": {level.value: sum(each.level is level for each in found.findings) for level in Level},
        "findings": findings_document(found.findings),
        "changes": None if accepted is None else findings_document(accepted),
        "roles": [str(role.arn) for role in found.seen.state.roles],
        "workflows": [workflow.path for workflow in found.seen.state.known_workflows],
        "endpoints": endpoint_objects(found.seen.endpoints),
    }


def sarif(found: Review, version: str, uri_of: Callable[[str], str], member: Callable[[Place], Place]) -> Object:
    """Return the findings as SARIF. ``member`` gives what lies in no file its line in the baseline's."""
    return findings_sarif(tuple(DriftRule), found.findings, version, uri_of, ("aws", "iam", "github"), member)

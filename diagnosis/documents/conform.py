"""A judged change as a JSON document, and as SARIF for code scanning."""

from __future__ import annotations

from collections.abc import Callable

from diagnosis.documents.findings import findings_document, findings_sarif
from diagnosis.documents.json_values import Object
from diagnosis.findings.finding import Level, Place
from diagnosis.verdicts.conform_rule import ConformRule
from diagnosis.verdicts.conformance import Conformance

SCHEMA = "planescope.conform/1"


def document(judged: Conformance) -> Object:
    """Return the judgement as plain JSON values."""
    return {
        "schema": SCHEMA,
        "repository": judged.repository,
        "base": judged.base or None,
        "judged_at": judged.judged_at.isoformat(),
        "verdict": judged.verdict.value,
        "counts": {level.value: sum(each.level is level for each in judged.findings) for level in Level},
        "documents": judged.documents,
        "releases": list(judged.releases),
        "findings": findings_document(judged.findings),
        "notes": list(judged.notes),
    }


def sarif(judged: Conformance, version: str, uri_of: Callable[[str], str]) -> Object:
    """Return the findings as a SARIF log of one run; ``version`` is planescope's own, ``uri_of`` makes a URI of a path."""
    tags = ("aws", "iam", "github-actions")
    return findings_sarif(tuple(ConformRule), judged.findings, version, uri_of, tags, _in_some_file)


def _in_some_file(place: Place) -> Place:
    """Return a place for what lies in no file of the repository: code scanning shows nothing that lies nowhere."""
    return Place(".github/workflows", member=place.member)

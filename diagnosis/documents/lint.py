"""Findings in policy documents as a JSON document of planescope's own, and as SARIF 2.1.0 for code scanning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from diagnosis.documents.json_values import Json, Object
from diagnosis.lint.finding import Finding
from diagnosis.lint.lint import LintReport
from diagnosis.lint.rule import Rule, Severity

SCHEMA = "planescope.policy-lint/1"
SARIF_VERSION = "2.1.0"
_SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {
    Severity.SECURITY_WARNING: "error",
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.SUGGESTION: "note",
}
_SECURITY_SEVERITY = "8.0"
"""What code scanning sorts security findings by: high."""


@dataclass(frozen=True, slots=True)
class LintedFile:
    """The report on one file."""

    file: str
    """As it was given, for people."""
    uri: str
    """The same as a URI, relative where it can be."""
    report: LintReport


def document(files: Sequence[LintedFile]) -> Object:
    """Return the findings as plain JSON values; of the policies no more is repeated than the findings quote."""
    return {
        "schema": SCHEMA,
        "documents": [
            {
                "file": item.file,
                "kind": item.report.kind.value,
                "refused": bool(item.report.refused),
                "findings": [finding(each) for each in item.report.findings],
            }
            for item in files
        ],
    }


def finding(found: Finding) -> Object:
    """Return one finding as plain JSON values."""
    return {
        "rule": found.rule.value,
        "severity": found.severity.value,
        "refused": found.refused,
        "path": found.place.path,
        "line": found.place.line,
        "column": found.place.column,
        "sentence": found.sentence,
        "correction": found.correction,
        "reference": found.reference,
    }


def sarif(files: Sequence[LintedFile], version: str) -> Object:
    """Return the findings as a SARIF log of one run; ``version`` is planescope's own."""
    return {
        "$schema": _SARIF_SCHEMA,
        "version": SARIF_VERSION,
        "runs": [
            {
                "tool": {"driver": {"name": "planescope", "version": version, "rules": [_rule(rule) for rule in Rule]}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(item, each) for item in files for each in item.report.findings],
            }
        ],
    }


def _rule(rule: Rule) -> Json:
    record = rule.record
    properties: Object = {"tags": ["aws", "iam"], "severity": record.severity.value}
    if record.severity is Severity.SECURITY_WARNING:
        properties = {**properties, "tags": ["aws", "iam", "security"], "security-severity": _SECURITY_SEVERITY}
    return {
        "id": rule.value,
        "shortDescription": {"text": record.sentence},
        "helpUri": record.reference,
        "help": {"text": f"{record.sentence} See {record.reference}"},
        "defaultConfiguration": {"level": _LEVELS[record.severity]},
        "properties": properties,
    }


def _result(item: LintedFile, found: Finding) -> Json:
    place = found.place
    physical: Object = {"artifactLocation": {"uri": item.uri}}
    if place.line is not None and place.column is not None:
        physical = {**physical, "region": {"startLine": place.line, "startColumn": place.column}}
    location: Object = {"physicalLocation": physical}
    if place.path:
        location = {**location, "logicalLocations": [{"fullyQualifiedName": place.path, "kind": "member"}]}
    return {
        "ruleId": found.rule.value,
        "ruleIndex": found.rule.rank,
        "level": _LEVELS[found.severity],
        "message": {"text": f"{found.sentence} {found.correction}"},
        "locations": [location],
    }

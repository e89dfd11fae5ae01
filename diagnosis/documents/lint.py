"""Findings in policy documents as a JSON document of planescope's own, and as SARIF 2.1.0 for code scanning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from diagnosis.documents.json_values import Object
from diagnosis.documents.sarif import SarifPlace, SarifResult, SarifRule
from diagnosis.documents.sarif import sarif as log
from diagnosis.lint.finding import Finding
from diagnosis.lint.lint import LintReport
from diagnosis.lint.rule import Rule, Severity

SCHEMA = "planescope.policy-lint/1"
_LEVELS = {
    Severity.SECURITY_WARNING: "error",
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.SUGGESTION: "note",
}


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
    rules = [_rule(rule) for rule in Rule]
    return log(rules, (_result(item, each) for item in files for each in item.report.findings), version)


def _rule(rule: Rule) -> SarifRule:
    record = rule.record
    return SarifRule(
        id=rule.value,
        sentence=record.sentence,
        reference=record.reference,
        level=_LEVELS[record.severity],
        tags=("aws", "iam"),
        security=record.severity is Severity.SECURITY_WARNING,
        severity=record.severity.value,
    )


def _result(item: LintedFile, found: Finding) -> SarifResult:
    place = found.place
    return SarifResult(
        rule=found.rule.rank,
        level=_LEVELS[found.severity],
        text=f"{found.sentence} {found.correction}",
        place=SarifPlace(item.uri, place.line, place.column, place.path),
    )

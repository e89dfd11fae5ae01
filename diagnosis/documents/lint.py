"""Findings in policy documents as a JSON document of planescope's own, and as SARIF 2.1.0 for code scanning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from diagnosis.documents.json_values import Object
from diagnosis.documents.sarif import SarifPlace, SarifResult, SarifRule
from diagnosis.documents.sarif import sarif as log
from diagnosis.iac.proposal import OpenPlace
from diagnosis.lint.finding import Finding
from diagnosis.lint.lint import LintReport
from diagnosis.lint.places import path_text
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
    shown: str = ""
    """How a sentence calls a document that is one of several in its file: ``trust policy of ReleaseRole``."""
    resource: str = ""
    """The resource of the file that it belongs to, by its address; empty for a file that is nothing but the document."""
    line: int | None = None
    """The line on which it begins in such a file."""
    opens: tuple[OpenPlace, ...] = ()
    """The values that the file does not settle."""


@dataclass(frozen=True, slots=True)
class NotJudged:
    """A document, or what may hold one, that was not judged, or not as a whole."""

    file: str
    line: int
    what: str
    why: str
    how: str
    elsewhere: bool = False
    """Whether it stands in none of the files, so that nothing of them was left unjudged."""


def document(files: Sequence[LintedFile], not_judged: Sequence[NotJudged] = ()) -> Object:
    """Return the findings as plain JSON values; of the policies no more is repeated than the findings quote."""
    return {
        "schema": SCHEMA,
        "documents": [
            {
                "file": item.file,
                "kind": item.report.kind.value,
                "resource": item.resource,
                "line": item.line,
                "refused": bool(item.report.refused),
                "findings": [finding(each) for each in item.report.findings],
                "open": [
                    {"path": path_text(each.steps), "line": each.line, "why": each.why, "exact": each.sort.is_harmless}
                    for each in item.opens
                ],
            }
            for item in files
        ],
        "unknown": [
            {
                "file": each.file,
                "line": each.line,
                "what": each.what,
                "why": each.why,
                "how": each.how,
                "elsewhere": each.elsewhere,
            }
            for each in not_judged
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
        place=SarifPlace(item.uri, place.line, place.column, f"{item.resource} {place.path}".strip()),
    )

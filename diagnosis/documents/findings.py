"""Findings as JSON values, and as results of a SARIF log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from diagnosis.documents.json_values import Json, Object
from diagnosis.documents.sarif import SarifPlace, SarifResult, SarifRule, sarif
from diagnosis.findings.finding import Finding, FindingRule, Level, Place
from diagnosis.names.arn import Arn

_LEVELS = {Level.ERROR: "error", Level.UNKNOWN: "warning", Level.NOTE: "note"}


def findings_document(findings: Iterable[Finding]) -> list[Json]:
    """Return the findings as plain JSON values, in the order given."""
    return [_finding(each) for each in findings]


def _finding(found: Finding) -> Object:
    return {
        "rule": found.rule.value,
        "level": found.level.value,
        "place": _place(found.place),
        "sentence": found.sentence,
        "correction": found.correction,
        "details": list(found.details),
        "related": [_place(place) for place in found.related],
        "reference": found.rule.record.reference,
    }


def _place(place: Place) -> Object:
    return {"file": place.file or None, "line": place.line, "column": place.column, "member": place.member}


def findings_sarif(
    rules: Sequence[FindingRule],
    findings: Iterable[Finding],
    version: str,
    uri_of: Callable[[str], str],
    tags: tuple[str, ...],
    without_file: Callable[[Place], Place] = lambda place: place,
) -> Object:
    """Return the findings as a SARIF log. ``uri_of`` makes a URI of a file's path.

    ``without_file`` gives a place in no file one: code scanning shows nothing that lies nowhere in the repository.
    """
    listed = [
        SarifRule(rule.value, rule.record.sentence, rule.record.reference, "error", tags, rule.record.security)
        for rule in rules
    ]

    def place(told: Place) -> SarifPlace:
        own = told if told.file else without_file(told)
        kind = "resource" if Arn.parse(told.member) else "member"
        return SarifPlace(uri_of(own.file), own.line, own.column, told.member, kind)

    results = (
        SarifResult(
            rule=found.rule.rank,
            level=_LEVELS[found.level],
            text="\n".join((f"{found.sentence} {found.correction}", *(f"- {line}" for line in found.details))),
            place=place(found.place),
            related=tuple(place(each) for each in found.related),
            fingerprint=(found.place.file, found.place.member, found.sentence),
        )
        for found in findings
    )
    return sarif(listed, results, version)

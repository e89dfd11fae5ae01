"""Every row of the evaluation cases: the outcome, and the element that an explanation has to name."""

from __future__ import annotations

import json

import pytest
from places import DATA

from diagnosis.policy import evaluate
from diagnosis.policy.evaluation.rows import Row, RowFault, read_row, result_of

FOLDER = DATA / "iam"
ROWS = [
    json.loads(line)
    for name in ("trust_cases.jsonl", "ecr_cases.jsonl")
    for line in (FOLDER / name).read_text().splitlines()
]


def test_all_rows_are_there_with_their_licence() -> None:
    assert sum(1 for row in ROWS if row.get("topic")) == 76
    assert sum(1 for row in ROWS if row.get("group") == "ecr") == 29
    assert all(row["license"] for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_the_outcome_is_the_expected_one(row: dict[str, object]) -> None:
    read = read_row(row)
    assert isinstance(read, Row), read
    decision = evaluate(read.request, read.layers)
    assert decision.outcome == row["expected"], decision.because.text
    if "decisive" in row:
        assert decision.because.decisive == row["decisive"], decision.because.text


def test_what_the_iam_user_guide_documents_is_decided_so() -> None:
    """Some hundreds of small cases, a point of the guide each; their outcomes were written before they were run."""
    wrong: list[str] = []
    for line in (FOLDER.parent / "policy" / "documented_cases.jsonl").read_text().splitlines():
        row = json.loads(line)
        read = read_row(row)
        assert isinstance(read, Row), read
        because = (decision := evaluate(read.request, read.layers)).because
        if decision.outcome != row["expected"] or row.get("decisive", because.decisive) != because.decisive:
            wrong.append(f"{read.id}: {decision.outcome} ({because.decisive})")
    assert wrong == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_every_reason_is_a_sentence_that_quotes_what_it_is_about(row: dict[str, object]) -> None:
    read = read_row(json.dumps(row))
    assert isinstance(read, Row), read
    decision = evaluate(read.request, read.layers)
    answer = result_of(read, decision)
    text = decision.because.text
    assert answer["because"] == {
        "layer": decision.because.layer.value,
        "statement": decision.because.statement,
        "decisive": decision.because.decisive,
        "text": text,
    }
    assert text.endswith(".")
    assert "\n" not in text
    if decision.because.statement:
        assert decision.because.statement in text
    if decision.outcome.value == "ImplicitDeny" and decision.near_misses:
        met = decision.near_misses[0].met
        assert not met or met[0][:150] in text or decision.near_misses[0].element in ("Action", "Resource")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("{", "not JSON"),
        ("[]", "must be a JSON object"),
        ("{}", "request must be an object"),
        ({"id": "x", "request": {}}, "request.principal"),
        (
            {"request": {"principal": "p", "action": "a", "resource": "*", "context": {"k": ["v"] * 1001}}},
            "more than 1000 values",
        ),
        ({"id": "x", "request": {"principal": "p", "action": 3, "resource": "*"}}, "request.action"),
        (
            {"request": {"principal": "p", "action": "a:b", "resource": "*", "context": {"k": [{}]}}},
            "a value of request.context must hold strings",
        ),
        (
            {"request": {"principal": "p", "action": "a:b", "resource": "*"}, "identity_policies": [{"Statement": 3}]},
            "identity_policies[0]: a statement must be a JSON object (at Statement)",
        ),
        (
            {"request": {"principal": "p", "action": "a:b", "resource": "*"}, "scps": [{"policies": ["{"]}]},
            "scps[0].policies[0]: not JSON",
        ),
        (
            {"request": {"principal": "p", "action": "a:b", "resource": "*"}, "scps": "all"},
            "scps must be a list",
        ),
    ],
)
def test_an_unreadable_row_says_where(row: object, words: str) -> None:
    fault = read_row(row)  # type: ignore[arg-type]  # foreign rows are of any shape
    assert isinstance(fault, RowFault)
    assert words in fault.error


def test_single_values_and_a_document_as_text_are_read_too() -> None:
    row = read_row(
        {
            "id": 7,
            "request": {
                "principal": "arn:aws:iam::111122223333:user/u",
                "action": "s3:GetObject",
                "resource": "arn:aws:s3:::b/k",
                "resource_account": "111122223333",
                "context": {"aws:SecureTransport": True},
            },
            "identity_policies": [
                (
                    '{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*",'
                    '"Condition":{"Bool":{"aws:SecureTransport":"true"}}}}'
                )
            ],
        }
    )
    assert isinstance(row, Row)
    assert row.id == 7
    assert evaluate(row.request, row.layers).allowed

"""Real excerpts with labels, read from the reference folder where it is there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from places import SHARED

from diagnosis.failures import explain_text
from diagnosis.failures.rows import answer

FOLDER = SHARED / "corpus"
ROWS = FOLDER / "failure_logs.jsonl"

pytestmark = pytest.mark.shared


def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]


def agrees(row: dict[str, Any]) -> bool:
    finding = explain_text(row["excerpt"])
    given = (finding.plane.value, finding.checkpoint.value if finding.checkpoint else None)
    wanted = [row["label"], *row.get("accept", [])]
    return given in {(one["plane"], one["gate"]) for one in wanted}


def test_every_excerpt_is_placed_as_labelled() -> None:
    assert [row["id"] for row in rows() if not agrees(row)] == []


def test_no_gate_is_named_for_a_failure_that_is_none() -> None:
    named = []
    for row in rows():
        pairs = [row["label"], *row.get("accept", [])]
        if all(pair["gate"] is None for pair in pairs) and explain_text(row["excerpt"]).checkpoint is not None:
            named.append(row["id"])
    assert named == []


@pytest.mark.parametrize("key", ["action", "principal", "resource"])
def test_what_the_sentence_states_is_read(key: str) -> None:
    stated = [(row["id"], row["label"][key], explain_text(row["excerpt"])) for row in rows() if row["label"].get(key)]
    assert [
        (name, wanted, getattr(finding, key)) for name, wanted, finding in stated if getattr(finding, key) != wanted
    ] == []


def test_rows_answer_in_the_documented_shape() -> None:
    for number, row in enumerate(rows(), start=1):
        given = answer(number, json.dumps(row)).values
        assert list(given) == ["id", "plane", "gate", "checkpoint", "cause", "action", "candidates"]
        assert given["id"] == row["id"]


def test_whole_logs_of_builds_name_no_gate() -> None:
    rows()
    for log in (FOLDER / "rawlogs").rglob("*.txt"):
        assert explain_text(log.read_text(encoding="utf-8")).checkpoint is None, log.name

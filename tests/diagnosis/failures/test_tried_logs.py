"""Excerpts that an earlier version read wrongly, read from the reference folder where it is there."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from places import SHARED

from diagnosis.failures import explain_text

ROWS = SHARED / "cases" / "logs.jsonl"
PLANES = {"authentication": "authn", "authorization": "authz"}

pytestmark = pytest.mark.shared


def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]


def places(row: dict[str, Any]) -> set[tuple[str, str | None]]:
    """Return the places that are right: the label's own, and those that the note calls fair."""
    wanted = {(row["label"]["plane"], row["label"]["gate"])}
    fair = re.search(r"Also fair: (.*?)\.$", row["note"])
    for pair in fair[1].split(", ") if fair else ():
        plane, _, gate = pair.partition("/")
        wanted.add((plane, None if gate == "None" else gate))
    return wanted


def test_every_excerpt_is_placed_and_its_action_read() -> None:
    wrong = []
    for row in rows():
        finding = explain_text(row["excerpt"])
        plane = PLANES.get(finding.plane.value, finding.plane.value)
        given = (plane, finding.checkpoint.value if finding.checkpoint else None)
        action = row["label"]["action"]
        if given not in places(row) or (action and finding.action != action):
            wrong.append(row["id"])
    assert wrong == []


def test_every_excerpt_has_words() -> None:
    assert [row["id"] for row in rows() if not explain_text(row["excerpt"]).tell_apart] == []

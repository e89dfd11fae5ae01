"""Rows of ``explain --jsonl``: ``{id, excerpt}`` in, the judgement out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TypeAlias

from diagnosis.failures import explain_text

Value: TypeAlias = "str | int | float | bool | list[str] | None"


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of the output."""

    values: dict[str, Value]
    faulty: bool = False


def answer(number: int, text: str) -> Answer:
    """The judgement of the row on line ``number``; ``{id, error}`` for one that cannot be read. Never raises.

    ``gate`` is the gate of ``checkpoint``; both are None for what is no access failure, or not one with a known place.
    """
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as fault:
        return _fault(None, f"line {number}: no JSON ({type(fault).__name__})")
    if not isinstance(row, dict):
        return _fault(None, f"line {number}: not an object with id and excerpt")
    identifier = row.get("id")
    if not isinstance(identifier, str | int | float):
        return _fault(None, f"line {number}: no id")
    excerpt = row.get("excerpt")
    if not isinstance(excerpt, str):
        return _fault(identifier, f"line {number}: no excerpt, or not a text")
    finding = explain_text(excerpt)
    return Answer(
        {
            "id": identifier,
            "plane": finding.plane.value,
            "gate": finding.gate.value if finding.gate else None,
            "checkpoint": finding.checkpoint.value if finding.checkpoint else None,
            "cause": finding.cause,
            "action": finding.action,
            "candidates": list(finding.candidates),
        }
    )


def unreadable(number: int, why: str) -> Answer:
    """The answer for a line that is no text."""
    return _fault(None, f"line {number}: {why}")


def _fault(identifier: Value, error: str) -> Answer:
    return Answer({"id": identifier, "error": error}, faulty=True)

"""Answer the rows of ``explain --jsonl``: ``{id, excerpt}`` in, the judgement out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from diagnosis.failures import explain_text
from diagnosis.json_members import JsonFault, JsonMembers
from diagnosis.logs.scrub import scrub

Value: TypeAlias = "str | int | float | bool | list[str] | None"


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of the output."""

    values: dict[str, Value]
    faulty: bool = False


def answer(number: int, text: str) -> Answer:
    """Return the judgement of the row on line ``number``; ``{id, error}`` for one that cannot be read. Never raises.

    ``gate`` is the gate of ``checkpoint``; both are None for what is no access failure, or not one with a known place.
    """
    try:
        row = JsonMembers.parse(text)
    except JsonFault as fault:
        return _fault(None, f"line {number}: {fault}")
    identifier = row.value.get("id")
    if not isinstance(identifier, str | int | float):
        return _fault(None, f"line {number}: no id")
    if isinstance(identifier, str):
        identifier = scrub(identifier)
    try:
        finding = explain_text(row.text("excerpt"))
    except JsonFault as fault:
        return _fault(identifier, f"line {number}: {fault}")
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
    """Return the answer for a line that is no text."""
    return _fault(None, f"line {number}: {why}")


def _fault(identifier: Value, error: str) -> Answer:
    return Answer({"id": identifier, "error": error}, faulty=True)

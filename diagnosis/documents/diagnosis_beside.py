"""The parts of the diagnosis document that stand beside the verdicts: history, drift, second opinions, one change an owner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from diagnosis.facts.account import OtherRoles
from diagnosis.facts.evidence import Evidence
from diagnosis.facts.reading import Known, Reading
from diagnosis.verdicts.assessment import Opinion
from diagnosis.verdicts.chronology import AttemptHistory, Drift
from diagnosis.verdicts.remediation import OwnerChange

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Object: TypeAlias = dict[str, Json]


def time(moment: datetime | None) -> Json:
    """ISO 8601 in UTC, ending in Z; null where it is not known."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def strings(values: Iterable[str]) -> list[Json]:
    """Texts as JSON values."""
    return list(values)


def evidence_object(evidence: Evidence) -> Object:
    """One piece of evidence."""
    return {
        "kind": evidence.kind.value,
        "origin": evidence.origin.value,
        "text": evidence.text,
        "address": evidence.address,
        "line": evidence.line,
        "at": time(evidence.at),
        "before": strings(evidence.before),
        "after": strings(evidence.after),
    }


def history(entries: Sequence[AttemptHistory]) -> list[Json]:
    """What was done after each attempt."""
    return [
        {
            "run": entry.run,
            "attempt": entry.attempt,
            "traced": entry.traced.value,
            "statement": entry.statement or None,
            "subject": entry.subject,
            "role": entry.role,
            "silence_proves": entry.silence_proves,
            "observed": [
                {
                    "text": change.text,
                    "at": time(change.at),
                    "who": change.who or None,
                    "plane": change.plane.value,
                    "gates": strings(gate.value for gate in change.gates),
                    "evidence": [evidence_object(change.evidence)],
                }
                for change in entry.observed
            ],
        }
        for entry in entries
    ]


def drift(items: Sequence[Drift]) -> list[Json]:
    """Where today's account is no longer what a run met."""
    return [
        {
            "kind": item.kind.value,
            "run": item.run,
            "attempt": item.attempt,
            "gate": item.gate.value if item.gate else None,
            "reason": item.reason,
            "at": time(item.at),
            "evidence": [evidence_object(evidence) for evidence in item.evidence],
        }
        for item in items
    ]


def opinions(items: Sequence[Opinion]) -> list[Json]:
    """What AWS's own tools say beside the verdicts."""
    return [
        {
            "gate": item.gate.value,
            "source": item.source,
            "about": item.about,
            "says": item.says,
            "judged": item.judged or None,
            "agrees": item.agrees,
            "sentence": item.sentence,
        }
        for item in items
    ]


def other_roles(reading: Reading[OtherRoles]) -> Json:
    """Which other roles of the account were looked at; null where none was."""
    if not isinstance(reading, Known):
        return None
    return {"listed": reading.value.listed, "admitting": strings(item.role.arn for item in reading.value.admitting)}


def owners(items: Sequence[OwnerChange]) -> list[Json]:
    """A path's remediations, one change for each owner."""
    return [
        {
            "owner": item.owner.value,
            "remediations": strings(item.remediations),
            "aws_cli": item.aws_cli or None,
            "terraform": item.terraform or None,
            "cloudformation": item.cloudformation or None,
        }
        for item in items
    ]

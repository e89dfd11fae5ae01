"""Who gets in by a trust policy as a JSON document: the documented, versioned schema of ``planescope policy admits --json``."""

from __future__ import annotations

from diagnosis.callers.admission_verdict import Admission
from diagnosis.documents.json_values import Object

SCHEMA = "planescope.policy-admits/1"


def document(repo: str, admission: Admission) -> Object:
    """Return who gets in, and by which statement, as plain JSON values."""
    return {
        "schema": SCHEMA,
        "repository": repo,
        "verdict": admission.verdict.value,
        "cause": admission.cause,
        "reason": admission.reason,
        "admits": [
            {
                "probe": item.probe,
                "who": item.who,
                "subject": item.subject,
                "outcome": item.outcome.value,
                "too_open": item in admission.too_open,
                "statement": item.statement,
                "reason": item.reason,
                "claims": dict(item.claims),
            }
            for item in admission.probes
        ],
        "second_doors": [
            {
                "kind": door.kind.value,
                "principal": door.principal,
                "action": door.action,
                "statement": door.statement,
                "outcome": door.outcome.value,
                "too_open": door.harmful,
                "excepted_until": door.excepted.expires.isoformat() if door.excepted else None,
                "reason": door.text,
            }
            for door in admission.doors
        ],
        "notes": list(admission.notes),
    }

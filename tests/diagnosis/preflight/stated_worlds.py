"""Preflight documents as a job would have left them, for the runs of ``replay_builders``."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from replay_builders import BEGIN

from diagnosis.causes import Cause
from diagnosis.documents.preflight import IdToken, Preflight, document
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Artifact
from diagnosis.gates import ALL_GATES, GATES, Checkpoint, Gate, Plane, Verdict
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.gate_verdict import GateVerdict


def problem(
    checkpoint: Checkpoint | None, cause: Cause, *actions: str, reason: str = "The account says so.", **more: Any
) -> Problem:
    plane = checkpoint.plane if checkpoint else Plane.REGISTRY_STATE
    return Problem(checkpoint, plane, cause, reason, actions, **more)


def stated(*problems: Problem, unknown: tuple[Gate, ...] = (), at: datetime | None = None, **changes: Any) -> Preflight:
    """A preflight that found these problems; every gate that has none is open, but those named ``unknown``."""
    gates = []
    for gate in ALL_GATES:
        own = [each for each in problems if each.gate is gate]
        if gate not in GATES and not own:
            continue  # a release that calls no other service has no such gate
        verdict = Verdict.FAIL if own else Verdict.UNKNOWN if gate in unknown else Verdict.PASS
        first = own[0] if own else None
        gates.append(
            GateVerdict(
                gate,
                verdict,
                first.reason if first else "As judged.",
                first.checkpoint if first else None,
                first.cause if first else None,
            )
        )
    values: dict[str, Any] = {
        "repository": "acme/shop",
        "run": 900,
        "attempt": 1,
        "job": "release",
        "judged_at": at or BEGIN + timedelta(seconds=1),
        "gates": tuple(gates),
        "problems": problems,
        "id_token": IdToken.OFFERED,
    }
    return Preflight(**values | changes)


def text_of(preflight: Preflight, **changes: Any) -> str:
    """The document's text, with members changed."""
    return json.dumps({**document(preflight, version="0.0"), **changes})


def artifacts(*texts: str) -> Known[tuple[Artifact, ...]]:
    """One artifact that holds these files."""
    files = tuple((f"planescope-preflight-{number}.json", text) for number, text in enumerate(texts))
    return Known((Artifact(31, "preflight", 900, False, BEGIN, files),))

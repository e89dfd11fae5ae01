"""A what-if as a JSON document: the documented, versioned schema of ``planescope what-if --json``."""

from __future__ import annotations

from diagnosis.documents.diagnosis import endpoint_objects, gates
from diagnosis.documents.json_values import Json, Object, strings
from diagnosis.documents.lint import finding
from diagnosis.verdicts.release import Need
from diagnosis.verdicts.run_end import end_of
from diagnosis.what_if.admitted import Admitted
from diagnosis.what_if.outcome import RunOutcome, WhatIf

SCHEMA = "planescope.what-if/1"


def document(result: WhatIf) -> Object:
    """Return the whole judgement as plain JSON values; no proposed document is repeated."""
    return {
        "schema": SCHEMA,
        "verdict": result.verdict.value,
        "endpoints": endpoint_objects(result.endpoints),
        "proposals": [
            {
                "kind": item.proposal.kind.value,
                "file": item.proposal.file or None,
                "role": str(item.proposal.role) if item.proposal.role else None,
                "place": item.place,
                "characters": item.characters,
                "limit": item.limit,
                "refused_because": strings(item.refused_because),
                "warnings": strings(item.warnings),
                "findings": [finding(each) for each in item.findings],
            }
            for item in result.proposals
        ],
        "runs": [_run(outcome) for outcome in result.runs],
        "newly_admitted": _admitted(result.opens),
        "no_longer_admitted": _admitted(result.closes),
        "newly_denied": [_use(need) for need in result.newly_denied],
        "newly_allowed": [_use(need) for need in result.newly_allowed],
        "unknown": [
            {"what": item.what, "why": item.why, "how": item.how, "permission": item.permission}
            for item in result.missing
        ],
    }


def _run(outcome: RunOutcome) -> Json:
    attempt = outcome.replay.attempt
    ended = end_of(outcome.replay)
    return {
        "run": attempt.run_id,
        "attempt": attempt.attempt,
        "ref": attempt.ref,
        "conclusion": attempt.conclusion,
        "end": ended.end.value,
        "ended": ended.sentence(),
        "subjects": strings(outcome.after.subjects if outcome.after else ()),
        "verdict": outcome.verdict.value,
        "why_not": outcome.why_not or None,
        "before": gates(outcome.before.gates) if outcome.before else None,
        "after": gates(outcome.after.gates) if outcome.after else None,
    }


def _admitted(admitted: Admitted) -> Json:
    return {
        "callers": strings(admitted.callers),
        "needed": strings(admitted.needed),
        "beyond": strings(admitted.beyond),
        "action_count": admitted.action_count,
        "actions": [
            {
                "service": item.service,
                "actions": strings(item.actions),
                "examples": strings(item.examples),
                "conditions": strings(item.conditions),
            }
            for item in admitted.actions
        ],
    }


def _use(need: Need) -> Json:
    return {"action": need.action, "resource": need.resource, "step": need.step or None, "job": need.job or None}

"""What a job says of its own gates before it pushes, as a value and as the document ``planescope.preflight/1``.

The document is the job's own statement. It holds claim names and values, which are no secret, and never the token.
Account ids are in it, since it is the repository's own artifact, unless they are masked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from diagnosis.claims.claim_set import ClaimSet
from diagnosis.documents.diagnosis import gates as gate_objects
from diagnosis.documents.diagnosis import missing_object, problem_object
from diagnosis.documents.json_values import Json, Object, strings, time
from diagnosis.documents.redaction import masked
from diagnosis.gates import Gate, Verdict
from diagnosis.logs.scrub import scrub
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.gate_verdict import GateVerdict, Missing
from diagnosis.verdicts.replay import Need

SCHEMA = "planescope.preflight/1"


class IdToken(StrEnum):
    """Whether the runner offers the job an OIDC token."""

    OFFERED = "offered"
    NOT_OFFERED = "not-offered"
    """Proof that ``id-token: write`` is not in effect for the job."""
    NOT_KNOWN = "not-known"
    """Another job than the one that asks is judged, or it is asked outside a runner."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """The four gates as judged live, from inside the run, for one of its jobs."""

    repository: str
    run: int
    attempt: int
    job: str
    """The job's id in the workflow file."""
    judged_at: datetime
    gates: tuple[GateVerdict, ...]
    """Four, in gate order; none is ``blocked``."""
    problems: tuple[Problem, ...] = ()
    """In the order in which the run would meet them; those of the registry's state belong to no gate."""
    workflow_ref: str = ""
    sha: str = ""
    ref: str = ""
    event: str = ""
    id_token: IdToken = IdToken.NOT_KNOWN
    issuer: str = ""
    """Without scheme."""
    claims: tuple[ClaimSet, ...] = ()
    """Every set that the job's token may carry."""
    role_arn: str | None = None
    needs: tuple[Need, ...] = ()
    unknown: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """``pass`` where all four gates pass and nothing of the registry's state is in the way; else fail or unknown."""
        verdicts = [gate.verdict for gate in self.gates]
        if self.problems or Verdict.FAIL in verdicts:
            return Verdict.FAIL
        return Verdict.PASS if verdicts and all(each is Verdict.PASS for each in verdicts) else Verdict.UNKNOWN

    def at(self, gate: Gate) -> GateVerdict:
        """Return the verdict at one gate."""
        return self.gates[gate.order]


def document(preflight: Preflight, *, version: str, mask_accounts: bool = False) -> Object:
    """Return the statement as plain JSON values, secrets replaced; ``version`` is that of the tool."""

    def foreign(value: Json) -> Json:
        # What names the run is left as it is: twelve digits there are no account.
        return _each_text(value, masked) if mask_accounts else value

    issuer = f"https://{preflight.issuer}" if preflight.issuer else None
    whole: Object = {
        "schema": SCHEMA,
        "tool": {"name": "planescope", "version": version},
        "judged_at": time(preflight.judged_at),
        "verdict": preflight.verdict.value,
        "repository": preflight.repository,
        "run": preflight.run,
        "attempt": preflight.attempt,
        "job": preflight.job,
        "workflow_ref": preflight.workflow_ref,
        "sha": preflight.sha,
        "ref": preflight.ref,
        "event": preflight.event,
        "id_token": preflight.id_token.value,
        "claims": [_claims(claims, issuer) for claims in preflight.claims],
        "role_arn": foreign(preflight.role_arn),
        "needs": foreign([_need(need) for need in preflight.needs]),
        "gates": foreign(gate_objects(preflight.gates)),
        "problems": foreign([problem_object(problem) for problem in preflight.problems]),
        "unknown": foreign([missing_object(missing) for missing in preflight.unknown]),
        "notes": foreign(strings(preflight.notes)),
        "accounts_masked": mask_accounts,
    }
    return {name: _each_text(value, scrub) for name, value in whole.items()}


def _claims(claims: ClaimSet, issuer: str | None) -> Object:
    values: Object = {"iss": issuer} if issuer else {}
    return {"values": {**values, **dict(claims.claims)}, "not_known": strings(claims.unknown), "why": claims.why}


def _need(need: Need) -> Object:
    return {
        "action": need.action,
        "resource": need.resource,
        "checkpoint": need.checkpoint.value,
        "because": need.because,
    }


def _each_text(value: Json, clean: Callable[[str], str]) -> Json:
    """Return the value with every text in it cleaned; names of members are ours."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_each_text(item, clean) for item in value]
    if isinstance(value, dict):
        return {name: _each_text(item, clean) for name, item in value.items()}
    return value

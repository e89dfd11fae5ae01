"""What a job says of its own gates before it pushes: the value, the document ``planescope.preflight/1``, and its reader.

The document is the job's own statement. It holds claim names and values, which are no secret, and never the token.
Account ids are in it, since it is the repository's own artifact, unless they are masked.

Read again it is foreign: anybody who can change the workflow can write one. So nothing in it is believed that its own
parts contradict, and what is taken over is bounded, on one line and scrubbed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from diagnosis.causes import Cause
from diagnosis.claims.claim_set import ClaimSet
from diagnosis.documents.diagnosis import endpoint_objects, gap_object, missing_object, problem_object
from diagnosis.documents.diagnosis import gates as gate_objects
from diagnosis.documents.json_values import Json, Object, strings, time
from diagnosis.documents.redaction import accounts_in, masked
from diagnosis.facts.endpoints import Endpoint
from diagnosis.findings.finding import Place
from diagnosis.gates import ALL_GATES, GATES, Checkpoint, Gate, Plane, Verdict
from diagnosis.json_members import JsonFault, JsonMembers
from diagnosis.logs.scrub import scrub
from diagnosis.verdicts.assessment import Problem, SessionAssessment
from diagnosis.verdicts.gate_verdict import GateVerdict, Missing, verdict_at
from diagnosis.verdicts.release import Need, StepGap

SCHEMA = "planescope.preflight/1"
E = TypeVar("E", bound=StrEnum)

_FAMILY = SCHEMA.partition("/")[0] + "/"
_LARGEST = 512_000
"""Characters; what this tool writes is a tenth of that."""
_LONGEST_TEXT = 600
_MOST_PROBLEMS = 300
_ACTION = re.compile(r"[a-z0-9-]{2,40}:[A-Za-z0-9*]{1,100}")


class IdToken(StrEnum):
    """Whether the runner offers the job an OIDC token."""

    OFFERED = "offered"
    NOT_OFFERED = "not-offered"
    """Proof that ``id-token: write`` is not in effect for the job."""
    NOT_KNOWN = "not-known"
    """Another job than the one that asks is judged, or it is asked outside a runner."""


@dataclass(frozen=True, slots=True)
class Placed:
    """What keeps a gate from being open, and where in the repository that is."""

    what: Problem | GateVerdict
    """A problem, or a gate that is unknown."""
    place: Place
    """The step that meets it, in the workflow file or that of a local action."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """The gates as judged live, from inside the run, for one of its jobs."""

    repository: str
    run: int
    attempt: int
    job: str
    """The job's id in the workflow file."""
    judged_at: datetime
    gates: tuple[GateVerdict, ...]
    """In gate order: four, and service authorization where the job has such uses; none is ``blocked``."""
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
    gaps: tuple[StepGap, ...] = ()
    """The steps of the job whose calls are not, or not all, known: no verdict covers them."""
    sessions: tuple[SessionAssessment, ...] = ()
    """The role sessions by themselves, one for each leg and role; empty where the account was not read."""
    unknown: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    """The servers that were asked in github.com's or AWS's place."""
    placed: tuple[Placed, ...] = ()
    """What fails and what is unknown, each with its place; no part of the document."""

    @property
    def verdict(self) -> Verdict:
        """``pass`` where all gates pass and nothing of the registry's state is in the way; else fail or unknown."""
        verdicts = [gate.verdict for gate in self.gates]
        if self.problems or Verdict.FAIL in verdicts:
            return Verdict.FAIL
        return Verdict.PASS if verdicts and all(each is Verdict.PASS for each in verdicts) else Verdict.UNKNOWN

    def at(self, gate: Gate) -> GateVerdict:
        """Return the verdict at one gate."""
        return verdict_at(self.gates, gate)

    def without_accounts(self, text: str) -> str:
        """Return a text of this statement with account ids masked."""
        roles = (str(session.role_arn) for session in self.sessions if session.role_arn)
        named = (*(need.resource for need in self.needs), *(gap.what for gap in self.gaps))
        return masked(text, accounts_in(self.role_arn, *roles, *named))


def document(preflight: Preflight, *, version: str, mask_accounts: bool = False) -> Object:
    """Return the statement as plain JSON values, secrets replaced; ``version`` is that of the tool."""

    def foreign(value: Json) -> Json:
        # What names the run is left as it is: twelve digits there are no account.
        return _each_text(value, preflight.without_accounts) if mask_accounts else value

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
        "gaps": foreign([gap_object(gap) for gap in preflight.gaps]),
        "sessions": foreign([_session(session) for session in preflight.sessions]),
        "gates": foreign(gate_objects(preflight.gates)),
        "problems": foreign([problem_object(problem) for problem in preflight.problems]),
        "unknown": foreign([missing_object(missing) for missing in preflight.unknown]),
        "notes": foreign(strings(preflight.notes)),
        "endpoints": foreign(endpoint_objects(preflight.endpoints)),
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
        "step": need.step,
        "certainty": need.certainty.value,
        "source": need.source or None,
        "job": need.job or None,
    }


def _session(session: SessionAssessment) -> Object:
    """Return the verdicts of one session; why they are so stands at the gates."""
    return {
        "jobs": strings(session.jobs),
        "role_arn": str(session.role_arn) if session.role_arn else None,
        "gates": [
            {"gate": gate.gate.value, "verdict": gate.verdict.value, "cause": gate.cause} for gate in session.gates
        ],
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


# -- read again


@dataclass(frozen=True, slots=True)
class NotUsable:
    """A document that calls itself a preflight and cannot be used, and why: the end of a sentence."""

    why: str


def read_preflight(text: str) -> Preflight | NotUsable | None:
    """Return the statement of a document; None for a text that is no preflight document. Never raises.

    What is read: the identity of the run, the role, the verdicts and the problems. Claims, needs and gaps are left where they are.
    """
    if _FAMILY not in text:
        return None
    if len(text) > _LARGEST:
        return NotUsable(f"it is longer than {_LARGEST // 1000} thousand characters")
    try:
        tree = JsonMembers.parse(text, clean=_line)
    except JsonFault:
        return NotUsable("it is no JSON that can be read")
    schema = tree.maybe_text("schema") or ""
    if not schema.startswith(_FAMILY):
        return None
    if schema != SCHEMA:
        return NotUsable(f"its schema is {schema[:60]}, this version reads {SCHEMA}")
    try:
        return _preflight(tree)
    except JsonFault as fault:
        return NotUsable(f"its {fault}" if fault.place else str(fault))


def _preflight(tree: JsonMembers) -> Preflight:
    found = Preflight(
        repository=tree.text("repository"),
        run=_number(tree, "run"),
        attempt=_number(tree, "attempt"),
        job=tree.text("job"),
        judged_at=_time(tree),
        gates=_gates(tree),
        problems=_problems(tree),
        id_token=_one_of(IdToken, tree, "id_token"),
        role_arn=tree.text("role_arn") if tree.has("role_arn") else None,
    )
    stated = {problem.gate for problem in found.problems} - {None}
    if stated != {gate.gate for gate in found.gates if gate.verdict is Verdict.FAIL}:
        raise JsonFault("its problems are not those of its failing gates")
    if tree.maybe_text("verdict") != found.verdict.value:
        raise JsonFault("its verdict is not that of its gates")
    return found


def _gates(tree: JsonMembers) -> tuple[GateVerdict, ...]:
    listed = tree.objects("gates", ())
    by_gate: dict[Gate, GateVerdict] = {}
    for item in listed:
        gate = _one_of(Gate, item, "gate")
        verdict = _one_of(Verdict, item, "verdict")
        if verdict is Verdict.BLOCKED:
            raise JsonFault("a live verdict is never blocked")
        failed = verdict is Verdict.FAIL
        by_gate[gate] = GateVerdict(
            gate=gate,
            verdict=verdict,
            reason=item.text("reason"),
            checkpoint=_checkpoint(item, gate) if failed else None,
            cause=_cause(item) if failed else None,
            actions=_actions(item),
        )
    if len(by_gate) != len(listed) or not by_gate.keys() >= set(GATES):
        raise JsonFault("it does not hold a verdict at each gate")
    return tuple(by_gate[gate] for gate in ALL_GATES if gate in by_gate)


def _problems(tree: JsonMembers) -> tuple[Problem, ...]:
    listed = tree.objects("problems")
    if len(listed) > _MOST_PROBLEMS:
        raise tree.fault("problems", "is too long")
    found: list[Problem] = []
    for item in listed:
        gate = _one_of(Gate, item, "gate") if item.has("gate") else None
        checkpoint = _checkpoint(item, gate) if gate is not None else None
        found.append(
            Problem(
                checkpoint=checkpoint,
                plane=gate.plane if gate is not None else Plane.REGISTRY_STATE,
                cause=_cause(item),
                reason=item.text("reason"),
                actions=_actions(item),
                resource=item.text("resource") if item.has("resource") else None,
            )
        )
    orders = [problem.checkpoint.order for problem in found if problem.checkpoint]
    if orders != sorted(orders):
        raise JsonFault("its problems are not in the order in which a run meets them")
    return tuple(found)


def _checkpoint(item: JsonMembers, gate: Gate) -> Checkpoint:
    checkpoint = _one_of(Checkpoint, item, "checkpoint")
    if checkpoint.gate is not gate:
        raise JsonFault("a checkpoint of it is not of its gate")
    return checkpoint


def _cause(item: JsonMembers) -> Cause:
    cause = Cause.of(item.text("cause"))
    if cause is None:
        raise JsonFault("a failing gate of it names a cause that is not in the catalogue of this version")
    return cause


def _actions(item: JsonMembers) -> tuple[str, ...]:
    return tuple(action for action in item.maybe_texts("actions")[:100] if _ACTION.fullmatch(action))


def _time(tree: JsonMembers) -> datetime:
    moment = tree.moment("judged_at")
    if not 2000 < moment.year < 9000:
        raise tree.fault("judged_at", "is a time of another age")
    return moment


def _number(tree: JsonMembers, name: str) -> int:
    value = tree.integer(name)
    if value < 1:
        raise tree.fault(name, "is less than one")
    return value


def _line(text: str) -> str:
    """Return foreign text on one line, scrubbed, cut, and such that any encoding can carry it."""
    plain = "".join(character if character.isprintable() else " " for character in text[: 4 * _LONGEST_TEXT])
    clean = scrub(plain)
    return clean if len(clean) <= _LONGEST_TEXT else clean[:_LONGEST_TEXT] + "…"


def _one_of(kind: type[E], item: JsonMembers, name: str) -> E:
    """Return a member of an enumeration by its value."""
    try:
        return kind(item.text(name))
    except JsonFault:
        raise
    except ValueError:
        raise item.fault(name, "is none of the words that are known") from None

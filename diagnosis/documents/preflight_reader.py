"""Read a preflight document again. It is foreign: anybody who can change the workflow can write one.

So nothing in it is believed that its own parts contradict, and what is taken over is bounded, on one line and scrubbed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from diagnosis.causes import Cause
from diagnosis.documents.preflight import SCHEMA, IdToken, Preflight
from diagnosis.gates import GATES, Checkpoint, Gate, Plane, Verdict
from diagnosis.json_members import JsonFault, JsonMembers
from diagnosis.logs.scrub import scrub
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.gate_verdict import GateVerdict

E = TypeVar("E", bound=StrEnum)

_FAMILY = SCHEMA.partition("/")[0] + "/"
_LARGEST = 512_000
"""Characters; what this tool writes is a tenth of that."""
_LONGEST_TEXT = 600
_MOST_PROBLEMS = 100
_ACTION = re.compile(r"[a-z0-9-]{2,40}:[A-Za-z0-9*]{1,100}")


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
    if len(listed) != len(GATES):
        raise JsonFault("it does not hold a verdict at each gate")
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
    if len(by_gate) != len(GATES):
        raise JsonFault("it does not hold a verdict at each gate")
    return tuple(by_gate[gate] for gate in GATES)


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
    """Foreign text on one line, scrubbed, cut, and such that any encoding can carry it."""
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

"""Reads a preflight document again. It is foreign: anybody who can change the workflow can write one.

So nothing in it is believed that its own parts contradict, and what is taken over is bounded, on one line and scrubbed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from diagnosis.causes import Cause
from diagnosis.documents.preflight import SCHEMA, IdToken, Preflight
from diagnosis.gates import GATES, Checkpoint, Gate, Plane, Verdict
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


class _Wrong(Exception):  # noqa: N818 - becomes a value at once
    pass


def read_preflight(text: str) -> Preflight | NotUsable | None:
    """The statement of a document; None for a text that is no preflight document. Never raises.

    What is read: the identity of the run, the role, the verdicts and the problems. Claims, needs and gaps are left where they are.
    """
    if _FAMILY not in text:
        return None
    if len(text) > _LARGEST:
        return NotUsable(f"it is longer than {_LARGEST // 1000} thousand characters")
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        return NotUsable("it is no JSON that can be read")
    if not isinstance(tree, dict) or not isinstance(tree.get("schema"), str) or not tree["schema"].startswith(_FAMILY):
        return None
    try:
        return _preflight(tree)
    except _Wrong as wrong:
        return NotUsable(str(wrong))


def _preflight(tree: Mapping[str, Any]) -> Preflight:
    if tree["schema"] != SCHEMA:
        raise _Wrong(f"its schema is {_line(tree['schema'])[:60]}, this version reads {SCHEMA}")
    found = Preflight(
        repository=_text(tree, "repository"),
        run=_number(tree, "run"),
        attempt=_number(tree, "attempt"),
        job=_text(tree, "job"),
        judged_at=_time(tree),
        gates=_gates(tree),
        problems=_problems(tree),
        id_token=_one_of(IdToken, tree.get("id_token"), "id_token"),
        role_arn=_text(tree, "role_arn") if tree.get("role_arn") is not None else None,
    )
    stated = {problem.gate for problem in found.problems} - {None}
    if stated != {gate.gate for gate in found.gates if gate.verdict is Verdict.FAIL}:
        raise _Wrong("its problems are not those of its failing gates")
    if tree.get("verdict") != found.verdict.value:
        raise _Wrong("its verdict is not that of its gates")
    return found


def _gates(tree: Mapping[str, Any]) -> tuple[GateVerdict, ...]:
    listed = tree.get("gates")
    if not isinstance(listed, list) or len(listed) != len(GATES) or not all(isinstance(item, dict) for item in listed):
        raise _Wrong("it does not hold a verdict at each gate")
    by_gate: dict[Gate, GateVerdict] = {}
    for item in listed:
        gate = _one_of(Gate, item.get("gate"), "gate")
        verdict = _one_of(Verdict, item.get("verdict"), "verdict")
        if verdict is Verdict.BLOCKED:
            raise _Wrong("a live verdict is never blocked")
        failed = verdict is Verdict.FAIL
        by_gate[gate] = GateVerdict(
            gate=gate,
            verdict=verdict,
            reason=_text(item, "reason"),
            checkpoint=_checkpoint(item, gate) if failed else None,
            cause=_cause(item) if failed else None,
            actions=_actions(item),
        )
    if len(by_gate) != len(GATES):
        raise _Wrong("it does not hold a verdict at each gate")
    return tuple(by_gate[gate] for gate in GATES)


def _problems(tree: Mapping[str, Any]) -> tuple[Problem, ...]:
    listed = tree.get("problems")
    if (
        not isinstance(listed, list)
        or len(listed) > _MOST_PROBLEMS
        or not all(isinstance(item, dict) for item in listed)
    ):
        raise _Wrong("its problems are no list")
    found: list[Problem] = []
    for item in listed:
        gate = None if item.get("gate") is None else _one_of(Gate, item["gate"], "gate")
        checkpoint = _checkpoint(item, gate) if gate is not None else None
        found.append(
            Problem(
                checkpoint=checkpoint,
                plane=gate.plane if gate is not None else Plane.REGISTRY_STATE,
                cause=_cause(item),
                reason=_text(item, "reason"),
                actions=_actions(item),
                resource=_text(item, "resource") if item.get("resource") is not None else None,
            )
        )
    orders = [problem.checkpoint.order for problem in found if problem.checkpoint]
    if orders != sorted(orders):
        raise _Wrong("its problems are not in the order in which a run meets them")
    return tuple(found)


def _checkpoint(item: Mapping[str, Any], gate: Gate) -> Checkpoint:
    checkpoint = _one_of(Checkpoint, item.get("checkpoint"), "checkpoint")
    if checkpoint.gate is not gate:
        raise _Wrong("a checkpoint of it is not of its gate")
    return checkpoint


def _cause(item: Mapping[str, Any]) -> Cause:
    slug = item.get("cause")
    if not isinstance(slug, str):
        raise _Wrong("a failing gate of it names no cause")
    cause = Cause.of(slug)
    if cause is None:
        raise _Wrong("a failing gate of it names a cause that is not in the catalogue of this version")
    return cause


def _actions(item: Mapping[str, Any]) -> tuple[str, ...]:
    listed = item.get("actions")
    if not isinstance(listed, list):
        return ()
    return tuple(action for action in listed[:100] if isinstance(action, str) and _ACTION.fullmatch(action))


def _time(tree: Mapping[str, Any]) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(tree, "judged_at"))
    except ValueError:
        raise _Wrong("its time is no time") from None
    if moment.tzinfo is None or not 2000 < moment.year < 9000:
        raise _Wrong("its time is no time")
    return moment


def _number(tree: Mapping[str, Any], name: str) -> int:
    value = tree.get(name)
    if type(value) is not int or value < 1:  # a truth value is an int to Python
        raise _Wrong(f"its member `{name}` is no number")
    return value


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    if not isinstance(value, str):
        raise _Wrong(f"its member `{name}` is no text")
    return _line(value)


def _line(text: str) -> str:
    """Foreign text on one line, scrubbed, cut, and such that any encoding can carry it."""
    plain = "".join(character if character.isprintable() else " " for character in text[: 4 * _LONGEST_TEXT])
    clean = scrub(plain)
    return clean if len(clean) <= _LONGEST_TEXT else clean[:_LONGEST_TEXT] + "…"


def _one_of(kind: type[E], value: object, name: str) -> E:
    """A member of an enumeration by its value."""
    try:
        return kind(value if isinstance(value, str) else "")
    except ValueError:
        raise _Wrong(f"its member `{name}` is none of those that are known") from None

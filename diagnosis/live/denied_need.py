"""Add to the needs the action that AWS denied to the run: the run needs it, whether or not its steps were understood."""

from __future__ import annotations

from dataclasses import replace

from diagnosis.facts.account import AccountQuestion
from diagnosis.gates import Gate
from diagnosis.names.arn import Arn
from diagnosis.steps.variables import is_legible
from diagnosis.verdicts.release import Need, NeedKind
from diagnosis.verdicts.replay import Replay


def denied_need(replay: Replay, question: AccountQuestion) -> Need | None:
    """Return the ECR action that the denial names, on the resource that it names; None where it names none."""
    stop = replay.stopped_by
    if stop is None or stop.gate is not Gate.REGISTRY_AUTHORIZATION or stop.checkpoint is None:
        return None
    if not (stop.action or "").startswith("ecr:"):
        return None
    action = stop.action or ""
    named = stop.resource or ""
    if named != "*" and (Arn.parse(named) is None or not is_legible(named)):
        named = str(question.repository_arn or "")
    return Need(action, named or None, stop.checkpoint, f"AWS denied {action} to this run", order=-1)


def with_denied(needs: tuple[Need, ...], denied: Need | None) -> tuple[Need, ...]:
    """Return the needs with the denied action among them as a required one.

    Where no needs are known it is not added: it alone would look like all of them.
    """
    if denied is None or not needs:
        return needs
    same = [
        need
        for need in needs
        if need.action.lower() == denied.action.lower() and (need.resource == denied.resource or not denied.resource)
    ]
    if not same:
        return (*needs, replace(denied, order=len(needs)))
    return tuple(replace(need, kind=NeedKind.REQUIRED) if need in same else need for need in needs)

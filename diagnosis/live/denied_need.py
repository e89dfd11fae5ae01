"""Add to the needs the actions that AWS denied to the run: it needs them, whether or not its steps were understood."""

from __future__ import annotations

from dataclasses import replace

from diagnosis.facts.account import AccountQuestion
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint, Gate
from diagnosis.live.release_units import Unit
from diagnosis.names.arn import Arn
from diagnosis.steps.variables import is_legible
from diagnosis.verdicts.release import Certainty, Need, NeedKind
from diagnosis.verdicts.replay import Refusal, Replay


def denied_needs(unit: Unit, question: AccountQuestion) -> tuple[Need, ...]:
    """Return the actions that were refused to the sessions of a unit, each on the resource that the refusal names."""
    found = (denied_need(refusal, unit.view, question, job) for job, refusal in unit.refusals)
    return tuple(dict.fromkeys(need for need in found if need is not None))


def denied_need(refusal: Refusal, view: Replay, question: AccountQuestion, job: str = "") -> Need | None:
    """Return the action that a refusal names, on the resource that it names; None where it names none."""
    found = refusal.finding
    if found.checkpoint is None or not found.action:
        return None
    if found.gate is Gate.SERVICE_AUTHORIZATION:
        return _of_a_service(refusal, view, found.action, job)
    if found.gate is not Gate.REGISTRY_AUTHORIZATION or not found.action.startswith("ecr:"):
        return None
    named = found.resource or ""
    if named != "*" and not _is_arn(named):
        named = str(question.repository_arn or "")
    return Need(
        found.action,
        named or None,
        found.checkpoint,
        _because(found.action),
        order=-1,
        certainty=Certainty.OBSERVED,
        source="log",
    )


def _because(action: str) -> str:
    return f"AWS denied {action} to this run"


def _of_a_service(refusal: Refusal, view: Replay, action: str, job: str) -> Need:
    """Return the denied call of another service; a resource that the denial does not tell is the one that the step names."""
    told = refusal.finding.resource
    named = told if told == "*" or (told and _is_arn(told)) else None
    of_step = [need for need in view.needs if need.action.lower() == action.lower() and need.resource]
    if named is None and len(of_step) == 1:
        named = of_step[0].resource
    failed_job, failed_step = _failed_step(view, job)
    return Need(
        action,
        named,
        Checkpoint.SERVICE_AUTHORIZATION,
        _because(action),
        of_step[0].step if of_step else refusal.step or failed_step,
        order=-1,
        certainty=Certainty.OBSERVED,
        source="log",
        job=job or failed_job,
    )


def _failed_step(replay: Replay, own: str) -> tuple[str, str]:
    """Return the job and the one step of it that failed, by their names; empty where GitHub's record does not tell one."""
    jobs = replay.attempt.jobs.value if isinstance(replay.attempt.jobs, Known) else ()
    failed = [(job.name, step.name) for job in jobs if own in ("", job.name) for step in job.steps if step.failed]
    return failed[0] if len(failed) == 1 else (own, "")


def _is_arn(text: str) -> bool:
    return Arn.parse(text) is not None and is_legible(text)


def with_denied(needs: tuple[Need, ...], denied: Need) -> tuple[Need, ...]:
    """Return the needs with a denied action among them as a required one.

    Where no needs are known a registry's action is not added: it alone would look like all of them.
    """
    if not needs and denied.checkpoint is not Checkpoint.SERVICE_AUTHORIZATION:
        return needs
    same = [
        need
        for need in needs
        if need.action.lower() == denied.action.lower() and (need.resource == denied.resource or not denied.resource)
    ]
    if not same:
        return (*needs, replace(denied, order=len(needs)))
    return tuple(replace(need, kind=NeedKind.REQUIRED) if need in same else need for need in needs)

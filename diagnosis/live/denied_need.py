"""Add to the needs the action that AWS denied to the run: the run needs it, whether or not its steps were understood."""

from __future__ import annotations

from dataclasses import replace

from diagnosis.facts.account import AccountQuestion
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint, Gate
from diagnosis.names.arn import Arn
from diagnosis.steps.variables import is_legible
from diagnosis.verdicts.release import Certainty, Need, NeedKind
from diagnosis.verdicts.replay import Replay


def denied_need(replay: Replay, question: AccountQuestion) -> Need | None:
    """Return the action that the denial names, on the resource that it names; None where it names none."""
    stop = replay.stopped_by
    if stop is None or stop.checkpoint is None or not stop.action:
        return None
    because = f"AWS denied {stop.action} to this run"
    if stop.gate is Gate.SERVICE_AUTHORIZATION:
        return _of_a_service(replay, stop.action, stop.resource, because)
    if stop.gate is not Gate.REGISTRY_AUTHORIZATION or not stop.action.startswith("ecr:"):
        return None
    named = stop.resource or ""
    if named != "*" and not _is_arn(named):
        named = str(question.repository_arn or "")
    return Need(
        stop.action, named or None, stop.checkpoint, because, order=-1, certainty=Certainty.OBSERVED, source="log"
    )


def _of_a_service(replay: Replay, action: str, resource: str | None, because: str) -> Need:
    """Return the denied call of another service; a resource that the denial does not tell is the one that the step names."""
    named = resource if resource == "*" or (resource and _is_arn(resource)) else None
    of_step = [need for need in replay.needs if need.action.lower() == action.lower() and need.resource]
    if named is None and len(of_step) == 1:
        named = of_step[0].resource
    job, step = _failed_step(replay)
    return Need(
        action,
        named,
        Checkpoint.SERVICE_AUTHORIZATION,
        because,
        of_step[0].step if of_step else step,
        order=-1,
        certainty=Certainty.OBSERVED,
        source="log",
        job=job,
    )


def _failed_step(replay: Replay) -> tuple[str, str]:
    """Return the job and the one step of it that failed, by their names; empty where GitHub's record does not tell one."""
    jobs = replay.attempt.jobs.value if isinstance(replay.attempt.jobs, Known) else ()
    own = replay.session.job if replay.session is not None else None
    failed = [(job.name, step.name) for job in jobs if own in (None, job.name) for step in job.steps if step.failed]
    return failed[0] if len(failed) == 1 else (own or "", "")


def _is_arn(text: str) -> bool:
    return Arn.parse(text) is not None and is_legible(text)


def with_denied(needs: tuple[Need, ...], denied: Need | None) -> tuple[Need, ...]:
    """Return the needs with the denied action among them as a required one.

    Where no needs are known a registry's action is not added: it alone would look like all of them.
    """
    if denied is None or (not needs and denied.checkpoint is not Checkpoint.SERVICE_AUTHORIZATION):
        return needs
    same = [
        need
        for need in needs
        if need.action.lower() == denied.action.lower() and (need.resource == denied.resource or not denied.resource)
    ]
    if not same:
        return (*needs, replace(denied, order=len(needs)))
    return tuple(replace(need, kind=NeedKind.REQUIRED) if need in same else need for need in needs)

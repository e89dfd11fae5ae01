"""Say when the workflow last succeeded with a role, so that CloudTrail can be asked what the role's session did then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from diagnosis.facts.account import AccountQuestion
from diagnosis.names.arn import Arn
from diagnosis.verdicts.replay import Replay


def with_green_run(question: AccountQuestion, replays: Sequence[Replay]) -> AccountQuestion:
    """Return the question, and those about further roles, with the time of the last attempt that succeeded with the role.

    Only attempts that were read are looked at: a chain that ends in a success, or that follows one. A role that the run
    shows by its session alone has no path there, so that account and name decide.
    """
    return replace(_asked(question, replays), beside=tuple(with_green_run(each, replays) for each in question.beside))


def _asked(question: AccountQuestion, replays: Sequence[Replay]) -> AccountQuestion:
    role = question.role_arn
    green = [
        span
        for item in replays
        if item.attempt.conclusion == "success" and role is not None and _took(item, role)
        if (span := _span(item)) is not None
    ]
    if not green:
        return question
    since, until = max(green)
    return replace(question, green_since=since, green_until=until)


def _took(replay: Replay, role: Arn) -> bool:
    """Return whether the attempt took a session of the role."""
    facts = [replay.facts, *(session.facts for session in replay.sessions if session.ran)]
    told = [fact.value for each in facts for fact in (each.role_arn, each.session_role) if fact is not None]
    return any(arn == role or arn.same_but_for_path(role) for arn in told)


def _span(replay: Replay) -> tuple[datetime, datetime] | None:
    attempt = replay.attempt
    since = attempt.started_at or attempt.created_at
    return (since, attempt.updated_at) if attempt.updated_at is not None and attempt.updated_at >= since else None

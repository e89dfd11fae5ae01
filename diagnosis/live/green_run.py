"""Say when the workflow last succeeded with a role, so that CloudTrail can be asked what the role's session did then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from diagnosis.facts.account import AccountQuestion
from diagnosis.facts.case import Case
from diagnosis.facts.green_run import GreenJob, GreenRun, GreenStep
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt, Job
from diagnosis.facts.trail import KEPT
from diagnosis.live.release_units import units_of
from diagnosis.names.arn import Arn
from diagnosis.verdicts.replay import Replay


def with_green_run(
    question: AccountQuestion, replays: Sequence[Replay], latest: Reading[Attempt] | None = None
) -> AccountQuestion:
    """Return the question, and those about further roles, with the time of the last attempt that succeeded with the role.

    First come the attempts that were read, the judged one at their head: a chain that ends in a success, or that follows
    one. Where none of them took the role, ``latest`` does, the workflow's last success as GitHub lists it; whether it
    took the role is for CloudTrail to say. A role that the run shows by its session alone has no path there, so that
    account and name decide.
    """
    asked = _asked(question, replays, latest)
    return replace(asked, beside=tuple(with_green_run(each, replays, latest) for each in question.beside))


def _asked(question: AccountQuestion, replays: Sequence[Replay], latest: Reading[Attempt] | None) -> AccountQuestion:
    role = question.role_arn
    if role is None or not replays:
        return question
    subject = replays[0].attempt
    green = [
        (*span, item.attempt.key, item.attempt)
        for item in replays
        if item.attempt.conclusion == "success" and _took(item, role)
        if (span := _span(item.attempt)) is not None
    ]
    if green:
        since, until, _, attempt = max(green, key=lambda entry: entry[:3])
    elif isinstance(latest, Known) and (span := _span(latest.value)) is not None:
        (since, until), attempt = span, latest.value
    else:
        return replace(question, no_green_run=_why_none(latest))
    return replace(question, green_since=since, green_until=until, green_run=_green_run(attempt, subject))


def _why_none(latest: Reading[Attempt] | None) -> str:
    if isinstance(latest, Unreadable):
        return f"the last run of the workflow that succeeded is not known: {latest.why}"
    return f"GitHub lists no {latest.what}" if isinstance(latest, Absent) else ""


def _took(replay: Replay, role: Arn) -> bool:
    """Return whether the attempt took a session of the role."""
    facts = [replay.facts, *(session.facts for session in replay.sessions if session.ran)]
    told = [fact.value for each in facts for fact in (each.role_arn, each.session_role) if fact is not None]
    return any(arn == role or arn.same_but_for_path(role) for arn in told)


def _span(attempt: Attempt) -> tuple[datetime, datetime] | None:
    since = attempt.started_at or attempt.created_at
    return (since, attempt.updated_at) if attempt.updated_at is not None and attempt.updated_at >= since else None


def _green_run(attempt: Attempt, subject: Attempt) -> GreenRun:
    jobs = attempt.jobs.value if isinstance(attempt.jobs, Known) else None
    return GreenRun(
        run_id=attempt.run_id,
        number=attempt.run_number,
        attempt=attempt.attempt,
        commit=attempt.head_sha,
        ref=attempt.ref,
        event=attempt.event,
        alike=_alike(attempt, subject),
        same_files=_same_files(attempt, subject),
        jobs=None if jobs is None else tuple(_job(job) for job in jobs if job.conclusion == "success"),
    )


def _job(job: Job) -> GreenJob:
    steps = tuple(
        GreenStep(step.name, step.started_at, step.completed_at) for step in job.steps if step.conclusion == "success"
    )
    return GreenJob(job.name, job.started_at, job.completed_at, steps)


def _alike(attempt: Attempt, subject: Attempt) -> bool:
    """Return whether an attempt ran on the ref of the other, or both on tags, each of which is a ref of its own."""
    return not attempt.from_fork and (attempt.head_branch == subject.head_branch or (attempt.on_tag and subject.on_tag))


def _same_files(attempt: Attempt, subject: Attempt) -> bool | None:
    """Return whether both ran the same files; None where these were not read of both."""
    if attempt.head_sha and attempt.head_sha == subject.head_sha:
        return True
    one, other = _texts(attempt), _texts(subject)
    return one == other if one is not None and other is not None else None


def _texts(attempt: Attempt) -> dict[str, str] | None:
    readings = {attempt.workflow_path.partition("@")[0]: attempt.workflow_file}
    found = {path: reading.value.text if isinstance(reading, Known) else None for path, reading in readings.items()}
    found |= {
        call.path: call.file.value.text if isinstance(call.file, Known) else None for call in attempt.called_workflows
    }
    found |= {
        each.path: each.file.value.text if isinstance(each.file, Known) else None for each in attempt.local_actions
    }
    # That a commit has no such file is known as well.
    found |= {
        file.path: file.text.value if isinstance(file.text, Known) else "" if isinstance(file.text, Absent) else None
        for file in attempt.files
    }
    return None if None in found.values() else {path: text or "" for path, text in found.items()}


def wants_green_run(question: AccountQuestion, subject: Replay, case: Case) -> bool:
    """Return whether the workflow's last success would tell something: of a role without one, a step or a resource is not known."""
    asked = {
        each.role_arn
        for each in (question, *question.beside)
        if each.role_arn is not None and each.role_account and each.green_since is None
    }
    return any(
        (unit.role_arn or question.role_arn) in asked
        and (unit.gaps or any(need.resource is None for need in unit.needs))
        for unit in units_of(subject, case)
    )


def chosen_green_run(listed: Iterable[Attempt], subject: Attempt, now: datetime) -> Attempt | None:
    """Return the success that tells most of an attempt: on its ref, by its event, and so late that CloudTrail still has it."""

    def rank(attempt: Attempt) -> tuple[bool, bool, bool, datetime]:
        recent = (attempt.updated_at or attempt.created_at) > now - KEPT
        return recent, _alike(attempt, subject), attempt.event == subject.event, attempt.created_at

    green = (each for each in listed if each.conclusion == "success" and not each.from_fork)
    return max(green, key=rank, default=None)

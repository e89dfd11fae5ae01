"""Read one attempt of a run: the run object, its jobs, their steps."""

from __future__ import annotations

from dataclasses import replace

from diagnosis.facts.reading import Known, Reading
from diagnosis.facts.runs import Attempt, Job, Repository, Step
from diagnosis.json_members import JsonMembers
from probes.github.http.client import Client, Json
from probes.github.http.errors import GitHubProblem, NotFound, ReadFailure
from probes.github.read.answers import members, required_number
from probes.github.read.runs import attempt_of


def read_attempt(client: Client, repository: Repository, run_id: int, attempt: int | None) -> Attempt:
    """Read a run's attempt without its parts; None is the latest.

    Raises GitHubProblem where the repository has no such run or the run no such attempt, else ReadFailure.
    """
    path = f"/repos/{repository.full_name}/actions/runs/{run_id}"
    try:
        address = path if attempt is None else f"{path}/attempts/{attempt}"
        return attempt_of(client.object(address, remember=True), repository)
    except NotFound:
        which = "" if attempt is None else f" with an attempt {attempt}"
        raise GitHubProblem(
            f"{repository.full_name} has no workflow run {run_id}{which}, or GitHub has deleted it.",
            "Check the number in the run's address: https://github.com/OWNER/REPO/actions/runs/NUMBER.",
        ) from None


def read_earlier(client: Client, latest: Attempt, number: int) -> Attempt:
    """Read an earlier attempt of a run.

    Where GitHub no longer has it, an attempt of which nothing but its number is known: it took place, and a chain without
    it would look shorter than it was. Raises ReadFailure for any other fault.
    """
    path = f"/repos/{latest.repository.full_name}/actions/runs/{latest.run_id}/attempts/{number}"
    try:
        return attempt_of(client.object(path), latest.repository)
    except NotFound:
        return replace(
            latest, attempt=number, status="unknown", conclusion=None, actor="", started_at=None, updated_at=None
        )


def read_again(client: Client, attempt: Attempt) -> tuple[Attempt, ...]:
    """Return an active attempt, without parts, as it is now if it has changed; with it the latest, if that is another.

    Raises GitHubProblem where the run is gone, else ReadFailure. Unchanged, it costs no part of the rate limit.
    """
    latest = read_attempt(client, attempt.repository, attempt.run_id, None)
    if latest.attempt <= attempt.attempt:
        return (latest,) if _differs(latest, attempt) else ()
    return (read_earlier(client, latest, attempt.attempt), latest)


def _differs(now: Attempt, before: Attempt) -> bool:
    """Return whether the run objects differ; parts do not count."""
    names = (
        "jobs",
        "workflow_file",
        "oidc_customization",
        "artifacts",
        "called_workflows",
        "local_actions",
        "files",
        "other_workflows",
        "environment",
    )
    parts = {name: getattr(before, name) for name in names}
    return replace(now, **parts, origin=before.origin, reconstructed=before.reconstructed) != before


def read_jobs(client: Client, attempt: Attempt) -> Reading[tuple[Job, ...]]:
    """Read the attempt's jobs with their steps, in GitHub's order, without logs and annotations."""
    path = f"/repos/{attempt.repository.full_name}/actions/runs/{attempt.run_id}/attempts/{attempt.attempt}/jobs"
    try:
        found = client.whole_list(path, "jobs", remember=not attempt.complete)
        return Known(tuple(job_of(job) for job in found))
    except ReadFailure as failure:
        return failure.reading(f"the jobs of run {attempt.run_id}, attempt {attempt.attempt}")


def job_of(found: Json) -> Job:
    """Return a job object as a value. Raises BrokenAnswer for one without id."""
    job = members(found)
    return Job(
        id=required_number(job, "id", "job"),
        name=job.maybe_text("name") or "",
        status=job.maybe_text("status") or "unknown",
        conclusion=job.maybe_text("conclusion"),
        started_at=job.maybe_moment("started_at"),
        completed_at=job.maybe_moment("completed_at"),
        html_url=job.maybe_text("html_url") or "",
        steps=tuple(_step(step, position) for position, step in enumerate(job.maybe_objects("steps"), start=1)),
    )


def _step(step: JsonMembers, position: int) -> Step:
    return Step(
        number=step.maybe_integer("number") or position,
        name=step.maybe_text("name") or "",
        status=step.maybe_text("status") or "unknown",
        conclusion=step.maybe_text("conclusion"),
        started_at=step.maybe_moment("started_at"),
        completed_at=step.maybe_moment("completed_at"),
    )

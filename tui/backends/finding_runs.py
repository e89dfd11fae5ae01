"""Find the attempt that an address names, and list the repository's workflows."""

from __future__ import annotations

from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt
from probes.github.read.attempt_parts import Depth
from probes.github.source import GitHubSource
from tui.backend import BackendProblem, CancelHook, Progress, ProgressHook, RunPlace, WorkflowRow
from tui.backends.github_side import asking


def find_attempt(source: GitHubSource, place: RunPlace, progress: ProgressHook, cancelled: CancelHook) -> Attempt:
    """Read the attempt that is named: that of the number, else the one of the job, else the latest. Raises BackendProblem."""

    def shown(what: str, done: int, total: int) -> None:
        progress(Progress(what, done, total))

    with asking():
        if place.attempt is not None or place.job is None:
            return source.attempt(place.run, place.attempt, Depth.RUN, cancelled=cancelled, progress=shown)
        attempts = source.attempts_of(place.run, Depth.JOBS, cancelled=cancelled, progress=shown)
    for attempt in attempts:
        if isinstance(attempt.jobs, Known) and any(job.id == place.job for job in attempt.jobs.value):
            return attempt
    raise BackendProblem(
        f"No attempt of run {place.run} has a job {place.job} that could be read.",
        "Open the run without its job: …/actions/runs/NUMBER.",
    )


def list_workflows(source: GitHubSource, progress: ProgressHook, cancelled: CancelHook) -> tuple[WorkflowRow, ...]:
    """Return the workflows, those that are active first, by their names. Raises BackendProblem."""
    progress(Progress("reading the workflows"))
    with asking():
        found = source.workflows(cancelled=cancelled)
    ordered = sorted(found, key=lambda each: (each.state != "active", each.name.casefold(), each.path))
    return tuple(
        # By file where there is one: a name is no key, two workflows may share it.
        WorkflowRow(each.name, each.path, each.state, _key(each.path, each.id) or each.name)
        for each in ordered
    )


def _key(path: str, number: int | None) -> str:
    """Return what GitHub is asked with."""
    if path.startswith(".github/workflows/"):
        return path.rpartition("/")[2]
    return str(number or "")

"""Find the last run of a workflow that succeeded, beyond the chain that is read anyway."""

from __future__ import annotations

from datetime import datetime

from diagnosis.facts.reading import Absent, Known, Reading
from diagnosis.facts.runs import Attempt
from diagnosis.live.green_run import chosen_green_run
from probes.github.http.client import Client
from probes.github.http.errors import ReadFailure
from probes.github.read.runs import attempt_of, workflow_key

FOLDER = ".github/workflows/"
MEMBER, ONLY_SUCCESSES = "workflow_runs", {"status": "success", "exclude_pull_requests": "true"}
_LISTED = 30
"""So many of the workflow's successes are looked at, the newest first."""


def runs_path(repository: str, workflow: str) -> str:
    """Return the address of the list of a workflow's runs; ``workflow`` is its file's name, or its id."""
    return f"/repos/{repository}/actions/workflows/{workflow}/runs"


def read_green_run(client: Client, subject: Attempt, now: datetime) -> Reading[Attempt]:
    """Read the success that tells most of an attempt of the same workflow, without its jobs: one request.

    Absent where GitHub lists none; one that belongs to another repository's workflow is not looked for.
    """
    repository = subject.repository
    file = subject.workflow_path.partition("@")[0]
    what = f"run of {file or 'the workflow'} that succeeded"
    if not file.startswith(FOLDER):
        return Absent(what)
    try:
        path = runs_path(repository.full_name, workflow_key(client, repository, file))
        page = client.page(path, MEMBER, 1, {**ONLY_SUCCESSES, "per_page": _LISTED}, remember=True)
        listed = [attempt_of(run, repository) for run in page.items]
    except ReadFailure as failure:
        return failure.reading(f"last {what}")
    found = chosen_green_run(listed, subject, now)
    return Known(found) if found is not None else Absent(what)

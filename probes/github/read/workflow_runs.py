"""Read the newest runs of one workflow: one request, a few runs."""

from __future__ import annotations

from diagnosis.facts.reading import Known, Reading
from diagnosis.facts.runs import Attempt, Repository
from probes.github.http.client import Client
from probes.github.http.endpoints import address_part
from probes.github.http.errors import NotFound, ReadFailure
from probes.github.read.runs import attempt_of

COUNT = 10
"""Enough to know how the workflow is started; a hundred runs are a megabyte."""


def read_newest_runs(client: Client, repository: Repository, path: str) -> Reading[tuple[Attempt, ...]]:
    """Read the newest runs of the workflow file at ``path``, the newest first; none where GitHub lists no such workflow."""
    what = f"the newest runs of {path.rpartition('/')[2]}"
    try:
        name = address_part(path.rpartition("/")[2])
        place = f"/repos/{repository.full_name}/actions/workflows/{name}/runs"
        page = client.page(place, "workflow_runs", 1, {"per_page": COUNT})
        return Known(tuple(attempt_of(run, repository) for run in page.items))
    except NotFound:
        # GitHub lists a workflow from its first push to the default branch on.
        return Known(())
    except ReadFailure as failure:
        return failure.reading(what)

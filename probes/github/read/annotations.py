"""Read a job's check-run annotations, which outlive the log and hold the error sentence."""

from __future__ import annotations

from diagnosis.facts.reading import Known, Reading
from diagnosis.facts.runs import Annotation, Repository
from diagnosis.json_members import JsonMembers
from probes.github.http.client import Client
from probes.github.http.errors import ReadFailure
from probes.github.read.answers import members


def read_annotations(
    client: Client, repository: Repository, job_id: int, job_name: str, *, active: bool = False
) -> Reading[tuple[Annotation, ...]]:
    """Read the annotations of a job, scrubbed, in GitHub's order. A job's check run has the job's id.

    Those of an ``active`` job are asked for with their ETag: they will be asked for again.
    """
    path = f"/repos/{repository.full_name}/check-runs/{job_id}/annotations"
    try:
        # GitHub shows ten a step; three pages are more than a job of fifty steps has that says anything.
        return Known(
            tuple(_annotation(members(entry)) for entry in client.whole_list(path, None, most_pages=3, remember=active))
        )
    except ReadFailure as failure:
        return failure.reading(f"the annotations of the job {job_name}")


def _annotation(entry: JsonMembers) -> Annotation:
    return Annotation(
        level=entry.maybe_text("annotation_level") or "notice",
        message=entry.maybe_text("message") or "",
        title=entry.maybe_text("title") or "",
        path=entry.maybe_text("path") or "",
        line=entry.maybe_integer("start_line"),
    )

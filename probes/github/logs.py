"""A job's log: fetched from the storage without the token, scrubbed as it enters memory."""

from __future__ import annotations

from datetime import timedelta

from diagnosis.reading import Absent, Known, Reading, Unreadable
from diagnosis.runs import Job, Repository
from diagnosis.scrub import scrub
from probes.github.client import Client
from probes.github.errors import NotFound, ReadFailure, TooLarge
from probes.github.storage import download

LARGEST_LOG = 64_000_000
"""Bytes, unpacked."""
_LOG_IS_LATE = timedelta(hours=1)


def read_log(client: Client, repository: Repository, job: Job, *, limit: int = LARGEST_LOG) -> Reading[str]:
    """The whole log of a job with its byte order mark and timestamps, secrets replaced.

    Absent for a job that never ran. An empty log is Unreadable: GitHub gives one, with success, for a job that a rerun
    did not run again, and it says nothing about the job.
    """
    what = f"the log of the job {job.name}"
    if job.conclusion == "skipped":
        return Absent(f"{what}: the job was skipped")
    if job.status != "completed":
        return Unreadable(what, "the job has not ended yet", "look again when it has ended")
    try:
        body = download(client, f"/repos/{repository.full_name}/actions/jobs/{job.id}/logs", limit=limit)
    except TooLarge as failure:
        how = f"gh run view --job {job.id} --log --repo {repository.full_name} | planescope explain -"
        return Unreadable(what, failure.why, f"read it apart: {how}", lasting=True)
    except NotFound as failure:
        why = "GitHub has no log for it: the job never started on a runner, or the log was deleted"
        # Just after a job's end its log may not be there yet.
        old = job.completed_at is not None and client.line.ledger.clock() - job.completed_at > _LOG_IS_LATE
        return Unreadable(what, why, "its annotations tell why it did not start", failure.permission, lasting=old)
    except ReadFailure as failure:
        return failure.reading(what)
    text = body.decode("utf-8", errors="replace")
    if not text.strip("\ufeff \r\n"):
        return Unreadable(
            what,
            "GitHub gave an empty log: the job was not run again in this attempt, or printed nothing",
            "open the attempt in which it ran",
            lasting=True,
        )
    if client.access.token:
        # Whatever shape the token has, it is one secret that is known for certain.
        text = text.replace(client.access.token, "***")
    return Known(scrub(text))

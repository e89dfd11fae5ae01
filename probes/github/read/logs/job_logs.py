"""Read a job's log from the storage, without the token; it is scrubbed as it enters memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.runs import Job, Repository, Step
from diagnosis.logs.scrub import scrub
from probes.github.http.client import Client
from probes.github.http.errors import NotFound, ReadFailure, TooLarge
from probes.github.http.room import NoRoom, take_text, taking_turns
from probes.github.http.storage import download, download_into
from probes.github.read.logs.long_log import LIMITS, LongLog
from probes.github.read.logs.step_logs import StepLogs

LARGEST_LOG = 16_000_000
"""Bytes, unpacked: reading and judging a log takes several times its size."""
LARGEST_RECORDED_LOG = 64_000_000
"""The same for a recording, which holds what was printed and nothing else."""
_LOG_IS_LATE = timedelta(hours=1)


def read_log(client: Client, repository: Repository, job: Job, *, limit: int = LARGEST_LOG) -> Reading[str]:
    """Read the whole log of a job with its byte order mark and timestamps, secrets replaced.

    Absent for a job that never ran. An empty log is Unreadable: GitHub gives one, with success, for a job that a rerun
    did not run again, and it says nothing about the job.
    """
    try:
        return _whole_log(client, repository, job, limit)
    except TooLarge as failure:
        return _too_large(repository, job, failure)


def read_log_or_steps(
    client: Client,
    repository: Repository,
    job: Job,
    steps: Sequence[Step],
    by_step: StepLogs,
    *,
    limit: int = LARGEST_LOG,
) -> tuple[Reading[str], tuple[int, ...]]:
    """Read the log like :func:`read_log`; of one that is too large some steps' logs, and return the numbers of these.

    Where GitHub does not serve the logs of steps, the log is condensed while it arrives (:mod:`probes.github.read.logs.long_log`).
    """
    try:
        return _whole_log(client, repository, job, limit), ()
    except TooLarge as failure:
        found = by_step.read(client, repository, job, steps, limit=limit)
        if found is None:
            return _condensed(client, repository, job, failure), ()
        text, numbers = found
        try:
            with taking_turns(len(text)), client.line.watch.room.working() as check:
                return Known(_without_secrets(client, text, check)), numbers
        except NoRoom as full:
            return full.reading(_what(job)), ()


def _whole_log(client: Client, repository: Repository, job: Job, limit: int) -> Reading[str]:
    """Read the whole log of a job. Raises TooLarge."""
    what = _what(job)
    if job.conclusion == "skipped":
        return Absent(f"{what}: the job was skipped")
    if job.status != "completed":
        return Unreadable(what, "the job has not ended yet", "look again when it has ended")
    try:
        body = download(client, f"/repos/{repository.full_name}/actions/jobs/{job.id}/logs", limit=limit)
    except TooLarge:
        raise
    except NotFound as failure:
        why = "GitHub has no log for it: the job never started on a runner, or the log was deleted"
        # Just after a job's end its log may not be there yet.
        old = job.completed_at is not None and client.line.ledger.clock() - job.completed_at > _LOG_IS_LATE
        return Unreadable(what, why, "its annotations tell why it did not start", failure.permission, lasting=old)
    except ReadFailure as failure:
        return failure.reading(what)
    with taking_turns(len(body)):
        text = _held(client, body)
    if not text.strip("\ufeff \r\n"):
        return Unreadable(
            what,
            "GitHub gave an empty log: the job was not run again in this attempt, or printed nothing",
            "open the attempt in which it ran",
            lasting=True,
        )
    return Known(text)


def _held(client: Client, body: bytes) -> str:
    """Return a body as text without secrets. Raises NoRoom where it is far heavier as text."""
    text = take_text(client.line.watch.room, body.decode("utf-8", errors="replace"), len(body))
    with client.line.watch.room.working() as check:
        return _without_secrets(client, text, check)


def _condensed(client: Client, repository: Repository, job: Job, failure: TooLarge) -> Reading[str]:
    """Read what of the log decides, as :class:`LongLog` keeps it."""

    room = client.line.watch.room
    limits = LIMITS if room.left > 2 * LIMITS.kept else LIMITS.short_of_room()

    def taker() -> LongLog:
        return LongLog(lambda text: _without_secrets(client, text), limits)

    path = f"/repos/{repository.full_name}/actions/jobs/{job.id}/logs"
    timeouts = client.line.timeouts.for_long_answers()
    try:
        return Known(take_text(room, download_into(client, path, taker, limit=limits.bytes, timeouts=timeouts).text()))
    except NoRoom as full:
        return full.reading(_what(job))
    except TooLarge:
        return _too_large(repository, job, failure)
    except ReadFailure as other:
        return other.reading(_what(job))


def _without_secrets(client: Client, text: str, check: Callable[[], None] = lambda: None) -> str:
    return scrub(client.without_token(text), check)


def _too_large(repository: Repository, job: Job, failure: TooLarge) -> Unreadable:
    how = f"gh run view --job {job.id} --log --repo {repository.full_name} | planescope explain -"
    return Unreadable(_what(job), failure.why, f"read it apart: {how}", lasting=failure.lasting)


def _what(job: Job) -> str:
    return f"the log of the job {job.name}"

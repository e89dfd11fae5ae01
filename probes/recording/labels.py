"""Tell an attempt that was read from a replayed recording which of its parts the recording had to reconstruct.

GitHub's API has no place for such labels, so they are put on after the attempt was read, by run and job id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from diagnosis.facts.closure_facts import DecisionLog
from diagnosis.facts.evidence import Origin
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Artifact, Attempt, Job
from probes.recording.format import RecordedLog, Recording


def label_attempt(recording: Recording, attempt: Attempt) -> Attempt:
    """Return the attempt with ``origin``, ``reconstructed`` and each job's ``log_origin`` as the recording states them.

    An attempt that the recording does not hold is returned as it is.
    """
    run = recording.run(attempt.run_id)
    if run is None:
        return attempt
    logs = {
        int(job.job["id"]): job.log
        for entry in run.attempts
        if entry.number == attempt.attempt
        for job in entry.jobs
        if isinstance(job.log, RecordedLog)
    }
    words = [str(entry) for entry in run.reconstructed]
    for log in logs.values():
        words += [f"job log, {entry}" for entry in log.reconstructed]
    words += [
        f"{file.path}, {entry}"
        for file in recording.files
        if not file.repository and file.path == attempt.workflow_path and file.commit == attempt.head_sha
        for entry in file.reconstructed
    ]
    jobs = attempt.jobs
    if isinstance(jobs, Known):
        jobs = replace(jobs, value=tuple(_label_job(job, logs.get(job.id)) for job in jobs.value))
    artifacts = attempt.artifacts
    if isinstance(artifacts, Known):
        unread = {int(item.artifact["id"]): item.unread for item in run.artifacts if item.unread}
        artifacts = replace(artifacts, value=tuple(_label_artifact(item, unread) for item in artifacts.value))
    return replace(
        attempt, origin=run.origin, reconstructed=tuple(dict.fromkeys(words)), jobs=jobs, artifacts=artifacts
    )


def label_log(recording: Recording, log: DecisionLog) -> DecisionLog:
    """Return the decision log with the origin that the recording states; a digest of what was replaced is none of the file's."""
    held = (file for file in recording.files if (file.path, file.commit) == (log.path, log.commit))
    origin = next((file.origin for file in held), log.origin)
    url = log.url
    if origin is Origin.RECONSTRUCTED:
        # No such commit is on GitHub; the file that it stands for is.
        web, branch = (str(recording.repository.get(name) or "") for name in ("html_url", "default_branch"))
        url = f"{web}/blob/{branch}/{quote(log.path)}" if web and branch else ""
    return replace(log, origin=origin, url=url, sha256="" if _REPLACED in log.text else log.sha256)


_REPLACED = "[scrubbed:"


def _label_artifact(artifact: Artifact, unread: Mapping[int, tuple[tuple[str, str], ...]]) -> Artifact:
    """Return the artifact with what of it could not be read when it was recorded."""
    gaps = unread.get(artifact.id)
    if not gaps or artifact.unread:
        return artifact
    how = "download it from the run's page on GitHub"
    return replace(artifact, unread=tuple(Unreadable(what, why, how, lasting=True) for what, why in gaps))


def _label_job(job: Job, log: RecordedLog | None) -> Job:
    if log is None:
        return replace(job, log_origin=Origin.RECORDED, log_verbatim=())
    held = log.held_steps if isinstance(job.log, Known) else ()
    return replace(job, log_origin=log.origin, log_verbatim=log.verbatim, log_steps=held or job.log_steps)

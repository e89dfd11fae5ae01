"""What a job said: its log, or the logs of some of its steps, and its annotations where a log does not serve."""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.runs import Annotation, Job, Repository, Step
from probes.github.http.client import Client
from probes.github.read.annotations import read_annotations
from probes.github.read.job_logs import read_log_or_steps
from probes.github.read.step_logs import StepLogs


@dataclass(frozen=True, slots=True)
class Words:
    """What a job said."""

    log: Reading[str]
    annotations: Reading[tuple[Annotation, ...]]
    log_steps: tuple[int, ...] = ()


def read_everything(
    client: Client, repository: Repository, job: Job, steps: tuple[Step, ...], by_step: StepLogs
) -> Words:
    """The log and the annotations of a job, whatever its log says."""
    log, numbers = read_log_or_steps(client, repository, job, steps, by_step)
    return Words(log, read_annotations(client, repository, job.id, job.name), numbers)


def read_words(client: Client, repository: Repository, job: Job, steps: tuple[Step, ...], by_step: StepLogs) -> Words:
    """The log of a job; its annotations only where it failed and its log is not there."""
    log, numbers = read_log_or_steps(client, repository, job, steps, by_step)
    if isinstance(log, Unreadable) and job.conclusion != "success":
        active = job.status != "completed"
        return Words(log, read_annotations(client, repository, job.id, job.name, active=active))
    annotations = Unreadable(
        f"the annotations of the job {job.name}",
        "the log holds the same sentences" if isinstance(log, Known) else "the job did not fail",
        f"look at {job.html_url}" if job.html_url else "look at the job on GitHub",
    )
    return Words(log, annotations, numbers)

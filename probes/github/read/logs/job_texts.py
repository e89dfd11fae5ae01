"""Read the texts of a job: its log, or the logs of some of its steps, and its annotations where no log is there."""

from __future__ import annotations

from dataclasses import dataclass

from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.runs import Annotation, Job, Repository, Step
from probes.github.http.client import Client
from probes.github.read.annotations import read_annotations
from probes.github.read.logs.job_logs import LARGEST_RECORDED_LOG, read_log_or_steps
from probes.github.read.logs.step_logs import StepLogs


@dataclass(frozen=True, slots=True)
class JobTexts:
    """The log of a job and its annotations."""

    log: Reading[str]
    annotations: Reading[tuple[Annotation, ...]]
    log_steps: tuple[int, ...] = ()
    """The numbers of the steps that the log holds, where it holds some only."""


def read_log_and_annotations(
    client: Client, repository: Repository, job: Job, steps: tuple[Step, ...], by_step: StepLogs
) -> JobTexts:
    """Read the log and the annotations of a job, whatever its log says."""
    log, numbers = read_log_or_steps(client, repository, job, steps, by_step, limit=LARGEST_RECORDED_LOG)
    return JobTexts(log, read_annotations(client, repository, job.id, job.name), numbers)


def read_log(client: Client, repository: Repository, job: Job, steps: tuple[Step, ...], by_step: StepLogs) -> JobTexts:
    """Read the log of a job; its annotations only where it failed and its log is not there."""
    log, numbers = read_log_or_steps(client, repository, job, steps, by_step)
    if isinstance(log, Unreadable) and job.conclusion != "success":
        active = job.status != "completed"
        return JobTexts(log, read_annotations(client, repository, job.id, job.name, active=active))
    annotations = Unreadable(
        f"the annotations of the job {job.name}",
        "the log holds the same sentences" if isinstance(log, Known) else "the job did not fail",
        f"look at {job.html_url}" if job.html_url else "look at the job on GitHub",
    )
    return JobTexts(log, annotations, numbers)

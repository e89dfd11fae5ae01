"""Say which files of the repository a run's steps use, so that they can be fetched: scripts, Makefiles, Dockerfiles.

A script may name another one, so this is asked in rounds: fetch what is wanted, add it to ``Attempt.files`` (``Absent`` where
the commit has no such file), ask again.
"""

from __future__ import annotations

from collections.abc import Iterator

from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt, Job
from diagnosis.facts.workflow import Workflow, WorkflowJob
from diagnosis.steps.matrix import Leg, legs_of
from diagnosis.steps.read_job import job_of_file, read_job
from diagnosis.steps.repository_files import Files
from diagnosis.steps.resolved_workflow import resolved_workflow

MOST_FILES = 30
"""Of one attempt."""
ROUNDS = 4
"""How often it is worth asking: a script that is named in a script that is named in a Makefile."""
_MOST_JOBS = 50
_MOST_LEGS = 20


def files_wanted(attempt: Attempt) -> tuple[str, ...]:
    """Return the paths that the attempt's steps need next and that are not in ``attempt.files`` yet, the likelier first.

    Only jobs that take AWS credentials or speak to a registry count. Empty when nothing more is wanted, or when
    :data:`MOST_FILES` are reached.
    """
    left = MOST_FILES - len(attempt.files)
    workflow = resolved_workflow(attempt)
    if not isinstance(workflow, Workflow) or left <= 0:
        return ()
    wanted: dict[str, None] = {}
    known = {file.path: file.text for file in attempt.files}
    for job, written, leg in _jobs(attempt, workflow):
        missed: dict[str, None] = {}
        read = read_job(job, written, workflow, attempt, leg=leg, files=Files(known, missed))
        if read.releases:
            wanted.update(missed)
    # A script may lead to further files and a Dockerfile cannot, so that it is asked for last.
    return tuple(sorted(wanted, key=lambda path: "dockerfile" in path.lower() or "containerfile" in path.lower()))[
        :left
    ]


def _jobs(attempt: Attempt, workflow: Workflow) -> Iterator[tuple[Job | None, WorkflowJob, Leg | None]]:
    """Yield the run's jobs with what the file has of them, then those of the file that the run does not list, leg by leg."""
    listed: set[int] = set()
    for job in attempt.jobs.value[:_MOST_JOBS] if isinstance(attempt.jobs, Known) else ():
        written = job_of_file(workflow, job.name)
        if written is not None:
            listed.add(id(written))
            yield job, written, None
    for written in workflow.jobs:
        if id(written) not in listed and written.uses is None:
            for leg in (legs_of(written) if written.matrix is not None else ())[:_MOST_LEGS] or (None,):
                yield None, written, leg

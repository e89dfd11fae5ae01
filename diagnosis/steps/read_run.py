"""Read the jobs of a run together: what one of them shows of inputs, variables and outputs is known for the others.

The legs of a job that GitHub did not divide, and the jobs that it did not begin, are read from the file. Variables hold for
jobs of the same environment only, which may have its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from diagnosis.facts.case import Case
from diagnosis.facts.runs import Attempt, Job
from diagnosis.facts.workflow import Workflow, WorkflowJob
from diagnosis.steps.matrix import Leg, legs_of
from diagnosis.steps.read_job import ReadJob, job_of_file, read_job
from diagnosis.steps.variables import expand, is_legible, run_values

_AMBIGUOUS = "***"
"""What two jobs show differently is not known."""


@dataclass(slots=True)
class Told:
    """What the jobs that were read so far tell the others."""

    shared: dict[str, str] = field(default_factory=dict)
    variables: dict[str, dict[str, str]] = field(default_factory=dict)
    """By environment; ``""`` for the jobs that name none."""

    def note(self, read: ReadJob) -> None:
        """Take up what a job tells."""
        _add(self.shared, read.learnt)
        written = read.written
        if written is None:
            return
        if is_legible(written.environment or "none"):
            found = {name: value for name, value in read.values.items() if name.startswith("vars.")}
            _add(self.variables.setdefault(written.environment or "", {}), found)
        outputs = {f"needs.{written.id}.outputs.{name}": expand(value, read.values) for name, value in written.outputs}
        _add(self.shared, {name: value for name, value in outputs.items() if is_legible(value)})

    def to(self, written: WorkflowJob | None) -> Mapping[str, str]:
        """Return what a job is told."""
        return self.shared | self.variables.get((written.environment if written else None) or "", {})


def _add(told: dict[str, str], found: Mapping[str, str]) -> None:
    for name, value in found.items():
        told[name] = value if told.get(name, value) == value else _AMBIGUOUS


def read_begun(
    attempt: Attempt, jobs: Iterable[Job], workflow: Workflow | None, case: Case, told: Told | None = None
) -> tuple[ReadJob, ...]:
    """Read the jobs that GitHub lists; a job with a matrix that was skipped as a whole, once for each of its legs."""
    told = told if told is not None else Told()
    pairs = [
        (each, written, leg)
        for job in jobs
        for written in (job_of_file(workflow, job.name),)
        for each, leg in _divided(attempt, job, written)
    ]
    ended: dict[str, set[str | None]] = {}
    for job, written, _ in pairs:
        if written is not None:
            ended.setdefault(written.id, set()).add(job.conclusion)

    def read(job: Job, written: WorkflowJob | None, leg: Leg | None) -> ReadJob:
        met = all(ended.get(need) == {"success"} for need in written.needs) if written is not None else None
        return read_job(job, written, workflow, attempt, case, told.to(written), leg, needs_met=met)

    found: list[ReadJob] = []
    for job, written, leg in pairs:
        found.append(read(job, written, leg))
        told.note(found[-1])
    for place, (job, written, leg) in enumerate(pairs):
        if _would_gain(found[place], told.to(written)):
            found[place] = read(job, written, leg)
    return tuple(found)


def read_not_begun(
    attempt: Attempt, workflow: Workflow, begun: Sequence[ReadJob], case: Case, told: Told | None = None
) -> Iterator[ReadJob]:
    """Read the jobs and legs of the file that GitHub does not list."""
    told = told if told is not None else Told()
    names: dict[int, set[str]] = {}
    for read in begun:
        if read.written is not None:
            names.setdefault(id(read.written), set()).add(read.name)
    values = run_values(attempt)
    for written in workflow.jobs:
        if written.uses or (written.matrix is None and id(written) in names):
            continue
        shown = names.get(id(written), set())
        for leg in legs_of(written, {**values, **told.to(written)}):
            if shown and (not leg.known or shown & {leg.name, leg.full_name}):
                continue
            read = read_job(None, written, workflow, attempt, case, told.to(written), leg)
            told.note(read)
            yield read


def _divided(attempt: Attempt, job: Job, written: WorkflowJob | None) -> Iterator[tuple[Job, Leg | None]]:
    """Yield a job once for each leg, where it was skipped before GitHub divided it."""
    if written is None or written.matrix is None or job.conclusion != "skipped" or job.steps:
        yield job, None
        return
    legs = legs_of(written, run_values(attempt))
    if not legs or any(not leg.known or job.name in (leg.name, leg.full_name) for leg in legs):
        yield job, None
        return
    yield from ((replace(job, name=leg.name), leg) for leg in legs)


def _would_gain(read: ReadJob, told: Mapping[str, str]) -> bool:
    """Return whether a job asks for something that other jobs told only after it was read."""
    new = [name for name in told if name not in read.values]
    if not new or read.written is None:
        return False
    text = repr(read.written)
    return any(name.rpartition(".")[2] in text for name in new)

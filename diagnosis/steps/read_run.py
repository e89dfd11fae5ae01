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
from diagnosis.steps.expressions.text import lookup_in
from diagnosis.steps.expressions.values import is_known, text_of
from diagnosis.steps.matrix import Leg, legs_named, legs_of
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
        whole = attempt.conclusion in ("success", "failure")
        met = whole and all(ended.get(need) == {"success"} for need in written.needs) if written is not None else None
        return read_job(job, written, workflow, attempt, case, told.to(written), leg, needs_met=met)

    found: list[ReadJob] = []
    for job, written, leg in pairs:
        found.append(read(job, written, leg))
        told.note(found[-1])
    for place, leg in _namesakes(attempt, found, told).items():
        pairs[place] = (*pairs[place][:2], leg)
        found[place] = read(*pairs[place])
        told.note(found[place])
    for place, (job, written, leg) in enumerate(pairs):
        if _would_gain(found[place], told.to(written)):
            found[place] = read(job, written, leg)
    return tuple(found)


def read_not_begun(
    attempt: Attempt, workflow: Workflow, begun: Sequence[ReadJob], case: Case, told: Told | None = None
) -> Iterator[ReadJob]:
    """Read the jobs and legs of the file that GitHub does not list."""
    told = told if told is not None else Told()
    names: dict[int, list[ReadJob]] = {}
    for read in begun:
        if read.written is not None:
            names.setdefault(id(read.written), []).append(read)
    values = run_values(attempt)
    for written in workflow.jobs:
        if written.uses or (written.matrix is None and id(written) in names):
            continue
        listed = names.get(id(written), [])
        for leg in legs_of(written, {**values, **told.to(written)}):
            if listed and (not leg.known or any(_may_be(leg, read) for read in listed)):
                continue
            read = read_job(None, written, workflow, attempt, case, told.to(written), leg)
            told.note(read)
            yield read


def _may_be(leg: Leg, read: ReadJob) -> bool:
    """Return whether a job that GitHub lists may be this leg."""
    return read.leg == leg if read.leg is not None else read.name in (leg.name, leg.full_name)


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


def _namesakes(attempt: Attempt, reads: Sequence[ReadJob], told: Told) -> dict[int, Leg]:
    """Return the legs of those jobs that share their name with others of the same matrix, by the jobs' places.

    Where the log of a job shows a value of the matrix, its leg has that value; which of the others is which changes nothing
    for all of them together, once GitHub lists them all.
    """
    groups: dict[tuple[int, str], list[int]] = {}
    for place, read in enumerate(reads):
        if read.written is not None and read.written.matrix is not None and read.leg is None and read.job is not None:
            groups.setdefault((id(read.written), read.name), []).append(place)
    found: dict[int, Leg] = {}
    for places in groups.values():
        written = reads[places[0]].written
        if written is None:
            continue
        legs = legs_named(written, reads[places[0]].name, {**run_values(attempt), **told.to(written)})
        if len(legs) == 1 or len(legs) < len(places):
            continue
        if len(legs) > len(places):
            # GitHub lists some of them only: a job is a certain leg where what it shows fits no other one.
            certain = {place: [leg for leg in legs if _fits(leg, reads[place])] for place in places}
            found |= {place: fitting[0] for place, fitting in certain.items() if len(fitting) == 1}
            continue
        # Those of which most is shown choose first.
        for place in sorted(
            places, key=lambda place: sum(name.startswith("matrix.") for name in reads[place].values), reverse=True
        ):
            leg = next((leg for leg in legs if _fits(leg, reads[place])), None)
            if leg is not None:
                legs.remove(leg)
                found[place] = leg
    return found


def _fits(leg: Leg, read: ReadJob) -> bool:
    """Return whether what a job shows of its matrix is what the leg has."""
    find = lookup_in(dict(leg.values))
    shown = ((find(tuple(name.split("."))), value) for name, value in read.values.items() if name.startswith("matrix."))
    return all(not is_known(own) or text_of(own) == str(value) for own, value in shown)


def _would_gain(read: ReadJob, told: Mapping[str, str]) -> bool:
    """Return whether a job asks for something that other jobs told only after it was read."""
    new = [name for name in told if name not in read.values]
    if not new or read.written is None:
        return False
    text = repr(read.written)
    return any(name.rpartition(".")[2] in text for name in new)

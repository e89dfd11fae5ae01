"""Find where in the files something stands that is told by its names: the step, the job, the variable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from diagnosis.conform.releases import Release
from diagnosis.facts.workflow import WorkflowJob
from diagnosis.findings.finding import Finding, Level, Place
from diagnosis.steps.match import default_name
from diagnosis.verdicts.conform_rule import ConformRule

_LONGEST_NAME = 100
_OF_STEPS = (ConformRule.GATE_DEMOTED, ConformRule.STATIC_KEYS)
_NOT_KNOWN = (ConformRule.NOT_COMPARED, ConformRule.NOT_READ)


def place_told(release: Release, text: str) -> Place | None:
    """Return the place of the step or job of which a sentence or a variable (``NAME: value``) speaks; None for none of them.

    The lines of a called workflow or an action are those of its own file.
    """
    text = f"{text[:1].lower()}{text[1:]}" if text.startswith(("Step", "Job")) else text
    found: list[tuple[bool, int, int, str, str]] = []
    for job in release.workflow.jobs if release.workflow is not None else ():
        own = max((len(name) for name in _names(job) if _is_job_of(name, text)), default=0)
        if own or any(f"{name}: {value}" == text for name, value in _given(job)):
            found.append((bool(own), 0, own, job.id, ""))
        for step in job.all_steps:
            name = " ".join((step.name or default_name(step)).split())
            short = name[:_LONGEST_NAME]
            pairs = (*step.env, *step.inputs)
            ways = (f"step “{short}", f"step {short}", f"action {step.uses} ")
            if any(way in text for way in ways) or any(f"{n}: {v}" == text for n, v in pairs):
                found.append((bool(own), len(short), own, job.id, name))
    if not found:
        return None
    *_, job_id, step_name = max(found)
    return release.place_of(job_id, step_name)


def _is_job_of(name: str, text: str) -> bool:
    return f"job “{name}”" in text or f"job {name} " in f"{text} " or text.startswith(f"{name} (")


def _names(job: WorkflowJob) -> Iterator[str]:
    yield job.id
    if job.name:
        yield job.name


def _given(job: WorkflowJob) -> Iterator[tuple[str, str]]:
    yield from job.env
    for image in job.images:
        yield from image.env


def told_once(found: Iterable[Finding]) -> list[Finding]:
    """Return the findings without what is said of a step as well whose doings are not known at all."""
    listed = list(found)
    unknown = {
        (each.place.file, each.place.line)
        for each in listed
        if each.rule in _NOT_KNOWN and each.level is Level.UNKNOWN and each.place.line is not None
    }
    return [
        each
        for each in listed
        if each.rule not in _OF_STEPS
        or each.level is not Level.UNKNOWN
        or (each.place.file, each.place.line) not in unknown
    ]

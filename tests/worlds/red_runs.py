"""Runs that did not succeed, of a world whose account lets everything pass: what ended them is all that differs."""

from __future__ import annotations

from dataclasses import replace

from replay_builders import CHECKOUT, EXPIRED, Spec, as_they_went_well, failing, job_of, skipped
from small_world import World, sound_world

from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Job

STEPS = as_they_went_well(sound_world().workflow.jobs[0].steps)
CREDENTIALS, PUSH = 1, 3
REFUSED = "##[error]Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"
PYTEST = Spec(name="Run tests", run="pytest")
SUMMARY = "=== 3 failed, 2 passed in 1.20s ==="


def release(place: int, *output: str, exit_code: int | None = None) -> Job:
    """The releasing job, failed at a step."""
    failed = failing(STEPS[place], *output, exit_code=exit_code)
    return job_of(*STEPS[:place], failed, *skipped(*STEPS[place + 1 :]), name="Release")


GOOD = job_of(*STEPS, name="Release")
AT_GATE = release(CREDENTIALS, REFUSED)
TESTS = job_of(CHECKOUT, failing(PYTEST, SUMMARY, exit_code=1), name="test")
LINT = job_of(CHECKOUT, failing(Spec(name="Lint", run="./lint"), "2 problems", exit_code=3), name="lint")
WITHOUT_LOG = job_of(CHECKOUT, failing(PYTEST, exit_code=1), name="test", log=EXPIRED)


def cut(conclusion: str) -> Job:
    """A job that was cut short during its tests."""
    return job_of(CHECKOUT, replace(PYTEST, conclusion=conclusion), name="test", conclusion=conclusion)


def world(*jobs: Job, conclusion: str | None = "failure", status: str = "completed") -> World:
    """The sound world, whose account lets everything pass, after a run of these jobs."""
    sound = sound_world()
    listed = tuple(replace(job, id=number) for number, job in enumerate(jobs, 1))
    return replace(sound, attempt=replace(sound.attempt, jobs=Known(listed), conclusion=conclusion, status=status))

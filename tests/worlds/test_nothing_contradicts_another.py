"""What one part of a diagnosis says never contradicts what another says: over defects, faults, red runs, and whole chains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from contradictions import contradictions
from made_attempts import with_workflow
from permission_faults import FAULTS, shared
from policy_faults import FAULTS as POLICY_FAULTS
from policy_faults import faulty
from red_runs import AT_GATE, GOOD, LINT, PUSH, STEPS, TESTS, WITHOUT_LOG, cut, release, world
from replay_builders import Spec, denied, job_of
from seeded_defects import DEFECTS, broken
from small_world import GROUNDS, World, sound_world, two_role_world
from thoroughness import some

from diagnosis.diagnose import conclude, question_of, replays_of
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt, Job
from diagnosis.facts.workflow import Workflow
from diagnosis.gates import Verdict
from diagnosis.verdicts.diagnosis import Diagnosis

DENIALS = (
    denied("ecr:PutImage"),
    "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
    "##[error]Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity",
    "no basic auth credentials",
)
SOUND = sound_world()


def worlds() -> Iterator[World]:
    yield from (sound_world(ground) for ground in some(tuple(GROUNDS.values()), 3))
    yield two_role_world()
    yield from (shared(fault) for fault in some(FAULTS, 16))
    yield from (broken([defect]) for defect in some(DEFECTS, 16))
    yield from (faulty(fault) for fault in some(POLICY_FAULTS, 40))
    for jobs in ((GOOD,), (AT_GATE,), (TESTS,), (AT_GATE, LINT), (GOOD, WITHOUT_LOG), (cut("cancelled"),)):
        yield from (world(*jobs, conclusion=end) for end in some(("failure", "success", "cancelled"), 2))


def test_no_world_is_told_in_two_ways() -> None:
    found = [told for each in worlds() for told in contradictions(each.diagnosis())]
    assert not found


def attempt(job: Job, number: int, conclusion: str, file: Workflow) -> Attempt:
    begun = SOUND.attempt.created_at + timedelta(hours=number)
    made = replace(
        SOUND.attempt,
        run_id=SOUND.attempt.run_id + number,
        run_number=SOUND.attempt.run_number + number,
        jobs=Known((replace(job, id=number),)),
        conclusion=conclusion,
        created_at=begun,
        started_at=begun,
        updated_at=begun + timedelta(minutes=5),
    )
    return with_workflow(made, file)


def chain(last: Job, file: Workflow = SOUND.workflow) -> Diagnosis:
    """Refused at the role, refused at the push, then this job in a run that succeeded."""
    push = release(PUSH, denied("ecr:InitiateLayerUpload"), exit_code=1)
    attempts = (
        attempt(AT_GATE, 1, "failure", file),
        attempt(push, 2, "failure", file),
        attempt(last, 3, "success", file),
    )
    replays = replays_of(attempts, Case())
    return conclude(replays, SOUND.asked(question_of(replays[-1], Case())), Case(), made_at=SOUND.now)


def changed(place: int, **parts: object) -> list[Spec]:
    steps = list(STEPS)
    steps[place] = replace(steps[place], **parts)  # type: ignore[arg-type]  # fields by name
    return steps


@pytest.mark.parametrize("place", range(len(STEPS)))
def test_a_denial_in_a_green_run_is_told_in_one_way(place: int) -> None:
    told = []
    for denial in some(DENIALS, 2):
        printed = [*STEPS[place].output, denial]
        went_on = job_of(*changed(place, output=printed), name="Release")
        red = job_of(*changed(place, output=printed, conclusion="failure"), name="Release", conclusion="success")
        steps = list(SOUND.workflow.jobs[0].steps)
        steps[place] = replace(steps[place], continue_on_error=True)
        tolerant = replace(SOUND.workflow, jobs=(replace(SOUND.workflow.jobs[0], steps=tuple(steps)),))
        for diagnosis in (chain(went_on), chain(red, tolerant)):
            assert not contradictions(diagnosis)
            assert diagnosis.closure is not None
            told.append(next(rule.verdict for rule in diagnosis.closure.rules if rule.rule == "no-override"))
    assert not contradictions(chain(job_of(*changed(place, conclusion="skipped"), name="Release")))
    if place >= PUSH:
        assert Verdict.PASS not in told

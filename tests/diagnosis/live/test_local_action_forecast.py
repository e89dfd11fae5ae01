"""A release whose steps lie in a local action is foreseen like one whose steps stand in the workflow file."""

from __future__ import annotations

from dataclasses import replace

from judged_worlds import FILE, account, diagnosis

from diagnosis.facts.reading import Known
from diagnosis.facts.workflow import Action, Workflow, WorkflowStep
from diagnosis.gates import Gate
from diagnosis.steps.local_actions import with_actions

(JOB,) = FILE.jobs
CREDENTIALS, *REGISTRY = JOB.steps
DENIED = account(inline_policies=Known(()))


def behind(*steps: WorkflowStep, action: Action | str) -> Workflow:
    """The workflow whose other steps lie in ``./ship``."""
    own = WorkflowStep("Ship", "./ship", None)
    return with_actions(replace(FILE, jobs=(replace(JOB, steps=(*steps, own)),)), {"ship": action})


def test_the_forecast_names_what_the_action_s_steps_lack() -> None:
    told = diagnosis(DENIED).forecast
    assert any("ecr:PutImage" in problem.actions for problem in told)
    assert (
        diagnosis(DENIED, file=behind(CREDENTIALS, action=Action("ship/action.yml", tuple(REGISTRY)))).forecast == told
    )
    assert diagnosis(DENIED, file=behind(action=Action("ship/action.yml", JOB.steps))).forecast == told


def test_where_the_action_was_not_read_what_is_missing_says_why() -> None:
    found = diagnosis(DENIED, file=behind(CREDENTIALS, action="ship/action.yml: GitHub answered 404"))
    assert found.live is not None
    (gap,) = found.live.at(Gate.REGISTRY_AUTHORIZATION).missing
    assert "./ship" in gap.why
    assert "GitHub answered 404" in gap.why

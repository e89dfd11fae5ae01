"""A job that pushes, deploys and keeps evidence: one action less and its preflight fails at that step, one more and it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_world import NOW, World
from test_permissions_of_a_whole_release import UNNEEDED, needs, world_of
from thoroughness import some

from diagnosis.documents.preflight import Preflight
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import OidcCustomization
from diagnosis.facts.workflow import WorkflowFile
from diagnosis.gates import Gate, Verdict
from diagnosis.preflight.judge_job import asked, judged
from diagnosis.preflight.this_job import Given, this_job
from diagnosis.verdicts.release import NeedKind

ENVIRON = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_NAME": "workflow_dispatch",
    "GITHUB_JOB": "release",
    "GITHUB_REF": "refs/heads/release",
    "GITHUB_REPOSITORY": "octo-org/octo-repo",
    "GITHUB_REPOSITORY_ID": "456789",
    "GITHUB_RUN_ID": "900",
    "GITHUB_WORKFLOW_REF": "octo-org/octo-repo/.github/workflows/release.yml@refs/heads/release",
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://token.example",
}


def preflight(world: World) -> Preflight:
    job = this_job(
        Given(
            ENVIRON,
            NOW,
            file=Known(WorkflowFile("", world.workflow)),
            path=world.workflow.path,
            repository=world.attempt.repository,
            customization=Known(OidcCustomization(use_immutable_subject=False)),
        )
    )
    job = job.with_parts_of(replace(job.attempt, other_workflows=Known(())))
    ready = asked(job, world.case)
    return judged(ready, world.asked(ready.question), world.case, NOW)


def test_with_exactly_what_it_needs_every_gate_is_open() -> None:
    found = preflight(world_of(needs()))
    assert found.verdict is Verdict.PASS, [gate.reason for gate in found.gates]
    assert len(found.gates) == 5
    assert found.gaps == ()


@pytest.mark.parametrize("place", some(range(len(needs())), 5))
def test_one_action_less_fails_at_its_gate_and_names_its_step(place: int) -> None:
    need = needs()[place]
    found = preflight(world_of(tuple(item for item in needs() if item is not need)))
    if need.kind is not NeedKind.REQUIRED:
        assert found.verdict is Verdict.PASS
        return
    assert found.verdict is Verdict.FAIL
    (problem,) = found.problems
    assert (problem.gate, problem.actions) == (need.checkpoint.gate, (need.action,))
    if problem.gate is Gate.SERVICE_AUTHORIZATION:
        assert problem.step == need.step


@pytest.mark.parametrize("name", some(tuple(UNNEEDED), 4))
def test_one_grant_more_fails_no_gate_but_least_privilege(name: str) -> None:
    found = preflight(world_of(needs(), UNNEEDED[name]))
    assert {gate.gate for gate in found.gates if gate.verdict is not Verdict.PASS} <= {Gate.LEAST_PRIVILEGE}

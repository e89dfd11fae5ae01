"""Values that a run is given anew: a dispatch is written with the inputs of the run, and what later runs use is told."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from small_world import NAME, World, policy, sound_world, trust

from diagnosis.causes import Cause
from diagnosis.facts.account import ResourcePolicy
from diagnosis.facts.reading import Absent
from diagnosis.facts.workflow import WorkflowInput, WorkflowStep
from diagnosis.verdicts.diagnosis import Path

MAIN = "repo:octo-org/octo-repo:ref:refs/heads/main"
BUCKET = "arn:aws:s3:::octo-evidence"


def _input(name: str, default: str | None = None) -> WorkflowInput:
    return WorkflowInput(name, "workflow_dispatch", default=default)


def dispatched(world: World, *inputs: WorkflowInput, **given: str) -> World:
    workflow = replace(
        world.workflow,
        triggers=("workflow_dispatch",),
        declared_inputs=inputs,
        inputs=tuple((each.name, each.default) for each in inputs),
        given_inputs=tuple(given.items()),
    )
    attempt = replace(
        world.attempt, event="workflow_dispatch", workflow_path=".github/workflows/release.yml@refs/heads/release"
    )
    return replace(world, workflow=workflow, attempt=attempt)


def uploading(key: str) -> World:
    """A release that puts an object of this key, which nothing allows."""
    world = sound_world()
    step = WorkflowStep("Evidence", None, f"aws s3 cp report.json s3://octo-evidence/{key}\n")
    return world.with_job(steps=(*world.workflow.jobs[0].steps, step)).with_account(
        resource_policies=(ResourcePolicy(BUCKET, Absent("its policy")),)
    )


def first_path(world: World) -> Path:
    return world.diagnosis().paths[0]


def test_another_ref_is_dispatched_with_what_the_run_was_given() -> None:
    inputs = (_input("id"), _input("region", "eu-west-1"), _input("note", "none"))
    world = dispatched(
        sound_world().with_trust(trust(MAIN)), *inputs, id="4711; rm -rf .", region="eu-west-1", note="it's"
    )
    remediation = first_path(world).remediations[0]
    assert remediation.id == "dispatch-on-main"
    words = shlex.split(remediation.aws_cli)
    # What is the default anyhow is left out.
    assert words[:4] == ["gh", "workflow", "run", "release.yml"]
    assert words[words.index("main") + 1 :] == ["-f", "id=4711; rm -rf .", "-f", "note=it's"]
    assert remediation.warnings == ()


def test_an_input_that_the_record_does_not_tell_is_named_and_never_its_default() -> None:
    world = dispatched(sound_world().with_trust(trust(MAIN)), _input("id"), _input("mode", "fast"), id="4711")
    remediation = first_path(world).remediations[0]
    assert shlex.split(remediation.aws_cli)[-2:] == ["-f", "id=4711"]
    assert [warning for warning in remediation.warnings if "`mode`" in warning and "`id`" not in warning]


def test_another_event_has_no_inputs_to_give() -> None:
    world = dispatched(sound_world().with_trust(trust(MAIN)), _input("id"), id="4711")
    pushed = replace(world, attempt=replace(world.attempt, event="push"))
    remediation = first_path(pushed).remediations[0]
    assert "-f" not in shlex.split(remediation.aws_cli)
    assert remediation.warnings == ()


@pytest.mark.parametrize(
    ("key", "named"),
    [
        ("runs/${{ inputs.id }}/report.json", "`inputs.id` uses another name in arn:aws:s3:::octo-evidence/runs/*"),
        ("${GITHUB_RUN_ID}.json", "`github.run_id` uses another name in arn:aws:s3:::octo-evidence/*"),
        ("runs/${{ github.sha }}.json", "`github.sha` uses another name in arn:aws:s3:::octo-evidence/runs/*"),
        ("runs/4711/report.json", ""),
    ],
)
def test_a_grant_on_a_name_of_this_run_says_that_later_runs_use_another(key: str, named: str) -> None:
    path = first_path(dispatched(uploading(key), _input("id"), id="4711"))
    assert path.passes_run
    assert Cause.SERVICE_ACTION in path.remediations[0].causes
    assert named in path.does_not_prove
    assert ("later runs" in path.does_not_prove) is bool(named)


def test_an_exact_name_of_a_run_is_none_that_another_ref_would_use() -> None:
    """A dispatch is a run of its own: what is granted for this run's id is not granted for that one's."""
    shown = {key: uploading(key).with_trust(trust(MAIN)) for key in ("${{ github.run_id }}.json", "report.json")}
    ids = {
        key: [path.remediations[0].id for path in dispatched(world).diagnosis().paths] for key, world in shown.items()
    }
    assert ids["report.json"][0] == "dispatch-on-main"
    assert ids["${{ github.run_id }}.json"] == ["admit-subject"]


def test_a_registry_is_the_same_for_every_run() -> None:
    world = dispatched(sound_world().with_policy(policy()), _input("id"), id=NAME)
    assert "later runs" not in first_path(world).does_not_prove

"""What a run settles of contexts, conditions and inputs, and what its log teaches: known only where it is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from replay_builders import CONFIGURE, HOST, LOGIN, REGION, ROLE, Spec, attempt_of, job_of

from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt, Job
from diagnosis.facts.workflow import Workflow
from diagnosis.replay.attempt import replay
from diagnosis.steps.expressions.text import holds
from diagnosis.steps.read_job import ReadJob, read_job
from diagnosis.steps.resolved_workflow import resolved_workflow
from diagnosis.steps.variables import run_values
from probes.workflow_file import workflow_file

TOP = f"""
permissions: {{contents: read, id-token: write}}
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with: {{role-to-assume: "{ROLE}", aws-region: {REGION}}}
      - id: login
        uses: aws-actions/amazon-ecr-login@v2
"""
DISPATCH = """on:
  workflow_dispatch:
    inputs:
      repo: {type: choice, options: [dev, prod], default: dev}
      dry: {type: boolean, default: true}
  push:
"""
NOT_RUN = Job(1, "release", "completed", "failure", log=Known(""))


def run(steps: str, *jobs: Job, event: str = "push", on: str = DISPATCH, **changes: object) -> Attempt:
    file = workflow_file(Known(on + TOP + steps), ".github/workflows/release.yml")
    made = attempt_of(*(jobs or (NOT_RUN,)), workflow_file=file, event=event, head_branch="main", conclusion="failure")
    return replace(made, **changes)  # type: ignore[arg-type] # fields of the attempt


def pushes(attempt: Attempt) -> set[str | None]:
    return {
        need.resource and need.resource.rpartition("repository/")[2]
        for need in replay(attempt).needs
        if need.action == "ecr:PutImage"
    }


def reading(attempt: Attempt) -> ReadJob:
    workflow = resolved_workflow(attempt)
    assert isinstance(workflow, Workflow)
    assert isinstance(attempt.jobs, Known)
    return read_job(attempt.jobs.value[0], workflow.jobs[0], workflow, attempt, Case())


PUSH_INPUT = "      - run: docker push ${{ steps.login.outputs.registry }}/${{ inputs.repo }}:1\n"


def test_a_dispatch_s_input_is_never_its_default() -> None:
    assert pushes(run(PUSH_INPUT, event="workflow_dispatch")) == {None}
    assert pushes(run(PUSH_INPUT.replace("inputs.", "github.event.inputs."), event="workflow_dispatch")) == {None}


def test_where_the_log_shows_an_input_it_is_known_for_the_steps_that_did_not_run() -> None:
    shown = "      - run: echo to ${{ inputs.repo }}\n" + PUSH_INPUT
    job = job_of(
        Spec(run="echo to prod"),
        replace(CONFIGURE, name=None, conclusion="failure"),
        Spec(run=f"docker push {HOST}/x", name="Run docker push ${{ x }}", conclusion="skipped"),
    )
    attempt = run(shown, job, event="workflow_dispatch")
    moved = replace(
        attempt,
        workflow_file=workflow_file(
            Known(
                DISPATCH
                + TOP.replace("    steps:\n", "    steps:\n      - run: echo to ${{ inputs.repo }}\n")
                + PUSH_INPUT
            ),
            "w.yml",
        ),
    )
    assert pushes(moved) == {"prod"}
    assert reading(moved).learnt == {"inputs.repo": "prod"}


def test_of_another_event_the_inputs_are_empty() -> None:
    step = "      - if: ${{ !inputs.dry }}\n        run: docker push ${{ steps.login.outputs.registry }}/app${{ inputs.repo }}:1\n"
    assert pushes(run(step)) == {"app"}
    assert pushes(run(step.replace("!inputs.dry", "inputs.dry"))) == set()
    assert pushes(run(step.replace("!inputs.dry", "inputs.dry == true"), event="workflow_dispatch")) == {None}


@pytest.mark.parametrize(
    ("condition", "needed"),
    [
        ("github.ref == 'refs/heads/main'", True),
        ("github.ref == 'refs/heads/prod'", False),
        ("github.event_name == 'release'", False),
        ("github.ref_name != github.event.repository.default_branch", False),
        ("startsWith(github.ref, 'refs/tags/')", False),
        ("github.event_name != 'pull_request' && github.repository == 'acme/shop'", True),
        ('contains(fromJSON(\'["push", "schedule"]\'), github.event_name)', True),
        ("github.head_ref", False),
        ("vars.DEPLOY == 'true'", True),
        ("runner.os == 'Windows'", False),
        ("steps.other.outputs.changed", True),
    ],
)
def test_a_step_that_does_not_run_in_this_run_needs_nothing(condition: str, needed: bool) -> None:
    step = f"      - if: {condition}\n        run: docker push ${{{{ steps.login.outputs.registry }}}}/app:1\n"
    attempt = run(step)
    attempt = replace(attempt, repository=replace(attempt.repository, default_branch="main"))
    assert pushes(attempt) == ({"app"} if needed else set())
    because = [need.because for need in replay(attempt).needs if need.action == "ecr:PutImage"]
    open_condition = condition.startswith(("vars", "steps"))
    assert all((f"if {condition}" in text) is open_condition for text in because)


def test_a_job_that_does_not_run_in_this_run_needs_nothing() -> None:
    push = "      - run: docker push ${{ steps.login.outputs.registry }}/app:1\n"
    for condition, needed in (("github.ref == 'refs/heads/prod'", False), ("vars.X", True), ("github.actor", True)):
        attempt = run(push)
        text = DISPATCH + TOP.replace("    runs-on", f"    if: {condition}\n    runs-on") + push
        attempt = replace(attempt, workflow_file=workflow_file(Known(text), "w.yml"))
        assert pushes(attempt) == ({"app"} if needed else set()), condition


def test_an_action_s_push_is_what_its_expression_gives() -> None:
    step = (
        "      - uses: docker/build-push-action@v6\n        with:\n          push: ${{ github.event_name != 'pull_request' }}\n"
        "          tags: ${{ format('{0}/{1}:{2}', steps.login.outputs.registry, 'app', github.sha) }}\n"
    )
    assert pushes(run(step)) == {"app"}
    assert pushes(run(step, event="pull_request")) == set()
    assert pushes(run(step.replace("github.event_name != 'pull_request'", "vars.PUSH"))) == {"app"}


def test_outputs_are_told_apart_by_the_id_of_their_step() -> None:
    steps = (
        '      - id: one\n        run: echo "image=a" >> $GITHUB_OUTPUT\n'
        '      - id: two\n        run: echo "image=b" >> $GITHUB_OUTPUT\n'
        "      - run: docker push ${{ steps.login.outputs.registry }}/${{ steps.one.outputs.image }}:1\n"
    )
    assert pushes(run(steps)) == {"a"}
    assert pushes(run(steps.replace("steps.one", "steps.two"))) == {"b"}
    assert pushes(run(steps.replace("steps.one", "steps.login"))) == {None}


def test_two_values_for_one_output_of_a_step_are_those_of_two_branches() -> None:
    steps = (
        '      - id: one\n        run: |\n          if [ -n "$X" ]; then echo image=a >> $GITHUB_OUTPUT\n'
        "          else echo image=b >> $GITHUB_OUTPUT; fi\n"
        "      - run: docker push ${{ steps.login.outputs.registry }}/${{ steps.one.outputs.image }}:1\n"
    )
    assert pushes(run(steps)) == {None}


def test_the_registry_of_each_login_is_that_of_the_credentials_before_it() -> None:
    other = "eu-west-1"
    steps = (
        f'      - uses: aws-actions/configure-aws-credentials@v4\n        with: {{role-to-assume: "{ROLE}", aws-region: {other}}}\n'
        "      - id: second\n        uses: aws-actions/amazon-ecr-login@v2\n"
        "      - id: public\n        uses: aws-actions/amazon-ecr-login@v2\n        with: {registry-type: public}\n"
        "      - run: docker push ${{ steps.login.outputs.registry }}/a\n"
        "      - run: docker push ${{ steps.second.outputs.registry }}/b\n"
        "      - run: docker push ${{ steps.public.outputs.registry }}/me/c\n"
    )
    read = reading(run(steps))
    assert [step.operations[0].target for step in read.steps[-3:]] == [
        f"{HOST}/a",
        f"{HOST.replace(REGION, other)}/b",
        "public.ecr.aws/me/c",
    ]


def test_a_variable_is_what_a_head_of_the_log_shows_for_it() -> None:
    head = (
        "      - uses: actions/cache@v4\n        with: {key: 'k-${{ vars.NAME }}-1', path: '${{ secrets.HIDDEN }}'}\n"
    )
    push = "      - run: docker push ${{ steps.login.outputs.registry }}/${{ vars.NAME }}${{ secrets.HIDDEN }}:1\n"
    text = DISPATCH + TOP.replace("    steps:\n", "    steps:\n" + head) + push.replace("${{ secrets.HIDDEN }}", "")
    cache = Spec(uses="actions/cache@v4", inputs={"key": "k-shop/web-1", "path": "***"})
    attempt = run("", job_of(cache, replace(CONFIGURE, name=None, conclusion="failure")))
    attempt = replace(attempt, workflow_file=workflow_file(Known(text), "w.yml"))
    assert pushes(attempt) == {"shop/web"}
    assert "secrets.HIDDEN" not in reading(attempt).values
    # An environment may have variables of its own, so they are not those of other jobs.
    assert reading(attempt).learnt == {}


def test_a_condition_that_was_false_although_all_went_well_is_false_in_a_rerun_too() -> None:
    step = "      - if: inputs.dry != true\n        name: Ship\n"
    step += "        run: docker push ${{ steps.login.outputs.registry }}/app:1\n"
    skipped = Spec(name="Ship", run="docker push x", conclusion="skipped")
    failed = Spec(run="exit 1", conclusion="failure")
    login = replace(LOGIN, name=None)
    well = job_of(replace(CONFIGURE, name=None), login, skipped, failed)
    badly = job_of(replace(CONFIGURE, name=None), replace(login, conclusion="failure"), skipped)
    tail = step + "      - run: exit 1\n"
    assert pushes(run(tail, well, event="workflow_dispatch")) == set()
    assert pushes(run(tail, badly, event="workflow_dispatch")) == {"app"}
    assert pushes(run(tail, replace(well, conclusion="cancelled"), event="workflow_dispatch")) == {"app"}
    assert pushes(run(tail.replace("inputs.dry", "steps.x.outputs.y"), well, event="workflow_dispatch")) == {"app"}


@pytest.mark.parametrize(
    ("event", "branch", "on", "ref"),
    [
        ("push", "main", "on: push", "refs/heads/main"),
        ("push", "v1.2.3", 'on: { push: { tags: ["v*"] } }', "refs/tags/v1.2.3"),
        ("push", "v1.2.3", "on:\n  push:\n    branches: [main]\n    tags: ['v*']", "refs/tags/v1.2.3"),
        ("push", "release/v2", "on:\n  push:\n    branches: ['release/**']\n    tags: ['v*']", "refs/heads/release/v2"),
        ("push", "v1.2.3", "on: push", None),
        ("workflow_dispatch", "v1.2.3", "on: workflow_dispatch", None),
        ("release", "v1", "on: release", "refs/tags/v1"),
        ("pull_request", "topic", "on: pull_request", None),
    ],
)
def test_the_ref_is_settled_by_the_event_the_name_and_the_filters(
    event: str, branch: str, on: str, ref: str | None
) -> None:
    attempt = replace(run("", on=on + "\n", event=event), head_branch=branch)
    values = run_values(attempt)
    assert holds(f"github.ref == '{ref or 'refs/heads/' + branch}'", values) is (
        True if ref else False if event == "pull_request" else None
    )
    assert holds("github.ref == 'refs/heads/another'", values) is False
    assert attempt.ref == (ref or f"refs/heads/{branch}")
    assert ("GITHUB_REF" in values) is (ref is not None)
    if event == "pull_request":
        assert values["github.head_ref"] == branch
        assert "github.ref_name" not in values or "$" in values["github.ref_name"]


def test_a_step_that_ran_is_not_argued_away() -> None:
    step = "      - if: github.ref == 'refs/heads/prod'\n        run: docker push ${{ steps.login.outputs.registry }}/app:1\n"
    attempt = run(
        step, job_of(replace(CONFIGURE, name=None), replace(LOGIN, name=None), Spec(run=f"docker push {HOST}/app:1"))
    )
    assert all(each.runs for each in reading(attempt).steps)

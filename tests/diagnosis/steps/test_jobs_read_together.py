"""What one job of a run shows is known for the others; legs and jobs that never began are read from the file."""

from __future__ import annotations

from dataclasses import replace

from replay_builders import CHECKOUT, CONFIGURE, HOST, REGION, ROLE, Spec, attempt_of, job_of

from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt, Job
from diagnosis.facts.workflow import Workflow
from diagnosis.replay.attempt import replay
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.read_job import ReadJob
from diagnosis.steps.read_run import Told, read_begun, read_not_begun
from diagnosis.steps.resolved_workflow import resolved_workflow
from probes.workflow_file import workflow_file

TOP = f"""
on: {{workflow_dispatch: {{inputs: {{what: {{default: dev}}}}}}}}
permissions: {{contents: read, id-token: write}}
jobs:
  plan:
    outputs: {{name: "${{{{ steps.n.outputs.name }}}}"}}
    steps:
      - run: echo ${{{{ inputs.what }}}} ${{{{ vars.TEAM }}}}
      - run: echo the team ${{{{ vars.TEAM }}}}
      - {{id: n, run: 'echo "name=shop/web" >> $GITHUB_OUTPUT'}}
  build:
    needs: plan
    strategy: {{matrix: {{service: [api, web]}}}}
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with: {{role-to-assume: "{ROLE}", aws-region: {REGION}}}
      - run: docker push {HOST}/${{{{ matrix.service }}}}-${{{{ inputs.what }}}}
      - run: docker push {HOST}/${{{{ needs.plan.outputs.name }}}}
      - run: docker push {HOST}/${{{{ vars.TEAM }}}}
"""


def plan(what: str = "prod") -> Job:
    return job_of(
        Spec(run=f"echo {what} red"),
        Spec(run="echo the team red"),
        Spec(run='echo "name=shop/web" >> $GITHUB_OUTPUT'),
        name="plan",
    )


def run(*jobs: Job, text: str = TOP) -> Attempt:
    file = workflow_file(Known(text), ".github/workflows/release.yml")
    return attempt_of(*jobs, workflow_file=file, event="workflow_dispatch", conclusion="failure")


def read(attempt: Attempt) -> tuple[list[ReadJob], list[ReadJob]]:
    workflow, told = resolved_workflow(attempt), Told()
    assert isinstance(workflow, Workflow)
    assert isinstance(attempt.jobs, Known)
    begun = read_begun(attempt, attempt.jobs.value, workflow, Case(), told)
    return list(begun), list(read_not_begun(attempt, workflow, begun, Case(), told))


def pushed(read: ReadJob) -> list[str | None]:
    return [
        (operation.target or "").removeprefix(f"{HOST}/")
        for step in read.steps
        for operation in step.operations
        if operation.purpose is Purpose.PUSH
    ]


def test_legs_that_never_began_have_their_own_values_and_those_of_other_jobs() -> None:
    begun, others = read(run(plan()))
    assert [each.name for each in begun] == ["plan"]
    assert [each.name for each in others] == ["build (api)", "build (web)"]
    # Both are in one line, so the line alone tells neither; the second line tells the team.
    assert [pushed(each) for each in others] == [["api-prod", "shop/web", "red"], ["web-prod", "shop/web", "red"]]


def test_a_leg_that_github_lists_is_not_read_twice() -> None:
    begun, others = read(run(plan(), job_of(replace(CONFIGURE, name=None, conclusion="failure"), name="build (web)")))
    assert [each.name for each in begun] == ["plan", "build (web)"]
    assert pushed(begun[1]) == ["web-prod", "shop/web", "red"]
    assert [each.name for each in others] == ["build (api)"]


def test_a_matrix_that_was_skipped_as_a_whole_is_divided() -> None:
    skipped = Job(9, "build", "completed", "skipped")
    begun, others = read(run(plan(), skipped))
    assert [each.name for each in begun] == ["plan", "build (api)", "build (web)"]
    assert not others
    assert pushed(begun[2]) == ["web-prod", "shop/web", "red"]


def test_an_environment_has_variables_of_its_own() -> None:
    staged = TOP.replace("  build:\n", "  build:\n    environment: prod\n")
    _, (api, _) = read(run(plan(), text=staged))
    assert pushed(api) == ["api-prod", "shop/web", "${{ vars.TEAM }}"]


def test_what_two_jobs_show_differently_is_not_known() -> None:
    again = TOP.replace("  build:\n", "  again:\n    steps: [{run: 'echo the team ${{ vars.TEAM }}'}]\n  build:\n")
    other = job_of(Spec(run="echo the team blue"), name="again")
    _, (api, _) = read(run(plan(), other, text=again))
    assert pushed(api)[2] == "***"


def test_a_job_is_told_what_a_later_one_shows() -> None:
    first = TOP.replace("  plan:\n", "  first:\n    steps: [{run: 'docker push h/${{ inputs.what }}'}]\n  plan:\n")
    begun, _ = read(run(Job(3, "first", "completed", "cancelled"), plan(), text=first))
    assert pushed(begun[0]) == ["h/prod"]


def test_the_sessions_of_a_replay_have_a_leg_each() -> None:
    result = replay(
        run(plan(), job_of(CHECKOUT, replace(CONFIGURE, name=None, conclusion="failure"), name="build (web)"))
    )
    named = {
        session.job: {str(need.resource).rpartition("/")[2] for need in session.needs if need.action == "ecr:PutImage"}
        for session in result.sessions
    }
    assert named == {"build (web)": {"web-prod", "web", "red"}, "build (api)": {"api-prod", "web", "red"}}


def test_a_job_that_was_skipped_although_its_needs_were_met_was_shut_off() -> None:
    text = TOP.replace("    needs: plan\n", "    needs: plan\n    if: inputs.what != 'prod' && vars.SHIP\n")
    for conclusion, condition, runs in (
        ("success", "inputs.what && vars.SHIP", False),
        ("failure", "inputs.what && vars.SHIP", None),
        ("success", "inputs.what && needs.plan.outputs.other", None),
        ("success", "contains(fromJSON(vars.ALL), inputs.what)", False),
        ("success", "success() && vars.SHIP", False),
        ("success", "failure() || vars.SHIP", None),
        ("success", "hashFiles('x') == vars.SHIP", None),
        ("success", "inputs.what != 'prod' && vars.SHIP", False),
        ("failure", "inputs.what != 'prod' && vars.SHIP", False),
    ):
        changed = text.replace("inputs.what != 'prod' && vars.SHIP", condition)
        begun, _ = read(
            run(replace(plan(), conclusion=conclusion), Job(9, "build (api)", "completed", "skipped"), text=changed)
        )
        assert begun[1].runs is runs, (conclusion, condition)


def test_jobs_of_one_name_are_told_apart_by_what_they_show_and_together_are_all_legs() -> None:
    text = TOP.replace("    needs: plan\n", "    needs: plan\n    name: Ship\n").replace(
        "name: Ship\n", "name: Ship ${{ github.run_id && 1 }}\n"
    )
    text = text.replace(
        "    steps:\n      - uses: aws", "    steps:\n      - run: echo ${{ matrix.service }}\n      - uses: aws"
    )
    failed = replace(CONFIGURE, name=None, conclusion="failure")
    silent = Job(8, "Ship 1", "completed", "cancelled")
    web = job_of(Spec(run="echo web"), failed, name="Ship 1", job_id=9)
    begun, others = read(run(plan(), silent, web, text=text))
    assert [pushed(each)[0] for each in begun[1:]] == ["api-prod", "web-prod"]
    assert not others
    alone, rest = read(run(plan(), web, text=text))
    assert pushed(alone[1])[0] == "web-prod"
    assert [pushed(each)[0] for each in rest] == ["api-prod"]
    untold, rest = read(run(plan(), silent, text=text))
    assert pushed(untold[1])[0] == "${{ matrix.service }}-prod"
    assert not rest

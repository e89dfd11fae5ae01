"""A reusable workflow's jobs stand in the place of the job that calls them, with what the caller hands over."""

from __future__ import annotations

from dataclasses import replace

import pytest
from replay_builders import HOST, ROLE, attempt_of, job_of

from diagnosis.claims.pretrust import check_token
from diagnosis.claims.subject_claim import claims_of
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Attempt, CalledWorkflow
from diagnosis.facts.workflow import Workflow
from diagnosis.gates import Verdict
from diagnosis.steps.called_workflows import MOST_JOBS
from diagnosis.steps.expressions.text import holds
from diagnosis.steps.kinds import StepKind
from diagnosis.steps.needs import is_never
from diagnosis.steps.read_job import read_job
from diagnosis.steps.resolved_workflow import resolved_workflow
from probes.workflow_file import workflow_file

CALLER = """
on: push
permissions:
  contents: read
  id-token: write
jobs:
  web:
    uses: ./.github/workflows/ship.yml
    with: {role: %s, image: shop/web, target: production}
  api:
    uses: ./.github/workflows/ship.yml
    with: {role: %s, image: shop/api, target: staging}
"""
CALLED = """
on:
  workflow_call:
    inputs:
      role: {type: string, required: true}
      image: {type: string}
      target: {type: string}
      tag: {type: string, default: v1}
env:
  ROLE: ${{ inputs.role }}
jobs:
  ship:
    name: Ship
    environment: ${{ inputs.target }}
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with:
          role-to-assume: ${{ env.ROLE }}
          aws-region: eu-central-1
      - run: docker push %s/${{ inputs.image }}:${{ inputs.tag }}
"""


def attempt(caller: str = CALLER % (ROLE, ROLE), called: str | None = CALLED % HOST) -> Attempt:
    gone = Unreadable("the called file", "GitHub answered 404", "grant contents: read")
    path = "acme/shop/.github/workflows/ship.yml@refs/heads/main"
    made = attempt_of(job_of())
    text = gone if called is None else Known(called)
    path = path.replace("acme/shop", made.repository.full_name)
    return replace(
        made,
        workflow_file=workflow_file(Known(caller), made.workflow_path),
        called_workflows=(CalledWorkflow(path, made.head_sha, "refs/heads/main", workflow_file(text, path)),),
    )


def resolved(of: Attempt) -> Workflow:
    found = resolved_workflow(of)
    assert isinstance(found, Workflow)
    return found


def test_each_call_gives_its_own_jobs_with_the_inputs_filled_in() -> None:
    file = resolved(attempt())
    web, api = file.job_named("web / Ship"), file.job_named("api / Ship")
    assert web is not None
    assert api is not None
    assert (web.environment, api.environment) == ("production", "staging")
    assert web.steps[1].run == f"docker push {HOST}/shop/web:v1"
    assert api.steps[1].run == f"docker push {HOST}/shop/api:v1"
    assert dict(web.env)["ROLE"] == ROLE


def test_a_shell_s_own_variables_wait_for_the_shell() -> None:
    called = (CALLED % HOST).replace(f"push {HOST}/", "push ${REGISTRY:-ghcr.io}/")
    assert resolved(attempt(called=called)).jobs[0].steps[1].run == "docker push ${REGISTRY:-ghcr.io}/shop/web:v1"


def test_the_caller_s_environment_variables_are_not_handed_on() -> None:
    file = resolved(attempt((CALLER % (ROLE, ROLE)).replace("jobs:", "env: {SECRET_PLACE: here}\njobs:", 1)))
    assert "SECRET_PLACE" not in dict(file.jobs[0].env)


def test_the_subject_has_the_environment_of_the_called_job_and_the_claim_its_file() -> None:
    run = attempt()
    file = resolved(run)
    found = claims_of(run, workflow=file, job=file.job_named("web / Ship"))
    assert all(subject.endswith(":environment:production") for subject in found.subjects)
    assert "/.github/workflows/ship.yml@" in (found.sets[0].get("job_workflow_ref") or "")


def test_the_called_job_has_no_token_where_its_caller_lacks_it_or_its_own_file_takes_it_away() -> None:
    lacking = attempt((CALLER % (ROLE, ROLE)).replace("  id-token: write\n", ""))
    taken = attempt(called=(CALLED % HOST).replace("env:\n", "permissions: {contents: read}\nenv:\n", 1))
    for run, named in ((lacking, "calling job web"), (taken, "job web / ship")):
        file = resolved(run)
        check = check_token(run, file, file.jobs[0])
        assert (check.verdict, check.cause) == (Verdict.FAIL, "id-token-not-granted")
        assert named in check.reason
    file = resolved(attempt())
    assert check_token(attempt(), file, file.jobs[0]).verdict is Verdict.PASS


def test_a_called_job_cannot_raise_the_permissions_of_its_caller() -> None:
    raised = (CALLED % HOST).replace("env:\n", "permissions: {id-token: write}\nenv:\n", 1)
    run = attempt((CALLER % (ROLE, ROLE)).replace("  id-token: write\n", ""), raised)
    file = resolved(run)
    assert check_token(run, file, file.jobs[0]).verdict is Verdict.FAIL


def test_a_call_that_is_shut_off_shuts_its_jobs_off() -> None:
    off = (CALLER % (ROLE, ROLE)).replace("  web:\n", "  web:\n    if: ${{ false }}\n")
    assert is_never(resolved(attempt(off)).jobs[0].condition)


def test_a_file_that_was_not_read_leaves_the_calling_job_as_it_is() -> None:
    run = attempt(called=None)
    file = resolved(run)
    assert [job.id for job in file.jobs] == ["web", "api"]
    assert check_token(run, file, file.jobs[0]).verdict is Verdict.UNKNOWN


def test_a_file_that_calls_itself_comes_to_an_end() -> None:
    loop = "on: workflow_call\njobs:\n  a: {uses: ./.github/workflows/ship.yml}\n  b: {uses: ./.github/workflows/ship.yml}\n"
    assert len(resolved(attempt(called=loop)).jobs) <= 500


TYPED = """
on:
  workflow_call:
    inputs:
      push: {type: boolean}
      level: {type: number, default: 2}
      name: {type: string, default: shop/web}
    outputs:
      image: {value: "${{ jobs.ship.outputs.image }}"}
jobs:
  check:
    steps: [{run: echo}]
  ship:
    needs: check
    if: needs.check.outputs.ok == 'yes' && inputs.push
    outputs: {image: "${{ steps.tag.outputs.image }}"}
    steps:
      - id: tag
        run: echo "image=%s/${{ inputs.name }}" >> $GITHUB_OUTPUT
      - if: inputs.push == true && inputs.level > 1
        run: docker push %s/${{ inputs.push && inputs.name || 'none' }}:${{ inputs['level'] }}
"""


def test_inputs_keep_their_kinds_and_conditions_speak_of_the_caller() -> None:
    call = "on: push\njobs:\n  web:\n    uses: ./.github/workflows/ship.yml\n    with: {push: %s}\n  last:\n    needs: web\n"
    call += "    steps: [{run: 'docker push ${{ needs.web.outputs.image }}'}]\n"
    for given, first, second, target in (
        ("true", "needs['web / check'].outputs.ok == 'yes' && true", True, f"{HOST}/shop/web:2"),
        ("false", "needs['web / check'].outputs.ok == 'yes' && false", False, f"{HOST}/none:2"),
        (
            "'${{ vars.PUSH }}'",
            "needs['web / check'].outputs.ok == 'yes' && vars.PUSH",
            None,
            f"{HOST}/${{{{ vars.PUSH && 'shop/web' || 'none' }}}}:2",
        ),
    ):
        file = resolved(attempt(call % given, TYPED % (HOST, HOST)))
        ship, last = file.jobs[1], file.jobs[2]
        assert (ship.condition, ship.needs) == (first, ("web / check",))
        assert holds(ship.steps[1].condition, {}) is second
        assert ship.steps[1].run == f"docker push {target}"
        assert last.steps[0].run == "docker push ${{ needs['web / ship'].outputs.image }}"


def test_an_input_that_is_not_given_is_never_one_of_the_caller() -> None:
    call = (
        "on:\n  workflow_dispatch: {inputs: {name: {default: x}}}\njobs:\n  web: {uses: ./.github/workflows/ship.yml}\n"
    )
    called = "on: workflow_call\njobs:\n  ship:\n    steps: [{run: 'echo ${{ inputs.name }}|${{ toJSON(inputs) }}|'}]\n"
    run = resolved(attempt(call, called)).jobs[0].steps[0].run
    assert run == "echo |${{ toJSON(called_file) }}|"


def test_a_call_with_a_matrix_stands_once_for_each_of_its_legs() -> None:
    call = """
on: push
jobs:
  ship:
    strategy: {matrix: {service: [web, api]}}
    uses: ./.github/workflows/ship.yml
    with: {role: %s, image: "shop/${{ matrix.service }}", target: production}
"""
    file = resolved(attempt(call % ROLE))
    assert [job.name for job in file.jobs] == ["ship (web) / Ship", "ship (api) / Ship"]
    assert [job.steps[1].run for job in file.jobs] == [f"docker push {HOST}/shop/{name}:v1" for name in ("web", "api")]


def test_the_group_of_inputs_in_a_called_job_s_log_tells_what_the_caller_gave() -> None:
    call = """
on: {workflow_dispatch: {inputs: {what: {default: dev}}}}
jobs:
  web:
    uses: ./.github/workflows/ship.yml
    with: {role: %s, image: "shop/${{ inputs.what }}", target: production}
"""
    run = attempt(call % ROLE)
    file = resolved(run)
    made = job_of(name="web / Ship")
    assert isinstance(made.log, Known)
    log = made.log.value.replace(
        "Complete job name", "##[group] Inputs\n  role: r\n  image: shop/prod\n##[endgroup]\nComplete job name"
    )
    read = read_job(replace(made, log=Known(log)), file.jobs[0], file, replace(run, event="workflow_dispatch"))
    assert read.learnt == {"inputs.what": "prod"}
    assert [step.operations[0].target for step in read.steps if step.is_a(StepKind.DOCKER)] == [f"{HOST}/shop/prod:v1"]


def test_a_secret_of_the_called_file_is_the_one_that_is_handed_on() -> None:
    called = (
        "on: workflow_call\njobs:\n  ship:\n    steps: [{run: 'x ${{ secrets.ROLE }} ${{ secrets.GITHUB_TOKEN }}'}]\n"
    )
    call = "on: push\njobs:\n  web:\n    uses: ./.github/workflows/ship.yml\n"
    for handed, run in (
        ("    secrets: inherit\n", "x ${{ secrets.ROLE }} ${{ secrets.GITHUB_TOKEN }}"),
        ("    secrets: {role: '${{ secrets.PROD_ROLE }}'}\n", "x ${{ secrets.PROD_ROLE }} ${{ secrets.GITHUB_TOKEN }}"),
        ("", "x  ${{ secrets.GITHUB_TOKEN }}"),
    ):
        assert resolved(attempt(call + handed, called)).jobs[0].steps[0].run == run


@pytest.mark.parametrize(("legs", "read"), [(64, True), (65, False)])
def test_a_call_that_becomes_too_many_jobs_stays_a_call(legs: int, read: bool) -> None:
    one = "on: push\njobs:\n  web:\n    uses: ./.github/workflows/ship.yml\n    strategy: {matrix: {n: [%s]}}\n"
    jobs = resolved(attempt(one % ", ".join(map(str, range(legs))))).jobs
    assert [bool(job.uses) for job in jobs] == ([False] * legs if read else [True])


def test_calls_within_calls_with_legs_stay_few() -> None:
    legs = ", ".join(map(str, range(60)))
    loop = f"on: workflow_call\njobs:\n  a:\n    uses: ./.github/workflows/ship.yml\n    strategy: {{matrix: {{n: [{legs}]}}}}\n"
    jobs = resolved(attempt(called=loop)).jobs
    assert len(jobs) < MOST_JOBS
    assert all(job.uses for job in jobs)


OF_ITS_OWN = """
on: {workflow_call: {}}
jobs:
  ship:
    runs-on: ubuntu-latest
    steps:
      - uses: $/actions/login
      - uses: ./actions/build
  deeper:
    uses: $/.github/workflows/ship.yml
"""


@pytest.mark.parametrize(
    ("uses", "login"),
    [
        ("./.github/workflows/ship.yml", "$/actions/login"),
        ("$/.github/workflows/ship.yml", "$/actions/login"),
        ("acme/tools/.github/workflows/ship.yml@v3", "acme/tools/actions/login@v3"),
        ("octo-org/octo-repo/.github/workflows/ship.yml@old", "octo-org/octo-repo/actions/login@old"),
    ],
)
def test_an_action_of_a_called_file_s_own_repository_is_that_of_its_commit(uses: str, login: str) -> None:
    made = attempt(f"on: push\njobs:\n  web:\n    uses: {uses}\n", OF_ITS_OWN)
    home = made.repository.full_name
    uses, login = (text.replace("octo-org/octo-repo", home) for text in (uses, login))
    made = replace(made, workflow_file=workflow_file(Known(f"on: push\njobs:\n  web:\n    uses: {uses}\n"), "a.yml"))
    path = uses if "@" in uses else f"{home}/{uses[2:]}"
    called = replace(made.called_workflows[0], path=path)
    file = resolved(replace(made, called_workflows=(called,)))
    assert {step.uses for job in file.jobs for step in job.steps} == {login, "./actions/build"}
    # One that calls itself ends after as many levels as GitHub allows.
    assert [job.id.count("deeper") for job in file.jobs] == [0, 1, 2, 3, 4]


CHECKED_OUT = """
on: {workflow_call: {}}
jobs:
  judge:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - uses: ./own/before
      - uses: actions/checkout@v7
        with: {repository: "%s", ref: "${{ job.workflow_sha }}", path: own}
      - uses: ./own
      - uses: ./own/sub/
      - uses: ./owner
"""


@pytest.mark.parametrize("repository", ["${{ job.workflow_repository }}", "acme/other"])
def test_an_action_in_a_folder_of_the_called_files_own_commit_is_no_action_of_the_caller(repository: str) -> None:
    uses = "acme/tools/.github/workflows/ship.yml@v3"
    made = attempt(f"on: push\njobs:\n  web:\n    uses: {uses}\n", CHECKED_OUT % repository)
    file = resolved(replace(made, called_workflows=(replace(made.called_workflows[0], path=uses),)))
    named = [step.uses for step in file.jobs[0].steps if "checkout" not in (step.uses or "")]
    own = ["acme/tools@v3", "acme/tools/sub@v3"] if "job." in repository else ["./own", "./own/sub/"]
    assert named == ["./own/before", *own, "./owner"]


def test_of_a_file_that_is_called_at_two_refs_neither_stands_for_the_other() -> None:
    jobs = "".join(f"  {ref}:\n    uses: acme/tools/.github/workflows/ship.yml@{ref}\n" for ref in ("v1", "v2"))
    caller = attempt(f"on: push\njobs:\n{jobs}")
    pushes, harmless = (
        Known(workflow_file(Known(f"on: workflow_call\njobs:\n  x:\n    steps: [run: {run}]\n"), "ship.yml").value)
        for run in ("docker push a.b/c", "make")
    )
    unread = Unreadable("workflow file", "it is not shown", "let the token read it")
    for first, second, stand in (
        (pushes, harmless, False),
        (harmless, pushes, False),
        (unread, harmless, False),
        (harmless, unread, False),
        (pushes, pushes, True),
    ):
        parts = tuple(
            CalledWorkflow(f"acme/tools/.github/workflows/ship.yml@{ref}", "", None, file)
            for ref, file in (("v1", first), ("v2", second))
        )
        workflow = resolved_workflow(replace(caller, called_workflows=parts))
        assert isinstance(workflow, Workflow)
        assert [job.uses is None for job in workflow.jobs] == [stand, stand]

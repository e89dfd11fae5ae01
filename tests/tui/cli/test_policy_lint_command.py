"""The command: files in; text, JSON or SARIF out; exit codes that a script can rely on."""

from __future__ import annotations

import json
import os
import shlex
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result
from sarif_schema import SARIF

from diagnosis.lint.rule import Rule
from tui.cli.commands.policy_lint import lint_command
from tui.cli.main import planescope

KEY = "token.actions.githubusercontent.com"
SOUND = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}],
}
MISSPELT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken", "ecr:PutImages"], "Resource": "*"}],
}
UNBOUND = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{KEY}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{KEY}:aud": "sts.amazonaws.com"}},
        }
    ],
}
WARNED = {"Statement": SOUND["Statement"]}


@pytest.fixture
def written(tmp_path: Path):
    def write(name: str, content: object) -> str:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=2), encoding="utf-8")
        return str(path)

    return write


def run(*words: str, text: str | None = None) -> Result:
    return CliRunner().invoke(lint_command, list(words), input=text)


def test_a_sound_policy_gives_zero_and_says_so(written) -> None:
    result = run(written("p.json", SOUND))
    assert result.exit_code == 0
    assert result.output.endswith("p.json: identity-based policy, no fault found\n")


def test_a_finding_is_told_with_its_place_meaning_correction_and_reference(written) -> None:
    result = run(written("p.json", MISSPELT))
    assert result.exit_code == 1
    assert "identity-based policy, 1 error\n" in result.output
    assert "error  action-unknown  Statement[0].Action[1] (line 8)\n" in result.output
    assert "ecr:PutImage is meant" in result.output
    assert "→ Write ecr:PutImage." in result.output
    assert "https://docs.aws.amazon.com/service-authorization/" in result.output
    assert "AWS would refuse" not in result.output


def test_what_aws_would_refuse_is_said(written) -> None:
    result = run(written("t.json", UNBOUND))
    assert result.exit_code == 1
    assert "trust policy, 1 error" in result.output
    assert "\nAWS would refuse to save this document.\n" in result.output


def test_a_trust_policy_ends_with_the_command_that_tells_who_gets_in(written) -> None:
    path = written("the trust.json", UNBOUND)
    last = run(path).output.splitlines()[-1]
    assert last == f"Who gets in by it: planescope policy admits '{path}' --repo OWNER/REPO"
    words = shlex.split(last.partition(": ")[2].replace("OWNER/REPO", "octo-org/shop"))
    assert CliRunner().invoke(planescope, words[1:]).exit_code == 1
    assert "policy admits" not in run(written("p.json", SOUND)).output


@pytest.mark.parametrize(
    ("document", "level", "code"),
    [
        (WARNED, None, 0),
        (WARNED, "warning", 1),
        (WARNED, "suggestion", 1),
        (MISSPELT, "error", 1),
        (MISSPELT, "security-warning", 0),
        ({**SOUND, "Statement": [{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}]}, None, 1),
        (SOUND, "suggestion", 0),
    ],
)
def test_the_line_between_zero_and_one_can_be_moved(written, document: object, level: str | None, code: int) -> None:
    options = ["--fail-on", level] if level else []
    assert run(written("p.json", document), *options).exit_code == code


def test_standard_input_is_the_dash() -> None:
    result = run("-", "--json", text=json.dumps(MISSPELT))
    assert result.exit_code == 1
    [document] = json.loads(result.stdout)["documents"]
    assert document["file"] == "-"
    assert [found["rule"] for found in document["findings"]] == ["action-unknown"]


def test_text_calls_standard_input_by_its_name() -> None:
    lines = run("-", text=json.dumps(UNBOUND)).output.splitlines()
    assert lines[0] == "standard input: trust policy, 1 error"
    assert lines[-1] == "Who gets in by it: planescope policy admits TRUST.json --repo OWNER/REPO"
    assert run("-", text="{").stderr.startswith("planescope: standard input is no policy: ")


@pytest.mark.parametrize("content", ["", "{", "[]", "hello", "\xff"])
def test_what_is_no_policy_gives_two_and_the_other_files_are_judged(written, content: str) -> None:
    bad, good = written("bad.json", content), written("good.json", MISSPELT)
    result = run(bad, good, "--json")
    assert result.exit_code == 2
    assert "bad.json is no policy" in result.stderr
    assert [item["file"] for item in json.loads(result.stdout)["documents"]] == [good]
    assert run(written("gone.json", SOUND) + "x").exit_code == 2


def test_the_kind_can_be_stated(written) -> None:
    path = written("p.json", SOUND)
    assert run(path, "--kind", "trust").exit_code == 1
    assert "trust policy" in run(path, "--kind", "trust").output
    assert run(path, "--kind", "sunshine").exit_code == 2


def test_what_is_expected_of_arns_can_be_stated(written) -> None:
    arn = "arn:aws:ecr:us-east-1:123456789012:repository/shop"
    statement = {"Effect": "Allow", "Action": "ecr:PutImage", "Resource": arn}
    path = written("p.json", {"Version": "2012-10-17", "Statement": [statement]})
    assert run(path).exit_code == 0
    result = run(path, "--region", "eu-west-1", "--account", "123456789012")
    assert result.exit_code == 1
    assert "names the region us-east-1; eu-west-1 is" in " ".join(result.output.split())


@pytest.mark.parametrize("option", [("--account", "12345"), ("--region", "eu-west1")])
def test_what_is_expected_must_be_one(written, option: tuple[str, str]) -> None:
    result = run(written("p.json", SOUND), *option)
    assert result.exit_code == 2
    assert option[1] in result.stderr


def test_what_the_aws_cli_printed_is_taken_and_has_no_lines_of_the_file(written) -> None:
    answer = {"Role": {"RoleName": "release", "AssumeRolePolicyDocument": UNBOUND}}
    result = run(written("role.json", answer), "--json")
    [found] = json.loads(result.stdout)["documents"][0]["findings"]
    assert (found["rule"], found["path"], found["line"]) == ("provider-control", "Statement[0].Condition", None)


def test_the_json_keeps_to_its_published_schema(written) -> None:
    schema = json.loads((resources.files("tui.cli") / "schemas" / "policy-lint-1.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    result = run(written("a.json", MISSPELT), written("b.json", UNBOUND), written("c.json", WARNED), "--json")
    jsonschema.validate(json.loads(result.stdout), schema)
    assert [item["refused"] for item in json.loads(result.stdout)["documents"]] == [False, True, False]
    finding = schema["$defs"]["finding"]
    assert finding["properties"]["rule"]["enum"] == [rule.value for rule in Rule]
    shown = CliRunner().invoke(planescope, ["schema", "policy-lint"])
    assert json.loads(shown.stdout) == schema
    proposed = json.loads((resources.files("tui.cli") / "schemas" / "what-if-1.json").read_text(encoding="utf-8"))
    assert proposed["$defs"]["finding"] == finding


def test_the_sarif_is_one_that_code_scanning_reads(written) -> None:
    result = run(written("a policy.json", MISSPELT), written("b.json", UNBOUND), written("c.json", WARNED), "--sarif")
    assert result.exit_code == 1
    log = json.loads(result.stdout)
    jsonschema.validate(log, SARIF, format_checker=jsonschema.FormatChecker())
    [one] = log["runs"]
    rules = one["tool"]["driver"]["rules"]
    assert [(found["ruleId"], found["level"]) for found in one["results"]] == [
        ("action-unknown", "error"),
        ("provider-control", "error"),
        ("version-missing", "warning"),
    ]
    assert all(rules[found["ruleIndex"]]["id"] == found["ruleId"] for found in one["results"])
    first = one["results"][0]["locations"][0]
    assert first["physicalLocation"]["artifactLocation"]["uri"].endswith("/a%20policy.json")
    assert first["physicalLocation"]["region"] == {"startLine": 8, "startColumn": 9}
    assert first["logicalLocations"][0]["fullyQualifiedName"] == "Statement[0].Action[1]"


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("a.json", "a.json"),
        ("./a b#.json", "a%20b%23.json"),
        ("c:d.json", "c%3Ad.json"),
        ("policies/a.json", "policies/a.json"),
        ("{here}/policies/a.json", "policies/a.json"),
        ("../{name}/a.json", "../{name}/a.json"),
        (os.fsdecode(b"a\xff.json"), "a%FF.json"),
    ],
)
def test_a_finding_is_in_its_file_by_the_uri_from_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, uri: str
) -> None:
    monkeypatch.chdir(tmp_path)
    name = name.replace("{here}", str(tmp_path)).replace("{name}", tmp_path.name)
    (tmp_path / "policies").mkdir()
    Path(name).write_text("{}")
    assert CliRunner().invoke(planescope, ["policy", "lint", name]).output.splitlines()[0].isprintable()
    assert json.loads(CliRunner().invoke(planescope, ["policy", "lint", name, "--json"]).stdout)
    log = json.loads(CliRunner().invoke(planescope, ["policy", "lint", name, "--sarif"]).stdout)
    where = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert where == {"uri": uri.replace("{name}", tmp_path.name)}


def test_json_and_sarif_exclude_each_other(written) -> None:
    assert run(written("p.json", SOUND), "--json", "--sarif").exit_code == 2


def test_foreign_text_reaches_the_terminal_without_control_characters(written) -> None:
    statement = {"Effect": "Allow", "Action": "ecr:Put\u001b[31mImage", "Resource": "*"}
    result = run(written("p.json", {"Version": "2012-10-17", "Statement": [statement]}))
    assert "\u001b" not in result.output


TERRAFORM = """\
data "aws_caller_identity" "me" {}
resource "aws_iam_role_policy" "push" {
  role = "release"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["ecr:BatchGetImage", "ecr:PutImages"]
      Resource = "arn:aws:ecr:eu-west-1:${data.aws_caller_identity.me.account_id}:repository/shop"
    }]
  })
}
"""
TEMPLATE = """\
Parameters: {Sub: {Type: String}}
Resources:
  Release:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Federated: !Sub "arn:aws:iam::${AWS::AccountId}:oidc-provider/token.actions.githubusercontent.com"}
            Action: sts:AssumeRoleWithWebIdentity
            Condition:
              StringEquals:
                token.actions.githubusercontent.com:aud: sts.amazonaws.com
                token.actions.githubusercontent.com:sub: !Ref Sub
"""


def test_each_document_of_infrastructure_code_is_judged_with_the_lines_of_its_file(written) -> None:
    path = written("main.tf", TERRAFORM)
    result = run(path)
    assert result.exit_code == 1
    assert "main.tf: inline policy of release (line 4), 1 error\n" in result.output
    assert "Statement[0].Action[1] (line 8)\n" in result.output
    assert "Holds for every value of what is not settled: an account id." in result.output
    log = json.loads(run(path, "--sarif").stdout)
    [found] = log["runs"][0]["results"]
    assert found["locations"][0]["physicalLocation"]["region"]["startLine"] == 8
    # A corrected one passes: what is open is an account, whatever it is.
    assert run(written("main.tf", TERRAFORM.replace("PutImages", "PutImage"))).exit_code == 0


def test_what_a_template_does_not_settle_is_unknown_until_it_is_stated(written) -> None:
    path = written("role.yaml", TEMPLATE)
    result = run(path)
    assert result.exit_code == 3
    assert "no fault found in what the file settles" in result.output
    assert "the parameter Sub has no value here" in " ".join(result.output.split())
    assert run(path, "--parameter", "Sub=repo:octo/shop:ref:refs/heads/main").exit_code == 0
    assert run(path, "--parameter", "Sub=repo:*").exit_code == 1
    assert run(path, "--parameter", "Sub").exit_code == 2
    schema = json.loads((resources.files("tui.cli") / "schemas" / "policy-lint-1.json").read_text(encoding="utf-8"))
    told = json.loads(run(path, "--json").stdout)
    jsonschema.validate(told, schema)
    assert [each["exact"] for each in told["documents"][0]["open"]] == [True, False]
    assert told["unknown"][0]["line"] == 15


def test_a_folder_is_judged_and_files_without_a_document_say_so(written, tmp_path: Path) -> None:
    folder = "infra-" + "x" * 60  # with it a name is longer than a line
    (tmp_path / folder).mkdir()
    written(f"{folder}/main.tf", TERRAFORM)
    written(f"{folder}/package.json", {"name": "shop"})
    result = run(str(tmp_path))
    assert result.exit_code == 1
    assert "package.json" not in result.output
    other = run(written("values.yaml", "replicas: 2\n"), written(f"{folder}/package.json", {"name": "shop"}))
    assert other.exit_code == 0
    assert other.output.count("no IAM document in it") == 2


@pytest.mark.parametrize(
    "content",
    [
        "Resources: {R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: !Transform {Name: x}}}}",
        "Resources:\n  R: {Type: 'AWS::IAM::Role'\n  - broken",
        "spec: {policy: {statement: [{effect: Allow, action: '*'}]}}",
    ],
)
def test_a_document_that_cannot_be_read_is_unknown_never_nothing(written, content: str) -> None:
    result = run(written("template.yaml", content))
    assert result.exit_code == 3
    assert "Not judged:" in result.output


def test_a_plan_is_judged_as_terraform_prints_it() -> None:
    values = {"name": "push", "role": "release", "policy": json.dumps(MISSPELT)}
    change = {"actions": ["create"], "before": None, "after": values, "after_unknown": {}}
    changes = [
        {"address": "aws_iam_role_policy.push", "mode": "managed", "type": "aws_iam_role_policy", "change": change}
    ]
    plan = {"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes}
    result = run("-", text=json.dumps(plan))
    assert result.exit_code == 1
    assert result.output.startswith("standard input: inline policy push of release (line 1), 1 error\n")

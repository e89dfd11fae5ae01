"""``planescope policy admits``: answers, exit codes, and bad input."""

from __future__ import annotations

import json

import jsonschema
import pytest
from claims_world import SUB, exactly, trust
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from diagnosis.callers.door import DoorKind
from tui.cli.main import planescope

MAIN = "repo:acme/shop:ref:refs/heads/main"


@pytest.fixture
def run(tmp_path):
    def call(content, *options, repo="acme/shop"):
        path = tmp_path / "trust.json"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return CliRunner().invoke(planescope, ["policy", "admits", str(path), "--repo", repo, *options])

    return call


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        (exactly(MAIN), 0),
        (exactly("repo:acme/shop:*", operator="StringLike"), 1),
        (trust({"StringLike": {SUB: "repo:acme/*"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), 3),
    ],
)
def test_the_exit_code(run, policy, code):
    assert run(policy).exit_code == code
    assert run(policy, "--json").exit_code == code


def test_the_text_names_who_gets_in(run):
    output = run(exactly("repo:acme/shop:*", operator="StringLike")).stdout
    assert "! gets in  any other branch" in output
    assert "refused  another repository of acme" in output
    assert "✘ fail" in output


def test_the_json_document(run):
    result = run(exactly("repo:acme/shop:ref:refs/heads/*", operator="StringLike"), "--json")
    document = json.loads(result.stdout)
    assert document["schema"] == "planescope.policy-admits/1"
    assert (document["verdict"], document["cause"]) == ("fail", "trust-too-open")
    outcomes = {item["probe"]: (item["outcome"], item["too_open"]) for item in document["admits"]}
    assert outcomes["default-branch"] == ("allowed", False)
    assert outcomes["another-branch"] == ("allowed", True)
    assert outcomes["another-owner"] == ("denied", False)


OPEN = {
    "Effect": "Allow",
    "Principal": {"AWS": ["210987654321", "*"], "Service": "ec2.amazonaws.com"},
    "Action": "sts:AssumeRole",
}


def test_the_json_keeps_to_its_published_schema(run):
    schema = json.loads(CliRunner().invoke(planescope, ["schema", "policy-admits"]).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    beside = json.loads(exactly("repo:acme/*", operator="StringLike"))
    beside["Statement"].append(OPEN)
    for policy in (exactly(MAIN), exactly("repo:*", operator="StringLike"), json.dumps(beside)):
        told = json.loads(run(policy, "--json").stdout)
        jsonschema.validate(told, schema)
    assert {door["kind"] for door in told["second_doors"]} == {"account", "anybody", "service"}
    assert schema["$defs"]["door"]["properties"]["kind"]["enum"] == [kind.value for kind in DoorKind]


def test_ids_and_branch_can_be_given(run):
    policy = exactly("repo:acme@5/shop@6:ref:refs/heads/trunk")
    result = run(policy, "--json", "--owner-id", "5", "--repo-id", "6", "--default-branch", "trunk")
    outcomes = {item["probe"]: item["outcome"] for item in json.loads(result.stdout)["admits"]}
    assert outcomes["default-branch"] == "allowed"


@pytest.mark.parametrize("encode", [json.loads, lambda text: text.replace(":", "%3A").replace('"', "%22")])
def test_the_answer_of_get_role_is_taken(run, encode):
    wrapped = json.dumps({"Role": {"RoleName": "x", "AssumeRolePolicyDocument": encode(exactly(MAIN))}})
    assert run(wrapped).exit_code == 0


def test_standard_input(run):
    result = CliRunner().invoke(planescope, ["policy", "admits", "-", "--repo", "acme/shop"], input=exactly(MAIN))
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "line 1"),
        ('{"Version": "2012-10-17",\n "Statement": [}', "line 2"),
        ("[]", "must be a JSON object"),
        ('{"Statement": [{"Effect": "Allow"}]}', "Action"),
        ('{"a": 1, "a": 2}', "a"),
        (b"\xff\xfe", "UTF-8"),
        (b" " * (1024 * 1024 + 1), "larger"),
        ("[" * 4_000, "deeper"),
        ("[" * 50_000, "it has 50000 characters, AWS's limit for a trust policy is 8192"),
    ],
)
def test_a_bad_file_is_one_sentence_and_exit_code_2(run, content, words):
    result = run(content)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert words in result.stderr
    assert "Traceback" not in result.output
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"repository = [", "TOML"), (b"\xff\xfe", "UTF-8"), (None, "case.toml"), (b"titel = 1", "titel")],
)
def test_a_bad_case_file_is_one_sentence_and_exit_code_2(run, tmp_path, content, words):
    case = tmp_path / "case.toml"
    if content is not None:
        case.write_bytes(content)
    result = run(exactly(MAIN), "--case", str(case))
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_file_that_is_not_there(tmp_path):
    result = CliRunner().invoke(planescope, ["policy", "admits", str(tmp_path / "none.json"), "--repo", "acme/shop"])
    assert result.exit_code == 2
    assert "none.json" in result.stderr


@pytest.mark.parametrize("repo", ["acme", "acme/shop/x", "a b/c", "", "acme/\x1b[31m"])
def test_a_bad_repository(run, repo):
    result = run(exactly(MAIN), repo=repo)
    assert result.exit_code == 2
    assert "\x1b" not in result.stderr


def test_foreign_text_steers_no_terminal_and_is_no_markup(run):
    result = run(trust({"StringLike": {SUB: "repo:acme/shop:environment:[red]\x1b[31m*"}}))
    assert "\x1b" not in result.stdout
    sid = json.loads(exactly("*", operator="StringLike"))
    sid["Statement"][0]["Sid"] = "[/red]\x1b]0;x"
    assert "\x1b" not in run(json.dumps(sid)).stdout


@given(st.text() | st.binary())
def test_no_content_ends_in_a_traceback(content):
    result = CliRunner().invoke(planescope, ["policy", "admits", "-", "--repo", "acme/shop"], input=content)
    assert result.exit_code in (0, 1, 2, 3)
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_a_permission_policy_is_no_trust_policy_that_admits_nobody(run):
    result = run('{"Statement": [{"Effect": "Allow", "Action": "ecr:PutImage", "Resource": "*"}]}')
    assert result.exit_code == 2
    assert "no statement names a Principal" in result.stderr

"""What is typed or named is never repeated where it holds a secret, and what the user's own policy holds neither."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from diagnosis.documents.exit_code import ExitCode
from tui.cli.main import planescope

TOKEN = "".join(("gh", "p_", "0aB" * 12))
IN_ADDRESS = f"https://user:{TOKEN}@github.example/o/r"


@pytest.mark.parametrize(
    "arguments",
    [
        ["diagnose", "5", "--repo", f"o/{TOKEN}"],
        ["diagnose", "5", "--repo", IN_ADDRESS],
        ["diagnose", "5", "--repo", "o/r", "--github-url", IN_ADDRESS],
        ["diagnose", "5", "--repo", "o/r", "--environment", TOKEN],
        ["diagnose", "5", "--repo", "o/r", "--region", TOKEN],
        ["diagnose", TOKEN],
        ["diagnose", "5", "--recording", f"/nowhere/{TOKEN}"],
        ["diagnose", "5", "--case", f"/nowhere/{TOKEN}"],
        ["policy", "lint", f"/nowhere/{TOKEN}"],
        ["explain", f"/nowhere/{TOKEN}"],
        ["packet", "verify", f"/nowhere/{TOKEN}"],
        ["--refresh", TOKEN],
        ["policy", "lint", "--kind", TOKEN, "x"],
        ["policy", f"--{TOKEN}"],
    ],
)
def test_a_secret_among_the_arguments_is_not_repeated(arguments: list[str]) -> None:
    result = CliRunner().invoke(planescope, arguments)
    assert result.exit_code in (ExitCode.USAGE, ExitCode.BROKEN)
    assert TOKEN not in result.output


@pytest.mark.parametrize("place", ["Sid", "condition", "resource", "key"])
@pytest.mark.parametrize("how", ["lint", "lint --json", "lint --sarif", "admits", "admits --json", "evaluate"])
def test_no_command_repeats_a_secret_of_a_policy(tmp_path: Path, place: str, how: str) -> None:
    provider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:o/r:ref:refs/heads/main"}},
    }
    planted: dict[str, dict[str, object]] = {
        "Sid": {"Sid": TOKEN},
        "condition": {"Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": TOKEN}}},
        "resource": {"Resource": f"arn:aws:s3:::{TOKEN}"},
        "key": {"Condition": {"StringEquals": {f"aws:RequestTag/{TOKEN}": "x"}}},
    }
    document = {"Version": "2012-10-17", "Statement": [{**statement, **planted[place]}]}
    row = {
        "id": 1,
        "request": {"principal": "*", "action": "sts:AssumeRoleWithWebIdentity", "resource": "*"},
        "resource_policy": document,
    }
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(row if how == "evaluate" else document, indent=None if how == "evaluate" else 1))
    command, *more = how.split()
    asked = {
        "lint": ["policy", "lint", str(file)],
        "admits": ["policy", "admits", str(file), "--repo", "o/r"],
        "evaluate": ["policy", "evaluate", str(file)],
    }[command]
    result = CliRunner().invoke(planescope, [*asked, *more])
    assert result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert TOKEN not in result.output

"""Bad input: one clear sentence with the way out, the right exit code, no traceback, nothing lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import github_faults as faults
import pytest
from click.testing import CliRunner, Result
from no_github import forget_github

from probes.embedded.github.server import GitHubServer
from probes.embedded.moments import LATER, load_incident
from tui.cli.main import planescope

REPOSITORY = "EsosaOrumwese/fraud-detection-system"


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with GitHubServer(load_incident(), LATER) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    forget_github(monkeypatch)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


def run(*words: str) -> Result:
    return CliRunner().invoke(planescope, list(words), prog_name="planescope")


def diagnose(server: GitHubServer, *words: str) -> Result:
    return run("diagnose", "--repo", REPOSITORY, "--github-url", server.url, "--no-live", *words)


def one_sentence(result: Result) -> str:
    assert "Traceback" not in result.output
    assert result.stdout == ""
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith("planescope: ")
    return line


def test_without_a_token_it_says_so_and_what_to_do() -> None:
    result = run("diagnose", "1", "--repo", REPOSITORY)
    assert result.exit_code == 4
    line = one_sentence(result)
    assert "GH_TOKEN" in line
    assert "planescope demo" in line


def test_an_unknown_repository(server: GitHubServer) -> None:
    result = run("diagnose", "1", "--repo", "nobody/nothing", "--github-url", server.url)
    assert result.exit_code == 2
    assert "nobody/nothing" in one_sentence(result)


@pytest.mark.parametrize("name", ["nothing", "a/b/c", "a b/c"])
def test_what_is_no_repository_name(name: str) -> None:
    result = run("diagnose", "1", "--repo", name)
    assert result.exit_code == 2
    assert "OWNER/REPO" in one_sentence(result)


def test_a_run_that_does_not_exist(server: GitHubServer) -> None:
    result = diagnose(server, "12345")
    assert result.exit_code == 2
    assert "12345" in one_sentence(result)


def test_a_word_that_is_no_run(server: GitHubServer) -> None:
    result = diagnose(server, "latest")
    assert result.exit_code == 2
    assert "run's address" in one_sentence(result)


def test_a_token_without_rights(server: GitHubServer) -> None:
    server.fault(r"/actions/runs/21985402789$", faults.no_permission())
    result = diagnose(server, "21985402789")
    assert result.exit_code in (2, 3, 4)
    assert "actions" in one_sentence(result).lower()


def test_bad_credentials(server: GitHubServer) -> None:
    server.fault(r"/repos/.*", faults.bad_credentials())
    result = diagnose(server, "21985402789")
    assert result.exit_code == 4
    one_sentence(result)


def test_expired_logs_leave_an_unknown_or_a_weaker_proof_never_a_crash(server: GitHubServer) -> None:
    server.fault(r"/actions/jobs/\d+/logs", faults.gone())
    result = diagnose(server, "21985402789", "--json")
    document = json.loads(result.stdout)
    gates = document["attempts"][0]["gates"]
    assert all(gate["verdict"] != "pass" for gate in gates)
    assert result.exit_code == 1 or result.exit_code == 3
    assert any("log" in item["what"] for item in document["unknown"])


def test_a_cut_off_log_is_said(server: GitHubServer) -> None:
    server.fault(r"/storage/logs/.*", faults.cut_off())
    result = diagnose(server, "21985402789", "--json")
    assert "Traceback" not in result.output
    assert json.loads(result.stdout)["schema"] == "planescope.diagnosis/1"


def test_a_case_file_with_a_typo(tmp_path: Path, server: GitHubServer) -> None:
    case = tmp_path / "case.toml"
    case.write_text('title = "x"\nrole_anr = "arn:aws:iam::123456789012:role/r"\n', encoding="utf-8")
    result = run("diagnose", "1", "--repo", REPOSITORY, "--github-url", server.url, "--case", str(case))
    assert result.exit_code == 2
    line = one_sentence(result)
    assert "role_arn" in line


def test_a_case_file_that_is_not_there(tmp_path: Path) -> None:
    result = run("diagnose", "1", "--repo", REPOSITORY, "--case", str(tmp_path / "none.toml"))
    assert result.exit_code == 2
    one_sentence(result)


def test_the_dashboard_needs_a_terminal() -> None:
    result = run("--repo", REPOSITORY)
    assert result.exit_code == 2
    assert "needs a terminal" in one_sentence(result)
    assert "`planescope doctor`" in one_sentence(result)


def test_a_live_run_is_diagnosed_without_the_account(server: GitHubServer) -> None:
    result = diagnose(server, f"https://github.com/{REPOSITORY}/actions/runs/21985472266")
    assert result.exit_code == 1
    assert "Registry authorization" in result.stdout
    assert "--no-live" in result.stdout

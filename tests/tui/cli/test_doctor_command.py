"""`planescope doctor`: each thing with the way to it, one exit code, text and JSON of the same values."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result
from no_github import forget_github
from own_aws import ARN, configure, sts
from places import ROOT
from told_github import REPOSITORY, TOKEN, ToldGitHub

from tui.backends.readiness.look import Wanted, look
from tui.cli.main import planescope
from tui.readiness.check import Check, State, What
from tui.settings import settings_path

KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}


@pytest.fixture(autouse=True)
def _empty_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is set up: a folder without a clone, no token, no account."""
    forget_github(monkeypatch)
    configure(monkeypatch, tmp_path)
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    # A host of its own, of which a `gh` of this machine has no token.
    monkeypatch.setenv("GH_HOST", "ghe.example.invalid")


def doctor(*words: str) -> Result:
    result = CliRunner().invoke(planescope, ["doctor", *words])
    assert result.stderr == ""
    return result


def document(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    schema = json.loads((ROOT / "tui/cli/schemas/readiness-1.json").read_text())
    jsonschema.validate(found, schema)
    assert found["exit_code"] == result.exit_code
    assert set(schema["properties"]["checks"]["items"]["properties"]["check"]["enum"]) == {what.value for what in What}
    return found


def states(result: Result) -> dict[str, str]:
    return {check["check"]: check["state"] for check in document(result)["checks"]}


def test_with_nothing_set_up_each_line_says_what_to_do_and_it_ends_with_4() -> None:
    result = doctor("--json")
    assert result.exit_code == 4
    found = states(result)
    assert [name for name, state in found.items() if state == "missing"] == ["repository", "token", "aws-identity"]
    for check in document(result)["checks"]:
        assert check["state"] == "ready" or check["way_out"], check
    assert [part["works"] for part in document(result)["works"]] == [False, False, True]
    text = doctor().stdout
    for words in ("no clone of a GitHub repository", "gh auth login", "aws configure sso", "planescope", "Demo"):
        assert words in text


def test_with_all_set_up_it_ends_with_0_and_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GH_TOKEN", TOKEN)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with ToldGitHub().server() as github, sts() as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        words = ("--repo", REPOSITORY, "--github-url", github.url)
        result, text = doctor(*words, "--json"), doctor(*words).stdout
        assert {asked.method for asked in github.asked} == {"GET"}
        assert (len(github.asked), len(aws.asked)) == (10, 2)
    assert result.exit_code == 0
    assert all(part["works"] for part in document(result)["works"])
    assert ARN in " ".join(text.split())
    for secret in (TOKEN, *KEYS.values()):
        assert secret not in result.stdout + text


def test_the_repository_is_found_in_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GH_HOST", "github.com")
    monkeypatch.setenv("GH_TOKEN", "not usable")
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "remote", "add", "origin", "git@github.com:octo-org/shop.git"], check=True)
    result = doctor("--json", "--no-live")
    found = {check["check"]: check for check in document(result)["checks"]}
    assert found["repository"]["sentence"] == "octo-org/shop, by the git remote of this folder."
    assert (found["token"]["state"], result.exit_code) == ("missing", 4)
    assert found["aws-identity"]["sentence"] == "Not asked (--no-live)."


NOBODY = ("--no-live", "--github-url", "http://127.0.0.1:9")
"""A host that needs no token, and where nobody answers."""


def test_what_is_unknown_ends_with_3_and_no_repository_with_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probes.github.http.pace.Pace.wait", lambda *_: None)
    result = doctor("--repo", REPOSITORY, *NOBODY, "--json")
    assert (result.exit_code, states(result)["token"]) == (3, "unknown")
    result = doctor(*NOBODY, "--json")
    assert (result.exit_code, states(result)["repository"]) == (2, "missing")
    monkeypatch.setenv("GITHUB_API_URL", "ftp://x")
    result = doctor("--repo", REPOSITORY, "--no-live", "--json")
    assert (result.exit_code, states(result)["github-host"]) == (2, "missing")


@pytest.mark.parametrize(
    "words", [("--repo", "nonsense"), ("--github-url", "ftp://x"), ("--repo", TOKEN), ("--profile", TOKEN)]
)
def test_what_is_typed_wrong_is_one_sentence(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(planescope, ["doctor", *words])
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert TOKEN not in result.stderr


def test_settings_that_are_wrong_are_one_of_the_lines() -> None:
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_text("theme = 3")
    result = doctor("--repo", REPOSITORY, *NOBODY, "--json")
    assert (result.exit_code, states(result)["settings"]) == (2, "missing")


def test_who_does_not_answer_is_unknown_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    release = threading.Event()
    monkeypatch.setattr("tui.backends.readiness.look.look_at_github", lambda *_: release.wait(30))
    found: dict[What, Check] = {}
    look(Wanted(REPOSITORY, live=False), lambda check: found.update({check.what: check}), lambda: False, seconds=0.1)
    release.set()
    assert found[What.TOKEN].state is State.UNKNOWN
    assert found[What.REPOSITORY].state is State.READY
    monkeypatch.setattr("tui.backends.readiness.machine.CHECKS", ())
    found.clear()
    look(Wanted(REPOSITORY, live=False), lambda check: found.update({check.what: check}), lambda: False, seconds=0.1)
    assert {found[what].state for what in (What.SETTINGS, What.DEMO)} == {State.UNKNOWN}, (
        "what was not looked at is not well"
    )


def test_a_fault_of_ours_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Check:
        raise ValueError("nobody thought of it")

    monkeypatch.setattr("tui.backends.readiness.machine.CHECKS", (broken,))
    with pytest.raises(ValueError, match="nobody"):
        look(Wanted("nonsense", "ftp://x", live=False), lambda _: None, lambda: False)

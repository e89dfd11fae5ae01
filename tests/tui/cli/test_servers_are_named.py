"""Whoever was asked in github.com's or AWS's place is named by every command, in JSON and in text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result
from hostile_aws import STATED, HostileAws
from hostile_github import REPOSITORY, RUN, HostileGitHub

from diagnosis.facts.endpoints import Endpoint, Service, endpoints_of
from probes.aws.session import access
from probes.aws.session.access import Patience
from probes.github.http.credentials import GitHubAccess
from tui.cli.main import planescope

JOB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": REPOSITORY,
    "GITHUB_RUN_ID": str(RUN),
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_JOB": "publish",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_SHA": "a" * 40,
    "GITHUB_WORKFLOW_SHA": "a" * 40,
    "GITHUB_WORKFLOW_REF": f"{REPOSITORY}/.github/workflows/release.yml@refs/heads/main",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_SERVER_URL": "https://github.com",
}
"""What a runner tells the job of the run of hostile_github."""


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[HostileGitHub, HostileAws]]:
    """A GitHub and an AWS on loopback that tell the truth, and an environment that leads to them."""
    with HostileGitHub(None) as github, HostileAws(None) as aws:
        monkeypatch.setattr(access, "Patience", partial(Patience, connect=1.0, read=1.0, attempts=1))
        monkeypatch.setenv("GH_TOKEN", "ghp_" + "a" * 36)
        monkeypatch.setenv("GITHUB_API_URL", github.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA" + "A" * 16)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b" * 40)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH", "GH_HOST"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.chdir(tmp_path)
        yield github, aws


def run(*words: str) -> Result:
    return CliRunner().invoke(planescope, words)


def named(document: dict[str, object], kind: str) -> list[tuple[str, str]]:
    """Which servers a document names; it must be one of its schema."""
    schema = (resources.files("tui.cli") / "schemas" / f"{kind}-1.json").read_text(encoding="utf-8")
    jsonschema.validate(document, json.loads(schema))
    listed = document["endpoints"]
    assert isinstance(listed, list)
    return [(each["service"], each["address"]) for each in listed]


def sentences(text: str, github: HostileGitHub, aws: HostileAws) -> bool:
    """Whether a report says of both that they were asked."""
    words = " ".join(text.split())
    return all(
        f"{url} was asked in {whose} place" in words
        for url, whose in ((github.url, "github.com's"), (aws.url, "AWS's"))
    )


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["diagnose", str(RUN), "--repo", REPOSITORY, *STATED, "--no-cache", "--no-history"], "diagnosis"),
        (["migrate", "--repo", REPOSITORY, "--no-cache"], "migration"),
        (["what-if", str(RUN), "--repo", REPOSITORY, *STATED, "--no-cache", "--no-history", "--trust"], "what-if"),
    ],
)
def test_a_command_names_whom_it_asked(
    words: list[str], kind: str, servers: tuple[HostileGitHub, HostileAws], tmp_path: Path
) -> None:
    github, aws = servers
    if kind == "what-if":
        file = tmp_path / "trust.json"
        file.write_text('{"Version": "2012-10-17", "Statement": []}', encoding="utf-8")
        words = [*words, str(file)]
    document = json.loads(run(*words, "--json").stdout)
    assert named(document, kind) == [("github", github.url), ("aws", aws.url)]
    assert sentences(run(*words).stdout, github, aws)


def test_a_job_names_whom_it_asked(
    servers: tuple[HostileGitHub, HostileAws], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    github, aws = servers
    for name, value in {**JOB, "GITHUB_WORKSPACE": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    told = run("preflight").stdout
    document = json.loads((tmp_path / "planescope-preflight.json").read_text(encoding="utf-8"))
    assert named(document, "preflight") == [("github", github.url), ("aws", aws.url)]
    assert sentences(told, github, aws)
    page = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "was asked in AWS's place" in page
    assert "was asked in github&#46;com's place" in page


def test_what_was_asked_need_not_have_answered() -> None:
    for service in Service:
        assert "answered" not in Endpoint(service, "http://127.0.0.1:5000").note


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("github.com", ""),
        ("https://api.github.com", ""),
        ("tenant.ghe.com", "https://tenant.ghe.com"),
        ("ghe.example.com:8443", "https://ghe.example.com:8443"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9"),
        ("http://localhost", "http://localhost"),
        ("http://[::1]:9", "http://[::1]:9"),
        ("github.com.example.com", "https://github.com.example.com"),
    ],
)
def test_a_github_that_is_not_github_com_has_an_address(url: str, address: str) -> None:
    assert GitHubAccess(url).in_place_of_github == address


def test_neither_github_com_nor_aws_is_named() -> None:
    assert endpoints_of(GitHubAccess().in_place_of_github, ()) == ()

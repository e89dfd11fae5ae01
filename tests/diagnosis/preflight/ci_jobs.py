"""A job of the embedded incident as its runner would show it: variables, checkout, event; GitHub on loopback, AWS in moto."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from probes.embedded.aws_account import EmbeddedAccount
from probes.embedded.github.server import GitHubServer
from probes.embedded.moments import load_incident
from probes.ledger import Ledger
from probes.recording.format import read_content
from tui.cli.main import planescope

NAME = "EsosaOrumwese/fraud-detection-system"
PATH = ".github/workflows/dev_min_m1_packaging.yml"
SHA = "799d398a7daf34857cf363c9a1a629c40ec25d5e"
JOB = "build-and-push"
REQUEST_TOKEN = "request-token-0123456789"


@dataclass
class Ci:
    """One job in its runner; ``run`` runs the command in it."""

    root: Path
    account: EmbeddedAccount
    url: str
    environ: dict[str, str]
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def artifact(self) -> dict[str, Any]:
        return dict(json.loads((self.root / "planescope-preflight.json").read_text(encoding="utf-8")))

    @property
    def summary(self) -> str:
        return (self.root / "summary.md").read_text(encoding="utf-8")

    def file(self, text: str, path: str = PATH) -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(planescope, ["preflight", *words])


def workflow_text() -> str:
    recorded = next(file for file in load_incident().files if file.path == PATH and file.commit == SHA)
    return read_content(recorded.content).decode()


@contextmanager
def incident() -> Iterator[tuple[EmbeddedAccount, str]]:
    """The incident's account and its GitHub, for a whole module."""
    recording = load_incident()
    assert recording.account is not None
    with EmbeddedAccount(recording.account) as account, GitHubServer(recording) as github:
        yield account, github.url


def ci_job(account: EmbeddedAccount, url: str, root: Path, monkeypatch: pytest.MonkeyPatch, stage: str = "3") -> Ci:
    """Run 2 of the incident, from inside, at a stage of its account."""
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": url,
        "GITHUB_ACTOR": "EsosaOrumwese",
        "GITHUB_EVENT_NAME": "workflow_dispatch",
        "GITHUB_EVENT_PATH": str(root / "event.json"),
        "GITHUB_JOB": JOB,
        "GITHUB_REF": "refs/heads/migrate-dev",
        "GITHUB_REPOSITORY": NAME,
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_RUN_ID": "21985472266",
        "GITHUB_RUN_NUMBER": "2",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_SHA": SHA,
        "GITHUB_STEP_SUMMARY": str(root / "summary.md"),
        "GITHUB_WORKFLOW": "dev-min-m1-packaging",
        "GITHUB_WORKFLOW_REF": f"{NAME}/{PATH}@refs/heads/migrate-dev",
        "GITHUB_WORKSPACE": str(root),
        "ACTIONS_ID_TOKEN_REQUEST_URL": "https://token.example/request?x=1",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN,
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(root),
    }
    for name in list(os.environ):
        if name.startswith(("GITHUB_", "GH_", "AWS_", "ACTIONS_")):
            monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(root)
    ci = Ci(root, account, url, environ)
    ci.file(workflow_text())
    (root / "event.json").write_text(json.dumps({"inputs": {"platform_run_id": "p1"}}), encoding="utf-8")
    account.move_to(stage)
    monkeypatch.setattr(
        "tui.backends.live.AwsAccess", lambda **given: account.access(ledger=ci.ledger, clock=given["clock"])
    )
    return ci

"""`AWS_ENDPOINT_URL` and `GITHUB_API_URL` suffice to point the tool at another AWS and another GitHub."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from probes.embedded.github.server import GitHubServer
from probes.embedded.moments import STAGES, load_incident

ACCOUNT = "230372904534"
ROLE = "GitHubAction-AssumeRoleWithAction"
KEY = "token.actions.githubusercontent.com"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """moto's own server, in a process of its own, for the incident's account; it is ended with the module."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "MOTO_ACCOUNT_ID": ACCOUNT}
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{url}/moto-api/", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=10)


def client(endpoint: str, service: str) -> Any:
    return boto3.client(
        service, endpoint_url=endpoint, region_name="eu-west-2", aws_access_key_id="a", aws_secret_access_key="b"
    )


@pytest.fixture(scope="module")
def account(endpoint: str) -> str:
    """The incident's account at stage 1, built over the wire."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{KEY}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {
                        f"{KEY}:aud": "sts.amazonaws.com",
                        f"{KEY}:sub": "repo:EsosaOrumwese/fraud-detection-system:ref:refs/heads/dev",
                    }
                },
            }
        ],
    }
    client(endpoint, "iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(trust))
    client(endpoint, "ecr").create_repository(repositoryName="fraud-platform-dev-min")
    return endpoint


def diagnose(account: str, github: str, home: Path, *words: str) -> tuple[int, dict[str, Any]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GH_", "GITHUB_"))}
    environment |= {
        "AWS_ENDPOINT_URL": account,
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "GITHUB_API_URL": github,
        "HOME": str(home),
        "PATH": "/usr/bin:/bin",
    }
    repository = "EsosaOrumwese/fraud-detection-system"
    command = [sys.executable, "-m", "tui", "diagnose", "--repo", repository, "21985402789", "--json", *words]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in result.stderr, result.stderr
    return result.returncode, json.loads(result.stdout)


def test_the_whole_path_over_the_wire(account: str, tmp_path: Path) -> None:
    with GitHubServer(load_incident(), STAGES[0]) as github:
        code, document = diagnose(account, github.url, tmp_path)
    assert code == 1
    assert [problem["cause"] for problem in document["forecast"]] == [
        "oidc-provider-absent",
        "subject-not-admitted",
        "get-authorization-token",
        "push-scope",
        "pull-scope",
    ]
    assert [gate["verdict"] for gate in document["after_fix"]["gates"]] == ["pass"] * 4


def test_an_endpoint_that_does_not_answer_leaves_unknown(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with GitHubServer(load_incident(), STAGES[1]) as github:
        code, document = diagnose(url, github.url, tmp_path)
    assert code in (1, 3)
    assert {gate["verdict"] for gate in document["live"]["gates"]} <= {"unknown", "fail"}
    assert document["unknown"]

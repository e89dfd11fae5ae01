"""An account that lies, in one call or in all: no pass that the true one does not give, no crash, and an end in time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hostile_answers import TRUE_ENOUGH
from hostile_aws import STATED, Hostile, HostileAws, hostile_accounts
from hostile_github import REPOSITORY, RUN, HostileGitHub
from thoroughness import THOROUGH

from probes.aws.session import access
from probes.aws.session.access import Patience
from tui.cli.main import planescope

SECRET = "hostile-" + "b" * 30
EXIT_CODES = frozenset({1, 2, 3, 4, 5})
HASTY = partial(Patience, connect=1.0, read=0.15, attempts=2, call=0.3, whole=0.7)
TABLE = hostile_accounts()


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Short limits, and nothing of this machine: that they end a call is the same with long ones."""
    monkeypatch.setattr(access, "Patience", HASTY)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    monkeypatch.setenv("GH_TOKEN", "ghp_" + "a" * 36)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA" + "A" * 16)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[HostileAws, HostileGitHub]]:
    """One server of each kind for all lies; that of GitHub tells the truth."""
    with HostileAws(None) as account, HostileGitHub(None) as github:
        yield account, github


@pytest.fixture
def account(servers: tuple[HostileAws, HostileGitHub], monkeypatch: pytest.MonkeyPatch) -> HostileAws:
    """The account, which tells the truth, and an environment that leads to it."""
    account, github = servers
    account.lie = None
    monkeypatch.setenv("AWS_ENDPOINT_URL", account.url)
    monkeypatch.setenv("GITHUB_API_URL", github.url)
    return account


def diagnose() -> Result:
    words = ["diagnose", str(RUN), "--repo", REPOSITORY, *STATED]
    return CliRunner().invoke(planescope, [*words, "--no-cache", "--no-history", "--json"])


def passed(result: Result) -> set[str]:
    """Every gate that passes today."""
    live = json.loads(result.stdout)["live"]
    return {gate["gate"] for gate in live["gates"] if gate["verdict"] == "pass"} if live else set()


TRULY = {"oidc-trust", "role-assumption", "registry-authorization"}
OF_CALL = {"GetRole": "role-assumption", "GetRolePolicy": "registry-authorization"}
"""Which gate cannot pass without the answer of which call."""


def test_the_true_account_passes_and_is_named_as_none_of_awss(
    account: HostileAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "Patience", Patience)
    result = diagnose()
    assert passed(result) == TRULY, result.output
    document = json.loads(result.stdout)
    assert document["live"]["endpoints"] == [account.url]
    assert [each["service"] for each in document["endpoints"]] == ["github", "aws"]
    assert "no proof of AWS" in document["endpoints"][1]["note"]


def test_the_table_holds_every_kind() -> None:
    assert len(TABLE) >= 300
    assert len({lie.name for lie in TABLE}) == len(TABLE)


@pytest.mark.parametrize("lie", [pytest.param(lie, id=lie.name[:120]) for lie in (TABLE if THOROUGH else TABLE[::109])])
def test_a_lie_is_no_pass_and_no_crash(lie: Hostile, account: HostileAws) -> None:
    account.lie = lie
    result = diagnose()
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in EXIT_CODES, (result.exit_code, result.output)
    assert "Traceback" not in result.output
    assert SECRET not in result.output
    assert passed(result) <= TRULY
    name = lie.name.rpartition(" answers: ")[2]
    if name not in TRUE_ENOUGH and not lie.name.startswith(f"{lie.operation}: "):
        # Not one member of it that is wrong, but the answer.
        assert OF_CALL.get(lie.operation) not in passed(result)
        assert lie.operation != ".*" or passed(result) == set()

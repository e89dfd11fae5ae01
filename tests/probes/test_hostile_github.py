"""A GitHub that lies, with one answer or with all: one sentence, no pass, no token elsewhere, and an end in time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

import pytest
from click.testing import CliRunner, Result
from hostile_github import REPOSITORY, RUN, Hostile, HostileGitHub, hostile_githubs
from thoroughness import THOROUGH

from probes.github import source
from probes.github.http import pace
from probes.github.http.body import Timeouts
from tui.cli.main import planescope

TOKEN = "ghp_" + "0123456789abcdefghijklmnopqrstuvwxyz"
EXIT_CODES = frozenset({1, 2, 3, 4, 5})
HASTY = Timeouts(connect=1.0, read=0.1, answer=0.2, backoff=0.001)
TABLE = hostile_githubs()


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short limits: that they end an answer is the same with long ones."""
    monkeypatch.setattr(source, "Timeouts", lambda: HASTY)
    monkeypatch.setattr(source, "Pace", partial(pace.Pace, max_wait=0.2))
    monkeypatch.setattr(pace, "_ANSWERS_SECONDS", 0.5)
    monkeypatch.setenv("GH_TOKEN", TOKEN)


def diagnose(url: str) -> Result:
    words = ["diagnose", str(RUN), "--repo", REPOSITORY, "--github-url", url, "--no-live", "--no-cache", "--json"]
    return CliRunner().invoke(planescope, words)


def passed(result: Result) -> set[str]:
    """Every gate that an attempt passed; none where there is no document."""
    if not result.stdout.startswith("{"):
        return set()
    document = json.loads(result.stdout)
    return {gate["gate"] for attempt in document["attempts"] for gate in attempt["gates"] if gate["verdict"] == "pass"}


PROVED = {"oidc-trust"}
"""What the true log proves: AWS answered, and refused the role."""


@pytest.fixture(scope="module")
def github() -> Iterator[HostileGitHub]:
    """One server for all lies: to start one takes as long as many of them."""
    with HostileGitHub(None) as server:
        yield server


def test_the_true_one_is_diagnosed(github: HostileGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "Timeouts", Timeouts)
    github.lie = None
    result = diagnose(github.url)
    assert result.exit_code == 1, result.output
    assert passed(result) == PROVED


def some_of_the_table() -> list[Hostile]:
    """A few in the quick run, always other kinds; the whole table in the thorough one."""
    return TABLE if THOROUGH else TABLE[::293]


def test_the_table_holds_every_kind() -> None:
    assert len(TABLE) >= 1_000
    assert len({lie.name for lie in TABLE}) == len(TABLE)


@pytest.mark.parametrize("lie", [pytest.param(lie, id=lie.name[:120]) for lie in some_of_the_table()])
def test_a_lie_is_no_pass_and_no_crash(lie: Hostile, github: HostileGitHub) -> None:
    github.lie = lie
    github.forget()
    result = diagnose(github.url)
    assert github.leaked(TOKEN) == []
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in EXIT_CODES, (result.exit_code, result.output)
    assert "Traceback" not in result.output
    assert TOKEN not in result.output
    assert passed(result) <= (set() if lie.path == ".*" else PROVED)

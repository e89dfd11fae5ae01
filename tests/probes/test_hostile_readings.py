"""A GitHub that lies where it is asked for lists, folders, commits, environments and owners: a reading says so, or a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hostile_answers import BODIES, TRUE_ENOUGH, WIRE
from hostile_github import FURTHER, REPOSITORY, RUN, SHA_BEFORE, Hostile, HostileGitHub, hostile_readings
from thoroughness import THOROUGH

from diagnosis.facts.runs import Attempt
from probes.github.http import pace
from probes.github.http.body import Timeouts
from probes.github.http.credentials import GitHubAccess
from probes.github.http.errors import GitHubProblem
from probes.github.http.pace import Pace
from probes.github.source import GitHubSource
from probes.ledger import Ledger

TOKEN = "ghp_" + "0123456789abcdefghijklmnopqrstuvwxyz"
HASTY = Timeouts(connect=1.0, read=0.1, answer=0.2, backoff=0.001)
TABLE = hostile_readings()

Ask = Callable[[GitHubSource, Attempt], Any]


def _between(source: GitHubSource, attempt: Attempt) -> Any:
    return source.between([replace(attempt, head_sha=SHA_BEFORE), attempt])


def _others(source: GitHubSource, attempt: Attempt) -> Any:
    return source.with_other_workflows(attempt).other_workflows


ASKS: dict[str, Ask] = {
    "/actions/runs": lambda source, _: source.list_runs(),
    "/actions/workflows": lambda source, _: source.workflow_files(),
    "/contents/": _others,
    "/graphql": _others,
    "/compare/": _between,
    "/commits/": _between,
    "/environments": lambda source, _: source.environments(),
    "/users/": lambda source, _: source.owner("initech"),
}
"""What asks for a path, by a part of it."""


@pytest.fixture(scope="module")
def github() -> Iterator[HostileGitHub]:
    """One server for all lies."""
    with HostileGitHub(None, FURTHER) as server:
        yield server


@pytest.fixture(scope="module")
def attempt(github: HostileGitHub) -> Attempt:
    """The run, as the true one tells it."""
    github.lie = None
    with source_of(github, Timeouts()) as source:
        return source.attempt(RUN)


def source_of(github: HostileGitHub, timeouts: Timeouts = HASTY) -> GitHubSource:
    patient = partial(Pace, max_wait=0.2, throttled=False)
    return GitHubSource(REPOSITORY, GitHubAccess(github.url, TOKEN), Ledger(), timeouts=timeouts, pace=patient())


def ask_of(path: str) -> Ask:
    return next(ask for part, ask in ASKS.items() if part in path)


@pytest.fixture(scope="module")
def truth(github: HostileGitHub, attempt: Attempt) -> dict[Ask, Any]:
    """What each question brings where nothing is a lie."""
    github.lie = None
    with source_of(github, Timeouts()) as source:
        return {ask: ask(source, attempt) for ask in ASKS.values()}


def test_the_true_one_is_read(github: HostileGitHub, truth: dict[Ask, Any]) -> None:
    assert set(FURTHER) <= {asked.path for asked in github.server.asked}
    for ask, told in truth.items():
        assert "Unreadable(" not in repr(told) or ask is ASKS["/actions/runs"], (
            "the parts of listed runs are not read yet"
        )


def some_of_the_table() -> list[Hostile]:
    """A few in the quick run, and those that were believed once; the whole table in the thorough one."""
    believed = ("a negative length", "a length that is no number")
    once = [lie for lie in TABLE if lie.name.startswith("/users/") and lie.name.endswith(believed)]
    return TABLE if THOROUGH else [*TABLE[::193], *once]


def test_the_table_holds_every_kind() -> None:
    assert len(TABLE) >= 2_000
    assert len({lie.name for lie in TABLE}) == len(TABLE)


@pytest.mark.parametrize("lie", [pytest.param(lie, id=lie.name[:120]) for lie in some_of_the_table()])
def test_a_lie_is_no_reading_and_no_crash(
    lie: Hostile, github: HostileGitHub, attempt: Attempt, truth: dict[Ask, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "_ANSWERS_SECONDS", 1.0)
    ask = ask_of(lie.path.replace("\\", ""))
    github.lie = lie
    github.forget()
    with source_of(github) as source:
        try:
            told = ask(source, attempt)
        except GitHubProblem as problem:
            told = problem.sentence, problem.way_out
    assert github.leaked(TOKEN) == []
    assert TOKEN not in repr(told)
    kind = lie.name.rpartition(" answers: ")[2]
    if kind in (WIRE | BODIES) and kind not in TRUE_ENOUGH:
        assert told != truth[ask]

"""What GitHub's answers and headers say of a token, of a repository and of the clock."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from no_github import forget_github
from thoroughness import some, spread
from told_github import REPOSITORY, TOKEN, ToldGitHub

from probes.ledger import Ledger
from tui.backends.readiness.github import look_at_github
from tui.readiness.check import Check, State, What


@pytest.fixture(autouse=True)
def _own_token(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_github(monkeypatch)
    monkeypatch.setenv("GH_TOKEN", TOKEN)


def told(github: ToldGitHub, repository: str = REPOSITORY, **options: Any) -> tuple[dict[What, Check], list[str]]:
    """The checks, and the paths that were asked."""
    found: dict[What, Check] = {}
    with github.server() as server:
        cancelled = options.get("cancelled", lambda: False)
        look_at_github(repository, server.url, Ledger(), lambda check: found.update({check.what: check}), cancelled)
        return found, [asked.target for asked in server.asked]


def test_a_token_that_reaches_everything_takes_five_requests() -> None:
    found, asked = told(ToldGitHub())
    assert len(asked) == 5
    assert found[What.TOKEN].state is State.READY
    assert found[What.TOKEN].sentence == "From GH_TOKEN: a classic token; scopes repo, workflow."
    assert found[What.REACH].sentence == "octo-org/shop: reads runs and logs, contents, checks."
    assert found[What.RATE_LIMIT].sentence == "4,990 of 5,000 requests are left this hour."
    assert found[What.CLOCK].state is State.READY
    assert found[What.GITHUB].state is State.NOTE  # a server on this machine is named


def test_without_a_repository_one_request_tells_of_the_token() -> None:
    found, asked = told(ToldGitHub(), "")
    assert asked == ["/rate_limit"]
    assert found[What.TOKEN].state is State.READY
    assert What.REACH not in found


def test_a_server_without_a_rate_limit_is_no_fault() -> None:
    github = ToldGitHub()
    del github.answers["/rate_limit"]
    assert told(github, "")[0][What.TOKEN].state is State.READY


@pytest.mark.parametrize(
    ("path", "status", "state", "words"),
    [
        ("/actions/runs", 403, State.MISSING, "runs and logs cannot be read"),
        ("/actions/runs", 404, State.MISSING, "runs and logs cannot be read"),
        ("/contents/.github/workflows", 403, State.NOTE, "contents cannot be read"),
        ("/contents/.github/workflows", 404, State.NOTE, "no folder .github/workflows"),
        ("/check-runs/71/annotations", 403, State.NOTE, "checks cannot be read"),
        ("/actions/runs/42/attempts/1/jobs", 500, State.NOTE, "checks cannot be read"),
        ("", 404, State.MISSING, "shows no repository"),
        ("", 403, State.MISSING, "lacks the permission"),
    ],
)
def test_what_a_token_may_not_read_is_said_with_what_is_lost(path: str, status: int, state: State, words: str) -> None:
    github = ToldGitHub()
    github.refuse(path, status, "Resource not accessible")
    found, _ = told(github)
    assert found[What.REACH].state is state
    assert words in found[What.REACH].sentence
    assert found[What.REACH].way_out or status == 404
    assert found[What.TOKEN].state is State.READY


def test_a_token_that_is_refused_is_missing_and_its_source_is_named() -> None:
    github = ToldGitHub()
    github.refuse("", 401, "Bad credentials")
    found, asked = told(github)
    assert len(asked) == 1
    assert (found[What.TOKEN].state, int(found[What.TOKEN].code)) == (State.MISSING, 4)
    assert "GH_TOKEN" in found[What.TOKEN].sentence


@pytest.mark.parametrize(("days", "state"), [(2, State.NOTE), (90, State.READY)])
def test_the_day_on_which_a_token_expires_is_told(days: int, state: State) -> None:
    day = Ledger().clock() + timedelta(days=days)
    found, _ = told(ToldGitHub(headers={"GitHub-Authentication-Token-Expiration": f"{day:%Y-%m-%d %H:%M:%S} UTC"}))
    assert found[What.TOKEN].state is state
    assert f"expires {day:%Y-%m-%d}" in found[What.TOKEN].sentence
    assert "scopes" not in found[What.TOKEN].sentence


@pytest.mark.parametrize(
    ("seconds", "state"), [(5, State.READY), (-120, State.NOTE), (120, State.NOTE), (900, State.MISSING)]
)
def test_a_clock_that_is_wrong_is_told_in_seconds(seconds: int, state: State) -> None:
    found, _ = told(ToldGitHub(clock=timedelta(seconds=seconds)))
    assert found[What.CLOCK].state is state
    assert ("behind" in found[What.CLOCK].sentence) == (seconds > 60)


def test_an_hour_that_is_nearly_used_up_is_noted() -> None:
    headers = {"X-RateLimit-Remaining": "12", "X-RateLimit-Limit": "5000", "X-RateLimit-Reset": "9999999999"}
    found, _ = told(ToldGitHub(headers=headers))
    assert found[What.RATE_LIMIT].state is State.NOTE
    assert "full again" in found[What.RATE_LIMIT].way_out


@pytest.mark.parametrize("token", spread([TOKEN, "0123456789abcdef" * 3, "sesame-of-an-old-enterprise-server"], 1))
def test_a_token_that_a_server_sends_back_is_never_shown(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GH_TOKEN", token)
    for status in some((403, 401, 404, 422, 500), 4):
        github = ToldGitHub(headers={"X-OAuth-Scopes": f"repo, {token}", "X-Said": token})
        github.refuse("", status, f"no access for {token}", X_Accepted_GitHub_Permissions=token)
        github.refuse("/actions/runs", status, f"no access for {token}")
        found, _ = told(github)
        assert token not in json.dumps([repr(check) for check in found.values()])
        github.answers[f"/repos/{REPOSITORY}"] = (200, {"id": 1, "full_name": f"{token}/shop"}, {})
        assert token not in json.dumps([repr(check) for check in told(github)[0].values()])


def test_without_a_token_the_way_to_one_is_told_and_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_github(monkeypatch)
    monkeypatch.setenv("PATH", "")
    found: dict[What, Check] = {}
    look_at_github(REPOSITORY, None, Ledger(), lambda check: found.update({check.what: check}), lambda: False)
    assert (found[What.TOKEN].state, int(found[What.TOKEN].code)) == (State.MISSING, 4)
    assert found[What.TOKEN].commands == ("gh auth login --hostname github.com",)
    look_at_github(REPOSITORY, "ftp://x", Ledger(), lambda check: found.update({check.what: check}), lambda: False)
    assert (found[What.GITHUB].state, int(found[What.GITHUB].code)) == (State.MISSING, 2)
    monkeypatch.setenv("GH_TOKEN", "two words")
    look_at_github(REPOSITORY, None, Ledger(), lambda check: found.update({check.what: check}), lambda: False)
    assert "two words" not in repr(found)
    assert "characters that no token has" in found[What.TOKEN].sentence


def test_who_gives_up_learns_that_it_is_unknown() -> None:
    found, asked = told(ToldGitHub(), cancelled=lambda: True)
    assert asked == []
    assert {found[what].state for what in (What.TOKEN, What.REACH)} == {State.UNKNOWN}

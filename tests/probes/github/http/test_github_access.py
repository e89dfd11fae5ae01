"""Which GitHub is asked, with whose token: each host with its own token only."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from probes.github.http.credentials import GitHubAccess, NoCredentials, find_access
from probes.github.http.errors import GitHubProblem
from probes.wire.loopback import is_loopback

PUBLIC = "https://api.github.com"


def no_gh(host: str, environ: object) -> None:
    """gh has no token."""


def found(url: str | None = None, **environ: str) -> GitHubAccess | NoCredentials:
    return find_access(url, environ, no_gh)


@pytest.mark.parametrize(
    ("given", "api", "host"),
    [
        ("github.com", PUBLIC, "github.com"),
        ("https://github.com", PUBLIC, "github.com"),
        ("https://www.github.com/", PUBLIC, "github.com"),
        ("https://api.github.com", PUBLIC, "github.com"),
        ("https://api.github.com/", PUBLIC, "github.com"),
        ("ghe.example.com", "https://ghe.example.com/api/v3", "ghe.example.com"),
        ("https://ghe.example.com/", "https://ghe.example.com/api/v3", "ghe.example.com"),
        ("https://ghe.example.com/api/v3", "https://ghe.example.com/api/v3", "ghe.example.com"),
        ("https://ghe.example.com:8443/api/v3/", "https://ghe.example.com:8443/api/v3", "ghe.example.com:8443"),
        ("https://ghe.example.com/owner/repo", "https://ghe.example.com/api/v3", "ghe.example.com"),
        ("acme.ghe.com", "https://api.acme.ghe.com", "acme.ghe.com"),
        ("https://api.acme.ghe.com", "https://api.acme.ghe.com", "acme.ghe.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("http://localhost:8080/api/v3", "http://localhost:8080/api/v3", "localhost:8080"),
        ("http://[::1]:80", "http://[::1]:80", "[::1]:80"),
    ],
)
def test_any_form_of_address_leads_to_the_api(given: str, api: str, host: str) -> None:
    access = GitHubAccess(given, "t")
    assert (access.url, access.host) == (api, host)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("http://ghe.example.com", "plain http"),
        ("http://github.com", "plain http"),
        ("http://127.0.0.1.example.com", "plain http"),
        ("http://10.0.0.1/api/v3", "plain http"),
        ("ftp://ghe.example.com", "not spoken"),
        ("https:///x", "names no host"),
        ("https://", "no host name"),
        ("https://ghe.example.com?x=1", "query"),
        ("https://ghe.example.com#x", "fragment"),
        ("https://me:hidden@ghe.example.com", "user name or password"),
        ("https://ghe.example.com:99999", "no valid address"),
        ("https://[", "no valid address"),
        ("not a host", "no host name"),
        ("", "no host name"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_a_way_out(given: str, why: str) -> None:
    with pytest.raises(GitHubProblem, match=why) as caught:
        GitHubAccess(given, "t")
    assert caught.value.exit_code == 2
    assert "ghe.example.com" in caught.value.way_out
    assert "hidden" not in str(caught.value)


def test_the_address_comes_from_the_option_then_the_api_variable_then_gh_host() -> None:
    both = {"GITHUB_API_URL": "https://one.example/api/v3", "GH_HOST": "two.example", "GH_ENTERPRISE_TOKEN": "t"}
    assert found("three.example", **both).host == "three.example"
    assert found(**both).host == "one.example"
    del both["GITHUB_API_URL"]
    assert found(**both).host == "two.example"
    assert found(GH_TOKEN="t").host == "github.com"


@pytest.mark.parametrize(
    ("url", "environ", "token", "source"),
    [
        (None, {"GH_TOKEN": "a", "GITHUB_TOKEN": "b"}, "a", "GH_TOKEN"),
        (None, {"GITHUB_TOKEN": " b\n"}, "b", "GITHUB_TOKEN"),
        (None, {"GH_TOKEN": "", "GITHUB_TOKEN": "b"}, "b", "GITHUB_TOKEN"),
        ("acme.ghe.com", {"GH_TOKEN": "a"}, "a", "GH_TOKEN"),
        ("ghe.example.com", {"GH_ENTERPRISE_TOKEN": "e", "GH_TOKEN": "a"}, "e", "GH_ENTERPRISE_TOKEN"),
        ("ghe.example.com", {"GITHUB_ENTERPRISE_TOKEN": "e"}, "e", "GITHUB_ENTERPRISE_TOKEN"),
        ("http://127.0.0.1:1", {"GITHUB_TOKEN": "b"}, "b", "GITHUB_TOKEN"),
        ("http://127.0.0.1:1", {"GH_ENTERPRISE_TOKEN": "e", "GH_TOKEN": "a"}, "e", "GH_ENTERPRISE_TOKEN"),
        ("http://localhost:1", {}, "", ""),
    ],
)
def test_each_host_gets_its_own_token(url: str | None, environ: dict[str, str], token: str, source: str) -> None:
    access = found(url, **environ)
    assert isinstance(access, GitHubAccess)
    assert (access.token, access.token_source) == (token, source)


@pytest.mark.parametrize(
    ("url", "environ"),
    [
        (None, {}),
        (None, {"GH_ENTERPRISE_TOKEN": "e", "GITHUB_ENTERPRISE_TOKEN": "e"}),
        ("ghe.example.com", {"GH_TOKEN": "a", "GITHUB_TOKEN": "b"}),
        ("github.com.evil.example", {"GH_TOKEN": "a", "GITHUB_TOKEN": "b"}),
        ("evilghe.com", {"GH_TOKEN": "a", "GITHUB_TOKEN": "b"}),
        (None, {"GITHUB_API_URL": "https://ghe.example.com/api/v3", "GITHUB_TOKEN": "b"}),
        (
            "https://ghe.example.com",
            {"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_TOKEN": "b"},
        ),
    ],
)
def test_no_host_gets_the_token_of_another(url: str | None, environ: dict[str, str]) -> None:
    nothing = found(url, **environ)
    assert isinstance(nothing, NoCredentials)
    assert nothing.exit_code == 4
    assert nothing.host in nothing.sentence
    assert "gh auth login --hostname" in nothing.way_out
    assert "planescope demo" in nothing.way_out
    assert nothing.problem().exit_code == 4


def test_inside_its_own_workflow_run_an_enterprise_server_gets_the_token_that_it_issued() -> None:
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_SERVER_URL": "https://ghe.example.com",
        "GITHUB_API_URL": "https://ghe.example.com/api/v3",
        "GITHUB_TOKEN": "issued",
        "GH_TOKEN": "of another host, maybe",
    }
    access = found(**environ)
    assert isinstance(access, GitHubAccess)
    assert access.token == "issued"


def test_gh_is_asked_for_exactly_this_host_and_last() -> None:
    asked: list[str] = []

    def gh(host: str, environ: object) -> str:
        asked.append(host)
        return "from-gh"

    access = find_access("ghe.example.com:8443", {}, gh)
    assert isinstance(access, GitHubAccess)
    assert (access.token, access.token_source) == ("from-gh", "gh auth token")
    assert asked == ["ghe.example.com:8443"]
    find_access(None, {"GH_TOKEN": "a"}, gh)
    find_access("http://127.0.0.1:1", {}, gh)
    assert len(asked) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for gh is a shell script")
@pytest.mark.parametrize(
    ("script", "token"),
    [
        ('test "$1 $2 $3 $4" = "auth token --hostname github.com" && echo gho_from_store', "gho_from_store"),
        ("echo no oauth token >&2; exit 1", None),
        ('echo "${GH_TOKEN}${GITHUB_TOKEN}${GH_ENTERPRISE_TOKEN}x"', "x"),
        ("printf '\\377'", None),
    ],
)
def test_the_real_gh_is_run_without_tokens_in_its_environment(script: str, token: str | None, tmp_path: Path) -> None:
    gh = tmp_path / "gh"
    gh.write_text(f"#!/bin/sh\n{script}\n")
    gh.chmod(gh.stat().st_mode | stat.S_IXUSR)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    # For github.com these two do not count.
    found = find_access(None, {"PATH": path, "GH_ENTERPRISE_TOKEN": "e", "GITHUB_ENTERPRISE_TOKEN": "e"})
    if token is None:
        assert isinstance(found, NoCredentials)
    else:
        assert isinstance(found, GitHubAccess)
        assert found.token == token


def test_without_gh_nothing_is_run(tmp_path: Path) -> None:
    assert isinstance(find_access(None, {"PATH": str(tmp_path)}), NoCredentials)


@pytest.mark.parametrize("token", ["two words", "tökén", "a\x00b", "a\tb"])
def test_a_token_that_no_header_carries_is_refused_without_repeating_it(token: str) -> None:
    with pytest.raises(GitHubProblem, match="token from GH_TOKEN") as caught:
        found(GH_TOKEN=token)
    assert caught.value.exit_code == 4
    assert token not in str(caught.value)


def test_the_token_is_in_no_representation() -> None:
    access = GitHubAccess(PUBLIC, "ghp_hidden", "GH_TOKEN")
    assert "ghp_hidden" not in repr(access)
    assert "ghp_hidden" not in f"{access}"


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("LOCALHOST.", True),
        ("api.localhost", False),
        ("localhost.example.com", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - a name to judge, nothing binds to it
        ("2130706433", False),
        (None, False),
    ],
)
def test_loopback_is_this_machine_and_nothing_else(host: str | None, is_local: bool) -> None:
    assert is_loopback(host) is is_local

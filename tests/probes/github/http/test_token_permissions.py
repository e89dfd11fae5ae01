"""What a token needs is made from the list of calls; what it lacks is named with the way that its kind has to it."""

from __future__ import annotations

import json
from collections.abc import Callable

import github_faults as faults
import pytest
from click.testing import CliRunner
from tiny_github import TOKEN, Said, TinyGitHub, World, job_object, run_object, said

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Attempt
from probes.github.http.credentials import GitHubAccess, NoCredentials, TokenKind, find_access
from probes.github.http.endpoints import CLASSIC_SCOPE, ENDPOINTS, QUERY, permissions_needed
from probes.github.http.errors import GitHubProblem
from probes.github.read.attempt_parts import Depth
from probes.github.source import GitHubSource
from tui.cli.commands.permissions import permissions_command

RUNS = "/repos/example/widgets/actions/runs"
KINDS = {
    TokenKind.CLASSIC: "ghp_" + "a" * 36,
    TokenKind.FINE_GRAINED: "github_pat_" + "a" * 60,
    TokenKind.APP: "ghs_" + "a" * 36,
    TokenKind.APP_USER: "ghu_" + "a" * 36,
    TokenKind.UNKNOWN: "0" * 40,
}


def test_every_listed_call_stands_under_exactly_one_permission() -> None:
    needed = permissions_needed()
    named = [operation for need in needed for operation in need.operations]
    assert sorted(named) == sorted(endpoint.operation for endpoint in (*ENDPOINTS, QUERY))
    assert len(set(named)) == len(named)


def test_each_permission_says_what_it_is_for_and_what_is_lost_without_it() -> None:
    needed = {need.permission: need for need in permissions_needed()}
    assert set(needed) == {"actions: read", "metadata: read", "contents: read", "checks: read", "pull-requests: read"}
    assert all(need.purpose and need.without and need.operations for need in needed.values())
    assert [name for name, need in needed.items() if need.required] == ["actions: read", "metadata: read"]
    assert "checks/list-annotations" in needed["checks: read"].operations
    assert "fine-grained" in needed["checks: read"].note


def test_without_any_token_all_permissions_are_named() -> None:
    nothing = find_access(None, {}, lambda host, environ: None)
    assert isinstance(nothing, NoCredentials)
    for need in permissions_needed():
        assert f"`{need.permission}`" in nothing.way_out


@pytest.mark.parametrize("kind", TokenKind)
def test_the_kind_of_a_token_is_told_by_its_prefix(kind: TokenKind) -> None:
    assert GitHubAccess("https://api.github.com", KINDS[kind]).token_kind is kind
    assert KINDS[kind] not in repr(kind)


def serve(tiny: TinyGitHub) -> None:
    tiny.answers[f"{RUNS}/7"] = said(run_object())
    tiny.answers[f"{RUNS}/7/attempts/1/jobs"] = said({"total_count": 1, "jobs": [job_object()]})


@pytest.mark.parametrize("kind", TokenKind)
def test_every_kind_of_token_reads_a_run(kind: TokenKind, tiny: TinyGitHub, make_source: Callable) -> None:
    serve(tiny)
    source: GitHubSource = make_source(tiny.url, token=KINDS[kind])
    assert source.attempt(7, depth=Depth.JOBS).run_id == 7
    assert {asked.headers["authorization"] for asked in tiny.asked} == {f"token {KINDS[kind]}"}
    assert "/user" not in tiny.paths(), "an installation's token has no user"


def jobs_reading(attempt: Attempt) -> Unreadable:
    assert isinstance(attempt.jobs, Unreadable)
    return attempt.jobs


@pytest.mark.parametrize(
    ("kind", "message", "how"),
    [
        (TokenKind.FINE_GRAINED, "Resource not accessible by personal access token", "give the token `actions: read`"),
        (TokenKind.APP, "Resource not accessible by integration", "to its `permissions:`; for an app of yours"),
        (TokenKind.APP_USER, "Resource not accessible by integration", "give the token `actions: read`"),
        (TokenKind.CLASSIC, "Forbidden", "give the token the scope `repo`, which stands for `actions: read`"),
    ],
)
def test_a_missing_permission_is_named_with_the_way_to_it(
    kind: TokenKind, message: str, how: str, tiny: TinyGitHub, make_source: Callable
) -> None:
    serve(tiny)
    headers = {"X_Accepted_GitHub_Permissions": "actions=read", "X_OAuth_Scopes": "read:org, gist"}
    tiny.answers[f"{RUNS}/7/attempts/1/jobs"] = said({"message": message}, 403, **headers)
    reading = jobs_reading(make_source(tiny.url, token=KINDS[kind]).attempt(7, depth=Depth.JOBS))
    assert reading.permission == "actions: read"
    assert f"the token from GH_TOKEN lacks the permission `actions: read` ({message})" in reading.why
    assert how in reading.how
    assert KINDS[kind] not in f"{reading}"


def test_a_classic_token_with_the_scope_is_not_told_to_get_it(tiny: TinyGitHub, make_source: Callable) -> None:
    serve(tiny)
    tiny.answers[f"{RUNS}/7/attempts/1/jobs"] = said({"message": "no"}, 403, X_OAuth_Scopes=f"gist, {CLASSIC_SCOPE}")
    reading = jobs_reading(make_source(tiny.url, token=TOKEN).attempt(7, depth=Depth.JOBS))
    assert "scope" not in reading.how


def test_what_github_gives_to_no_fine_grained_token_is_said(tiny: TinyGitHub, make_source: Callable) -> None:
    serve(tiny)
    tiny.answers["/repos/example/widgets/check-runs/71/annotations"] = said(
        {"message": "Resource not accessible by personal access token"}, 403
    )
    attempt = make_source(tiny.url, token=KINDS[TokenKind.FINE_GRAINED]).attempt(7, depth=Depth.LOGS)
    assert isinstance(attempt.jobs, Known)
    reading = attempt.jobs.value[0].annotations
    assert isinstance(reading, Unreadable)
    assert reading.permission == "checks: read"
    assert "no fine-grained token" in reading.how


@pytest.mark.parametrize(
    ("header", "permission"),
    [
        ("pull_requests=read", "pull-requests: read"),
        ("actions=read; actions=write,contents=read", "actions: read"),
        ("contents=read,pull_requests=write", "contents: read, pull-requests: write"),
        ("<script>", "actions: read"),
        ("", "actions: read"),
    ],
)
def test_the_permission_is_githubs_own_where_it_says_one(header: str, permission: str, world: World) -> None:
    listed = world.source.list_runs().attempts[0]
    world.server.fault(r"/attempts/1/jobs", faults.no_permission(header))
    (attempt,) = world.source.complete([listed], Depth.JOBS)
    assert jobs_reading(attempt).permission == permission


def test_an_app_that_is_not_installed_is_thought_of(tiny: TinyGitHub, make_source: Callable) -> None:
    serve(tiny)
    tiny.answers[f"{RUNS}/7/attempts/1/jobs"] = said({"message": "Not Found"}, 404)
    reading = jobs_reading(make_source(tiny.url, token=KINDS[TokenKind.APP]).attempt(7, depth=Depth.JOBS))
    assert "the app installed on it" in reading.how


def test_a_whole_that_is_refused_ends_with_exit_code_4_and_names_the_permission(
    tiny: TinyGitHub, make_source: Callable
) -> None:
    tiny.answers[RUNS] = Said(
        403, b'{"message": "Resource not accessible by integration"}', {"X-Accepted-GitHub-Permissions": "actions=read"}
    )
    with pytest.raises(GitHubProblem, match="`actions: read`") as caught:
        make_source(tiny.url, token=KINDS[TokenKind.APP]).list_runs()
    assert caught.value.exit_code == 4
    assert "permissions:" in caught.value.way_out


def test_the_command_prints_the_table_made_from_the_list() -> None:
    shown = CliRunner().invoke(permissions_command, ["--github"])
    assert shown.exit_code == 0
    for need in permissions_needed():
        (row,) = (line for line in shown.output.splitlines() if line.startswith(f"| `{need.permission}` |"))
        assert row.count(" | ") == 3
        assert all(f"`{operation}`" in row for operation in need.operations)
    told = json.loads(CliRunner().invoke(permissions_command, ["--github", "--json"]).output)
    assert told["classic_scope"] == CLASSIC_SCOPE
    assert [entry["permission"] for entry in told["github"]] == [need.permission for need in permissions_needed()]
    assert "statement" not in CliRunner().invoke(permissions_command, ["--github"]).output.lower()

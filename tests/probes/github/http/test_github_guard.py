"""Only listed reads leave, only to the API's own host, and the token goes nowhere else."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from github.AuthenticatedUser import AuthenticatedUser
from github.Repository import Repository
from tiny_github import QUICK, REPOSITORY, TOKEN, Asked, Said, TinyGitHub, World, job_object, run_object, said

from diagnosis.facts.reading import Known
from probes.github.http.client import Client
from probes.github.http.credentials import GitHubAccess
from probes.github.http.endpoints import (
    ENDPOINTS,
    FOLDER_QUERY,
    QUERY,
    address_part,
    folder_question,
    permitted,
    permitted_query,
    query_path,
)
from probes.github.http.errors import BrokenAnswer, GitHubProblem, ReadFailure, Refused, Rejected
from probes.github.http.pace import Pace
from probes.github.read.attempt_parts import Depth
from probes.ledger import Ledger

RUNS = "/repos/example/widgets/actions/runs"


@pytest.fixture
def client(tiny: TinyGitHub) -> Client:
    return Client(GitHubAccess(tiny.url, TOKEN), Ledger(), Pace(throttled=False), QUICK)


@pytest.fixture(autouse=True)
def _closed(client: Client):
    yield
    client.close()


def test_every_writing_call_of_the_real_client_is_refused_before_the_network(client: Client, tiny: TinyGitHub) -> None:
    repository = Repository(client.requester, {}, {**REPOSITORY, "url": f"{tiny.url}/repos/example/widgets"}, True)
    user = AuthenticatedUser(client.requester, {}, {"login": "example", "url": f"{tiny.url}/user"}, True)
    rerun_url = f"{tiny.url}{RUNS}/7/rerun"
    tiny.answers[f"{RUNS}/7"] = said({**run_object(), "url": f"{tiny.url}{RUNS}/7", "rerun_url": rerun_url})
    run = repository.get_workflow_run(7)
    writes: list[Callable[[], object]] = [
        lambda: repository.create_issue("x"),
        lambda: repository.edit(description="x"),
        repository.delete,
        lambda: repository.create_file("a", "m", "c"),
        lambda: repository.create_repository_dispatch("x"),
        run.rerun,
        lambda: client.requester.requestJson("POST", f"{RUNS}/7/cancel"),
        lambda: user.create_repo("x"),
        lambda: client.requester.graphql_query("{viewer{login}}", {}),
    ]
    for write in writes:
        with pytest.raises(Refused, match="it only reads"):
            write()
    assert {asked.method for asked in tiny.asked} <= {"GET"}, "PyGithub's lazy objects may look up an address"


@pytest.mark.parametrize("verb", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["", "/actions/runs", "/actions/runs/7/attempts/1/jobs", "/contents/a"])
def test_no_verb_but_reading_ones_gets_past_the_guard(verb: str, path: str, client: Client, tiny: TinyGitHub) -> None:
    with pytest.raises(Refused):
        client.requester.requestJsonAndCheck(verb, f"/repos/example/widgets{path}")
    assert tiny.asked == []
    entry = client.line.ledger.entries()[-1]
    assert (entry.operation, entry.result) == (verb, "refused by planescope")


@pytest.mark.parametrize(
    "path",
    [
        "/user",
        "/repos/example/widgets/actions/secrets",
        "/repos/example/widgets/actions/secrets/public-key",
        "/repos/example/widgets/contents/../../../user",
        "/repos/example/widgets/contents/%2e%2e/%2E%2e/x",
        "/repos/example/widgets/contents/a%2f..%2fx",
        "/repos/../user",
        "/repos/example/widgets/keys",
        "/orgs/example/actions/runs",
        "/repos/example/widgets/actions/runs/7/logs",
        "/graphql",
    ],
)
def test_reads_that_are_not_listed_are_refused(path: str, client: Client, tiny: TinyGitHub) -> None:
    with pytest.raises(Refused):
        client.object(path)
    assert tiny.asked == []


def test_a_body_or_another_host_is_refused(client: Client, tiny: TinyGitHub) -> None:
    with pytest.raises(Refused):
        client.requester.requestJsonAndCheck("GET", "/repos/example/widgets", input={"a": 1})
    with pytest.raises((Refused, AssertionError)):
        client.requester.requestJsonAndCheck("GET", f"{tiny.storage}/repos/example/widgets")
    assert tiny.asked == []


QUESTION = folder_question("example", "widgets", f"{'a' * 40}:.github/workflows")
FOLDER = {"data": {"repository": {"object": {"entries": []}}}}
OTHER_QUESTIONS: dict[str, object] = {
    "a mutation": {**QUESTION, "query": 'mutation{deleteRef(input:{refId:"x"}){clientMutationId}}'},
    "another query": {**QUESTION, "query": "query{viewer{login}}"},
    "more behind it": {**QUESTION, "query": f"{FOLDER_QUERY} mutation b{{x}}"},
    "an operation name": {**QUESTION, "operationName": "b"},
    "extensions": {**QUESTION, "extensions": {}},
    "no variables": {"query": FOLDER_QUERY},
    "another variable": {**QUESTION, "variables": {"owner": "a", "name": "b", "expression": "c", "d": "e"}},
    "a variable less": {**QUESTION, "variables": {"owner": "a", "name": "b"}},
    "a variable of another kind": {**QUESTION, "variables": {"owner": "a", "name": "b", "expression": {"x": 1}}},
    "variables of another kind": {**QUESTION, "variables": "x"},
    "a list": [QUESTION],
    "a text": "query{viewer{login}}",
    "nothing": {},
}


@pytest.mark.parametrize("kind", OTHER_QUESTIONS)
def test_no_question_in_graphql_but_the_one_gets_past_the_guard(kind: str, client: Client, tiny: TinyGitHub) -> None:
    with pytest.raises(Refused):
        client.requester.requestJson("POST", "/graphql", input=OTHER_QUESTIONS[kind])
    assert tiny.asked == []
    assert client.line.ledger.entries()[-1].result == "refused by planescope"


@pytest.mark.parametrize("verb", ["GET", "PUT", "PATCH", "DELETE"])
def test_the_question_is_asked_by_post_and_at_its_place_alone(verb: str, client: Client, tiny: TinyGitHub) -> None:
    for place in ("/graphql", "/repos/example/widgets", "/repos/example/widgets/contents/a"):
        with pytest.raises(Refused):
            client.requester.requestJson(verb, place, input=QUESTION)
    for place in (
        "/repos/example/widgets",
        "/graphql/x",
        "/graphql?a=b",
        "/api/graphql",
        "/GraphQL",
        "/graphql/../user",
    ):
        with pytest.raises(Refused):
            client.requester.requestJson("POST", place, input=QUESTION)
    with pytest.raises((Refused, AssertionError)):
        client.requester.requestJson("POST", "/graphql", input=QUESTION, parameters={"a": "b"})
    assert tiny.asked == []


def test_a_body_in_which_something_stands_twice_is_no_question() -> None:
    body = json.dumps(QUESTION)
    api = "https://api.github.com"
    assert permitted_query("POST", "/graphql", body, api) is QUERY
    twice = body[:-1] + ', "query": "mutation{x}"}'
    back = twice[:-1] + f', "query": {json.dumps(FOLDER_QUERY)}}}'
    for each in (twice, back, f" {body}", body + " ", body.encode(), "{", "[" * 5000, None):
        assert permitted_query("POST", "/graphql", each, api) is None


@pytest.mark.parametrize(
    ("api", "path"),
    [
        ("https://api.github.com", "/graphql"),
        ("https://api.octo.ghe.com", "/graphql"),
        ("https://github.example.com/api/v3", "/api/graphql"),
    ],
)
def test_every_kind_of_github_takes_it_at_its_own_place(api: str, path: str) -> None:
    assert query_path(api) == path
    assert permitted_query("POST", path, json.dumps(QUESTION), api) is QUERY
    assert permitted("POST", path) is None
    assert permitted("GET", path) is None


def test_the_question_reaches_an_enterprise_server_beside_its_api(tiny: TinyGitHub) -> None:
    access = GitHubAccess(f"{tiny.url}/api/v3", TOKEN, "GH_TOKEN")
    client = Client(access, Ledger(), Pace(throttled=False), QUICK)
    tiny.answers["/api/graphql"] = said(FOLDER)
    assert client.folder_at("example/widgets", f"{'a' * 40}:.github/workflows") == ()
    (asked,) = tiny.asked
    assert (asked.method, asked.path) == ("POST", "/api/graphql")
    assert json.loads(asked.body) == QUESTION
    assert asked.headers["authorization"] == f"token {TOKEN}"
    assert client.line.ledger.entries()[-1].operation == QUERY.operation


def test_a_question_is_never_sent_on_by_a_redirect(client: Client, tiny: TinyGitHub) -> None:
    tiny.answers["/graphql"] = Said(307, b"", {"Location": f"{tiny.url}/repos/example/widgets"})
    with pytest.raises(BrokenAnswer, match="redirects"):
        client.folder_at("example/widgets", "x:y")
    assert len(tiny.asked) == 1


def test_the_client_makes_no_copy_without_a_guard(client: Client) -> None:
    requester = client.requester
    for copy in (
        lambda: requester.withLazy(False),
        lambda: requester.withAuth(None),
        lambda: requester.withApiVersion("2022-11-28"),
    ):
        with pytest.raises(Refused):
            copy()


def test_every_listed_call_is_a_read_of_one_repository_or_account_and_names_its_permission() -> None:
    for endpoint in ENDPOINTS:
        assert endpoint.permission.endswith(": read")
        whose = "" if endpoint.template.startswith(("/users/", "/orgs/", "/rate_limit")) else "/repos/o/r"
        path = whose + endpoint.template
        assert permitted("GET", path.replace("{", "").replace("}", "")) is endpoint
        assert permitted("get", path) is not None
        assert permitted("POST", path) is None
    assert permitted("GET", "/repositories/12/actions/runs") is not None, "GitHub's own links name repositories so"


def serve_log(tiny: TinyGitHub, location: str, log: Said) -> None:
    tiny.answers[f"{RUNS}/7"] = said(run_object())
    tiny.answers[f"{RUNS}/7/attempts/1/jobs"] = said({"total_count": 1, "jobs": [job_object()]})
    tiny.answers["/repos/example/widgets/actions/jobs/71/logs"] = Said(302, b"", {"Location": location})
    tiny.answers["/blob/71"] = log


def test_the_token_goes_to_the_api_and_never_to_the_storage(tiny_world: World) -> None:
    tiny = tiny_world.server
    serve_log(tiny, f"{tiny.storage}/blob/71?sig=very-secret", Said(200, b"line\n"))

    attempt = tiny_world.source.attempt(7, depth=Depth.VERDICT)

    assert isinstance(attempt.jobs, Known)
    assert attempt.jobs.value[0].log == Known("line\n")
    by_host = {host: [asked for asked in tiny.asked if asked.host == host] for host in ("127.0.0.1", "localhost")}
    assert all(asked.headers["authorization"] == f"token {TOKEN}" for asked in by_host["127.0.0.1"])
    assert [asked.path for asked in by_host["localhost"]] == ["/blob/71?sig=very-secret"]
    assert "authorization" not in by_host["localhost"][0].headers
    assert "cookie" not in by_host["localhost"][0].headers
    assert TOKEN not in str(by_host["localhost"][0].headers)


def test_the_storage_gets_no_credentials_from_netrc(tiny_world: World, tmp_path, monkeypatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login me password hidden\nmachine 127.0.0.1 login me password hidden\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    tiny = tiny_world.server
    serve_log(tiny, f"{tiny.storage}/blob/71", Said(200, b"line\n"))
    tiny_world.source.attempt(7, depth=Depth.VERDICT)
    assert {asked.headers.get("authorization") for asked in tiny.asked} == {None, f"token {TOKEN}"}
    assert all("authorization" not in asked.headers for asked in tiny.asked if asked.host == "localhost")


def test_a_proxy_of_the_environment_is_not_used_for_this_machine(tiny_world: World, monkeypatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    tiny = tiny_world.server
    serve_log(tiny, f"{tiny.storage}/blob/71", Said(200, b"line\n"))
    attempt = tiny_world.source.attempt(7, depth=Depth.VERDICT)
    assert isinstance(attempt.jobs, Known)
    assert isinstance(attempt.jobs.value[0].log, Known)


@pytest.mark.parametrize(
    "location", ["http://192.0.2.1/x", "ftp://localhost/x", "file:///etc/passwd", "//", "http://[", "https:///x"]
)
def test_a_storage_address_that_is_no_https_is_not_asked(location: str, tiny_world: World) -> None:
    serve_log(tiny_world.server, location, Said(200, b"line\n"))
    attempt = tiny_world.source.attempt(7, depth=Depth.VERDICT)
    assert isinstance(attempt.jobs, Known)
    assert not isinstance(attempt.jobs.value[0].log, Known)
    assert not [entry for entry in tiny_world.ledger.entries() if entry.service == "github-storage"]


def test_a_moved_repository_is_followed_with_its_query_and_not_to_another_host(
    client: Client, tiny: TinyGitHub
) -> None:
    tiny.answers["/repositories/2002/actions/runs"] = said({"total_count": 1, "workflow_runs": [run_object()]})
    moved = f"{tiny.url}/repositories/2002/actions/runs"
    tiny.answers["/repos/old/name/actions/runs"] = said({}, 301, Location=moved)
    page = client.page("/repos/old/name/actions/runs", "workflow_runs", 1, {"branch": "main"})
    assert len(page.items) == 1
    assert tiny.paths()[-1] == "/repositories/2002/actions/runs?branch=main&page=1&per_page=100"

    tiny.answers["/repos/old/name"] = said({}, 301, Location=f"{tiny.storage}/repos/other/name")
    asked = len(tiny.asked)
    with pytest.raises(ReadFailure, match="another host"):
        client.object("/repos/old/name")
    tiny.answers["/repos/old/name"] = said({}, 307, Location="/user")
    with pytest.raises(Refused):
        client.object("/repos/old/name")
    tiny.answers["/repos/old/name"] = said({}, 308, Location="/repos/old/name")
    with pytest.raises(ReadFailure, match="circle"):
        client.object("/repos/old/name")
    for odd in ("http://[", "http://127.0.0.1:x/repos/old/name", "", "repos/old/name", "//other.example/repos/a/b"):
        tiny.answers["/repos/old/name"] = said({}, 301, Location=odd)
        with pytest.raises(ReadFailure, match=r"another host|invalid address"):
            client.object("/repos/old/name")
    assert {one.host for one in tiny.asked[asked:]} == {"127.0.0.1"}


def test_an_enterprise_path_is_part_of_what_the_guard_knows(tiny: TinyGitHub) -> None:
    client = Client(GitHubAccess(f"{tiny.url}/api/v3", TOKEN), Ledger(), Pace(throttled=False), QUICK)
    tiny.answers["/api/v3/repos/example/widgets"] = said(REPOSITORY)
    assert client.object("/repos/example/widgets")["id"] == 2002
    with pytest.raises(Refused):
        client.object("/user")
    client.close()


def test_the_token_and_signed_addresses_are_in_no_error_no_repr_and_no_ledger(tiny_world: World) -> None:
    tiny = tiny_world.server

    def leaking(asked: Asked) -> Said:
        return said({"message": f"bad thing with {asked.headers.get('authorization')}"}, 403)

    serve_log(tiny, f"{tiny.storage}/blob/71?sig=very-secret", Said(403, b"no"))
    tiny.answers["/repos/example/widgets/contents/.github/workflows/release.yml"] = leaking
    attempt = tiny_world.source.attempt(7)
    tiny.answers[f"{RUNS}/7"] = leaking
    with pytest.raises(GitHubProblem) as caught:
        tiny_world.source.attempt(7)

    shown = [repr(attempt), str(caught.value), repr(caught.value), repr(tiny_world.source.access)]
    shown += [repr(entry) for entry in tiny_world.ledger.entries()]
    for text in shown:
        assert TOKEN not in text
        assert "very-secret" not in text
    assert any("403" in entry.result for entry in tiny_world.ledger.entries())


def test_a_log_that_holds_the_token_itself_loses_it(tiny: TinyGitHub, make_source: Callable) -> None:
    source = make_source(tiny.url, token="an-odd-token-of-no-known-shape")
    serve_log(tiny, f"{tiny.storage}/blob/71", Said(200, b"echo an-odd-token-of-no-known-shape\n"))
    attempt = source.attempt(7, depth=Depth.VERDICT)
    assert isinstance(attempt.jobs, Known)
    assert attempt.jobs.value[0].log == Known("echo ***\n")


def test_no_token_means_no_authorization_header(tiny: TinyGitHub) -> None:
    client = Client(GitHubAccess(tiny.url), Ledger(), Pace(throttled=False), QUICK)
    client.object("/repos/example/widgets")
    assert "authorization" not in tiny.asked[0].headers
    tiny.answers["/repos/example/widgets/actions/jobs/71/logs"] = Said(200, b"no redirect")
    with pytest.raises(BrokenAnswer):
        client.address("/repos/example/widgets/actions/jobs/71/logs")
    client.close()


def test_a_name_in_an_address_is_quoted_and_half_a_character_is_none() -> None:
    assert address_part("a/b ?#%\u00e5") == "a%2Fb%20%3F%23%25%C3%A5"
    assert address_part("a/b", safe="/") == "a/b"
    with pytest.raises(Rejected, match="half of a character"):
        address_part("a\ud800")

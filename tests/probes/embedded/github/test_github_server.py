"""The loopback GitHub, asked over HTTP: addresses, pages, filters, entity tags, storage host, moments."""

from __future__ import annotations

import base64
import io
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
import requests
from synthetic_recordings import Shape, synthetic_recording

from probes.embedded.github.server import GitHubServer
from probes.embedded.moments import LATER, MOMENTS, STAGES, load_incident
from probes.recording.format import Refusal

REPOSITORY = "/repos/EsosaOrumwese/fraud-detection-system"
RUN_1, RUN_2, RUN_3, RUN_4 = 21985402789, 21985472266, 21985500168, 21993925506
JOB_1, JOB_3, ARTIFACT = 63518240001, 63518530003, 5498000003


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture(scope="module")
def server() -> Iterator[GitHubServer]:
    with GitHubServer(load_incident()) as server:
        yield server
    assert list(server.errors) == []


@pytest.fixture(scope="module")
def many() -> Iterator[GitHubServer]:
    with GitHubServer(synthetic_recording(Shape(runs=1234, jobs=1, log_bytes=1000, success_every=10))) as server:
        yield server
    assert list(server.errors) == []


def get(session: requests.Session, address: str, **options) -> requests.Response:
    return session.get(address, timeout=10, allow_redirects=False, **options)


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
def test_links_inside_an_answer_lead_back_to_the_server(server, session, prefix):
    base = server.url + prefix
    run = get(session, f"{base}{REPOSITORY}/actions/runs/{RUN_1}").json()
    assert run["url"] == f"{base}{REPOSITORY}/actions/runs/{RUN_1}"
    assert run["html_url"].startswith("https://github.com/")
    jobs = get(session, run["jobs_url"]).json()
    assert [job["id"] for job in jobs["jobs"]] == [JOB_1]
    annotations = get(session, jobs["jobs"][0]["check_run_url"] + "/annotations").json()
    assert "No OpenIDConnect provider found" in annotations[0]["message"]


@pytest.mark.parametrize(
    ("path", "member", "wanted"),
    [
        ("", "full_name", "EsosaOrumwese/fraud-detection-system"),
        ("/actions/workflows", "total_count", 2),
        ("/actions/workflows/dev_min_m1_packaging.yml", "name", "dev-min-m1-packaging"),
        ("/actions/workflows/231700001", "path", ".github/workflows/dev_min_m1_packaging.yml"),
        ("/actions/workflows/dev_min_m1_packaging.yml/runs", "total_count", 3),
        ("/actions/workflows/231700002/runs", "total_count", 1),
        ("/actions/runs", "total_count", 4),
        (f"/actions/runs/{RUN_2}", "head_branch", "dev"),
        (f"/actions/runs/{RUN_2}/attempts/1", "run_attempt", 1),
        (f"/actions/runs/{RUN_2}/attempts/1/jobs", "total_count", 1),
        (f"/actions/runs/{RUN_2}/jobs?filter=all", "total_count", 1),
        (f"/actions/jobs/{JOB_1}", "conclusion", "failure"),
        (f"/check-runs/{JOB_1}", "conclusion", "failure"),
        (f"/actions/runs/{RUN_3}/artifacts", "total_count", 1),
        (f"/actions/runs/{RUN_3}/artifacts?name=other", "total_count", 0),
        (f"/actions/artifacts/{ARTIFACT}", "name", "m1-p-1-packaging-ci-evidence"),
        ("/actions/oidc/customization/sub", "use_default", True),
        ("/environments", "total_count", 0),
        ("/branches/migrate-dev", "name", "migrate-dev"),
        ("/commits/main", "sha", "799d398a7daf34857cf363c9a1a629c40ec25d5e"),
        ("/compare/main...dev", "status", "identical"),
    ],
)
def test_each_address_has_its_answer(server, session, path, member, wanted):
    answer = get(session, f"{server.url}{REPOSITORY}{path}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.json()[member] == wanted


@pytest.mark.parametrize("path", ["/rate_limit", "/user", f"{REPOSITORY}/branches", REPOSITORY.lower()])
def test_addresses_beside_the_actions_answer_too(server, session, path):
    assert get(session, server.url + path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/repos/EsosaOrumwese/other",
        "/repos/someone/fraud-detection-system",
        f"{REPOSITORY}/actions/runs/1",
        f"{REPOSITORY}/actions/runs/{RUN_1}/attempts/2",
        f"{REPOSITORY}/actions/runs/{RUN_1}/attempts/2/jobs",
        f"{REPOSITORY}/actions/runs/{'9' * 40}",
        f"{REPOSITORY}/actions/jobs/1/logs",
        f"{REPOSITORY}/actions/jobs/{JOB_1}/steps/99/logs",
        f"{REPOSITORY}/actions/workflows/none.yml/runs",
        f"{REPOSITORY}/contents/README.md",
        f"{REPOSITORY}/branches/none",
        f"{REPOSITORY}/compare/main...{'0' * 40}",
        f"{REPOSITORY}/secrets",
        "/storage/logs/63518240001",
    ],
)
def test_what_is_not_there_is_refused_in_githubs_shape(server, session, path):
    answer = get(session, server.url + path)
    assert answer.status_code == 404
    assert answer.json()["status"] == "404"
    assert set(answer.json()) - {"planescope"} == {"message", "documentation_url", "status"}


def test_a_log_lies_at_another_host_and_comes_byte_for_byte(server, session):
    answer = get(session, f"{server.url}{REPOSITORY}/actions/jobs/{JOB_1}/logs")
    assert answer.status_code == 302
    address = answer.headers["Location"]
    assert address.startswith(server.storage_url + "/")
    assert "localhost" in address
    assert "127.0.0.1" in server.url
    log = get(session, address)
    recorded = load_incident().run(RUN_1).attempts[0].jobs[0].log.read()
    assert log.content == recorded
    assert log.headers["Content-Type"] == "text/plain"


def test_the_storage_refuses_a_token_and_the_api_is_not_served_there(server, session):
    address = get(session, f"{server.url}{REPOSITORY}/actions/jobs/{JOB_1}/logs").headers["Location"]
    leaked = get(session, address, headers={"Authorization": "Bearer made-up"})
    assert leaked.status_code == 400
    assert server.requests[-1].host == "storage"
    assert server.requests[-1].authorized
    assert get(session, f"{server.storage_url}{REPOSITORY}").status_code == 404


def test_the_log_of_a_step_is_that_part_of_the_log(server, session):
    first = get(session, f"{server.url}{REPOSITORY}/actions/jobs/{JOB_1}/steps/4/logs")
    text = get(session, first.headers["Location"]).content.decode()
    assert text.startswith("\ufeff")
    assert "##[group]Run aws-actions/configure-aws-credentials@v4" in text.splitlines()[0]
    assert "##[error]Could not assume role with OIDC" in text.splitlines()[-1]


def test_the_artifact_comes_as_a_zip_from_the_storage(server, session):
    answer = get(session, f"{server.url}{REPOSITORY}/actions/artifacts/{ARTIFACT}/zip")
    data = get(session, answer.headers["Location"]).content
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert len(file.namelist()) == 4
        assert file.testzip() is None


def test_a_file_comes_as_json_or_raw_at_its_commit(server, session):
    path = f"{server.url}{REPOSITORY}/contents/.github/workflows/dev_min_m1_packaging.yml"
    wrapped = get(session, path, params={"ref": "dev"})
    raw = get(session, path, params={"ref": "dev"}, headers={"Accept": "application/vnd.github.raw+json"})
    assert base64.b64decode(wrapped.json()["content"]) == raw.content
    assert raw.text.startswith("name: dev-min-m1-packaging\n")
    assert get(session, path, params={"ref": "none"}).status_code == 404


def test_pages_are_linked_to_the_last_and_back(many, session):
    address = f"{many.url}/repos/example/widgets/actions/runs?per_page=100"
    seen: list[int] = []
    pages = 0
    while address:
        answer = get(session, address)
        assert answer.json()["total_count"] == 1234
        seen += [run["id"] for run in answer.json()["workflow_runs"]]
        address = answer.links.get("next", {}).get("url", "")
        pages += 1
    assert pages == 13
    assert len(set(seen)) == 1234
    assert seen == sorted(seen, reverse=True)
    assert set(answer.links) == {"prev", "first"}


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 30), ("per_page=7", 7), ("per_page=1000", 100), ("per_page=x", 30), ("page=99", 0), ("per_page=-1", 30)],
)
def test_a_page_has_at_most_a_hundred_and_usually_thirty(many, session, query, count):
    answer = get(session, f"{many.url}/repos/example/widgets/actions/runs?{query}")
    assert len(answer.json()["workflow_runs"]) == count


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ({"status": "success"}, 123),
        ({"status": "failure"}, 1000),
        ({"status": "completed", "event": "push"}, 1000),
        ({"branch": "dev"}, 0),
        ({"actor": "EXAMPLE", "status": "success"}, 123),
        ({"event": "pull_request"}, 0),
        ({"created": "2026-06-01"}, 721),
        ({"created": "<2026-06-01"}, 513),
        ({"created": ">=2026-06-01T11:59:00Z"}, 2),
        ({"created": ">2026-06-01T11:59:00Z"}, 1),
        ({"created": "2026-06-01T11:50:00Z..2026-06-01T11:52:00Z"}, 3),
        ({"created": "*..2026-05-31"}, 513),
        ({"created": "2026-06-01..*"}, 721),
    ],
)
def test_filters_choose_runs_and_a_filtered_list_ends_at_a_thousand(many, session, query, total):
    answer = get(session, f"{many.url}/repos/example/widgets/actions/runs", params=query)
    assert answer.json()["total_count"] == total


def test_a_filter_by_commit_finds_its_run(many, session):
    address = f"{many.url}/repos/example/widgets/actions/runs"
    run = get(session, address).json()["workflow_runs"][5]
    found = get(session, address, params={"head_sha": run["head_sha"]}).json()
    assert [entry["id"] for entry in found["workflow_runs"]] == [run["id"]]


def test_a_filter_that_is_no_date_is_refused(many, session):
    answer = get(session, f"{many.url}/repos/example/widgets/actions/runs", params={"created": "last week"})
    assert answer.status_code == 422


def test_an_unchanged_answer_is_304_and_a_changed_one_is_sent(session):
    with GitHubServer(load_incident(), STAGES[0]) as server:
        address = f"{server.url}{REPOSITORY}/actions/runs"
        first = get(session, address)
        tag = first.headers["ETag"]
        again = get(session, address, headers={"If-None-Match": tag})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["ETag"] == tag
        server.move_to(STAGES[1])
        changed = get(session, address, headers={"If-None-Match": tag})
        assert changed.status_code == 200
        assert changed.json()["total_count"] == 2


def test_the_moments_serve_what_there_was(session):
    with GitHubServer(load_incident(), STAGES[0]) as server:
        seen = {}
        for moment in (*MOMENTS, *reversed(MOMENTS)):
            server.move_to(moment)
            runs = get(session, f"{server.url}{REPOSITORY}/actions/runs").json()["workflow_runs"]
            assert seen.setdefault(moment.key, [run["id"] for run in runs]) == [run["id"] for run in runs]
        assert seen == {
            "1": [RUN_1],
            "2": [RUN_2, RUN_1],
            "3": [RUN_3, RUN_2, RUN_1],
            "later": [RUN_4, RUN_3, RUN_2, RUN_1],
        }
        server.move_to(STAGES[0])
        for later in (f"runs/{RUN_2}", f"runs/{RUN_3}/artifacts", f"jobs/{JOB_3}", f"artifacts/{ARTIFACT}"):
            assert get(session, f"{server.url}{REPOSITORY}/actions/{later}").status_code == 404
        assert get(session, f"{server.storage_url}/storage/logs/{JOB_3}").status_code == 404
        server.move_to(datetime(2026, 2, 13, 11, 36, 50, tzinfo=UTC))
        run = get(session, f"{server.url}{REPOSITORY}/actions/runs/{RUN_1}").json()
        assert (run["status"], run["conclusion"]) == ("in_progress", None)
        assert get(session, f"{server.url}{REPOSITORY}/actions/jobs/{JOB_1}/logs").status_code == 404


def test_moving_while_many_ask_never_gives_a_mixed_answer():
    wanted = {1: RUN_1, 2: RUN_2, 3: RUN_3, 4: RUN_4}
    wrong: list[object] = []
    with GitHubServer(load_incident(), STAGES[0]) as server:
        done = threading.Event()

        def ask() -> None:
            with requests.Session() as own:
                own.trust_env = False
                while not done.is_set():
                    answer = get(own, f"{server.url}{REPOSITORY}/actions/runs").json()
                    if answer["workflow_runs"][0]["id"] != wanted[answer["total_count"]]:
                        wrong.append(answer)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for _ in range(5_000):
            for moment in MOMENTS:
                server.move_to(moment)
            if len(server.requests) > 80:
                break
            done.wait(0.002)
        done.set()
        for thread in threads:
            thread.join()
        assert len(server.requests) > 8
    assert wrong == []
    assert list(server.errors) == []


def test_a_wrong_token_is_refused_and_logs_ask_for_one(session):
    with GitHubServer(load_incident(), LATER, token="right") as server:
        address = f"{server.url}{REPOSITORY}"
        assert get(session, address).status_code == 200
        wrong = get(session, address, headers={"Authorization": "Bearer wrong"})
        assert (wrong.status_code, wrong.json()["message"]) == (401, "Bad credentials")
        anonymous = get(session, f"{address}/actions/jobs/{JOB_1}/logs")
        assert (anonymous.status_code, anonymous.json()["message"]) == (403, "Must have admin rights to Repository.")
        for scheme in ("Bearer", "token"):
            allowed = get(session, f"{address}/actions/jobs/{JOB_1}/logs", headers={"Authorization": f"{scheme} right"})
            assert allowed.status_code == 302
        assert [entry.authorized for entry in server.requests] == [False, True, False, True, True]
        assert "right" not in repr(server.requests)


def test_what_was_refused_when_recording_is_refused_again(session):
    recording = load_incident()
    run = recording.run(RUN_1)
    (attempt,) = run.attempts
    job = replace(attempt.jobs[0], log=Refusal(410, "Gone"))
    refused = replace(run, attempts=(replace(attempt, jobs=(job,)),))
    recording = replace(recording, runs=(refused,), oidc_customization=Refusal(403, "Not yours"))
    with GitHubServer(recording) as server:
        log = get(session, f"{server.url}{REPOSITORY}/actions/jobs/{JOB_1}/logs")
        assert (log.status_code, log.json()["message"]) == (410, "Gone")
        custom = get(session, f"{server.url}{REPOSITORY}/actions/oidc/customization/sub")
        assert (custom.status_code, custom.json()["message"]) == (403, "Not yours")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_written_and_the_attempt_is_seen(server, session, method):
    answer = session.request(method, f"{server.url}{REPOSITORY}/actions/runs/{RUN_1}/rerun", timeout=10)
    assert answer.status_code == 405
    assert server.requests[-1].method == method
    assert get(session, f"{server.url}{REPOSITORY}").status_code == 200


def test_head_gives_the_headers_alone(server, session):
    answer = session.head(f"{server.url}{REPOSITORY}", timeout=10)
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) > 100
    assert answer.content == b""


def test_the_rate_limit_counts_down(server, session):
    left = [int(get(session, f"{server.url}/rate_limit").headers["X-RateLimit-Remaining"]) for _ in range(3)]
    assert all(before - after == 1 for before, after in pairwise(left))


def test_a_closed_server_answers_nobody_and_may_be_closed_again(session):
    server = GitHubServer(load_incident())
    assert get(session, server.url + REPOSITORY).status_code == 200
    server.close()
    server.close()
    with pytest.raises(requests.ConnectionError):
        get(session, server.url + REPOSITORY)


def test_it_listens_on_loopback_only(server):
    assert server._server.server_address[0] == "127.0.0.1"


FOLDER = "/contents/.github/workflows"
NEWEST = "3f6b1c0d9e2a47585c61b0f3a7d4e9182b5c6d70"


def test_a_folder_is_listed_where_the_recording_knows_all_of_it(server, session):
    listed = get(session, f"{server.url}{REPOSITORY}{FOLDER}?ref={NEWEST}").json()
    assert [entry["name"] for entry in listed] == ["dev_min_m1_packaging.yml", "dev_min_m2f_topic_readiness.yml"]
    for entry in listed:
        whole = get(session, f"{server.url}{REPOSITORY}/contents/{entry['path']}?ref={NEWEST}").json()
        assert (whole["sha"], whole["size"]) == (entry["sha"], entry["size"])
        assert entry["content"] is None
    for path in (f"{FOLDER}?ref={'0' * 40}", f"/contents/.github?ref={NEWEST}"):
        assert get(session, f"{server.url}{REPOSITORY}{path}").status_code == 404


@pytest.mark.parametrize("place", ["/graphql", "/api/graphql"])
def test_the_question_for_a_folder_is_answered_and_no_other_post(server, session, place):
    name = REPOSITORY.removeprefix("/repos/").split("/")
    variables = {"owner": name[0], "name": name[1], "expression": f"{NEWEST}:.github/workflows"}
    answer = session.post(server.url + place, json={"query": "…", "variables": variables}, timeout=5).json()
    entries = answer["data"]["repository"]["object"]["entries"]
    listed = get(session, f"{server.url}{REPOSITORY}{FOLDER}?ref={NEWEST}").json()
    assert [(entry["name"], entry["object"]["oid"]) for entry in entries] == [(e["name"], e["sha"]) for e in listed]
    assert all("jobs:" in entry["object"]["text"] for entry in entries)
    for changes, told in (
        ({"name": "other"}, "NOT_FOUND"),
        ({"expression": f"{'0' * 40}:.github/workflows"}, '"object": null'),
        ({"expression": "no place"}, "errors"),
        ({"expression": 7}, "errors"),
    ):
        body = {"query": "…", "variables": {**variables, **changes}}
        assert told in session.post(server.url + place, json=body, timeout=5).text
    for body in (b"", b"[]", b"{", b"[" * 5000):
        assert "errors" in session.post(server.url + place, data=body, timeout=5).text
    assert session.post(server.url + place, data=b"x" * 20_000, timeout=5).status_code == 405
    assert session.post(server.url + REPOSITORY, json={}, timeout=5).status_code == 405
    assert server.errors == type(server.errors)(maxlen=100)

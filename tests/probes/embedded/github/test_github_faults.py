"""Each fault of the loopback GitHub shows on the wire as it would in life."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import github_faults as faults
import pytest
import requests

from probes.embedded.github.server import GitHubServer
from probes.embedded.moments import load_incident

REPOSITORY = "/repos/EsosaOrumwese/fraud-detection-system"
RUNS = f"{REPOSITORY}/actions/runs"
JOB = 63518240001


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with GitHubServer(load_incident()) as server:
        yield server
    assert list(server.errors) == []


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def get(session: requests.Session, address: str, **options) -> requests.Response:
    return session.get(address, timeout=10, allow_redirects=False, **options)


@pytest.mark.parametrize(
    ("fault", "status", "message"),
    [
        (faults.bad_credentials(), 401, "Bad credentials"),
        (faults.no_permission(), 403, "Resource not accessible by personal access token"),
        (faults.admin_rights(), 403, "Must have admin rights to Repository."),
        (faults.rate_limit(), 403, "API rate limit exceeded"),
        (faults.secondary_rate_limit(), 403, "You have exceeded a secondary rate limit"),
        (faults.not_found(), 404, "Not Found"),
        (faults.gone(), 410, "Server Error"),
        (faults.too_many_requests(), 429, "You have exceeded a secondary rate limit"),
        (faults.answer(451, "Repository access blocked"), 451, "Repository access blocked"),
    ],
)
def test_a_refusal_has_githubs_status_and_words(server, session, fault, status, message):
    server.fault(r"/actions/runs", fault)
    answer = get(session, server.url + RUNS)
    assert answer.status_code == status
    assert answer.json()["message"].startswith(message)
    assert answer.json()["status"] == str(status)
    assert get(session, server.url + REPOSITORY).status_code == 200
    assert [entry.status for entry in server.requests] == [status, 200]


def test_the_headers_tell_what_is_missing_and_how_long_to_wait(server, session):
    server.fault("/branches", faults.no_permission("contents=read"))
    server.fault("/commits", faults.rate_limit(reset_in=90))
    server.fault("/environments", faults.too_many_requests(retry_after=7))
    permission = get(session, f"{server.url}{REPOSITORY}/branches")
    assert permission.headers["X-Accepted-GitHub-Permissions"] == "contents=read"
    limited = get(session, f"{server.url}{REPOSITORY}/commits/main")
    assert limited.headers["X-RateLimit-Remaining"] == "0"
    assert 60 < int(limited.headers["X-RateLimit-Reset"]) - time.time() <= 90
    assert get(session, f"{server.url}{REPOSITORY}/environments").headers["Retry-After"] == "7"


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_error_is_a_page_and_no_json(server, session, status):
    server.fault(RUNS, faults.server_error(status))
    answer = get(session, server.url + RUNS)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html"
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_a_fault_may_pass_after_some_requests(server, session):
    server.fault(RUNS, faults.server_error(502, times=2))
    assert [get(session, server.url + RUNS).status_code for _ in range(4)] == [502, 502, 200, 200]


def test_the_first_fault_that_fits_and_is_left_counts(server, session):
    server.fault(r"/runs$", faults.gone(times=1))
    server.fault(r"/runs", faults.not_found())
    assert [get(session, server.url + RUNS).status_code for _ in range(2)] == [410, 404]
    server.clear_faults()
    assert get(session, server.url + RUNS).status_code == 200


def test_a_fault_sees_the_query_and_no_enterprise_prefix(server, session):
    server.fault(r"^/repos/.*/actions/runs\?page=2", faults.gone())
    assert get(session, f"{server.url}/api/v3{RUNS}?page=2").status_code == 410
    assert get(session, f"{server.url}/api/v3{RUNS}?page=1").status_code == 200


def test_a_cut_off_body_is_shorter_than_announced(server, session):
    server.fault(RUNS, faults.cut_off())
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        get(session, server.url + RUNS)
    server.clear_faults()
    assert get(session, server.url + RUNS).status_code == 200


def test_broken_json_is_whole_for_http(server, session):
    server.fault(RUNS, faults.broken_json())
    answer = get(session, server.url + RUNS)
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.content)


def test_an_empty_log_comes_with_success(server, session):
    address = get(session, f"{server.url}{REPOSITORY}/actions/jobs/{JOB}/logs").headers["Location"]
    server.fault("/storage/logs", faults.empty())
    answer = get(session, address)
    assert (answer.status_code, answer.content) == (200, b"")


def test_faults_reach_the_storage_too(server, session):
    address = get(session, f"{server.url}{REPOSITORY}/actions/jobs/{JOB}/logs").headers["Location"]
    server.fault("/storage/", faults.answer(403, "Signature not valid in the specified time frame"))
    assert get(session, address).status_code == 403


def test_a_slow_answer_and_a_trickling_one_are_the_true_ones(server, session):
    truth = get(session, server.url + RUNS).content
    server.fault(RUNS, faults.slow(0.1, times=1))
    server.fault(RUNS, faults.trickle(0.2, times=1))
    assert get(session, server.url + RUNS).content == truth
    assert get(session, server.url + RUNS).content == truth


def test_a_hanging_answer_ends_without_one(server, session):
    server.fault(RUNS, faults.hang(0.05))
    with pytest.raises(requests.ConnectionError):
        get(session, server.url + RUNS)
    assert server.requests[-1].status == 0


def test_closing_does_not_wait_for_a_hanging_answer():
    server = GitHubServer(load_incident())
    server.fault(RUNS, faults.hang(3600))
    failed = threading.Event()

    def ask() -> None:
        with requests.Session() as session:
            session.trust_env = False
            try:
                session.get(server.url + RUNS, timeout=3600)
            except requests.ConnectionError:
                failed.set()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    while not server.requests:
        time.sleep(0.01)
    server.close()
    assert failed.wait(30)
    thread.join()
    assert list(server.errors) == []


def test_a_client_that_goes_away_is_no_defect(server, session):
    server.fault(RUNS, faults.trickle(0.5))
    with session.get(server.url + RUNS, timeout=10, stream=True) as answer:
        answer.raw.read(10)
    with requests.Session() as other:
        other.trust_env = False
        server.clear_faults()
        assert get(other, server.url + RUNS).status_code == 200

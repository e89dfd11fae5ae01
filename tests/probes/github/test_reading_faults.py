"""Every call meets every fault: a part becomes unreadable with its reason, a whole becomes one sentence; never a pass."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import github_faults as faults
import pytest
from thoroughness import some
from tiny_github import QUICK, TOKEN, Said, TinyGitHub, World, job_object, run_object, said

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Attempt
from probes.embedded.github.faults import Fault
from probes.github.http.body import Timeouts
from probes.github.http.client import Client
from probes.github.http.credentials import GitHubAccess
from probes.github.http.errors import Cancelled, GitHubProblem, ReadFailure
from probes.github.http.pace import Pace
from probes.github.read.attempt_parts import Depth
from probes.ledger import Ledger

RUNS = "/repos/example/widgets/actions/runs"


def jobs_of(attempt: Attempt) -> object:
    return attempt.jobs


def log_of(attempt: Attempt) -> object:
    assert isinstance(attempt.jobs, Known)
    return attempt.jobs.value[0].log


def artifact_problem(attempt: Attempt) -> object:
    assert isinstance(attempt.artifacts, Known)
    assert attempt.artifacts.value[0].files == ()
    return attempt.artifacts.value[0].unread[0]


PARTS: dict[str, tuple[str, Callable[[Attempt], object], str]] = {
    "jobs": (r"/attempts/1/jobs", jobs_of, "actions: read"),
    "log address": (r"/actions/jobs/\d+/logs$", log_of, "actions: read"),
    "log storage": (r"^/storage/logs", log_of, ""),
    "workflow file": (r"/contents/", lambda attempt: attempt.workflow_file, "contents: read"),
    "customization": (r"/oidc/customization", lambda attempt: attempt.oidc_customization, "actions: read"),
    "artifacts": (r"/runs/\d+/artifacts", lambda attempt: attempt.artifacts, "actions: read"),
    "artifact address": (r"/artifacts/\d+/zip$", artifact_problem, "actions: read"),
    "artifact storage": (r"^/storage/artifacts", artifact_problem, ""),
}

API_FAULTS: dict[str, tuple[Fault, str]] = {
    "401": (faults.bad_credentials(), "does not accept the token from GH_TOKEN"),
    "403 permission": (faults.no_permission("actions=read"), "lacks the permission `actions: read`"),
    "403 admin rights": (faults.admin_rights(), "shows logs to those with access"),
    "403 sso": (faults.answer(403, "SAML", ("X-GitHub-SSO", "required; url=https://x/?k=secret")), "single sign-on"),
    "403 ip": (faults.answer(403, "Although you appear to have..., IP allow list enabled"), "network addresses"),
    "403 primary limit": (faults.rate_limit(3600), "primary rate limit is reached until"),
    "403 secondary limit": (faults.secondary_rate_limit(3600), "secondary rate limit is reached until"),
    "429": (faults.too_many_requests(3600), "secondary rate limit is reached until"),
    "404": (
        faults.not_found(),
        "|".join(["does not exist", "not there at this commit", "has no log", "not answer it"]),
    ),
    "410": (faults.gone(), "GitHub has deleted it"),
    "422": (faults.answer(422, "Validation Failed"), r"rejected the question with status 422 \(Validation Failed\)"),
    "500": (faults.server_error(500), "server error 500"),
    "502": (faults.server_error(502), "server error 502"),
    "202": (faults.answer(202, "wait"), "still preparing"),
    "cut off": (faults.cut_off(), "cut off before its end"),
    "hang": (faults.hang(5), "did not answer within 0.3 seconds"),
}

STORAGE_FAULTS: dict[str, tuple[Fault, str]] = {
    "403": (faults.answer(403, "AuthenticationFailed"), "refuses its own address"),
    "404": (faults.not_found(), "does not have it|has no log"),
    "410": (faults.gone(), "has deleted it"),
    "429": (faults.too_many_requests(1), "error 429"),
    "503": (faults.server_error(503), "error 503"),
    "418": (faults.answer(418, "teapot"), "status 418"),
    "cut off": (faults.cut_off(), "cut off before its end"),
    "hang": (faults.hang(5), "did not answer within 0.3 seconds"),
}

CASES = [
    pytest.param(part, fault, id=f"{part}-{fault}")
    for part in PARTS
    for fault in (STORAGE_FAULTS if "storage" in part else API_FAULTS)
    # An address comes without a body that could be cut off.
    if not ("address" in part and fault == "cut off")
]


@pytest.mark.parametrize(("part", "name"), some(CASES, 4))
def test_a_part_that_fails_is_unreadable_and_says_why(part: str, name: str, world: World) -> None:
    path, reading_of, permission = PARTS[part]
    fault, words = (STORAGE_FAULTS if "storage" in part else API_FAULTS)[name]
    listed = world.source.list_runs().attempts[0]
    world.server.fault(path, fault)

    (attempt,) = world.source.complete([listed])

    reading = reading_of(attempt)
    assert isinstance(reading, Unreadable)
    assert re.search(words, reading.why), reading.why
    assert reading.how
    assert reading.what
    assert TOKEN not in repr(attempt)
    assert "secret" not in repr(attempt)
    if name == "403 permission":
        assert reading.permission == "actions: read"
    if name == "404" and permission and part != "artifact storage":
        assert reading.permission == permission
    if part != "jobs" and "limit" not in name and name != "429":
        assert isinstance(attempt.jobs, Known), "one part that fails takes no other with it"


@pytest.mark.parametrize("name", ["broken json", "html", "empty", "list", "too deep"])
@pytest.mark.parametrize("part", ["jobs", "workflow file", "customization", "artifacts"])
def test_an_answer_that_is_no_json_is_unreadable(part: str, name: str, world: World) -> None:
    path, reading_of, _ = PARTS[part]
    bodies = {"html": b"<html>log in</html>", "empty": b"", "list": b"[1]", "too deep": b"[" * 100_000}
    fault = faults.broken_json() if name == "broken json" else Fault(faults.FaultKind.ANSWER, body=bodies[name])
    listed = world.source.list_runs().attempts[0]
    world.server.fault(path, fault)
    (attempt,) = world.source.complete([listed])
    reading = reading_of(attempt)
    assert isinstance(reading, Unreadable)
    assert "GitHub's answer" in reading.why


WHOLE_FAULTS: dict[str, tuple[Fault, str, int]] = {
    "401": (faults.bad_credentials(), "does not accept the token", 4),
    "403": (faults.no_permission("actions=read"), "`actions: read`", 4),
    "primary limit": (faults.rate_limit(3600), "rate limit is reached until", 3),
    "429": (faults.too_many_requests(3600), "rate limit is reached until", 3),
    "404": (faults.not_found(), "no repository|no workflow run|does not exist", 2),
    "500": (faults.server_error(), "server error 500", 3),
    "cut off": (faults.cut_off(), "cut off", 3),
    "broken json": (faults.broken_json(), "no JSON", 3),
    "hang": (faults.hang(5), "did not answer", 3),
}


@pytest.mark.parametrize("name", WHOLE_FAULTS)
@pytest.mark.parametrize("call", ["repository", "list", "run"])
def test_a_whole_that_fails_is_one_sentence_with_its_exit_code(call: str, name: str, world: World) -> None:
    fault, words, code = WHOLE_FAULTS[name]
    run_id = world.server.recording.runs[0].id
    paths = {"repository": r"^/repos/[^/]+/[^/]+$", "list": r"/actions/runs\?", "run": rf"/actions/runs/{run_id}$"}
    world.server.fault(paths[call], fault)
    with pytest.raises(GitHubProblem, match=words) as caught:
        world.source.attempt(run_id) if call == "run" else world.source.list_runs()
    problem = caught.value
    assert problem.exit_code == code
    assert problem.sentence.endswith(".")
    assert problem.sentence.count("\n") == 0
    assert problem.way_out
    assert TOKEN not in str(problem)


def test_a_passing_fault_is_tried_again_and_each_try_is_in_the_ledger(world: World) -> None:
    listed = world.source.list_runs().attempts[0]
    world.server.fault(r"/attempts/1/jobs", faults.server_error(502, times=2))
    world.server.fault(r"^/storage/logs", faults.cut_off(times=1))
    (attempt,) = world.source.complete([listed])
    assert isinstance(log_of(attempt), Known)
    results = [e.result for e in world.ledger.entries() if e.operation == "actions/list-jobs-for-workflow-run-attempt"]
    assert results == ["502", "502", "200"]
    results = [e.result for e in world.ledger.entries() if e.service == "github-storage" and "/logs" in e.target]
    assert results == ["200, cut off", "200"]


def test_no_fault_is_asked_about_more_than_three_times(world: World) -> None:
    listed = world.source.list_runs().attempts[0]
    world.server.fault(r"/attempts/1/jobs", faults.server_error(500))
    before = len(world.server.requests)
    world.source.complete([listed], Depth.JOBS)
    assert len(world.server.requests) - before == 3


def test_a_signed_address_that_has_run_out_is_asked_for_anew(world: World) -> None:
    listed = world.source.list_runs().attempts[0]
    world.server.fault(r"^/storage/logs", faults.answer(403, "AuthenticationFailed", times=1))
    (attempt,) = world.source.complete([listed])
    assert isinstance(log_of(attempt), Known)
    operations = [entry.operation for entry in world.ledger.entries()]
    assert operations.count("actions/download-job-logs-for-workflow-run") == 2


def test_a_log_that_is_gone_leaves_the_annotations_to_decide(world: World) -> None:
    listed = world.source.list_runs().attempts[1]
    assert listed.conclusion == "failure"
    world.server.fault(r"/actions/jobs/\d+/logs$", faults.gone())
    (attempt,) = world.source.complete([listed], Depth.VERDICT)
    assert isinstance(attempt.jobs, Known)
    (job,) = attempt.jobs.value
    assert isinstance(job.log, Unreadable)
    assert "GitHub has deleted it" in job.log.why
    assert isinstance(job.annotations, Known)
    assert job.annotations.value[0].level == "failure"
    assert "ecr:GetAuthorizationToken" in job.annotations.value[0].message
    assert [step.conclusion for step in job.steps].count("failure") == 1

    world.server.fault(r"/check-runs/", faults.no_permission("checks=read"))
    (attempt,) = world.source.complete([listed], Depth.VERDICT)
    assert isinstance(attempt.jobs, Known)
    annotations = attempt.jobs.value[0].annotations
    assert isinstance(annotations, Unreadable)
    assert annotations.permission == "checks: read"


def test_after_a_long_rate_limit_nothing_more_is_asked(world: World) -> None:
    listed = world.source.list_runs().attempts
    world.server.fault(".", faults.rate_limit(3600))
    before = len(world.server.requests)
    attempts = world.source.complete(listed)
    assert len(world.server.requests) - before <= 8, "no more than were under way"
    assert all(isinstance(attempt.jobs, Unreadable) for attempt in attempts)
    world.server.clear_faults()
    asked = len(world.server.requests)
    with pytest.raises(GitHubProblem, match="primary rate limit is reached until"):
        world.source.list_runs()
    assert len(world.server.requests) == asked


def test_a_short_rate_limit_is_waited_out_with_a_countdown(world: World, make_source: Callable) -> None:
    slept: list[float] = []
    clock = [1_800_000_000.0]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    pace = Pace(
        throttled=False,
        clock=lambda: datetime.fromtimestamp(clock[0], UTC),
        timer=lambda: clock[0],
        sleep=sleep,
    )
    source = make_source(world.server.url, pace=pace)
    source.repository()
    world.server.fault(r"/actions/runs\?", faults.secondary_rate_limit(20, times=1))
    shown: list[tuple[str, int, int]] = []
    page = source.list_runs(progress=lambda *step: shown.append(step))
    assert len(page.attempts) == 3
    assert sum(slept) == pytest.approx(20, abs=0.5)
    assert ("waiting for GitHub's secondary rate limit", 0, 20) in shown
    assert shown[-1][1] > 15


def test_a_limit_that_comes_back_is_not_waited_out_twice(world: World, make_source: Callable) -> None:
    clock = [1_800_000_000.0]

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    pace = Pace(
        throttled=False, clock=lambda: datetime.fromtimestamp(clock[0], UTC), timer=lambda: clock[0], sleep=sleep
    )
    source = make_source(world.server.url, pace=pace)
    source.repository()
    world.server.fault(r"/actions/runs\?", faults.too_many_requests(20))
    with pytest.raises(GitHubProblem, match="secondary rate limit is reached until"):
        source.list_runs()
    assert clock[0] - 1_800_000_000 == pytest.approx(20, abs=0.5)


def test_an_anonymous_client_is_told_that_a_token_would_help(tiny: TinyGitHub, make_source: Callable) -> None:
    tiny.answers["/repos/example/widgets"] = said(
        {"message": "API rate limit exceeded for 192.0.2.1."},
        403,
        X_RateLimit_Remaining="0",
        X_RateLimit_Reset="99999999999",
    )
    with pytest.raises(GitHubProblem, match="give a token") as caught:
        make_source(tiny.url, token="").list_runs()
    assert caught.value.exit_code == 4
    tiny.answers["/repos/example/widgets"] = said({"message": "Requires authentication"}, 401)
    with pytest.raises(GitHubProblem, match="wants a token") as caught:
        make_source(tiny.url, token="").list_runs()
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:9", "refuses the connection"),
        ("https://127.0.0.1:9", "refuses the connection"),
    ],
)
def test_a_server_that_is_not_there_is_named(url: str, words: str, make_source: Callable) -> None:
    with pytest.raises(GitHubProblem, match=words) as caught:
        make_source(url).list_runs()
    assert caught.value.exit_code == 3


def test_a_name_that_cannot_be_resolved_is_named(make_source: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_answer(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", no_answer)
    with pytest.raises(GitHubProblem, match=r"the name ghe\.example\.com cannot be resolved") as caught:
        make_source("https://ghe.example.com").list_runs()
    assert caught.value.exit_code == 3


def test_a_host_that_does_not_speak_tls_is_an_error_of_the_connection(tiny: TinyGitHub, make_source: Callable) -> None:
    with pytest.raises(GitHubProblem, match="cannot be read"):
        make_source(tiny.url.replace("http://", "https://")).list_runs()


def test_an_answer_beyond_the_limit_is_not_taken_in(tiny: TinyGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probes.github.http.transport._LARGEST_ANSWER", 1000)
    client = Client(GitHubAccess(tiny.url, TOKEN), Ledger(), Pace(throttled=False), QUICK)
    tiny.answers["/repos/example/widgets"] = Said(200, b"{" + b" " * 2000 + b"}")
    with pytest.raises(ReadFailure, match="larger than"):
        client.object("/repos/example/widgets")
    client.close()


def test_an_answer_that_trickles_ends_at_the_limit(world: World, make_source: Callable) -> None:
    source = make_source(world.server.url, timeouts=Timeouts(connect=1, read=0.5, answer=0.3, backoff=0.001))
    listed = source.list_runs().attempts[0]
    world.server.fault(r"^/storage/logs", faults.trickle(3))
    began = time.monotonic()
    (attempt,) = source.complete([listed], Depth.VERDICT)
    assert isinstance(log_of(attempt), Unreadable)
    # Not a measurement: two tries at 0.3 s each, where the true answer would take 3 s and more.
    assert time.monotonic() - began < 3


def test_cancelling_while_a_server_hangs_returns_at_once(world: World, make_source: Callable) -> None:
    source = make_source(world.server.url, timeouts=Timeouts(connect=1, read=20, answer=20))
    source.repository()
    world.server.fault(r"/actions/runs\?", faults.hang(20))
    asked = threading.Event()
    threading.Timer(0.2, asked.set).start()
    with pytest.raises(Cancelled):
        source.list_runs(cancelled=asked.is_set)


def test_closing_a_source_ends_what_waits(world: World) -> None:
    world.source.close()
    world.source.close()
    with pytest.raises(Cancelled):
        world.source.list_runs()


def test_a_job_without_a_log_that_never_started_shows_its_annotation(tiny_world: World) -> None:
    tiny = tiny_world.server
    tiny.answers[f"{RUNS}/7"] = said(run_object())
    tiny.answers[f"{RUNS}/7/attempts/1/jobs"] = said({"total_count": 1, "jobs": [job_object(steps=[])]})
    words = "The job was not started because recent account payments have failed."
    tiny.answers["/repos/example/widgets/check-runs/71/annotations"] = said(
        [{"annotation_level": "failure", "message": words, "path": ".github", "start_line": 1}]
    )
    attempt = tiny_world.source.attempt(7, depth=Depth.VERDICT)
    assert isinstance(attempt.jobs, Known)
    (job,) = attempt.jobs.value
    assert isinstance(job.log, Unreadable)
    assert "never started" in job.log.why
    assert isinstance(job.annotations, Known)
    assert job.annotations.value[0].message == words

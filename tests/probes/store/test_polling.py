"""Polling: only active runs are asked about, with the ETag of what is known already."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import github_faults as faults
import pytest
from store_worlds import asked, source_on

from diagnosis.facts.runs import Attempt
from probes.embedded.github.server import GitHubServer
from probes.embedded.moments import LATER, load_incident
from probes.github.http.errors import GitHubProblem
from probes.github.http.etags import ETags, question
from probes.github.http.transport import Answer
from probes.github.read.attempt_parts import Depth
from probes.github.source import GitHubSource

DURING = datetime(2026, 2, 13, 11, 36, 50, tzinfo=UTC)
ENDED = datetime(2026, 2, 13, 11, 38, 10, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with GitHubServer(load_incident(), DURING) as running:
        yield running
        assert not running.errors


@pytest.fixture
def source(server: GitHubServer) -> Iterator[GitHubSource]:
    with source_on(server, None) as made:
        yield made


def statuses(server: GitHubServer, since: int) -> list[int]:
    return [request.status for request in server.requests[since:]]


def test_an_unchanged_active_run_costs_one_conditional_request_and_is_not_told(
    server: GitHubServer, source: GitHubSource
) -> None:
    active = source.list_runs().attempts
    assert [attempt.status for attempt in active] == ["in_progress"]
    assert source.refresh(active) == ()
    since = len(server.requests)
    for _ in range(3):
        assert source.refresh(active) == ()
    assert statuses(server, since) == [304, 304, 304]
    assert set(asked(server, since)) == {f"/actions/runs/{active[0].run_id}"}


def test_a_run_that_has_ended_is_told_once_and_then_asked_about_no_more(
    server: GitHubServer, source: GitHubSource
) -> None:
    active = source.list_runs().attempts
    source.refresh(active)
    server.move_to(ENDED)
    (ended,) = source.refresh(active)
    assert ended.key == active[0].key
    assert (ended.status, ended.conclusion) == ("completed", "failure")
    assert source.refresh(active) == (ended,), "who still holds the old one is told again, although GitHub says 304"
    since = len(server.requests)
    assert source.refresh([ended]) == ()
    assert asked(server, since) == []


def test_parts_that_were_read_do_not_count_as_a_change(source: GitHubSource) -> None:
    whole = source.complete(source.list_runs().attempts, Depth.FULL)
    assert source.refresh(whole) == ()


def test_a_run_that_was_started_again_is_told_with_both_attempts(server: GitHubServer, source: GitHubSource) -> None:
    (active,) = source.list_runs().attempts
    view = server.view
    (run,) = view.runs
    from dataclasses import replace

    ended = replace(run.latest, run={**run.latest.run, "status": "completed", "conclusion": "cancelled"})
    again = replace(run.latest, run={**run.latest.run, "run_attempt": 2})
    view.__dict__["runs"] = (replace(run, attempts=(ended, again)),)
    view.__dict__["run_by_id"] = {run.id: view.__dict__["runs"][0]}
    first, second = source.refresh([active])
    assert (first.attempt, first.conclusion) == (1, "cancelled")
    assert (second.attempt, second.status) == (2, "in_progress")


def test_completed_and_lost_attempts_are_not_asked_about(server: GitHubServer, source: GitHubSource) -> None:
    from dataclasses import replace

    server.move_to(LATER)
    attempts: list[Attempt] = list(source.list_runs().attempts)
    since = len(server.requests)
    assert source.refresh([*attempts, replace(attempts[0], run_id=1, status="unknown")]) == ()
    assert source.refresh([]) == ()
    assert asked(server, since) == []


def test_a_run_that_is_gone_is_a_problem_in_words(server: GitHubServer, source: GitHubSource) -> None:
    active = source.list_runs().attempts
    server.fault(r"/actions/runs/\d+$", faults.not_found())
    with pytest.raises(GitHubProblem, match="has no workflow run"):
        source.refresh(active)


def test_the_list_of_runs_is_asked_for_with_its_tag_and_is_never_empty_for_it(
    server: GitHubServer, source: GitHubSource
) -> None:
    first = source.list_runs()
    since = len(server.requests)
    assert source.list_runs() == first, "not modified is not an empty list"
    assert statuses(server, since) == [304]
    server.move_to(ENDED)
    assert source.list_runs().attempts[0].complete
    assert statuses(server, since) == [304, 200]


def test_the_jobs_of_an_active_run_are_polled_with_their_tag(server: GitHubServer, source: GitHubSource) -> None:
    active = source.list_runs().attempts
    first = source.complete(active, Depth.JOBS)
    since = len(server.requests)
    assert source.complete(active, Depth.JOBS) == first
    assert statuses(server, since) == [304]


def test_each_thread_knows_the_tag_that_another_one_got(server: GitHubServer) -> None:
    with source_on(server, None, workers=4) as source:
        for _ in range(8):
            source.list_runs()
    assert [request.status for request in server.requests if request.path.partition("?")[0].endswith("/runs")].count(
        200
    ) == 1


def test_what_was_not_asked_for_longest_is_forgotten_first() -> None:
    tags = ETags(most_characters=25)

    def put(name: str, text: str, tag: str = "t") -> None:
        tags.remember(question(name, None), Answer(200, {"ETag": tag} if tag else {}, text))

    put("a", "x" * 10)
    put("b", "x" * 10)
    assert tags.known(question("a", {})) is not None
    put("c", "x" * 10)
    assert tags.known(question("b", None)) is None
    assert tags.known(question("a", None)) is not None
    put("d", "x" * 30)
    assert tags.known(question("d", None)) is None, "larger than all"
    put("a", "y", tag="")
    assert tags.known(question("a", None)) is None, "an answer without a tag replaces one with"
    assert tags.known(question("c", None)) is not None
    assert question("a", {"page": 1, "b": "2"}) == question("a", {"b": 2, "page": "1"})

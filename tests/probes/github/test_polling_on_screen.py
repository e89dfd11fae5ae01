"""An active run on the screen: while nothing changes only "not modified" is asked for; each step and the end are shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta

import github_faults as faults
import pytest
from synthetic_recordings import Shape, synthetic_recording
from textual.pilot import Pilot
from tiny_github import QUICK

from diagnosis.facts.account import AccountQuestion, AccountState
from diagnosis.facts.case import Case
from diagnosis.gates import Verdict
from diagnosis.verdicts.diagnosis import Diagnosis
from probes.embedded.github.server import GitHubServer
from probes.github.http.credentials import GitHubAccess
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from probes.recording.format import RecordedRun, Recording, moment_of
from tui.app import PlanescopeApp
from tui.backend import BackendProblem, RunQuery, Update
from tui.backends.repository import RepositoryBackend
from tui.screens.timeline.screen import TimelineScreen
from tui.widgets.base.top_line import TopLine

LATEST = 9_000_000_003


def made() -> Recording:
    """Three failed runs, a minute apart; a run's jobs end five seconds before it does."""
    plain = synthetic_recording(Shape(runs=3, jobs=2, log_bytes=900))
    return replace(plain, runs=tuple(run for run in plain.runs if run.id != LATEST - 1))


WORLD = made()


def second(number: int, run: RecordedRun = WORLD.runs[-1]) -> datetime:
    """So many seconds after the latest run began."""
    return moment_of(run.attempts[0].run["created_at"]) + timedelta(seconds=number)


class Account:
    """An account of which nothing can be read; counts how often it was asked."""

    def __init__(self) -> None:
        self.asked: list[AccountQuestion] = []

    def __call__(self, question: AccountQuestion, *_: object) -> AccountState:
        self.asked.append(question)
        return AccountState(question)


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with GitHubServer(WORLD, second(10)) as running:
        yield running
        assert not running.errors


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def backend(server: GitHubServer, account: Account) -> Iterator[RepositoryBackend]:
    ledger = Ledger()
    source = GitHubSource("example/widgets", GitHubAccess(server.url), ledger, timeouts=QUICK)
    opened = RepositoryBackend(source, account, case=Case(), ledger=ledger, title="example/widgets")
    with closing(opened):
        yield opened


def keep_on() -> bool:
    return False


def read(backend: RepositoryBackend) -> Diagnosis:
    backend.list_runs(RunQuery(), 1, cancelled=keep_on)
    return backend.diagnose(None, subject=None, progress=lambda _: None, cancelled=keep_on)


def poll(backend: RepositoryBackend, query: RunQuery = RunQuery()) -> Update:  # noqa: B008 - frozen
    return backend.poll(query, None, subject=None, progress=lambda _: None, cancelled=keep_on)


def failed_gates(diagnosis: Diagnosis) -> int:
    return [gate.verdict for gate in diagnosis.replays[-1].gates].count(Verdict.FAIL)


def statuses(server: GitHubServer, since: int) -> list[int]:
    return [request.status for request in server.requests[since:]]


def test_nothing_new_costs_nothing(server: GitHubServer, backend: RepositoryBackend, account: Account) -> None:
    shown = read(backend)
    assert [replay.attempt.status for replay in shown.replays] == ["completed", "in_progress"]
    assert poll(backend) == Update()
    since = len(server.requests)
    assert poll(backend) == Update()
    assert statuses(server, since) == [304, 304], "the list of runs, and the jobs of the active one"
    assert len(account.asked) == 1


def test_a_further_step_is_told_without_the_account(
    server: GitHubServer, backend: RepositoryBackend, account: Account
) -> None:
    before = read(backend).replays[-1].attempt
    server.move_to(second(14))
    update = poll(backend)
    assert update.diagnosis is not None
    assert update.diagnosis.replays[-1].attempt.jobs != before.jobs
    assert update.runs is None, "the list would look as it did"
    since = len(server.requests)
    server.move_to(second(18))
    assert poll(backend).diagnosis is not None
    asked = [(request.path.partition("?")[0].rpartition("/")[2], request.status) for request in server.requests[since:]]
    assert asked.count(("jobs", 200)) == 1
    assert {status for name, status in asked if name == "annotations"} == {304}
    assert not [name for name, _ in asked if name in ("logs", "artifacts", "sub")]
    assert len(account.asked) == 1, "a further step changes nothing there"
    assert poll(backend) == Update()


def test_the_end_is_told_with_its_verdict_and_the_account_is_asked_again(
    server: GitHubServer, backend: RepositoryBackend, account: Account
) -> None:
    read(backend)
    server.move_to(second(27))
    update = poll(backend)
    assert update.diagnosis is not None
    assert failed_gates(update.diagnosis) == 1, "the job has ended before the run"
    server.move_to(second(30))
    update = poll(backend)
    assert update.runs is not None
    assert [row.status for row in update.runs.rows] == ["completed", "completed"]
    assert update.diagnosis is not None
    assert update.diagnosis.replays[-1].attempt.conclusion == "failure"
    assert failed_gates(update.diagnosis) == 1
    assert len(account.asked) == 2
    since = len(server.requests)
    assert poll(backend) == Update()
    assert statuses(server, since) == [304]


def test_an_active_run_beyond_the_first_page_is_looked_at_by_itself(
    server: GitHubServer, backend: RepositoryBackend
) -> None:
    read(backend)
    other = RunQuery(status="failure")
    backend.list_runs(other, 1, cancelled=keep_on)
    assert poll(backend, other) == Update()
    since = len(server.requests)
    assert poll(backend, other) == Update()
    assert statuses(server, since) == [304, 304, 304], "the list, the run, its jobs"
    server.move_to(second(30))
    assert poll(backend, other).diagnosis is not None


def test_the_row_of_a_later_page_is_told_when_its_run_ends(server: GitHubServer, backend: RepositoryBackend) -> None:
    read(backend)
    other = RunQuery(status="success")
    backend.list_runs(other, 1, cancelled=keep_on)
    assert poll(backend, other) == Update()
    server.move_to(second(30))
    assert [(row.status, row.conclusion) for row in poll(backend, other).further] == [("completed", "failure")]


def test_a_run_that_was_deleted_meanwhile_is_active_no_more(server: GitHubServer, backend: RepositoryBackend) -> None:
    read(backend)
    other = RunQuery(status="failure")
    backend.list_runs(other, 1, cancelled=keep_on)
    server.fault(rf"/actions/runs/{LATEST}$", faults.not_found())
    server.view.__dict__["runs"] = tuple(run for run in server.view.runs if run.id != LATEST)
    update = poll(backend, other)
    assert update.diagnosis is not None
    assert [replay.attempt.run_id for replay in update.diagnosis.replays] == [LATEST - 2]
    assert poll(backend, other) == Update()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.server_error(), "server error"),
        (faults.broken_json(), "no JSON"),
        (faults.cut_off(), "cut off"),
        (faults.hang(2), "did not answer"),
        (faults.no_permission(), "permission"),
        (faults.bad_credentials(), "token"),
    ],
)
def test_a_poll_that_fails_is_one_sentence_and_the_next_one_goes_on(
    fault: faults.Fault, words: str, server: GitHubServer, backend: RepositoryBackend
) -> None:
    read(backend)
    server.move_to(second(14))  # so that the answer would have a body
    server.fault(r"/actions/runs\?", fault)
    with pytest.raises(BackendProblem, match=words):
        poll(backend)
    server.clear_faults()
    assert poll(backend).diagnosis is not None
    assert poll(backend) == Update()


def test_jobs_that_cannot_be_polled_leave_what_is_shown(server: GitHubServer, backend: RepositoryBackend) -> None:
    read(backend)
    server.fault(r"/attempts/1/jobs", faults.server_error())
    assert poll(backend) == Update()


async def until(pilot: Pilot[None], what: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not what():
            await pilot.pause(0.005)
    await pilot.pause()


async def test_the_screen_stays_while_nothing_changes_and_shows_the_end(
    server: GitHubServer, backend: RepositoryBackend, account: Account
) -> None:
    app = PlanescopeApp(lambda: backend, clock=lambda: second(60), refresh_seconds=0.02)
    app.animation_level = "none"
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.timeline is not None and app.timeline.diagnosis is not None)
        main = app.timeline
        assert isinstance(main, TimelineScreen)
        await until(pilot, lambda: "a run is active" in main.query_one(TopLine).note)
        shown = main.diagnosis
        since = len(server.requests)
        await until(pilot, lambda: len(server.requests) > since + 8)
        assert set(statuses(server, since)) <= {200, 304}
        assert statuses(server, since)[4:] == [304] * len(statuses(server, since)[4:])
        assert main.diagnosis is shown, "nothing was drawn anew"
        assert len(account.asked) == 1
        server.move_to(second(30))
        await until(pilot, lambda: main.diagnosis is not shown and not main.query_one(TopLine).note)
        assert main.diagnosis is not None
        assert main.diagnosis.replays[-1].attempt.complete
        assert [row.status for row in main.runs.pages.rows.values()] == ["completed", "completed"]
        assert len(account.asked) == 2
        await until(pilot, lambda: not main.reader.busy)
        since = len(server.requests)
        await pilot.pause(0.1)
        assert len(server.requests) == since, "nothing is active any more"

"""The workflow's last success, looked for beyond the chain: two requests, once, and only where it can tell something."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import github_faults as faults
import pytest
from synthetic_recordings import Shape, synthetic_recording
from tiny_github import QUICK

from diagnosis.facts.account import AccountQuestion
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import Missing
from probes.embedded.github.server import GitHubServer
from probes.github.http.credentials import GitHubAccess
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from probes.recording.format import Recording
from tui.backends.repository import RepositoryBackend

FIRST = 9_000_000_001
NOW = datetime(2026, 6, 2, 9, 0, tzinfo=UTC)


def made(opaque: bool = True, every: int = 3) -> Recording:
    """Four runs, the third a success; their last step runs a script that is not in the repository."""
    plain = synthetic_recording(Shape(runs=4, jobs=2, log_bytes=900, success_every=every))
    files = tuple(
        replace(file, content=file.content[: file.content.rindex(b"run: docker")] + b"run: ../tools/deploy\n")
        if opaque and isinstance(file.content, bytes)
        else file
        for file in plain.files
    )
    return replace(plain, files=files)


@pytest.fixture(scope="module")
def served() -> Iterator[GitHubServer]:
    with GitHubServer(made()) as running:
        yield running
        assert not running.errors


@pytest.fixture
def server(served: GitHubServer) -> Iterator[GitHubServer]:
    yield served
    served.clear_faults()


class Asked:
    """A backend whose live side keeps what it was asked."""

    def __init__(self, server: GitHubServer, reads_history: bool = True) -> None:
        self.questions: list[AccountQuestion] = []
        ledger = Ledger(lambda: NOW)
        source = GitHubSource("example/widgets", GitHubAccess(server.url), ledger, timeouts=QUICK)
        self.backend = RepositoryBackend(
            source, self.read, case=Case(), ledger=ledger, title="", reads_history=reads_history
        )

    def read(self, question: AccountQuestion, *_: object) -> Missing:
        self.questions.append(question)
        return Missing("the account", "it was not asked", "ask it")

    def diagnosed(self, *runs: int) -> Diagnosis:
        chosen = [FIRST + number for number in runs]
        return self.backend.diagnose_runs(chosen, progress=lambda _: None, cancelled=lambda: False)

    def close(self) -> None:
        self.backend.close()


@pytest.fixture
def asked(server: GitHubServer) -> Iterator[Asked]:
    with closing(Asked(server)) as opened:
        yield opened


def listings(server: GitHubServer, since: int = 0) -> list[str]:
    return [request.path for request in server.requests[since:] if "status=success" in request.path]


def jobs(server: GitHubServer, run: int, since: int) -> int:
    return sum(f"/runs/{FIRST + run}/attempts/1/jobs" in request.path for request in server.requests[since:])


def test_the_last_success_is_asked_for_once_in_two_requests(server: GitHubServer, asked: Asked) -> None:
    since = len(server.requests)
    asked.diagnosed(0)
    (path,) = listings(server, since)
    assert path.startswith("/repos/example/widgets/actions/workflows/release.yml/runs?")
    assert jobs(server, 2, since) == 1
    (question,) = asked.questions
    run = question.green_run
    assert run is not None
    assert (run.run_id, run.number, run.alike, run.same_files) == (FIRST + 2, 3, True, None)
    assert run.jobs is not None
    assert "Push" in {step.name for step in run.jobs[0].steps}
    assert question.green_since is not None
    since = len(server.requests)
    asked.diagnosed(1)
    assert listings(server, since) == []
    assert asked.questions[-1].green_run == run


def test_a_chain_with_a_success_needs_none(server: GitHubServer, asked: Asked) -> None:
    since = len(server.requests)
    asked.diagnosed(0, 2)
    assert listings(server, since) == []
    run = asked.questions[0].green_run
    assert run is not None
    assert run.run_id == FIRST + 2


def test_nothing_is_asked_where_no_history_is_read(server: GitHubServer) -> None:
    since = len(server.requests)
    with closing(Asked(server, reads_history=False)) as opened:
        opened.diagnosed(0)
        assert opened.questions[0].green_run is None
    assert listings(server, since) == []


def test_nothing_is_asked_where_every_step_is_known() -> None:
    with GitHubServer(made(opaque=False)) as server, closing(Asked(server)) as opened:
        opened.diagnosed(0)
        assert opened.questions[0].green_run is None
        assert listings(server) == []


def test_a_workflow_that_never_succeeded_is_told_as_such() -> None:
    with GitHubServer(made(every=0)) as server, closing(Asked(server)) as opened:
        opened.diagnosed(0)
        opened.diagnosed(1)
        assert len(listings(server)) == 1
    assert all(question.green_run is None for question in opened.questions)
    assert ".github/workflows/release.yml" in opened.questions[0].no_green_run


@pytest.mark.parametrize(
    "fault",
    [
        faults.server_error,
        faults.no_permission,
        faults.not_found,
        faults.broken_json,
        faults.cut_off,
        lambda: faults.hang(2),
    ],
)
def test_a_fault_leaves_the_diagnosis_whole_and_says_why_no_green_run_is_known(
    fault: Callable[[], faults.Fault], server: GitHubServer, asked: Asked
) -> None:
    server.fault(r"/workflows/release.yml/runs", fault())
    found = asked.diagnosed(0)
    assert found.live is not None
    assert asked.questions[0].green_run is None
    assert asked.questions[0].no_green_run.startswith("the last run of the workflow that succeeded is not known: ")


def test_a_passing_fault_is_asked_about_again_a_missing_permission_is_not(server: GitHubServer, asked: Asked) -> None:
    for fault, again in ((faults.server_error(), True), (faults.no_permission(), False)):
        opened = Asked(server)
        server.fault(r"/workflows/release.yml/runs", fault)
        opened.diagnosed(0)
        since = len(server.requests)
        opened.diagnosed(0)
        assert bool(listings(server, since)) is again
        server.clear_faults()
        opened.close()


def test_jobs_that_cannot_be_read_leave_the_run_known(server: GitHubServer, asked: Asked) -> None:
    server.fault(rf"/runs/{FIRST + 2}/attempts/1/jobs", faults.server_error())
    asked.diagnosed(0)
    run = asked.questions[0].green_run
    assert run is not None
    assert run.jobs is None


def test_what_belongs_to_no_file_of_the_repository_is_not_looked_for(server: GitHubServer) -> None:
    with GitHubSource("example/widgets", GitHubAccess(server.url), Ledger(), timeouts=QUICK) as source:
        subject = source.list_runs().attempts[0]
        since = len(server.requests)
        for path in (
            "",
            "dynamic/pages/pages-build-deployment",
            "other/repo/.github/workflows/release.yml@refs/heads/x",
        ):
            assert isinstance(source.green_run(replace(subject, workflow_path=path)), Absent)
        assert len(server.requests) == since
        found = source.green_run(subject)
        assert isinstance(found, Known)
        assert isinstance(found.value.jobs, Known)
        server.fault(r"/workflows/release.yml/runs", faults.answer(200, "x"))
        assert isinstance(source.green_run(subject), Unreadable)

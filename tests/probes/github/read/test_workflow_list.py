"""The workflows of a repository, asked through PyGithub's own connection of a GitHub on loopback, in few requests."""

from __future__ import annotations

from dataclasses import replace

import github_faults as faults
import pytest
from synthetic_recordings import Shape, synthetic_recording

from diagnosis.facts.account import AccountQuestion
from diagnosis.facts.case import Case
from diagnosis.verdicts.gate_verdict import Missing
from probes.embedded.github.server import GitHubServer
from probes.github.http.body import Timeouts
from probes.github.http.credentials import GitHubAccess
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from tui.backend import BackendProblem, RunPlace, no_progress
from tui.backends.repository import RepositoryBackend


def no_account(question: AccountQuestion, *_: object) -> Missing:
    return Missing("the account", "it was not asked", "ask it")


def never() -> bool:
    return False


def backend_on(server: GitHubServer) -> RepositoryBackend:
    ledger = Ledger()
    source = GitHubSource("example/widgets", GitHubAccess(server.url), ledger, timeouts=Timeouts(backoff=0.001))
    return RepositoryBackend(source, no_account, case=Case(), ledger=ledger, title="example/widgets")


def requests_for(backend: RepositoryBackend, operation: str) -> int:
    return [call.operation for call in backend.calls()].count(operation)


def test_four_hundred_workflows_take_three_requests_once() -> None:
    made = synthetic_recording(Shape(runs=1, jobs=1, log_bytes=200))
    first = made.workflows[0]
    many = [
        {**first, "id": 500 + n, "name": f"[b]w{n:03}[/b]\x1b[2J", "path": f".github/workflows/w{n:03}.yml",
         "state": "disabled_manually" if n == 0 else "active"}
        for n in range(398)
    ]  # fmt: skip
    dynamic = {**first, "id": 7, "name": "Copilot", "path": "dynamic/copilot", "state": "active"}
    served = replace(made, workflows=(dynamic, {"id": None, "path": None}, *many))
    with GitHubServer(served) as server:
        backend = backend_on(server)
        found = backend.workflows(progress=no_progress, cancelled=never)
        again = backend.workflows(progress=no_progress, cancelled=never)
        assert requests_for(backend, "actions/list-repo-workflows") == 3
        backend.close()
    assert again == found
    assert len(found) == 299, "three hundred, one of them without name and path"
    assert found[0].key == "w001.yml" or found[0].name == "Copilot"
    assert {each.name: each.key for each in found}["Copilot"] == "7"
    assert (found[-1].state, found[-1].key) == ("disabled_manually", "w000.yml")


def test_an_address_is_opened_with_one_request_and_a_job_names_its_attempt() -> None:
    made = synthetic_recording(Shape(runs=3, jobs=2, log_bytes=200))
    run = made.runs[1]
    (attempt,) = run.attempts
    job = attempt.jobs[0].job
    with GitHubServer(made) as server:
        backend = backend_on(server)
        assert backend.repository_address.endswith("/example/widgets")
        row = backend.find_run(RunPlace(run.id), progress=no_progress, cancelled=never)
        assert row.key == (run.id, 1)
        assert requests_for(backend, "actions/get-workflow-run") == 1
        assert requests_for(backend, "actions/list-jobs-for-workflow-run-attempt") == 0
        row = backend.find_run(RunPlace(run.id, None, int(job["id"])), progress=no_progress, cancelled=never)
        assert row.key == (run.id, 1)
        for place in (RunPlace(run.id, None, 1), RunPlace(5), RunPlace(run.id, 9)):
            with pytest.raises(BackendProblem, match=r"has a job|has no workflow run"):
                backend.find_run(place, progress=no_progress, cancelled=never)
        backend.close()


def test_a_list_that_is_refused_is_one_sentence() -> None:
    made = synthetic_recording(Shape(runs=1, jobs=1, log_bytes=200))
    with GitHubServer(made) as server:
        server.fault(r"/actions/workflows", faults.no_permission())
        backend = backend_on(server)
        with pytest.raises(BackendProblem, match="The workflows of example/widgets"):
            backend.workflows(progress=no_progress, cancelled=never)
        backend.close()
        server.clear_faults()

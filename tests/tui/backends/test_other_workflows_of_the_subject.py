"""The other workflows are asked for where policies are judged, for the subject alone, and once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import github_faults as faults
import pytest
from synthetic_recordings import Shape, synthetic_recording

from diagnosis.facts.account import AccountQuestion, AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.names.arn import Arn
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import Missing
from probes.embedded.github.server import GitHubServer
from probes.github.http.credentials import GitHubAccess
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from tui.backends.repository import RepositoryBackend

FOLDER = "/contents/.github/workflows"
OTHER = b"on: push\njobs: {other: {steps: []}}\n"
ROLE = Arn.parse("arn:aws:iam::123456789012:role/release")


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    made = synthetic_recording(Shape(runs=3, jobs=1, log_bytes=900))
    heads = [run.attempts[0].run["head_sha"] for run in made.runs]
    two = [
        replace(made.files[0], path=f".github/workflows/{n}.yml", commit=head, content=OTHER + b"# " + n.encode())
        for head in heads
        for n in ("a", "b")
    ]
    with GitHubServer(replace(made, files=(*made.files, *two))) as running:
        yield running
        assert not running.errors


def backend(server: GitHubServer, *, live: bool = True, role: Arn | None = ROLE) -> RepositoryBackend:
    def read(question: AccountQuestion, *_: Any) -> AccountState | Missing:
        return AccountState(question) if live else Missing("the account", "it was not asked", "ask it")

    source = GitHubSource("example/widgets", GitHubAccess(server.url), Ledger())
    return RepositoryBackend(source, read, case=Case(role_arn=role), ledger=Ledger(), title="widgets")


def diagnose(backend: RepositoryBackend, subject: tuple[int, int] | None = None) -> Diagnosis:
    return backend.diagnose(None, subject=subject, progress=lambda _: None, cancelled=lambda: False)


def asked(server: GitHubServer) -> list[str]:
    paths = [request.path.partition("?")[0] for request in server.requests]
    return ["list" if path.endswith(FOLDER) else "graphql" for path in paths if path.endswith((FOLDER, "/graphql"))]


def test_two_requests_for_the_subject_and_none_for_the_others_or_again(server: GitHubServer) -> None:
    made = backend(server)
    first = diagnose(made)
    assert first.subject is not None
    others = first.subject.attempt.other_workflows
    assert isinstance(others, Known)
    assert [file.parsed.path for file in others.value] == [".github/workflows/a.yml", ".github/workflows/b.yml"]
    assert first.subject in first.replays
    assert [isinstance(each.attempt.other_workflows, Known) for each in first.replays].count(True) == 1
    assert asked(server) == ["list", "graphql"]
    assert replace(diagnose(made), made_at=None) == replace(first, made_at=None)
    assert asked(server) == ["list", "graphql"]
    earlier = next(each for each in first.replays if each is not first.subject)
    again = diagnose(made, earlier.attempt.key)
    assert again.subject is not None
    assert again.subject.attempt.key == earlier.attempt.key
    assert again.subject.attempt.other_workflows == others
    assert asked(server) == ["list", "graphql", "list"], "the same files at another commit"
    made.close()


@pytest.mark.parametrize("options", [{"live": False}, {"role": None}])
def test_where_no_policy_is_judged_nothing_is_asked(options: dict[str, Any], server: GitHubServer) -> None:
    made = backend(server, **options)
    diagnosis = diagnose(made)
    assert diagnosis.subject is not None
    told = diagnosis.subject.facts.role_arn is not None
    assert asked(server) == ([] if "live" in options or not told else ["list", "graphql"])
    made.close()


def test_a_missing_permission_is_not_asked_about_again_and_a_fault_is(server: GitHubServer) -> None:
    made = backend(server)
    server.fault(FOLDER + r"\?", faults.no_permission("contents=read"))
    for _ in range(2):
        diagnosis = diagnose(made)
        assert diagnosis.subject is not None
        assert isinstance(diagnosis.subject.attempt.other_workflows, Unreadable)
        assert diagnosis.subject.attempt.other_workflows.permission == "contents: read"
    assert asked(server) == ["list"]
    made.forget()
    server.clear_faults()
    server.fault("/graphql", faults.broken_json(times=1))
    diagnosis = diagnose(made)
    assert diagnosis.subject is not None
    assert isinstance(diagnosis.subject.attempt.other_workflows, Unreadable)
    again = diagnose(made)
    assert again.subject is not None
    assert isinstance(again.subject.attempt.other_workflows, Known)
    assert asked(server) == ["list", "list", "graphql", "graphql"]
    made.close()

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from synthetic_recordings import Shape, synthetic_recording
from tiny_github import QUICK, REPOSITORY, TOKEN, TinyGitHub, World, said

from probes.embedded.github.server import GitHubServer
from probes.github.http.credentials import GitHubAccess
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from probes.recording.format import RecordedArtifact, Recording


@pytest.fixture
def tiny() -> Iterator[TinyGitHub]:
    github = TinyGitHub()
    github.answers["/repos/example/widgets"] = said(REPOSITORY)
    yield github
    github.close()


@pytest.fixture
def make_source() -> Iterator[Callable[..., GitHubSource]]:
    """Sources that are closed when the test ends."""
    made: list[GitHubSource] = []

    def make(url: str, ledger: Ledger | None = None, token: str = TOKEN, **options: Any) -> GitHubSource:
        options.setdefault("timeouts", QUICK)
        source = GitHubSource("example/widgets", GitHubAccess(url, token, "GH_TOKEN"), ledger or Ledger(), **options)
        made.append(source)
        return source

    yield make
    for source in made:
        source.close()


@pytest.fixture
def tiny_world(tiny: TinyGitHub, make_source: Callable[..., GitHubSource]) -> World:
    ledger = Ledger()
    return World(tiny, make_source(tiny.url, ledger), ledger)


@pytest.fixture(scope="session")
def recording() -> Recording:
    """Three runs of one job; the third succeeds and has an artifact."""
    made = synthetic_recording(Shape(runs=3, jobs=1, log_bytes=3000, success_every=3))
    last = made.runs[2]
    artifact = RecordedArtifact(
        {
            "id": 5,
            "name": "evidence",
            "size_in_bytes": 300,
            "expired": False,
            "created_at": last.attempts[0].run["updated_at"],
        },
        (("evidence.json", b'{"verdict": "PASS"}'), ("readme.txt", b"no json")),
    )
    return replace(made, runs=(*made.runs[:2], replace(last, artifacts=(artifact,))))


@pytest.fixture
def world(recording: Recording, make_source: Callable[..., GitHubSource]) -> Iterator[World]:
    """The recorded API on loopback, which lets nobody in without the token."""
    ledger = Ledger()
    with GitHubServer(recording, token=TOKEN) as server:
        yield World(server, make_source(server.url, ledger), ledger)
        assert not server.errors

"""What closure asks of GitHub: nothing for a chain that needs nothing, the rest once, and a gap where it is not answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from compliant_chain import ComplyingRelease, minutes
from synthetic_recordings import Shape, synthetic_recording

from diagnosis.closure.wanted_facts import commits_wanted, neighbours_wanted
from diagnosis.facts.account import AccountQuestion, AccountState, Image
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt
from diagnosis.verdicts.replay import Replay
from probes.embedded.github.server import GitHubServer
from probes.github.http.credentials import GitHubAccess
from probes.github.read.runs import RunFilter
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from tui.backends.repository import RepositoryBackend

DIGEST = "sha256:" + "a" * 64


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with GitHubServer(synthetic_recording(Shape(runs=6, jobs=1, log_bytes=900))) as running:
        yield running


def asked(server: GitHubServer) -> dict[str, int]:
    paths = [request.path for request in server.requests]
    return {
        "neighbours": sum("created=" in path for path in paths),
        "commits": sum("/compare/" in path for path in paths),
    }


def test_neighbours_are_asked_for_where_a_push_lies_in_no_attempt_and_once(server: GitHubServer) -> None:
    source = GitHubSource("example/widgets", GitHubAccess(server.url), Ledger())
    attempts = sorted(source.list_runs(RunFilter(), 1).attempts, key=lambda each: each.created_at)
    pushed: list[Any] = [None]

    def read(question: AccountQuestion, *_: Any) -> AccountState:
        return AccountState(question, image=Known(Image(DIGEST, ("v1",), pushed[0])))

    made = RepositoryBackend(source, read, case=Case(), ledger=Ledger(), title="widgets")

    def rule(run: Attempt, at: Any) -> str:
        pushed[0] = at
        found = made.diagnose_runs((run.run_id,), progress=lambda _: None, cancelled=lambda: False).closure
        assert found is not None
        return next(item.reason for item in found.rules if item.rule == "no-side-channel")

    first, later = attempts[0], attempts[-1]
    assert first.updated_at is not None
    assert later.updated_at is not None
    rule(first, first.updated_at)
    rule(first, first.created_at - timedelta(days=1))
    assert asked(server)["neighbours"] == 0
    told = rule(first, later.updated_at)
    assert f"run {later.run_id} of the same workflow" in told
    assert asked(server)["neighbours"] == 1
    assert rule(first, later.updated_at) == told
    assert asked(server)["neighbours"] == 1
    made.close()


def test_what_is_wanted() -> None:
    diagnosis = ComplyingRelease().diagnosis()
    assert diagnosis.live is not None
    replays, account = diagnosis.replays, diagnosis.live.account
    # What lies between the attempts of a chain that is through counts whoever pushed.
    assert neighbours_wanted(replays, account) == neighbours_wanted(replays, None) == (minutes(0), minutes(30))
    assert neighbours_wanted(replays[:2], None) is neighbours_wanted(replays[2:], account) is None
    assert commits_wanted(replays) == ()
    late = replace(account, image=Known(Image(DIGEST, ("v1",), minutes(90))))
    window = neighbours_wanted(replays, late)
    assert window is not None
    assert window[1] == minutes(90)
    assert window[0] < minutes(-60 * 24 * 29)

    def moved(place: int, **fields: Any) -> tuple[Replay, ...]:
        return tuple(
            replace(each, attempt=replace(each.attempt, **fields)) if number == place else each
            for number, each in enumerate(replays)
        )

    running = moved(2, conclusion=None, status="in_progress")
    assert neighbours_wanted(running, late) is None
    assert [(one.run_id, two.run_id) for one, two in commits_wanted(moved(1, head_sha="d" * 40))] == [
        (901, 902),
        (902, 903),
    ]
    assert commits_wanted(moved(2, head_sha="d" * 40, conclusion="failure")) == ()


def test_the_list_in_which_a_chain_was_found_is_not_asked_for_again() -> None:
    with GitHubServer(synthetic_recording(Shape(runs=9, jobs=1, log_bytes=900, success_every=3))) as server:
        source = GitHubSource("example/widgets", GitHubAccess(server.url), Ledger())
        attempts = sorted(source.list_runs(RunFilter(), 1).attempts, key=lambda each: each.created_at)
        asks_nobody = lambda question, *_: AccountState(question)  # noqa: E731 # a stand-in of one line
        made = RepositoryBackend(source, asks_nobody, case=Case(), ledger=Ledger(), title="widgets")

        def progression(*runs: Attempt) -> str:
            hooks: dict[str, Any] = {"progress": lambda _: None, "cancelled": lambda: False}
            found = (
                made.diagnose_runs([run.run_id for run in runs], **hooks)
                if len(runs) > 1
                else made.diagnose(runs[0].key, subject=None, **hooks)
            )
            assert found.closure is not None
            return next(item.reason for item in found.closure.rules if item.rule == "progression-proved")

        # The chain that a list holds knows its neighbours; runs that are named do not, and leave one out here.
        assert "no failure between them was left out" in progression(attempts[4])
        assert asked(server)["neighbours"] == 0
        assert str(attempts[4].run_id) in progression(attempts[3], attempts[5])
        made.close()

"""A second start asks nothing about attempts that are complete; what may have changed it asks again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import github_faults as faults
import pytest
from click.testing import CliRunner, Result
from no_github import forget_github
from store_worlds import PATIENT, QUICK, TOKEN, asked, source_on
from synthetic_recordings import Shape, synthetic_recording

from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Attempt
from probes.embedded.github.server import GitHubServer
from probes.embedded.github.wire import Handler
from probes.embedded.moments import load_incident
from probes.github.http.body import Timeouts
from probes.github.read.attempt_parts import Depth
from probes.recording.format import RecordedArtifact, RecordedAttempt, RecordedRun, Recording
from tui.cli.main import planescope

NEEDED = ["", "/actions/runs", "/actions/oidc/customization/sub"]
"""What every start asks: the repository, the list of runs, the form of the subject today."""


def world() -> Recording:
    """Two runs; the first has a second attempt and an artifact."""
    made = synthetic_recording(Shape(runs=2, jobs=2, log_bytes=1500))
    first, second = made.runs
    (attempt,) = first.attempts
    later = {"run_attempt": 2, "run_started_at": "2026-06-01T12:30:00Z", "updated_at": "2026-06-01T12:31:00Z"}
    jobs = tuple(replace(job, job={**job.job, "id": int(job.job["id"]) + 500}) for job in attempt.jobs)
    again = RecordedAttempt({**attempt.run, **later}, jobs)
    artifact = {"id": 5, "name": "evidence", "size_in_bytes": 300, "created_at": "2026-06-01T12:30:30Z"}
    return replace(
        made,
        runs=(RecordedRun((attempt, again), (RecordedArtifact(artifact, (("a.json", b"{}"),)),)), second),
    )


WORLD = world()
RUNS = [run.id for run in WORLD.runs]


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with GitHubServer(WORLD) as running:
        yield running
        assert not running.errors


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "attempts-v1.sqlite3"


def started(
    server: GitHubServer,
    path: Path | None,
    depth: Depth = Depth.FULL,
    token: str = "",
    timeouts: Timeouts = PATIENT,
) -> tuple[tuple[Attempt, ...], list[str]]:
    """List and complete all runs with a new source; the attempts and what was asked."""
    since = len(server.requests)
    with source_on(server, path, token, timeouts=timeouts) as source:
        found = source.complete(source.list_runs().attempts, depth)
        assert source.store_note == ""
    return found, asked(server, since)


@pytest.mark.parametrize("depth", [Depth.LOGS, Depth.VERDICT, Depth.FULL])
def test_the_second_start_asks_for_the_list_alone_and_knows_the_same(
    server: GitHubServer, path: Path, depth: Depth
) -> None:
    first, requests = started(server, path, depth)
    assert len(requests) > len(NEEDED) + 4
    second, requests = started(server, path, depth)
    assert second == first
    assert sorted(requests) == sorted(name for name in NEEDED if depth >= Depth.VERDICT or "oidc" not in name)


def test_without_a_store_everything_is_asked_again(server: GitHubServer) -> None:
    first = started(server, None)
    assert sorted(started(server, None)[1]) == sorted(first[1])


def test_every_attempt_of_a_run_is_known_after_one_question_about_the_run(server: GitHubServer, path: Path) -> None:
    with source_on(server, path) as source:
        first = source.attempts_of(RUNS[0])
    since = len(server.requests)
    with source_on(server, path) as source:
        assert source.attempts_of(RUNS[0]) == first
    run = f"/actions/runs/{RUNS[0]}"
    assert sorted(asked(server, since)) == sorted(["", run, "/actions/oidc/customization/sub"])
    assert [attempt.attempt for attempt in first] == [1, 2]


def test_an_expired_log_is_not_asked_for_again(server: GitHubServer, path: Path) -> None:
    server.fault(r"/actions/jobs/\d+/logs", faults.gone())
    first, _ = started(server, path)
    second, requests = started(server, path)
    assert second == first
    assert sorted(requests) == sorted(NEEDED)
    server.clear_faults()
    assert sorted(started(server, path)[1]) == sorted(NEEDED), "nor later: what has expired stays so"


@pytest.mark.parametrize(
    "fault", [faults.server_error(), faults.no_permission(), faults.hang(3), faults.bad_credentials()]
)
def test_what_may_be_had_another_time_is_asked_again_and_nothing_else(
    server: GitHubServer, path: Path, fault: faults.Fault
) -> None:
    one = f"/actions/jobs/{RUNS[1]}0/logs"
    server.fault(one, fault)
    first, _ = started(server, path, timeouts=QUICK)
    log = first[0].jobs.value[0].log if isinstance(first[0].jobs, Known) else None
    assert isinstance(log, Unreadable)
    assert not log.lasting
    server.clear_faults()
    second, requests = started(server, path)
    assert one in requests
    assert {name for name in requests if not name.startswith("/storage")} == {*NEEDED, one}
    whole, _ = started(server, None)
    assert second == whole
    assert sorted(started(server, path)[1]) == sorted(NEEDED), "now it is whole"


@pytest.mark.parametrize(
    ("fault", "again"),
    [
        (r"/contents/", "/contents/.github/workflows/release.yml"),
        (r"/artifacts$|/artifacts\?", "/artifacts"),
        (r"/artifacts/5/zip", "/artifacts"),
        (r"/attempts/2/jobs", "/attempts/2/jobs"),
    ],
)
def test_each_part_is_asked_again_by_itself(server: GitHubServer, path: Path, fault: str, again: str) -> None:
    server.fault(fault, faults.server_error())
    started(server, path)
    server.clear_faults()
    second, requests = started(server, path)
    assert any(again in name for name in requests)
    assert second == started(server, None)[0]
    assert sorted(started(server, path)[1]) == sorted(NEEDED)


def test_a_session_without_a_token_gets_nothing_of_one_with_a_token(path: Path) -> None:
    with GitHubServer(WORLD, token=TOKEN) as server:
        private, _ = started(server, path, token=TOKEN)
        public, requests = started(server, path)
        assert len(requests) > len(NEEDED) + 4
        assert isinstance(private[0].jobs, Known)
        assert isinstance(private[0].jobs.value[0].log, Known)
        assert isinstance(public[0].jobs, Known)
        assert isinstance(public[0].jobs.value[0].log, Unreadable), "GitHub refuses it, and so does the store"
        again, requests = started(server, path, token=TOKEN)
        assert again == private
        assert sorted(requests) == sorted(NEEDED), "what was stored with the token is still there"


def test_another_server_under_the_same_address_is_noticed(path: Path) -> None:
    with GitHubServer(WORLD) as server:
        started(server, path)
        moved = replace(WORLD, runs=tuple(_moved(run) for run in WORLD.runs))
        server.recording = moved
        server.move_to(None)
        found, requests = started(server, path)
        assert len(requests) > len(NEEDED) + 4
        assert found == started(server, None)[0]


def _moved(run: RecordedRun) -> RecordedRun:
    return replace(run, attempts=tuple(replace(a, run={**a.run, "head_sha": "d" * 40}) for a in run.attempts))


def test_an_active_run_is_read_each_time_until_it_has_ended(path: Path) -> None:
    incident = load_incident()
    with GitHubServer(incident, datetime(2026, 2, 13, 11, 36, 50, tzinfo=UTC)) as server:
        active, _ = started(server, path)
        assert active[0].status == "in_progress"
        _, requests = started(server, path)
        assert any(name.endswith("/jobs") for name in requests)
        server.move_to(datetime(2026, 2, 13, 11, 38, 10, tzinfo=UTC))
        ended, _ = started(server, path)
        assert ended[0].complete
        known, requests = started(server, path)
        assert known == ended
        assert not any(name.endswith("/jobs") for name in requests)


@pytest.mark.parametrize(
    ("date", "kept"),
    [("Mon, 01 Jun 2026 12:31:30 GMT", False), ("Mon, 01 Jun 2026 12:40:00 GMT", True), ("", False), ("noon", False)],
    ids=["just after its end", "later", "no time", "no date"],
)
def test_githubs_clock_tells_whether_an_attempt_is_over_for_long_enough(
    server: GitHubServer, path: Path, monkeypatch: pytest.MonkeyPatch, date: str, kept: bool
) -> None:
    # Whatever this machine's clock says: the store's is months ahead here.
    monkeypatch.setattr(Handler, "date_time_string", lambda _self, _timestamp=None: date)
    for _ in range(2):
        _, requests = started(server, path)
    assert any(name.startswith("/actions/jobs") for name in requests) is not kept


def test_within_one_session_a_completed_attempt_is_not_asked_for_twice(server: GitHubServer) -> None:
    with source_on(server, None) as source:
        first = source.complete(source.list_runs().attempts)
        since = len(server.requests)
        assert source.complete(first) == first
        assert asked(server, since) == []


def test_a_damaged_store_costs_the_questions_and_a_note(server: GitHubServer, path: Path) -> None:
    first, _ = started(server, path)
    path.write_bytes(b"no database" * 500)
    with source_on(server, path) as source:
        assert source.complete(source.list_runs().attempts) == first
        assert "was damaged" in source.store_note
    assert sorted(started(server, path)[1]) == sorted(NEEDED)


# -- the command line


def run(*words: str) -> Result:
    return CliRunner().invoke(planescope, list(words), prog_name="planescope")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder."""
    forget_github(monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "planescope" / "attempts-v1.sqlite3"


def diagnose(server: GitHubServer, *words: str) -> Result:
    words = ("--repo", WORLD.full_name, "--github-url", server.url, "--no-live", "--json", *words)
    return run("diagnose", str(RUNS[0]), *words)


def test_diagnose_fills_and_uses_the_store_unless_it_is_told_not_to(server: GitHubServer, cache: Path) -> None:
    diagnose(server, "--no-cache")
    assert not cache.exists()
    first = diagnose(server)
    assert cache.exists()
    since = len(server.requests)
    assert diagnose(server).stdout.partition('"subject_run"')[2] == first.stdout.partition('"subject_run"')[2]
    assert not any(name.endswith(("/jobs", "/logs")) for name in asked(server, since))
    since = len(server.requests)
    diagnose(server, "--no-cache")
    assert any(name.endswith("/logs") for name in asked(server, since))


def test_cache_shows_and_clears(server: GitHubServer, cache: Path) -> None:
    empty = run("cache")
    assert (empty.exit_code, empty.stderr) == (0, "")
    assert empty.stdout == f"Store: {cache} (0 kB of at most 512 MB)\nIt is empty.\n"
    assert not cache.exists()
    diagnose(server)
    shown = run("cache")
    assert f"{server.url}  {WORLD.full_name}  attempts: 2, " in shown.stdout
    import json

    told = json.loads(run("cache", "--json").stdout)
    assert told["path"] == str(cache)
    assert told["note"] is None
    assert told["limit_bytes"] == 512_000_000
    assert [(entry["repository"], entry["attempts"]) for entry in told["repositories"]] == [(WORLD.full_name, 2)]
    assert run("cache", "clear", "--repo", "another/one").stdout == "Taken out of the local store: 0 attempts.\n"
    assert (
        run("cache", "clear", "--repo", WORLD.full_name.upper()).stdout == "Taken out of the local store: 2 attempts.\n"
    )
    assert "It is empty." in run("cache").stdout
    assert run("cache", "clear").exit_code == 0


def test_what_is_wrong_with_the_store_is_said_once_on_standard_error(server: GitHubServer, cache: Path) -> None:
    cache.parent.write_text("a file where the folder should be")
    result = diagnose(server)
    assert result.exit_code in (0, 1, 3)
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith(f"planescope: The local store {cache} cannot be used")
    assert line.endswith("planescope works without it.")
    assert run("cache").exit_code == 0
    assert run("cache", "clear").exit_code == 0


def test_the_demo_and_recordings_leave_the_store_alone(server: GitHubServer, cache: Path, tmp_path: Path) -> None:
    run("demo", "--stage", "1", "--json")
    assert not cache.exists()
    made = run(
        "record", str(RUNS[0]), "--repo", WORLD.full_name, "--github-url", server.url, "-o", str(tmp_path / "made")
    )
    assert made.exit_code == 0
    run("diagnose", "--recording", str(tmp_path / "made"), "--no-live")
    assert not cache.exists()

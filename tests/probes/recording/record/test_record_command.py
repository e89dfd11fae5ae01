"""`planescope record`: what it prints, how it ends, and that nothing is left behind where it fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import github_faults as faults
import pytest
from click.testing import CliRunner, Result
from recording_worlds import ids, small_world

from probes.embedded.github.server import GitHubServer
from probes.recording.read.recording import read_recording
from tui.cli.main import planescope

WORLD = small_world()
RUNS = [str(run) for run in ids(WORLD)]


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with GitHubServer(WORLD) as running:
        yield running


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> Result:
    return CliRunner().invoke(planescope, list(words), prog_name="planescope")


def record(server: GitHubServer, *words: str) -> Result:
    return run("record", "--repo", WORLD.full_name, "--github-url", server.url, *words)


def one_sentence(result: Result) -> str:
    assert "Traceback" not in result.output
    assert result.stdout == ""
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith("planescope: ")
    return line


def test_it_says_what_it_recorded_and_where(server: GitHubServer, tmp_path: Path) -> None:
    result = record(server, *RUNS)
    assert result.exit_code == 0
    folder = tmp_path / f"planescope-recording-{RUNS[0]}"
    assert result.stdout == f"Recording: {folder} (runs: 2, attempts: 3, jobs: 6, logs: 6)\n"
    assert (
        result.stderr == "Not read: the artifact old: it has expired: GitHub keeps artifacts for 90 days by default\n"
    )
    assert [entry.name for entry in tmp_path.iterdir()] == [folder.name], "no spool is left"
    assert ids(read_recording(folder)) == ids(WORLD)


def test_json_tells_the_same_to_programs(server: GitHubServer, tmp_path: Path) -> None:
    server.fault("/annotations", faults.no_permission("checks=read"))
    result = record(server, RUNS[0], "--json", "-o", "out/deep")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["recording"] == str(tmp_path / "out" / "deep")
    assert (told["runs"], told["attempts"], told["jobs"], told["logs"]) == ([ids(WORLD)[0]], 1, 2, 2)
    assert {gap["permission"] for gap in told["not_read"]} == {"checks: read"}
    assert not any(gap["passing"] for gap in told["not_read"])


def test_a_run_is_named_by_its_address_and_recorded_once(server: GitHubServer) -> None:
    address = f"https://github.com/{WORLD.full_name}/actions/runs/{RUNS[0]}"
    result = run("record", "--github-url", server.url, address, RUNS[0], "-o", "here")
    assert result.exit_code == 0
    assert "(runs: 1, " in result.stdout


def test_a_passing_fault_ends_with_3_because_recording_again_would_bring_more(server: GitHubServer) -> None:
    server.fault(r"/check-runs/\d+0/annotations", faults.broken_json())
    result = record(server, RUNS[0], "-o", "out")
    assert result.exit_code == 3
    assert "Not read: the annotations of the job publish" in result.stderr
    assert Path("out/recording.json").is_file()


def test_the_runs_and_the_statements_of_a_case_file(server: GitHubServer) -> None:
    Path("case.toml").write_text(f'title = "why"\nrepository = "{WORLD.full_name}"\nruns = [{RUNS[1]}]\ntag = "v9"\n')
    result = run("record", "--github-url", server.url, "--case", "case.toml", "-o", "out")
    assert result.exit_code == 0
    case = read_recording(Path("out")).case.case
    assert (case.title, case.tag, case.runs) == ("why", "v9", (ids(WORLD)[1],))


def test_a_directory_that_holds_something_is_refused_before_github_is_asked(server: GitHubServer) -> None:
    Path("out").mkdir()
    Path("out/mine").write_text("x")
    result = record(server, RUNS[0], "-o", "out")
    assert result.exit_code == 2
    assert "is there already" in one_sentence(result)
    assert server.requests == []
    assert [entry.name for entry in Path("out").iterdir()] == ["mine"]


def test_a_directory_below_a_file_cannot_be_made(server: GitHubServer) -> None:
    Path("file").write_text("x")
    result = record(server, RUNS[0], "-o", "file/out")
    assert result.exit_code == 2
    assert "cannot be written" in one_sentence(result)


@pytest.mark.parametrize("words", [("77",), (RUNS[0], "77")])
def test_an_unknown_run_leaves_nothing_behind(server: GitHubServer, words: tuple[str, ...]) -> None:
    result = record(server, *words, "-o", "out")
    assert result.exit_code == 2
    assert "has no workflow run 77" in one_sentence(result)
    assert list(Path().iterdir()) == []


def test_without_runs_and_without_a_token(server: GitHubServer) -> None:
    assert record(server).exit_code == 2
    result = run("record", "1", "--repo", WORLD.full_name)
    assert result.exit_code == 4
    assert "GH_TOKEN" in one_sentence(result)


def test_an_odd_repository_name(server: GitHubServer) -> None:
    result = run("record", "1", "--repo", "not a name", "--github-url", server.url)
    assert result.exit_code == 2
    assert "names no repository" in one_sentence(result)


def test_a_log_with_terminal_codes_in_a_jobs_name_prints_none(server: GitHubServer) -> None:
    server.fault("/actions/jobs/", faults.gone())
    view = server.view
    for attempt in view.runs[0].attempts:
        for job in attempt.jobs:
            dict.__setitem__(job.job, "name", "pub\x1b[31mlish\r")  # type: ignore[arg-type]  # made a dict by the synthetic maker
    try:
        result = record(server, RUNS[1], "-o", "out")
    finally:
        for attempt in view.runs[0].attempts:
            for job in attempt.jobs:
                dict.__setitem__(job.job, "name", "publish")  # type: ignore[arg-type]  # as above
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert "\r" not in result.output

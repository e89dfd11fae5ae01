"""`--recording DIR` in place of GitHub: the same answers without a token, and one sentence for what is no recording."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from recording_worlds import backend_on, ids, recorded, small_world

from diagnosis.facts.case import Case
from probes.embedded.github.server import GitHubServer
from probes.recording.checked import write_checked
from tui.backend import RunQuery
from tui.bootstrap import live_backend
from tui.cli.main import planescope
from tui.cli.options.repository import live_options

WORLD = small_world()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording on disk."""
    folder = tmp_path_factory.mktemp("recordings") / "made"
    case = Case(title="stated", tag="v7", runs=(ids(WORLD)[1],))
    with GitHubServer(WORLD) as server:
        recording, _ = recorded(server, WORLD.full_name, ids(WORLD), case=case)
    write_checked(recording, folder)
    return folder


def run(*words: str) -> Result:
    return CliRunner().invoke(planescope, list(words), prog_name="planescope")


def test_diagnose_prints_what_it_prints_for_the_source(made: Path) -> None:
    runs = [str(run_id) for run_id in ids(WORLD)]
    with GitHubServer(WORLD) as server:
        source = run("diagnose", *runs, "--repo", WORLD.full_name, "--github-url", server.url, "--no-live", "--json")
    replay = run("diagnose", *runs, "--recording", str(made), "--no-live", "--json")
    documents = [json.loads(result.stdout) for result in (source, replay)]
    for document in documents:
        document.pop("made_at")
    # The recording carries a case, the source does not.
    assert documents[0]["attempts"] == documents[1]["attempts"]
    assert documents[0]["title"] == documents[1]["title"]
    assert source.exit_code == replay.exit_code
    assert replay.stderr == ""


def test_without_runs_it_is_the_case_of_the_recording_and_a_case_file_wins(made: Path, tmp_path: Path) -> None:
    result = run("diagnose", "--recording", str(made), "--no-live", "--json")
    assert [attempt["run"] for attempt in json.loads(result.stdout)["attempts"]] == [ids(WORLD)[1]] * 2
    (tmp_path / "case.toml").write_text(f"runs = [{ids(WORLD)[0]}]\n")
    own = run("diagnose", "--recording", str(made), "--no-live", "--json", "--case", str(tmp_path / "case.toml"))
    assert [attempt["run"] for attempt in json.loads(own.stdout)["attempts"]] == [ids(WORLD)[0]]


def test_a_packet_is_written_and_sound(made: Path, tmp_path: Path) -> None:
    result = run("packet", "export", "--recording", str(made), "--no-live", "-o", str(tmp_path / "packet"))
    assert result.exit_code == 0
    checked = run("packet", "verify", str(tmp_path / "packet"))
    assert checked.exit_code == 0, checked.output


def test_the_app_gets_a_backend_that_lists_and_diagnoses(made: Path) -> None:
    backend = live_backend(live_options({"recording": made, "no_live": True}, Case()), Case())
    try:
        page = backend.list_runs(RunQuery(workflow="release.yml"), 1, cancelled=lambda: False)
        assert [row.key for row in page.rows] == [(ids(WORLD)[1], 2), (ids(WORLD)[0], 1)]
        diagnosis = backend.diagnose(None, subject=None, progress=lambda _: None, cancelled=lambda: False)
        assert diagnosis.replays
        assert backend.origin_note == "recording of 2026-07-01 09:30 UTC: GitHub is not asked"
        assert not backend.moments
    finally:
        backend.close()


def test_a_recording_of_another_github_names_it(made: Path, tmp_path: Path) -> None:
    document = json.loads(run("diagnose", "--recording", str(made), "--no-live", "--json").stdout)
    (named,) = document["endpoints"]
    assert named["service"] == "github"
    assert named["address"] == json.loads((made / "recording.json").read_text())["github"]["api_url"]


def test_closing_the_backend_stops_its_server(made: Path) -> None:
    import socket

    backend = backend_on(made)
    port = int(backend._source.access.url.rpartition(":")[2])
    socket.create_connection(("127.0.0.1", port), timeout=1).close()
    backend.close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_run_that_was_not_recorded(made: Path) -> None:
    result = run("diagnose", "77", "--recording", str(made), "--no-live")
    assert result.exit_code == 2
    assert "has no workflow run 77" in result.stderr


def test_another_repository_and_another_github_are_refused(made: Path) -> None:
    other = run("diagnose", "--recording", str(made), "--repo", "a/b")
    assert other.exit_code == 2
    assert "is of example/widgets, not of a/b" in other.stderr
    same = run("diagnose", "--recording", str(made), "--repo", "Example/Widgets", "--no-live", "--json")
    assert same.exit_code in (0, 1, 3)
    both = run("diagnose", "--recording", str(made), "--github-url", "http://127.0.0.1:1")
    assert both.exit_code == 2
    assert "--recording takes GitHub's place" in both.stderr


def _version(number: int) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        file = folder / "recording.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), "schema_version": number}))

    return change


def _cut(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        file = next(folder.glob(name))
        file.write_bytes(file.read_bytes()[: file.stat().st_size * 2 // 3])

    return change


def _emptied(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def _without_logs(folder: Path) -> None:
    shutil.rmtree(folder / "logs")


def _another_file(folder: Path) -> None:
    (folder / "recording.json").write_text('{"some": "file"}')


def _outside(folder: Path) -> None:
    file = next(folder.glob("runs/*.json"))
    file.write_text(file.read_text().replace('"logs/', '"../../logs/', 1))


BROKEN = {
    "newer version": (_version(2), "schema version 2"),
    "older version": (_version(0), "schema version 0"),
    "cut off index": (_cut("recording.json"), "is cut off"),
    "cut off run": (_cut("runs/*.json"), "is cut off"),
    "empty folder": (_emptied, "recording.json is missing"),
    "no folder": (shutil.rmtree, "is no recording"),
    "logs gone": (_without_logs, "is missing from the recording"),
    "another file": (_another_file, "is no planescope recording"),
    "names a file outside": (_outside, "outside the recording"),
}


@pytest.mark.parametrize("named", BROKEN)
@pytest.mark.parametrize("command", [("diagnose",), ("packet", "export")])
def test_what_is_no_sound_recording_is_one_sentence_and_6(
    named: str, command: tuple[str, ...], made: Path, tmp_path: Path
) -> None:
    change, words = BROKEN[named]
    folder = tmp_path / "copy"
    shutil.copytree(made, folder)
    change(folder)
    result = run(*command, "--recording", str(folder), "--no-live")
    assert result.exit_code == (2 if named == "no folder" else 6)
    assert result.stdout == ""
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith(f"planescope: The recording {folder} cannot be used: ")
    assert words in line
    assert "Traceback" not in result.output

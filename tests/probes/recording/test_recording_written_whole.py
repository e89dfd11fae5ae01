"""A recording is written whole or not at all, for its user alone, and destroys nothing that stands beside it."""

from __future__ import annotations

import itertools
import os
import stat
import threading
from pathlib import Path

import pytest
from failing_writes import Failing, full_disk, tree
from made_recordings import rich_recording

from diagnosis.documents.exit_code import ExitCode
from probes.recording.checked import write_checked
from probes.recording.format import RecordingError
from probes.recording.read.recording import read_recording
from probes.recording.writer import write_recording

posix = pytest.mark.skipif(os.name != "posix", reason="links, pipes and modes of POSIX")


@pytest.mark.parametrize("error", [full_disk(), KeyboardInterrupt()], ids=["full", "interrupt"])
def test_wherever_writing_fails_nothing_is_left(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = rich_recording()
    failures = 0
    for number in itertools.count(1, 3):
        place = tmp_path / str(number)
        place.mkdir()
        with monkeypatch.context() as patch:
            failing = Failing(patch, place, number, error)
            try:
                write_checked(recording, place / "out")
            except RecordingError as problem:
                failures += problem.exit_code is ExitCode.OUTPUT
            except KeyboardInterrupt:
                failures += 1
        if not failing.failed:
            break
        if tree(place):
            assert {path.name for path in place.iterdir()} == {"out"}
            read_recording(place / "out")
    assert failures > 5
    read_recording(place / "out")


def test_folders_made_for_a_recording_that_cannot_be_written_go_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        failing = Failing(patch, tmp_path, 5, full_disk())
        with pytest.raises(RecordingError):
            write_recording(rich_recording(), tmp_path / "a" / "b" / "out")
    assert failing.failed
    assert tree(tmp_path) == {}


@posix
def test_its_files_are_for_the_user_alone(tmp_path: Path) -> None:
    write_checked(rich_recording(), tmp_path / "out")
    for path in (tmp_path / "out", *(tmp_path / "out").rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_what_stands_beside_it_stays(tmp_path: Path) -> None:
    beside = tmp_path / "out.part"
    beside.mkdir()
    (beside / "thesis.txt").write_text("mine")
    write_recording(rich_recording(), tmp_path / "out")
    assert (beside / "thesis.txt").read_text() == "mine"


@posix
@pytest.mark.parametrize("what", ["file", "pipe", "device", "dangling link", "full folder"])
def test_a_place_that_is_taken_is_bad_input(what: str, tmp_path: Path) -> None:
    target = tmp_path / "out"
    if what == "file":
        target.write_text("mine")
    elif what == "pipe":
        os.mkfifo(target)
    elif what == "full folder":
        target.mkdir()
        (target / "thesis.txt").write_text("mine")
    else:
        target.symlink_to("/dev/null" if what == "device" else tmp_path / "absent")
    before = [path.name for path in tmp_path.iterdir()]
    for writer in (write_recording, write_checked):
        with pytest.raises(RecordingError, match="is there already") as told:
            writer(rich_recording(), target)
        assert told.value.exit_code is ExitCode.USAGE
    assert [path.name for path in tmp_path.iterdir()] == before


def test_of_two_at_once_one_is_kept_whole(tmp_path: Path) -> None:
    recording = rich_recording()
    told: list[RecordingError] = []

    def work() -> None:
        try:
            write_recording(recording, tmp_path / "out")
        except RecordingError as error:
            told.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 2
    assert all(error.exit_code is ExitCode.USAGE for error in told)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    read_recording(tmp_path / "out")

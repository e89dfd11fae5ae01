"""Writing a recording and reading it again gives the same recording, whole or not at all."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from made_recordings import rich_recording

from probes.embedded.moments import load_incident
from probes.recording.format import (
    RecordedFile,
    RecordingError,
)
from probes.recording.read.recording import read_recording
from probes.recording.writer import write_recording


def loaded(value: Any) -> Any:
    """The value with every file replaced by its bytes, and every object by what it holds."""
    if isinstance(value, Path):
        return value.read_bytes()
    if is_dataclass(value) and not isinstance(value, type):
        return (type(value).__name__, {field.name: loaded(getattr(value, field.name)) for field in fields(value)})
    if isinstance(value, list | tuple):
        return [loaded(item) for item in value]
    if isinstance(value, dict):
        return {name: loaded(item) for name, item in value.items()}
    return value


def test_a_written_recording_reads_back_the_same(tmp_path):
    recording = rich_recording()
    write_recording(recording, tmp_path / "out")
    assert loaded(read_recording(tmp_path / "out")) == loaded(recording)


def test_the_incident_without_its_account_survives_writing(tmp_path):
    recording = replace(load_incident(), account=None)
    write_recording(recording, tmp_path / "out")
    assert loaded(read_recording(tmp_path / "out")) == loaded(recording)


def test_member_names_of_an_artifact_never_become_paths(tmp_path):
    write_recording(rich_recording(), tmp_path / "out")
    written = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()}
    assert all(name.startswith("out/") for name in written)
    assert not any("passwd" in name for name in written)


def test_a_directory_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(RecordingError, match="is there already"):
        write_recording(rich_recording(), tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["kept.txt"]
    (tmp_path / "empty").mkdir()
    write_recording(rich_recording(), tmp_path / "empty")
    assert (tmp_path / "empty" / "recording.json").is_file()


def test_a_recording_that_cannot_be_finished_leaves_nothing_behind(tmp_path):
    broken = replace(rich_recording(), files=(RecordedFile("a", "b", tmp_path / "not there"),))
    with pytest.raises(RecordingError, match="cannot be written"):
        write_recording(broken, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_account_is_not_silently_dropped(tmp_path):
    with pytest.raises(ValueError, match="account"):
        write_recording(load_incident(), tmp_path / "out")

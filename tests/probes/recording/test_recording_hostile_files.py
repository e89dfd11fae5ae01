"""Every file of a recording may be missing, cut off, a link, a pipe or a bomb: one sentence with the file, in bounded work."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from probes import bounded_json
from probes.embedded.moments import INCIDENT
from probes.recording.format import LARGEST_FILE, RecordingError, read_content
from probes.recording.read.recording import read_recording
from tui.cli.main import planescope

RUN = "runs/21985500168.json"
LOG = "logs/21985500168/63518530003.txt"
ARTIFACT = "artifacts/5498000003/ci_m1_outputs.json"
NAMES = ("recording.json", RUN, LOG, ARTIFACT)
posix = pytest.mark.skipif(os.name != "posix", reason="links and pipes of POSIX")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(INCIDENT, tmp_path / "recording"))


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _link(target: str) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        file.unlink()
        file.symlink_to(target.format(name=file.name))

    return change


def _sparse(file: Path) -> None:
    os.truncate(file, 1 << 30)


CHANGES: dict[str, Callable[[Path], None]] = {
    "gone": Path.unlink,
    "pipe": _pipe,
    "folder": _folder,
    "link to a device": _link("/dev/zero"),
    "link to another's file": _link("/etc/passwd"),
    "link to itself": _link("{name}"),
    "link to nothing": _link("absent"),
    "sparse": _sparse,
}
BODIES = {
    "binary": bytes(range(256)) * 20,
    "empty": b"",
    "deep": b"[" * 200_000,
    "deep objects": b'{"a":' * 200_000,
    "long number": b'{"format":' + b"9" * 10_000 + b"}",
    "many lists": b'{"a":[' + b"[]," * 20_000 + b"[]]}",
    "UTF-16": '{"format":1}'.encode("utf-16"),
}


@posix
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", CHANGES)
def test_each_file_that_is_none_is_told(kind: str, name: str, folder: Path) -> None:
    CHANGES[kind](folder / name)
    with pytest.raises(RecordingError) as told:
        read_recording(folder)
    assert told.value.exit_code == 6
    assert name in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", [RUN, "recording.json"])
@pytest.mark.parametrize("kind", BODIES)
def test_each_body_that_is_no_json_of_ours_is_told(
    kind: str, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_json, "_LARGE", 50_000)
    monkeypatch.setattr(bounded_json, "_MOST_VALUES", 15_000)
    (folder / name).write_bytes(BODIES[kind])
    with pytest.raises(RecordingError) as told:
        read_recording(folder)
    assert told.value.exit_code == 6
    assert name in str(told.value)
    assert len(str(told.value)) < 400


def edited(folder: Path, name: str, edit: Callable[[Any], None]) -> None:
    value = json.loads((folder / name).read_text())
    edit(value)
    (folder / name).write_text(json.dumps(value))


OUTSIDE = (
    *(
        "../../etc/passwd",
        "/etc/passwd",
        "logs/../../x",
        "..",
        "",
        "logs/\x00",
        "C:\\x",
        "logs/\x1b[2J",
        "\ud800",
        "x" * 100_000,
    ),
    *("~/x", "//host/x", "logs//../../../etc/passwd", "file:///etc/passwd", "logs"),
)


@pytest.mark.parametrize("name", OUTSIDE, ids=range(len(OUTSIDE)))
def test_a_name_that_leaves_the_folder_is_refused(name: str, folder: Path) -> None:
    edited(folder, RUN, lambda value: value["attempts"][0]["jobs"][0]["log"].update(file=name))
    with pytest.raises(RecordingError) as told:
        read_recording(folder)
    assert told.value.exit_code == 6
    assert RUN in str(told.value)
    assert str(told.value).isprintable()
    edited(folder, "recording.json", lambda value: value["github"].update(runs=[name]))
    with pytest.raises(RecordingError):
        read_recording(folder)


@posix
def test_a_folder_that_is_a_link_out_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (folder / "logs").rename(tmp_path / "logs")
    (folder / "logs").symlink_to(tmp_path / "logs")
    with pytest.raises(RecordingError, match="outside the recording"):
        read_recording(folder)


@pytest.mark.parametrize("name", ["a/b c", "a", "a/b/c", "/b", "a/", "../b c", "a/b\n", "\u0456/b", "a/" + "b" * 5000])
def test_a_repository_that_github_cannot_have_is_told(name: str, folder: Path) -> None:
    edited(folder, "recording.json", lambda value: value["github"]["repository"].update(full_name=name))
    with pytest.raises(RecordingError, match="full_name") as told:
        read_recording(folder)
    assert told.value.exit_code == 6


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30, 1.0, True, "1", None])
@pytest.mark.parametrize("place", ["run", "attempt", "job"])
def test_a_number_that_github_does_not_give_is_told(place: str, number: object, folder: Path) -> None:
    def edit(value: dict[str, Any]) -> None:
        attempt = value["attempts"][0]
        owner = attempt["jobs"][0]["job"] if place == "job" else attempt["run"]
        owner["run_attempt" if place == "attempt" else "id"] = number

    edited(folder, RUN, edit)
    with pytest.raises(RecordingError) as told:
        read_recording(folder)
    assert RUN in str(told.value)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_time_at_the_edge_of_all_years_does_not_end_in_a_trace(at: str, folder: Path) -> None:
    def edit(value: dict[str, Any]) -> None:
        job = value["attempts"][0]["jobs"][0]["job"]
        for owner in (job, *job["steps"], value["attempts"][0]["run"]):
            owner.update({name: at for name in owner if name.endswith("_at")})

    edited(folder, RUN, edit)
    result = CliRunner().invoke(planescope, ["diagnose", "21985500168", "--recording", str(folder), "--no-live"])
    assert result.exit_code in (1, 3, 5, 6)


def test_the_command_ends_with_its_own_code(folder: Path) -> None:
    (folder / "recording.json").write_text("{")
    for words in (
        ["diagnose", "--no-live"],
        ["packet", "export", "--no-live"],
        ["what-if", "--no-live", "--trust", "x.json"],
    ):
        result = CliRunner().invoke(planescope, [*words, "--recording", str(folder)])
        assert result.exit_code in (2, 6) if words[0] == "what-if" else result.exit_code == 6
        assert "Traceback" not in result.output


def test_a_file_that_grew_after_it_was_looked_at_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.touch()
    os.truncate(file, LARGEST_FILE + 1)
    with pytest.raises(OSError, match="larger than"):
        read_content(file)


def test_only_a_long_text_with_very_many_values_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_json, "_LARGE", 5000)
    monkeypatch.setattr(bounded_json, "_MOST_VALUES", 3000)
    assert not bounded_json.holds_too_much("[]," * 1000)
    assert not bounded_json.holds_too_much('{"log": "' + "[{," * 5000 + '"}')
    assert not bounded_json.holds_too_much('{"log": "' + '\\"' * 5000 + '"}')
    assert bounded_json.holds_too_much("[]," * 3000)
    assert bounded_json.holds_too_much('"a",' * 3000)

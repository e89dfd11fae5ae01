"""Reading recordings: what is read, and the one sentence for each way in which a recording can be unusable."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from diagnosis.facts.evidence import Origin
from probes.embedded.moments import INCIDENT
from probes.recording.format import RecordedLog, RecordingError, Refusal
from probes.recording.read.recording import read_recording

RUN_FILE = "runs/21985402789.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "recording"
    shutil.copytree(INCIDENT, target)
    return target


def change(folder: Path, name: str, edit) -> None:
    file = folder / name
    value = json.loads(file.read_text())
    edit(value)
    file.write_text(json.dumps(value))


def fault_of(folder: Path) -> str:
    with pytest.raises(RecordingError) as caught:
        read_recording(folder)
    text = str(caught.value)
    assert "\n" not in text
    assert text.count(". ") == 0, "one sentence"
    return text


def test_a_recording_is_read_by_its_directory_or_by_its_index(folder):
    by_folder = read_recording(folder)
    by_index = read_recording(folder / "recording.json")
    assert [run.id for run in by_folder.runs] == [run.id for run in by_index.runs]
    assert by_folder.full_name == "EsosaOrumwese/fraud-detection-system"


def test_another_schema_version_says_which_and_what_to_do(folder):
    change(folder, "recording.json", lambda value: value.update(schema_version=2))
    text = fault_of(folder)
    assert "schema version 2" in text
    assert "reads version 1" in text
    assert "newer planescope" in text
    change(folder, "recording.json", lambda value: value.update(schema_version=0))
    assert "planescope record" in fault_of(folder)


@pytest.mark.parametrize("version", ["1", 1.0, True, None, [1]])
def test_a_schema_version_of_another_kind_is_refused(folder, version):
    change(folder, "recording.json", lambda value: value.update(schema_version=version))
    assert "schema_version" in fault_of(folder)


def test_another_json_file_is_no_recording(folder):
    (folder / "recording.json").write_text('{"hello": 1}')
    assert "no planescope recording" in fault_of(folder)


@pytest.mark.parametrize("name", ["recording.json", RUN_FILE])
@pytest.mark.parametrize("part", [0.2, 0.7, 0.999])
def test_a_cut_off_file_is_named_with_its_place(folder, name, part):
    file = folder / name
    text = file.read_text().rstrip()
    file.write_text(text[: int(len(text) * part)])
    fault = fault_of(folder)
    assert fault.startswith(name)
    assert "is cut off at line" in fault
    assert "planescope record" in fault


def test_damage_in_the_middle_is_told_from_a_cut(folder):
    text = (folder / RUN_FILE).read_text()
    (folder / RUN_FILE).write_text(text.replace('"attempts": [', '"attempts": [,', 1))
    assert "is no JSON" in fault_of(folder)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "cut off"),
        (b"[]", "no JSON object"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b'{"a":' * 100_000, "nested too deeply"),
    ],
)
def test_files_of_another_kind_are_refused(folder, content, words):
    (folder / "recording.json").write_bytes(content)
    assert words in fault_of(folder)


def test_a_missing_member_is_named_by_its_path(folder):
    change(folder, RUN_FILE, lambda value: value["attempts"][0]["run"].pop("head_sha"))
    assert f"{RUN_FILE}: member `attempts[0].run.head_sha` is missing" in fault_of(folder)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda v: v["attempts"][0]["run"].update(id="21985402789"), "`attempts[0].run.id` is not a number"),
        (lambda v: v["attempts"][0]["run"].update(created_at="yesterday"), "is no UTC time"),
        (lambda v: v["attempts"][0]["run"].update(updated_at="2026-02-13T11:36:26"), "is no UTC time"),
        (lambda v: v["attempts"][0].update(jobs={}), "`attempts[0].jobs` is not a list"),
        (lambda v: v["attempts"][0].pop("jobs"), "`attempts[0].jobs` is missing"),
        (lambda v: v["attempts"][0]["jobs"].append(3), "`attempts[0].jobs[1]` is not an object"),
        (lambda v: v["attempts"][0]["jobs"][0]["job"]["steps"][0].update(started_at=5), "is not a text"),
        (lambda v: v.update(attempts=[]), "`attempts` is empty"),
        (lambda v: v.update(origin="invented"), "only `recorded` and `reconstructed` exist"),
        (lambda v: v["reconstructed"][0].pop("why"), "`reconstructed[0].why` is missing"),
    ],
)
def test_a_member_of_another_kind_is_named(folder, edit, words):
    change(folder, RUN_FILE, edit)
    assert words in fault_of(folder)


def test_a_run_that_is_listed_twice_is_refused(folder):
    change(folder, "recording.json", lambda value: value["github"]["runs"].append(RUN_FILE))
    assert "lists the same run twice" in fault_of(folder)


def test_attempts_of_different_runs_do_not_make_one_run(folder):
    def edit(value: dict[str, Any]) -> None:
        other = json.loads(json.dumps(value["attempts"][0]))
        other["run"]["id"] += 1
        value["attempts"].append(other)

    change(folder, RUN_FILE, edit)
    assert "belong to different runs" in fault_of(folder)


def test_a_missing_log_names_the_file_that_wants_it(folder):
    log = next((folder / "logs" / "21985402789").iterdir())
    log.unlink()
    text = fault_of(folder)
    assert f"`attempts[0].jobs[0].log.file` names the file 'logs/21985402789/{log.name}', which is missing" in text
    assert RUN_FILE in text


@pytest.mark.parametrize(
    "name", ["../outside.txt", "/etc/hostname", "logs/../../outside.txt", "", "a\\b", "C:x", "logs/\x1b[31m", "."]
)
def test_a_file_name_may_not_leave_the_recording(folder, name):
    (folder.parent / "outside.txt").write_text("not part of it")
    change(folder, RUN_FILE, lambda value: value["attempts"][0]["jobs"][0]["log"].update(file=name))
    text = fault_of(folder)
    assert "outside the recording" in text or "is missing" in text
    assert "\x1b" not in text


def test_a_link_may_not_leave_the_recording(folder):
    outside = folder.parent / "outside.txt"
    outside.write_text("not part of it")
    log = next((folder / "logs" / "21985402789").iterdir())
    log.unlink()
    log.symlink_to(outside)
    assert "outside the recording" in fault_of(folder)


def test_a_directory_that_is_not_there_is_named(tmp_path):
    with pytest.raises(RecordingError, match="is no recording: name the directory"):
        read_recording(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecordingError, match=r"recording\.json is missing"):
        read_recording(tmp_path / "empty")


def test_what_github_refused_is_kept_as_a_refusal(folder):
    gone = {"unreadable": {"status": 410, "message": "Gone"}}
    change(folder, RUN_FILE, lambda value: value["attempts"][0]["jobs"][0].update(log=gone))
    change(folder, "recording.json", lambda value: value["github"].update(oidc_customization=gone))
    recording = read_recording(folder)
    assert recording.run(21985402789).attempts[0].jobs[0].log == Refusal(410, "Gone")
    assert recording.oidc_customization == Refusal(410, "Gone")


def test_a_recording_of_github_alone_has_no_account_and_an_empty_case(folder):
    def edit(value: dict[str, Any]) -> None:
        del value["account"], value["case"]

    change(folder, "recording.json", edit)
    recording = read_recording(folder)
    assert recording.account is None
    assert recording.case.case.runs == ()


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda v: v["case"].update(runs=["1"]), "`case.runs[0]` is not a number"),
        (lambda v: v["case"].update(known_at={"tga": "2026-02-13T11:41:06Z"}), "`case.known_at.tga` names no member"),
        (lambda v: v["case"]["changes"][0].pop("text"), "`case.changes[0].text` is missing"),
        (lambda v: v["account"]["moments"][0].update(inline_policies=["X"]), "names the policy 'X'"),
        (lambda v: v["account"]["moments"][0].update(further_images=["X"]), "names the image 'X'"),
        (
            lambda v: v["account"].update(further_images=[{"tag": "t"}]),
            "`account.further_images[0].repository` is missing",
        ),
        (lambda v: v["account"].pop("region"), "`account.region` is missing"),
        (lambda v: v["account"]["moments"][0].update(provider="yes"), "is not true or false"),
        (lambda v: v["github"]["repository"].update(full_name="nobody"), "is not `owner/name`"),
        (lambda v: v["github"]["branches"][0]["branch"].pop("commit"), "`github.branches[0].branch.commit` is missing"),
    ],
)
def test_case_and_account_are_checked_as_well(folder, edit, words):
    change(folder, "recording.json", edit)
    assert words in fault_of(folder)


def test_logs_are_read_only_when_asked_for(folder):
    recording = read_recording(folder)
    log = recording.run(21985402789).attempts[0].jobs[0].log
    assert isinstance(log, RecordedLog)
    assert isinstance(log.content, Path)
    assert log.origin is Origin.RECONSTRUCTED
    log.content.write_bytes(b"changed")
    assert log.read() == b"changed"

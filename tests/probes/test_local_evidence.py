"""Evidence on the disk: below the case file's folder alone, through no link, within bounds."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from diagnosis.facts.closure_facts import EvidenceRoot
from diagnosis.facts.reading import Absent, Known, Unreadable
from probes.local_evidence import LIMITS, read_local_log, read_local_root

SECRET = "ghp_" + "a1B2c3D4e5F6" * 3


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A folder with a case file, and a secret beside it that no case may reach."""
    folder = tmp_path / "repository"
    (folder / "runs" / "7" / "deep").mkdir(parents=True)
    (folder / "runs" / "7" / "receipt.json").write_text(f'{{"token": "{SECRET}"}}')
    (folder / "runs" / "7" / "deep" / "image.bin").write_bytes(b"\0" * 100)
    (folder / "log.md").write_text("# Log\n")
    (tmp_path / "secret.json").write_text("{}")
    return folder


def known(reading: object) -> EvidenceRoot:
    assert isinstance(reading, Known), reading
    assert isinstance(reading.value, EvidenceRoot)
    return reading.value


def test_files_are_hashed_and_small_json_is_read_scrubbed(base: Path) -> None:
    root = known(read_local_root(base, "runs/7/"))
    found = {file.name: file for file in root.files}
    assert sorted(found) == ["deep/image.bin", "receipt.json"]
    assert root.complete
    text, digest = found["receipt.json"].text, found["receipt.json"].sha256
    assert isinstance(text, Known)
    assert SECRET not in text.value
    assert digest == Known(hashlib.sha256((base / "runs/7/receipt.json").read_bytes()).hexdigest())
    assert isinstance(found["deep/image.bin"].text, Unreadable)
    few = known(read_local_root(base, "runs", replace(LIMITS, files=1)))
    assert (len(few.files), few.complete) == (1, False)
    small = known(read_local_root(base, "runs", replace(LIMITS, file_bytes=80)))
    assert [isinstance(file.sha256, Known) for file in small.files] == [True, False]
    assert not known(read_local_root(base, "runs", replace(LIMITS, folders=1))).complete


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_nothing_outside_of_the_folder_is_reached(base: Path) -> None:
    (base / "runs" / "7" / "link.json").symlink_to(base.parent / "secret.json")
    (base / "out").symlink_to(base.parent)
    (base / "runs" / "circle").symlink_to(base / "runs")
    names = {file.name for file in known(read_local_root(base, "runs")).files}
    assert names == {"7/receipt.json", "7/deep/image.bin"}
    for stated in ("..", "../", "runs/../..", "out", str(base.parent), "C:\\x", "\0", "runs\\..\\.."):
        assert isinstance(read_local_root(base, stated), Unreadable), stated
        assert isinstance(read_local_log(base, stated), Unreadable), stated
    os.mkfifo(base / "runs" / "pipe.json")
    assert len(known(read_local_root(base, "runs")).files) == 2
    assert isinstance(read_local_log(base, "runs/pipe.json"), Unreadable)


def test_what_is_not_there_is_absent_and_without_a_case_file_nothing_is_looked_for(base: Path) -> None:
    assert isinstance(read_local_root(base, "none"), Absent)
    assert isinstance(read_local_log(base, "./none.md"), Absent)
    assert isinstance(read_local_root(None, "runs"), Unreadable)
    log = read_local_log(base, "./log.md")
    assert isinstance(log, Known)
    assert (log.value.text, log.value.commit) == ("# Log\n", None)
    assert isinstance(read_local_log(base, "./log.md", replace(LIMITS, log_bytes=3)), Unreadable)

"""A program of this machine is asked within bounds, and never one that lies in the current folder."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from probes.programs import MOST_BYTES, answer_of, find_program, safe_path, secure_search

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")


def script(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of somebody else's, in which programs were planted, as the current one."""
    folder = tmp_path / "clone"
    for name in ("git", "gh", "git.exe", "xdg-open", "uname"):
        script(folder, name, f"touch {tmp_path}/planted; echo planted")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    "entry", [".", "", "./", "../clone", "..//clone/.", "{clone}", "{clone}/", "{clone}/../clone", "{link}"]
)
def test_no_program_of_the_current_folder_is_found(entry: str, clone: Path, tmp_path: Path) -> None:
    real = script(tmp_path / "bin", "git", "echo real")
    (tmp_path / "link").symlink_to(clone)
    written = entry.format(clone=clone, link=tmp_path / "link")
    path = os.pathsep.join((written, "bin", str(tmp_path / "bin"), written))
    assert find_program("git", {"PATH": path}) == str(real)
    assert find_program("gh", {"PATH": path}) is None
    assert answer_of("git", [], seconds=5, environ={"PATH": path}) == (0, "real\n")
    assert answer_of("gh", [], seconds=5, environ={"PATH": path}) is None
    assert not (tmp_path / "planted").exists()


def test_a_link_to_a_program_of_the_current_folder_is_not_followed(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(clone / "git")
    assert find_program("git", {"PATH": str(tmp_path / "bin")}) is None


def test_without_a_path_there_is_no_program(clone: Path) -> None:
    for environ in ({}, {"PATH": ""}, {"PATH": os.pathsep}, {"PATH": "."}):
        assert find_program("git", environ) is None


def test_what_no_program_is_found_for(tmp_path: Path) -> None:
    (tmp_path / "git").mkdir()
    script(tmp_path, "gh", "true").chmod(0o644)
    for name in ("git", "gh", "absent"):
        assert find_program(name, {"PATH": str(tmp_path)}) is None


def test_libraries_find_none_either(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"PATH": os.pathsep.join((".", "", str(clone), "/usr/bin", "bin"))}
    secure_search(environ)
    assert environ == {"PATH": "/usr/bin", "NoDefaultCurrentDirectoryInExePath": "1"}
    nothing: dict[str, str] = {}
    secure_search(nothing)
    assert nothing["PATH"] == "/", "an empty one would mean the current folder to some"
    assert safe_path("") == ""


def test_an_answer_is_bounded_in_time_and_length(tmp_path: Path) -> None:
    script(tmp_path, "gh", "sleep 60 & sleep 60")
    script(tmp_path, "git", "exec yes planescope")
    script(tmp_path, "odd", r"printf '\377\376'")
    script(tmp_path, "red", "echo said; echo hidden >&2; exit 3")
    environ = {"PATH": f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin"}
    began = time.monotonic()
    assert answer_of("gh", [], seconds=0.3, environ=environ) is None
    assert answer_of("git", [], seconds=20, environ=environ) is None, f"more than {MOST_BYTES}"
    assert time.monotonic() - began < 20
    assert answer_of("odd", [], seconds=5, environ=environ) is None
    assert answer_of("red", [], seconds=5, environ=environ) == (3, "said\n")


def test_a_program_that_leaves_another_running_is_not_waited_for(tmp_path: Path) -> None:
    script(tmp_path, "gh", "echo done; sleep 60 &")
    environ = {"PATH": f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin"}
    began = time.monotonic()
    assert answer_of("gh", [], seconds=0.3, environ=environ) is None
    assert time.monotonic() - began < 30

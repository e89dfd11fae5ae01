"""Copying: the first program that takes the text, else a private file; and it is said which."""

from __future__ import annotations

import os
import stat
import sys
import time
from pathlib import Path

import pytest
from thoroughness import spread

from tui import clipboard
from tui.clipboard import WAYS, Clipboard

TEXT = "aws iam put-role-policy --policy-name 'née ␊'\n# $(touch pwned) `id`\n"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs of the test are scripts of sh")


def program(folder: Path, name: str, body: str) -> None:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o700)


def bin_of(tmp_path: Path, **programs: str) -> Path:
    for name, body in programs.items():
        program(tmp_path / "bin", name.replace("_", "-"), body)
    return tmp_path / "bin"


CASES = [
    ("wl-copy", {"WAYLAND_DISPLAY": "w"}), ("xclip", {"DISPLAY": ":0"}), ("xsel", {"DISPLAY": ":0"}), ("tmux", {"TMUX": "/t,1,0"}),
    ("clip.exe", {"WSL_DISTRO_NAME": "Ubuntu"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "environment"), spread(CASES, 3))
def test_the_program_of_the_place_gets_the_text_and_is_named(
    name: str, environment: dict[str, str], tmp_path: Path
) -> None:
    path = os.pathsep.join([str(bin_of(tmp_path)), os.environ["PATH"]])
    program(tmp_path / "bin", name, f"cat > '{tmp_path}/got'; env > '{tmp_path}/env'; pwd > '{tmp_path}/where'")
    secret = {"PATH": path, "GH_TOKEN": "ghp_x", "AWS_SECRET_ACCESS_KEY": "x", **environment}
    where = Clipboard(secret).copy(TEXT)
    assert name in where
    encoding = next(way.encoding for way in WAYS if way.command[0] == name)
    assert (tmp_path / "got").read_bytes() == TEXT.encode(encoding)
    assert "ghp_x" not in (tmp_path / "env").read_text()
    assert "SECRET" not in (tmp_path / "env").read_text()
    assert (tmp_path / "where").read_text().strip() == str(tmp_path / "bin")


def test_one_that_fails_or_hangs_gives_way_to_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "SECONDS", 0.3)
    folder = bin_of(tmp_path, wl_copy="exit 1", xclip="exec sleep 30", xsel=f"exec >'{tmp_path}/got'; /bin/cat; exit 0")
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "DISPLAY": ":0", "WAYLAND_DISPLAY": "w"}
    begun = time.monotonic()
    assert "xsel" in Clipboard(environment).copy(TEXT)
    assert time.monotonic() - begun < 10
    assert (tmp_path / "got").read_text() == TEXT


def test_no_program_is_taken_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = bin_of(tmp_path, xclip=f"touch '{tmp_path}/ran'")
    monkeypatch.chdir(folder)
    for path in ("", ".", f"{folder}", f":{folder}/../bin:."):
        where = Clipboard({"PATH": path, "DISPLAY": ":0"}).copy(TEXT)
        assert "xclip" not in where
    assert not (tmp_path / "ran").exists()


def test_without_a_program_the_text_lies_in_a_private_file_and_each_copy_replaces_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipboard.tempfile, "tempdir", str(tmp_path))
    copies = Clipboard({"PATH": "", "TERM": "xterm-256color"})
    said = copies.copy(TEXT * 3)
    (folder,) = tmp_path.iterdir()
    file = folder / "copied.txt"
    assert str(file) in said
    assert "OSC 52" in said
    assert (stat.S_IMODE(folder.stat().st_mode), stat.S_IMODE(file.stat().st_mode)) == (0o700, 0o600)
    copies.copy(TEXT)
    assert file.read_text(encoding="utf-8") == TEXT
    # What somebody put in its place is not followed.
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    file.unlink()
    file.symlink_to(elsewhere)
    assert "no file could be written" in copies.copy(TEXT)
    assert elsewhere.read_text() == "mine"


@pytest.mark.parametrize(
    ("environment", "alone"),
    [({"TERM": "xterm-kitty"}, True), ({"TERM": "foot"}, True), ({"TERM_PROGRAM": "WezTerm"}, True), ({"WT_SESSION": "1"}, True),
     ({"TERM_PROGRAM": "Apple_Terminal"}, False), ({"TERM": "xterm-kitty", "STY": "1"}, False)],
)  # fmt: skip
def test_a_terminal_that_takes_osc_52_needs_no_file(
    environment: dict[str, str], alone: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipboard.tempfile, "tempdir", str(tmp_path))
    Clipboard({"PATH": "", **environment}).copy(TEXT)
    assert (list(tmp_path.iterdir()) == []) is alone

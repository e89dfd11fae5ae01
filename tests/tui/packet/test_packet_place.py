"""What was typed becomes a place, what lies there is told, and nothing but a packet is ever offered for replacement."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from tui.packet.files import EVERY_FILE, MANIFEST
from tui.packet.place import Found, place_of, shown

RUN = 412
USUAL = f"planescope-packet-{RUN}"


@pytest.fixture(autouse=True)
def _folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.chdir(here)


def a_packet(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in EVERY_FILE:
        (folder / name).write_text("x")
    return folder


@pytest.mark.parametrize(
    ("typed", "zipped", "place"),
    [
        ("", False, f"here/{USUAL}"), ("  ", True, f"here/{USUAL}.zip"), ("out", False, "here/out"), ("out", True, "here/out.zip"),
        ("out.ZIP", True, "here/out.ZIP"), ("~", False, "home/" + USUAL), ("~/audit/may", False, "home/audit/may"),
        ("../up", False, "up"), ("new/", False, f"here/new/{USUAL}"), ("./a/../b", False, "here/b"), ("..", True, f"{USUAL}.zip"),
    ],
)  # fmt: skip
def test_home_relative_names_and_folders(typed: str, zipped: bool, place: str, tmp_path: Path) -> None:
    (tmp_path / "home" / "kept").touch()
    found = place_of(typed, RUN, zipped=zipped)
    assert (found.path, found.found) == (tmp_path / place, Found.NOTHING)
    assert (place_of(shown(found.path), RUN, zipped=zipped)).path == found.path


def test_a_folder_that_holds_other_things_gets_the_usual_name_and_an_empty_one_is_the_packet() -> None:
    Path("letters").mkdir()
    assert place_of("letters", RUN, zipped=False).path.name == "letters"
    Path("letters/one").touch()
    a_packet(Path("letters", USUAL))
    assert place_of("letters", RUN, zipped=False).path == Path.cwd() / "letters" / f"{USUAL}-2"


@pytest.mark.parametrize("zipped", [False, True])
def test_an_older_packet_is_told_and_a_free_name_is_offered(zipped: bool) -> None:
    if zipped:
        with zipfile.ZipFile("out.zip", "w") as archive:
            archive.writestr(f"out/{MANIFEST}", "x")
    else:
        a_packet(Path("out"))
    found = place_of("out", RUN, zipped=zipped)
    assert found.found is Found.PACKET
    assert "A packet of " in found.sentence
    assert found.free == Path.cwd() / ("out-2.zip" if zipped else "out-2")


def test_what_is_no_packet_is_in_the_way(tmp_path: Path) -> None:
    Path("notes.txt").write_text("mine")
    Path("notes.zip").write_text("mine")
    a_packet(Path("mixed"))
    Path("mixed/mine.txt").touch()
    Path("dangling").symlink_to("nowhere")
    cases = [
        ("notes.txt", False, "no packet"), ("notes", True, "no packet"), ("mixed", False, "mine.txt"),
        ("notes.txt/below", False, "is a file"), ("dangling", False, "no file and no folder"), ("x" * 400, False, "no place"),
        ("~nobody-of-that-name/x", False, "no place"),
    ]  # fmt: skip
    for typed, zipped, words in cases:
        found = place_of(typed, RUN, zipped=zipped)
        assert found.found is Found.IN_THE_WAY, typed
        assert words in found.sentence, typed
        assert not os.path.lexists(found.free)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "here").chmod(0o500)
    assert "write nothing" in place_of("out", RUN, zipped=False).sentence


def test_a_current_folder_that_was_deleted_is_no_end(tmp_path: Path) -> None:
    (tmp_path / "here").rmdir()
    assert place_of("", RUN, zipped=False).path == tmp_path / "home" / USUAL

"""A packet is written whole or not at all: on a full disk, into a bad place, interrupted, or beside another planescope."""

from __future__ import annotations

import errno
import itertools
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from deploying_release import released
from failing_writes import Failing, full_disk, tree

from diagnosis.documents.exit_code import ExitCode
from diagnosis.documents.packet import Packet, packet
from diagnosis.facts.case import Case
from probes import whole_writes
from probes.whole_writes import signals_held
from tui.atomic_write import write_atomically
from tui.packet.contents import TOOL
from tui.packet.files import ENVELOPE, EVER_WRITTEN, EVERY_FILE, PacketProblem
from tui.packet.names import free_name
from tui.packet.verify.verify import verify
from tui.packet.whole_folder import write_folder
from tui.packet.write import Form, write

posix = pytest.mark.skipif(os.name != "posix", reason="links, pipes, modes and signals of POSIX")


@pytest.fixture(scope="module")
def older() -> Packet:
    return packet(released().diagnosis(), Case(), tool=TOOL)


@pytest.fixture(scope="module")
def newer(older: Packet) -> Packet:
    return replace(older, title="Another title")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


OLDER = {name: f"older {name}".encode() for name in (*EVERY_FILE[:-1], "SHA256SUMS")}
"""Of a version that had another file of sums."""
NEWER = {name: f"newer {name}".encode() for name in EVERY_FILE if name != ENVELOPE}


def put(target: Path, files: Mapping[str, bytes], *, force: bool = True) -> None:
    write_folder(target, files, known=EVER_WRITTEN, force=force)


@pytest.mark.parametrize("before", ["nothing", "an empty folder", "an older packet"])
@pytest.mark.parametrize("error", [full_disk(), KeyboardInterrupt()], ids=["full", "interrupt"])
def test_wherever_writing_fails_everything_is_as_it_was(
    before: str, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = 0
    for number in itertools.count(1):
        target = tmp_path / str(number) / "packet"
        target.parent.mkdir()
        if before == "an empty folder":
            target.mkdir()
        elif before == "an older packet":
            put(target, OLDER)
        as_it_was = tree(target.parent)
        with monkeypatch.context() as patch:
            failing = Failing(patch, target.parent, number, error)
            try:
                put(target, NEWER)
            except (OSError, KeyboardInterrupt):
                failures += 1
        found = tree(target.parent)
        # What fails after the last rename, such as bringing the names to the disk, leaves the new packet, whole.
        assert found == as_it_was or (tree(target) == NEWER and names(target.parent) == {"packet"}), number
        if not failing.failed:
            break
    assert tree(target) == NEWER
    assert failures > 6


def test_folders_made_for_a_packet_that_cannot_be_written_go_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there").mkdir()
    with monkeypatch.context() as patch:
        failing = Failing(patch, tmp_path, 4, full_disk())
        with pytest.raises(OSError, match="space"):
            put(tmp_path / "there" / "a" / "b" / "packet", NEWER)
    assert failing.failed
    assert tree(tmp_path) == {"there": None}
    put(tmp_path / "there" / "a" / "b" / "packet", NEWER)
    assert tree(tmp_path / "there" / "a" / "b" / "packet") == NEWER


def test_a_full_disk_is_told_from_a_bad_place(older: Packet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Failing(monkeypatch, tmp_path, 3, full_disk())
    with pytest.raises(PacketProblem, match=r"No space left.* Make room") as told:
        write(older, tmp_path / "packet")
    assert told.value.exit_code is ExitCode.OUTPUT
    assert names(tmp_path) == set()


@posix
def test_a_packet_is_for_its_user_alone(older: Packet, tmp_path: Path) -> None:
    target = tmp_path / "packet"
    write(older, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in target.iterdir()} == {0o600}


def test_an_older_packet_is_replaced_where_that_is_asked_for_and_leaves_nothing(
    older: Packet, newer: Packet, tmp_path: Path
) -> None:
    write(older, tmp_path)
    (tmp_path / ENVELOPE).write_text("of an older packet")
    (tmp_path / "SHA256SUMS").write_text("of a packet of a version before")
    (tmp_path / ".planescope-packet-stopped" / "older").mkdir(parents=True)
    before = tree(tmp_path)
    with pytest.raises(PacketProblem, match=r"already.*--force") as told:
        write(newer, tmp_path)
    assert told.value.exit_code is ExitCode.USAGE
    assert tree(tmp_path) == before
    write(newer, tmp_path, Form(force=True))
    assert names(tmp_path) == {*EVERY_FILE} - {ENVELOPE}
    assert verify(tmp_path).verdict == "agrees"


@posix
def test_an_archive_is_written_whole_and_over_nothing_but_a_packet(
    older: Packet, newer: Packet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = 0
    for number in itertools.count(1):
        target = tmp_path / str(number) / "new" / "packet.zip"
        target.parent.parent.mkdir()
        with monkeypatch.context() as patch:
            failing = Failing(patch, target.parent.parent, number, full_disk())
            try:
                write(older, target, Form(zipped=True))
            except PacketProblem:
                failures += 1
                assert names(target.parent.parent) == set()
        if not failing.failed:
            break
    assert failures > 3
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    first = target.read_bytes()
    with pytest.raises(PacketProblem, match=r"already.*--force"):
        write(newer, target, Form(zipped=True))
    assert tree(target.parent) == {"packet.zip": first}
    write(newer, target, Form(zipped=True, force=True))
    assert verify(target).verdict == "agrees"
    assert target.read_bytes() != first
    write(older, tmp_path / "again.zip", Form(zipped=True))
    assert (tmp_path / "again.zip").read_bytes() == first
    for place, content in ((tmp_path / "thesis", b"mine"), (tmp_path / "other.zip", b"PK\x05\x06" + bytes(18))):
        place.write_bytes(content)
        with pytest.raises(PacketProblem, match="no packet of planescope"):
            write(newer, place, Form(zipped=True, force=True))
        assert place.read_bytes() == content
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(PacketProblem):
            write(newer, place, Form(zipped=True, force=True))


def test_a_name_is_offered_that_nothing_has(tmp_path: Path) -> None:
    assert free_name(tmp_path, 7, zipped=False).name == "planescope-packet-7"
    (tmp_path / "planescope-packet-7").mkdir()
    (tmp_path / "planescope-packet-7-2").symlink_to(tmp_path / "absent")
    assert free_name(tmp_path, 7, zipped=False).name == "planescope-packet-7-3"
    assert free_name(tmp_path, 7, zipped=True).name == "planescope-packet-7.zip"


@posix
@pytest.mark.parametrize("what", ["file", "folder", "pipe"])
def test_a_folder_with_something_else_in_it_is_left_alone(what: str, older: Packet, tmp_path: Path) -> None:
    if what == "file":
        (tmp_path / "thesis.txt").write_text("mine")
    elif what == "folder":
        (tmp_path / "packet.md").mkdir()
    else:
        os.mkfifo(tmp_path / "packet.json")
    before = names(tmp_path)
    with pytest.raises(PacketProblem, match="no part of a packet") as told:
        write(older, tmp_path, Form(force=True))
    assert told.value.exit_code is ExitCode.USAGE
    assert names(tmp_path) == before


@posix
def test_a_link_in_the_folder_is_replaced_and_not_followed(older: Packet, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("mine")
    target = tmp_path / "packet"
    target.mkdir()
    (target / "packet.md").symlink_to(mine)
    write(older, target, Form(force=True))
    assert mine.read_text() == "mine"
    assert verify(target).verdict == "agrees"


@posix
@pytest.mark.parametrize("what", ["file", "pipe", "device", "dangling link", "file above"])
def test_what_is_no_folder_is_told(what: str, older: Packet, tmp_path: Path) -> None:
    target = tmp_path / "packet"
    if what in ("file", "file above"):
        target.write_text("mine")
    elif what == "pipe":
        os.mkfifo(target)
    elif what == "device":
        target.symlink_to("/dev/null")
    else:
        target.symlink_to(tmp_path / "absent")
    before = names(tmp_path)
    with pytest.raises(PacketProblem, match="could not be written") as told:
        write(older, target / "deep" if what == "file above" else target)
    assert told.value.exit_code is ExitCode.USAGE
    assert names(tmp_path) == before


def test_many_at_once_leave_one_whole_packet(tmp_path: Path) -> None:
    target = tmp_path / "packet"
    problems: list[Exception] = []

    def work(files: dict[str, bytes]) -> None:
        try:
            for _ in range(4):
                put(target, files)
        except Exception as error:  # noqa: BLE001 - whatever it was
            problems.append(error)

    threads = [threading.Thread(target=work, args=(files,)) for files in (OLDER, NEWER, OLDER, NEWER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert tree(target) in (NEWER, OLDER)
    assert names(tmp_path) == {"packet"}


@posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_waits_until_the_files_are_whole(name: str) -> None:
    code = (
        "import os, signal, sys\n"
        "from probes.whole_writes import signals_held\n"
        "with signals_held():\n"
        "    os.kill(os.getpid(), getattr(signal, sys.argv[1]))\n"
        "    print('whole', flush=True)\n"
        "print('never')\n"
    )
    done = subprocess.run([sys.executable, "-c", code, name], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "whole\n"
    assert done.returncode == -getattr(signal, name)


@posix
def test_who_is_stopped_waits_for_nobody_else_who_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    target = tmp_path / "packet"
    target.mkdir()
    held = os.open(target, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    monkeypatch.setattr(time, "sleep", lambda _: signal.raise_signal(signal.SIGINT))
    begun = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            put(target, NEWER)
    finally:
        os.close(held)
    assert time.monotonic() - begun < 8
    assert tree(target) == {}


def test_the_end_of_the_process_waits_for_a_thread_that_writes() -> None:
    # The app's export runs in a daemon thread, and leaving the app (by a key, or a signal) does not wait for it.
    code = (
        "import threading, time\n"
        "from probes.whole_writes import signals_held\n"
        "begun = threading.Event()\n"
        "def write():\n"
        "    with signals_held():\n"
        "        begun.set()\n"
        "        time.sleep(0.1)\n"
        "        print('whole', flush=True)\n"
        "threading.Thread(target=write, daemon=True).start()\n"
        "begun.wait()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == ("whole\n", "", 0)


def test_nothing_is_begun_while_the_process_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    others = whole_writes._OtherThreads()
    monkeypatch.setattr(whole_writes, "_OTHERS", others)
    others.wait()
    told: list[OSError] = []

    def write_in_vain() -> None:
        try:
            put(tmp_path / "packet", NEWER)
        except OSError as error:
            told.append(error)

    thread = threading.Thread(target=write_in_vain)
    thread.start()
    thread.join()
    assert [error.errno for error in told] == [errno.EINTR]
    assert names(tmp_path) == set()


def test_handlers_are_given_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with signals_held():
        pass
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.parametrize("before", [None, "older"])
def test_a_single_file_is_written_whole_or_not_at_all(
    before: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "preflight.json"
    if before is not None:
        target.write_text(before)
    as_it_was = tree(tmp_path)
    for number in itertools.count(1):
        with monkeypatch.context() as patch:
            failing = Failing(patch, tmp_path, number, full_disk())
            try:
                write_atomically(target, "newer")
            except OSError:
                assert failing.failed
                assert tree(tmp_path) == as_it_was
                continue
        break
    assert number > 2
    assert tree(tmp_path) == {"preflight.json": b"newer"}
    assert os.name != "posix" or stat.S_IMODE(target.stat().st_mode) == 0o600


@posix
@pytest.mark.parametrize("what", ["pipe", "device", "folder"])
def test_no_file_is_put_in_the_place_of_something_else(what: str, tmp_path: Path) -> None:
    target = tmp_path / "out"
    if what == "pipe":
        os.mkfifo(target)
    elif what == "device":
        target.symlink_to("/dev/null")
    else:
        target.mkdir()
    before = target.lstat()
    with pytest.raises(OSError, match=r"folder|device"):
        write_atomically(target, "text")
    assert target.lstat().st_ino == before.st_ino
    assert names(tmp_path) == {"out"}

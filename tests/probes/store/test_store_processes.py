"""Several planescopes at once on one file: nothing is lost, nothing is damaged, and one that is killed harms nobody."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import store_worlds
from store_worlds import SCOPE, listed, made_attempt, store_at

from probes.store.overview import overview

_WORKER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from store_worlds import SCOPE, listed, made_attempt, store_at
path, base, count, mine = Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
store = store_at(path, busy_seconds=20)
print("ready", flush=True)
sys.stdin.readline()
for number in range(base, base + count):
    store.save(SCOPE, [made_attempt(number, log=f"{mine} {number} " * 50)], "full")
    found = store.parts(SCOPE, listed(made_attempt(number)), "full")
    assert found is not None, (number, store.note)
    store.parts(SCOPE, listed(made_attempt(number - 7)), "full")
    print(number, flush=True)
assert store.note == "", store.note
store.close()
print("done", flush=True)
"""


def started(path: Path, base: int, count: int, mine: str) -> subprocess.Popen[str]:
    words = [
        sys.executable,
        "-c",
        _WORKER,
        str(Path(store_worlds.__file__).parent),
        str(path),
        str(base),
        str(count),
        mine,
    ]
    worker = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    return worker


def go(worker: subprocess.Popen[str]) -> None:
    assert worker.stdin is not None
    worker.stdin.write("go\n")
    worker.stdin.flush()


def is_sound(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_two_processes_begin_the_file_at_once_and_write_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "attempts-v1.sqlite3"
    workers = [started(path, base, 60, f"worker {base}") for base in (1000, 2000)]
    # The same runs by both: the later one replaces the earlier.
    workers += [started(path, 5000, 40, f"worker {number}") for number in (1, 2)]
    for worker in workers:
        go(worker)
    for worker in workers:
        out, error = worker.communicate(timeout=120)
        assert worker.returncode == 0, error
        assert out.endswith("done\n")
    assert is_sound(path)
    with closing(store_at(path)) as store:
        (found,) = overview(store).repositories
        assert found.attempts == 60 + 60 + 40
        for number in (1000, 1059, 2000, 2059, 5000, 5039):
            assert store.parts(SCOPE, listed(made_attempt(number)), "full") is not None
        assert store.note == ""
    assert not path.with_name(path.name + ".damaged").exists()


@pytest.mark.skipif(os.name != "posix", reason="kills with a signal")
def test_a_process_that_is_killed_while_it_writes_leaves_a_sound_file(tmp_path: Path) -> None:
    path = tmp_path / "attempts-v1.sqlite3"
    victim, other = started(path, 1000, 5000, "victim"), started(path, 20_000, 60, "other")
    go(victim)
    go(other)
    assert victim.stdout is not None
    last = 0
    for _ in range(40):
        last = int(victim.stdout.readline())
    victim.send_signal(signal.SIGKILL)
    victim.communicate(timeout=30)
    out, error = other.communicate(timeout=120)
    assert other.returncode == 0, error
    assert out.endswith("done\n")
    assert is_sound(path)
    with closing(store_at(path)) as store:
        for number in (1000, last):
            assert store.parts(SCOPE, listed(made_attempt(number)), "full") is not None, "what was stored stays"
        assert store.note == ""

"""Work on threads that the end of the process does not wait for."""

from __future__ import annotations

import ast
import gc
import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

import probes
import tui
from probes.github.http.daemon_pool import DaemonPool

PATIENCE = 20.0


def threads_of(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(f"{name} ")]


def test_results_and_errors_come_back_and_threads_are_no_more_than_asked_for() -> None:
    pool = DaemonPool(3, "made")
    most = [0]

    def work(number: int) -> int:
        most[0] = max(most[0], len(threads_of("made")))
        if number == 7:
            raise ValueError("seven")
        return number * number

    futures = [pool.submit(work, number) for number in range(40)]
    assert [future.result(PATIENCE) for future in futures if future is not futures[7]] == [
        n * n for n in range(40) if n != 7
    ]
    with pytest.raises(ValueError, match="seven"):
        futures[7].result(PATIENCE)
    assert 1 <= most[0] <= 3
    pool.close()


def test_one_after_the_other_needs_one_thread() -> None:
    pool = DaemonPool(8, "single")
    for number in range(20):
        assert pool.submit(lambda n: n, number).result(PATIENCE) == number
        time.sleep(0.002)
    assert len(threads_of("single")) <= 2
    pool.close()


def test_a_closed_pool_cancels_what_has_not_begun_and_takes_nothing() -> None:
    pool, begun, go = DaemonPool(1, "closed"), threading.Event(), threading.Event()

    def work() -> bool:
        begun.set()
        return go.wait(PATIENCE)

    first, second = pool.submit(work), pool.submit(int)
    assert begun.wait(PATIENCE)
    pool.close()
    with pytest.raises(CancelledError):
        second.result(PATIENCE)
    with pytest.raises(RuntimeError, match="closed"):
        pool.submit(int)
    go.set()
    assert first.result(PATIENCE) is True
    for thread in threads_of("closed"):
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_a_pool_that_nobody_keeps_takes_its_threads_along() -> None:
    pool = DaemonPool(2, "kept by nobody")
    pool.submit(int).result(PATIENCE)
    threads = threads_of("kept by nobody")
    del pool
    gc.collect()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_the_process_ends_while_a_thread_still_waits() -> None:
    script = (
        "import time; from probes.github.http.daemon_pool import DaemonPool\n"
        "pool = DaemonPool(2, 'x'); pool.submit(time.sleep, 60)\nprint('ended', flush=True)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "ended\n"


def test_no_thread_of_ours_is_waited_for_at_the_end() -> None:
    """The kind, not the one place: each thread is a daemon, and there is no pool that the interpreter joins."""
    for package in (probes, tui):
        for file in Path(package.__path__[0]).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    called = ast.unparse(node.func).rpartition(".")[2]
                    assert called not in ("ThreadPoolExecutor", "ProcessPoolExecutor", "to_thread"), file
                    if called == "Thread":
                        daemon = next((word.value for word in node.keywords if word.arg == "daemon"), None)
                        assert isinstance(daemon, ast.Constant), file
                        assert daemon.value is True, file

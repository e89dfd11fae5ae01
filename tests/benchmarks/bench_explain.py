"""How fast logs are read, as a ratio to the plainest possible scan of the same text in the same run.

    python tests/benchmarks/bench_explain.py [MEGABYTES]

The yardstick is ``str.splitlines`` with one ``in`` a line. Machines differ and are shared: compare the ratios.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator

from diagnosis.failures import explain
from diagnosis.failures.prefilter import interesting_lines
from diagnosis.failures.stream import cut, thin
from diagnosis.logs.log_text import read_lines
from diagnosis.logs.scrub import scrub

STAMP = "2026-03-02T09:15:{:02d}.1234567Z "
HEAD = [
    "##[group]Run make build",
    "\x1b[36;1mmake build\x1b[0m",
    "shell: /usr/bin/bash -e {0}",
    "env:",
    "  CI: true",
    "##[endgroup]",
]
OUTPUT = [
    "#12 4.211 Get:{n} http://archive.example/ubuntu noble/main amd64 libexample{n} amd64 1.2.{n} [{n} kB]",
    "[INFO] Compiling module {n} of the application to /home/runner/work/app/app/target/classes",
    "{n}.js                              \x1b[2m  {n}.42 kB\x1b[22m \x1b[2mgzip: 3.11 kB\x1b[22m",
    "test_case_{n} ... done in 0.0{n}s",
    "fa3b{n}c: Pushed",
]
LAST = "##[error]Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"


def made_log(megabytes: int) -> str:
    """A job's log in the raw frame: mostly output, a step every 200 lines, one failure at the end."""
    lines: list[str] = []
    size = 0
    number = 0
    while size < megabytes * 1_000_000:
        number += 1
        texts = HEAD if number % 200 == 1 else [OUTPUT[number % len(OUTPUT)].format(n=number)]
        for text in texts:
            lines.append(STAMP.format(number % 60) + text)
            size += len(lines[-1]) + 1
    lines.append(STAMP.format(0) + LAST)
    return "\n".join(lines) + "\n"


def plain(text: str) -> int:
    """The yardstick."""
    return sum("denied" in line for line in text.splitlines())


def seconds(run: Callable[[], object], rounds: int = 3) -> float:
    """The best of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - started)
    return best


def pieces(log: str, times: int) -> Iterator[str]:
    """The log several times over, as an open file would give it."""
    for _ in range(times):
        yield from cut(log)


def main() -> None:
    """Print one row for each part: MB/s, and how many times longer than the yardstick it takes."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    log = made_log(megabytes)
    size = len(log) / 1e6
    yardstick = seconds(lambda: plain(log))
    rows: list[tuple[str, Callable[[], object]]] = [
        ("splitlines and in", lambda: plain(log)),
        ("search for lines that may matter", lambda: [interesting_lines(block) for block in cut(log)]),
        ("lines that may matter, read", lambda: sum(1 for _ in thin(cut(log)))),
        ("explain", lambda: explain(log)),
        ("every line read", lambda: sum(1 for _ in read_lines(log))),
        ("scrub", lambda: scrub(log)),
    ]
    print(f"{size:.0f} MB, {log.count(chr(10)):,} lines")
    for name, run in rows:
        taken = seconds(run)
        print(f"{name:34} {size / taken:7.0f} MB/s  {taken / yardstick:5.1f} x the yardstick")
    tracemalloc.start()
    explain(pieces(log, 5))
    print(f"{'memory to explain five times that':34} {tracemalloc.get_traced_memory()[1] / 1e6:7.1f} MB at most")


if __name__ == "__main__":
    main()

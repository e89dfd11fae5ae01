"""How fast logs are read, as a ratio to the plainest possible scan of the same text in the same run.

    python tests/benchmarks/bench_explain.py [MEGABYTES]

The yardstick is ``str.splitlines`` with one ``in`` a line. Machines differ and are shared: compare the ratios.
"""

from __future__ import annotations

import re
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator

from diagnosis.failures import explain
from diagnosis.failures.prefilter import WORDS, interesting_lines
from diagnosis.failures.stream import cut, thin
from diagnosis.logs.line_search import LineSearch, Positions, patterns
from diagnosis.logs.log_text import LogReader
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


BY_HAND = (
    "ailed",
    "ailing",
    "ailure",
    "ccess role",
    "enied",
    "uthoriz",
    "redential",
    "nvalid",
    "unknown",
    "imeout",
    "mmutable",
    "not found",
    "not exist",
    "not ok ",
    "not read Username",
    "auth config",
    "be assumed",
    "login prior",
    "dentity provider",
    "id-token",
    "oken included",
    "onnection re",
    "ssume ",
    "toomany",
    "orbidden",
    "such host",
    "send request",
    "request send",
    "request canceled",
    "connection issue",
    "network connection",
    "broken pipe",
    "ttempts",
    "codeartifact",
    "state lock",
    "Docker daemon",
    "space left",
    "of memory",
    "imed out",
    "maximum allowed",
    "by integration",
    "canceled",
    "shutdown signal",
    "ecr.",
    ".io/",
    "refers to",
    "push",
    "role-to-assume",
    "-access-key-id",
    "mporting cache",
    "digest: sha",
)
RARE_BY_HAND = re.compile(
    r"x(?:it code|it status|ited with|pired|pected (?:HTTP )?status|509: |ceed|ception)"
    r"|'(?:message'|roleArn)"
    r"|A(?:ADSTS|CTIONS_ID_TOKEN|ssuming role|uthenticated as|RN is)"
    r"|Bad Request|Could not connect|DENIED"
    r"|E(?:AI_AGAIN|NEEDAUTH|CONN|NOTFOUND|TIMEDOUT|OF\b|CR repository|CR image)"
    r"|FAIL(?:ED|URE|:|\t| )"
    r"|HTTP(?:S certificate| 4)"
    r"|I(?:DP[CR]|AM Role \(|MDS role|NVALID|naccessible host|ncorrect token|nput required|D [Tt]oken)"
    r"|Issuer must be|Missing a required claim|Permission denied"
    r"|Log(?:ging into|in Succeeded)"
    r"|M(?:issing (?:Auth|region)|issingAuth|ethod Not)"
    r"|ImageManifest|Not Found|status 4"
    r"|O(?:OMKilled|penIDConnect|IDC\b)"
    r"|P(?:ackedPolicy|ermission ['\"])"
    r"|R(?:OLLBACK_|egion is|egionDisabled)"
    r"|S(?:ignature|tatusCode: 4|ecurityTokenService|ource image|ource Account)"
    r"|T(?:OOMANY|oken must|TY device|oo Many|he config profile|he (?:self-)?hosted runner)"
    r"|U(?:NAUTHORIZED|NKNOWN|nauthenticated|nable to find a region)"
    r"|You must"
)
"""The search as it was: fragments and beginnings chosen by hand, so that each word of a rule held one of them."""


def read_every_line(log: str) -> None:
    """Read the log line by line, as the tool does with the lines that its search leaves."""
    reader = LogReader()
    for number, line in enumerate(log.split("\n"), start=1):
        reader.read(number, line)


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


def many_hits(megabytes: int) -> str:
    """A log of which every other line has to be read."""
    lines = ("denied: access unauthorized: 403 Forbidden, failed", "plain output of a line")
    return "".join(f"{STAMP.format(number % 60)}{lines[number % 2]}\n" for number in range(megabytes * 14_000))


def by_hand(text: str, search: Positions) -> set[int]:
    """The starts of the lines that the search as it was finds."""
    places = [*search(text), *(found.start() for found in RARE_BY_HAND.finditer(text))]
    return {text.rfind("\n", 0, at) + 1 for at in places}


def compare(name: str, log: str) -> None:
    """Print how fast the lines that may matter are found, as a multiple of the search as it was."""
    blocks = list(cut(log))
    old, plainly, now = patterns(BY_HAND), LineSearch(WORDS), LineSearch(WORDS)
    plainly.__dict__["_positions"] = patterns(WORDS)
    was = seconds(lambda: [by_hand(block, old) for block in blocks])
    row = [f"{name:20} {len(log) / 1e6 / was:7.0f} MB/s by hand"]
    for engine, search in (("automaton", now), ("expressions", plainly)):
        taken = seconds(lambda search=search: [search.line_starts(block) for block in blocks])  # type: ignore[misc]
        row.append(f"{engine} {was / taken:5.2f} x")
    print("   ".join(row))


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
        ("every line read", lambda: read_every_line(log)),
        ("scrub", lambda: scrub(log)),
    ]
    print(f"{size:.0f} MB, {log.count(chr(10)):,} lines")
    for name, run in rows:
        taken = seconds(run)
        print(f"{name:34} {size / taken:7.0f} MB/s  {taken / yardstick:5.1f} x the yardstick")
    print("\nlines that may matter, found: speed as a multiple of fragments chosen by hand")
    compare(f"{size:.0f} MB", log)
    compare("200 KB", log[:200_000])
    compare("every other line", many_hits(megabytes // 4 or 1))
    compare("not ASCII", log[: len(log) // 4].replace("done in", "\N{CHECK MARK} \N{ROCKET}"))
    compare("CRLF", log[: len(log) // 4].replace("\n", "\r\n"))
    compare("lines of 64 KB", (log[:65_536].replace("\n", " ") + "\n") * 80)
    print()
    tracemalloc.start()
    explain(pieces(log, 5))
    print(f"{'memory to explain five times that':34} {tracemalloc.get_traced_memory()[1] / 1e6:7.1f} MB at most")


if __name__ == "__main__":
    main()

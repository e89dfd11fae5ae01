"""How long the screen keeps a key waiting with ten thousand runs, a log of 300 MB and a fleet of 5,000 lines; the first paint.

``python tests/benchmarks/bench_responsiveness.py [--megabytes 300] [--runs 10000] [--lines 5000]`` drives the app without a
terminal: each key is
sent while runs load, the log is read, searched and folded, and timed until the paint that shows its effect. Beside it a
heartbeat tells the largest gap in which the app did nothing for anybody. The first paint is taken from a pseudo-terminal,
against an app of Textual's with one word in it.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import pty
import select
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent / "tui"), str(HERE.parent / "helpers")]

from backend_double import NOW, BackendDouble  # noqa: E402
from fleet_double import FleetDouble, fleet_lines  # noqa: E402
from incident_logs import log_of  # noqa: E402
from textual import events  # noqa: E402

from diagnosis.facts.reading import Known  # noqa: E402
from diagnosis.verdicts.diagnosis import Diagnosis  # noqa: E402
from tui.app import PlanescopeApp  # noqa: E402
from tui.screens.fleet.screen import FleetScreen  # noqa: E402
from tui.screens.log.screen import LogScreen  # noqa: E402

LIMIT = 0.100
"""Seconds from a key to its paint."""
FIRST_PAINT_LIMIT = 1.3
"""Times the first paint of an empty app."""
BEAT = 0.002


@dataclass
class Waits:
    """The longest waits, by what was done."""

    keys: dict[str, list[float]] = field(default_factory=dict)
    gaps: dict[str, float] = field(default_factory=dict)
    phase: str = ""

    def report(self) -> float:
        """Print a line for each phase; return the longest wait."""
        print(f"{'phase':<28} {'keys':>5} {'median':>9} {'longest':>9} {'largest gap':>12}")
        for phase, times in self.keys.items():
            gap = self.gaps.get(phase, 0.0)
            mark = "" if max(*times, gap) <= LIMIT else "  over the limit"
            middle, longest = median(times) * 1000, max(times) * 1000
            print(f"{phase:<28} {len(times):>5} {middle:>6.0f} ms {longest:>6.0f} ms {gap * 1000:>9.0f} ms{mark}")
        return max(*(time for times in self.keys.values() for time in times), *self.gaps.values())


class Paints:
    """Tells when the app has painted."""

    def __init__(self, app: PlanescopeApp) -> None:
        self.app = app
        self.done = asyncio.Event()
        display: Any = app._display

        def painted(*arguments: Any) -> None:
            display(*arguments)
            self.done.set()

        app._display = painted  # type: ignore[method-assign]


async def heartbeat(waits: Waits) -> None:
    """Note the largest time between two beats that each should be 2 ms after the other."""
    last = time.perf_counter()
    while True:
        await asyncio.sleep(BEAT)
        now = time.perf_counter()
        waits.gaps[waits.phase] = max(waits.gaps.get(waits.phase, 0.0), now - last - BEAT)
        last = now


async def press(paints: Paints, waits: Waits, *keys: str) -> None:
    """Send keys one by one as a person would, each timed to the next paint; one that paints nothing is not counted."""
    for key in keys:
        paints.done.clear()
        character = key if len(key) == 1 else None
        names = {"/": "slash", "]": "right_square_bracket", "}": "right_curly_bracket"}
        begun = time.perf_counter()
        paints.app.post_message(events.Key(names.get(key, key), character))
        try:
            async with asyncio.timeout(2):
                await paints.done.wait()
        except TimeoutError:
            continue
        waits.keys.setdefault(waits.phase, []).append(time.perf_counter() - begun)
        await asyncio.sleep(0.03)


def long_log(megabytes: int) -> str:
    """A log in GitHub's form: the incident's, its proving line where it was, then the same steps over and over."""
    lines = log_of(1, lines=4_000).splitlines(keepends=True)
    step = (
        "".join(lines[:24])
        + "".join(lines[26:1_000])
        + "".join(
            f"2026-02-13T11:40:{n % 60:02}.1234567Z \x1b[36;1m#{n} building layer {n}\x1b[0m caf\u00e9 \u2713\n"
            for n in range(500)
        )
    )
    return "".join(lines) + step * (megabytes * 1_000_000 // len(step))


async def measured(megabytes: int, runs: int) -> float:
    """Drive the app and print what was waited for."""
    backend, text = BackendDouble(1, total=runs), long_log(megabytes)

    def change(diagnosis: Diagnosis) -> Diagnosis:
        replay = diagnosis.replays[0]
        assert isinstance(replay.attempt.jobs, Known)
        jobs = tuple(replace(job, log=Known(text)) for job in replay.attempt.jobs.value)
        changed = replace(replay, attempt=replace(replay.attempt, jobs=Known(jobs)))
        return replace(diagnosis, replays=(changed,), subject=changed)

    backend.change = change
    app = PlanescopeApp(lambda: backend, clock=lambda: NOW, refresh_seconds=0)
    paints, waits = Paints(app), Waits(phase="start")
    gc.collect()
    async with app.run_test(size=(200, 60)) as pilot:
        beat = asyncio.create_task(heartbeat(waits))
        while (main := app.timeline) is None:  # behind the first paint it is loaded
            await pilot.pause(0.01)
        while main.backend is None or main.reader.busy:
            await pilot.pause(0.01)
        waits.phase = "runs load"
        main.query_one("#runs").focus()
        while len(main.runs.pages.rows) < runs:
            await press(paints, waits, "G", "k")
        waits.phase = f"{runs:,} runs: moving"
        await press(paints, waits, *"jjjjkg", *["pagedown"] * 10, "G", "g")
        waits.phase = f"{runs:,} runs: filter"
        await press(paints, waits, "/", *"change number 99", *["backspace"] * 5, "escape", "escape")
        waits.phase = "main screen: sections"
        await press(paints, waits, "1", "2", "3", "4", "5", "1", "b", "b", "a", "escape")
        waits.phase = "log: opening"
        await press(paints, waits, "v")
        screen = app.screen
        assert isinstance(screen, LogScreen)
        waits.phase = "log: while it is read"
        while not screen.index.complete:
            await press(paints, waits, *"jjjjk", "pagedown", "G", "g", "}")
        waits.phase = "log: moving"
        await press(
            paints, waits, *["pagedown"] * 10, "G", *["pageup"] * 10, "g", *["j"] * 10, "l", "h", "G", "p", *"}}}"
        )
        waits.phase = "log: next error"
        await press(paints, waits, *"eeeeeEEE")
        waits.phase = "log: folds"
        await press(paints, waits, "F", "f", "G", "space", "F", "g", "f")
        waits.phase = "log: wrapped"
        await press(paints, waits, "w", *["pagedown"] * 5, "G", *["pageup"] * 5, "g", "w")
        waits.phase = "log: while it is searched"
        await press(paints, waits, "/", *"layer 49", "enter", *"nnnnNN", *"jjkk", "pagedown", *"nnn")
        while screen._search is not None and not screen._search.complete:
            await press(paints, waits, *"nnNjjkee", "pagedown", "G", "g")
        waits.phase = "log: searched"
        await press(paints, waits, *"nnnnNNNN", "G", "n", "g", "N")
        waits.phase = "log: nothing found"
        await press(paints, waits, "/", *"zzz", "enter", *"jjkkjjkkjjkkjjkk", "escape")
        size = f"{screen.index.count:,} lines, {len(screen.index.groups):,} groups"
        waits.phase = "log: leaving"
        await press(paints, waits, "escape", "j", "k")
        beat.cancel()
    print(f"{len(text) / 1e6:.0f} MB, {size}, {runs:,} runs")
    longest = waits.report()
    print(f"the longest wait: {longest * 1000:.0f} ms; the limit is {LIMIT * 1000:.0f} ms")
    return longest


async def measured_fleet(lines: int) -> float:
    """Drive the fleet's screen, while its lines come and when all are there, and print what was waited for."""
    double = FleetDouble(fleet_lines(lines))
    double.hang.set()
    app = PlanescopeApp(lambda: BackendDouble(1), clock=lambda: NOW, refresh_seconds=0, fleet=lambda: double)
    paints, waits = Paints(app), Waits(phase="fleet: start")
    gc.collect()
    async with app.run_test(size=(200, 60)) as pilot:
        beat = asyncio.create_task(heartbeat(waits))
        screen = app.screen
        assert isinstance(screen, FleetScreen)
        while not screen.model.total:
            await pilot.pause(0.01)
        waits.phase = "fleet: lines come"
        for _ in range(8):
            await press(paints, waits, *"jjkjs", "pagedown", "G", "g")
        double.hang.clear()
        waits.phase = "fleet: all of them come"
        while screen.reading:
            await press(paints, waits, *"jjk", "pagedown")
        waits.phase = f"{screen.model.total:,} lines: moving"
        await press(paints, waits, *"jjjjkg", *["pagedown"] * 10, "G", "g")
        waits.phase = "fleet: each order"
        await press(paints, waits, *"sssssssR", *"sssssssR")
        waits.phase = "fleet: filter"
        await press(paints, waits, "/", *"gate:oidc 99", *["backspace"] * 4, "escape", "z", "z")
        beat.cancel()
    print(f"{screen.model.total:,} lines of a fleet")
    longest = waits.report()
    print(f"the longest wait: {longest * 1000:.0f} ms; the limit is {LIMIT * 1000:.0f} ms")
    return longest


EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("first paint")
Empty().run()
"""


def first_paint(command: list[str], words: bytes, compiled: str) -> float:
    """Seconds from the start of a process in a pseudo-terminal until it has drawn these words."""
    master, slave = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"TERM": "xterm-256color", "PYTHONPATH": str(HERE.parents[1]), "PYTHONPYCACHEPREFIX": compiled}
    environment |= {"COLUMNS": "120", "LINES": "40"}
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
    )
    os.close(slave)
    seen = b""
    try:
        while words not in seen and time.perf_counter() - begun < 60:
            if select.select([master], [], [], 1.0)[0]:
                seen += os.read(master, 65536)
        return time.perf_counter() - begun
    finally:
        process.kill()
        process.wait()
        os.close(master)


def first_paints(rounds: int = 7) -> None:
    """Print how soon the first paint is there, against an empty app, in turns."""
    ours, empty = [], []
    # Both from compiled files, as an installed package is.
    with TemporaryDirectory() as compiled:
        for _ in range(rounds + 1):
            empty.append(first_paint([sys.executable, "-c", EMPTY], b"first paint", compiled))
            ours.append(first_paint([sys.executable, "-m", "tui", "demo"], b"Quit", compiled))
    del ours[0], empty[0]
    ratio = median(ours) / median(empty)
    print(
        f"first paint: {ratio:.2f} times an empty app's ({median(ours) * 1000:.0f} ms, {median(empty) * 1000:.0f} ms);"
        f" the limit is {FIRST_PAINT_LIMIT}"
    )


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--lines", type=int, default=5_000)
    parser.add_argument("--fleet-only", action="store_true", help="measure the fleet's screen alone")
    parser.add_argument("--keys-only", action="store_true", help="leave the first paint out")
    given = parser.parse_args()
    asyncio.run(measured_fleet(given.lines))
    if given.fleet_only:
        return
    if not given.keys_only:
        first_paints()
    asyncio.run(measured(given.megabytes, given.runs))


if __name__ == "__main__":
    main()

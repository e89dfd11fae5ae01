"""How much sooner ten thousand runs are shown than in Textual's own table, and the app is there than its probes.

``python tests/benchmarks/bench_screen.py`` prints ratios measured in this process and its children; figures
of different machines cannot be compared.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from datetime import UTC, datetime
from statistics import median

from textual.app import App, ComposeResult
from textual.widgets import DataTable

from tui.backend import RunRow
from tui.widgets.runs.run_list import RunList

COUNT = 10_000
NOW = datetime(2026, 2, 13, tzinfo=UTC)
ROWS = tuple(
    RunRow((n, 1), n, "w", "w.yml", f"change {n}", f"b{n}", "push", "me", "completed", "success", NOW, "")
    for n in range(COUNT)
)


class Lists(App[None]):
    """Both lists side by side."""

    def compose(self) -> ComposeResult:
        yield RunList(lambda: NOW, id="runs")
        yield DataTable(id="table")


async def seconds_to_show() -> tuple[float, float]:
    """Ours, then the table's, until the screen has been drawn."""
    app = Lists()
    async with app.run_test(size=(120, 40)) as pilot:
        table = app.query_one(DataTable)
        table.add_columns("run", "ref", "title")
        await pilot.pause()
        start = time.perf_counter()
        app.query_one(RunList).show(ROWS)
        await pilot.pause()
        ours = time.perf_counter() - start
        start = time.perf_counter()
        table.add_rows((str(row.number), row.ref, row.title) for row in ROWS)
        await pilot.pause()
        return ours, time.perf_counter() - start


def seconds_to_import(module: str) -> float:
    """In a fresh interpreter, the median of five."""
    script = f"import time; s = time.perf_counter(); import {module}; print(time.perf_counter() - s)"
    command = [sys.executable, "-c", script]
    times = [float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(5)]
    return median(times)


def main() -> None:
    """Print both ratios."""
    ours, table = asyncio.run(seconds_to_show())
    print(
        f"{COUNT:,} runs: shown {table / ours:.1f} times sooner than by DataTable ({ours * 1000:.0f} ms, {table * 1000:.0f} ms)"
    )
    app, backend = seconds_to_import("tui.app"), seconds_to_import("tui.app, tui.backends.live, tui.backends.embedded")
    print(
        f"imports before the first paint: {backend / app:.2f} times less ({app * 1000:.0f} ms, {backend * 1000:.0f} ms)"
    )


if __name__ == "__main__":
    main()

"""How long do a hundred failed runs of three jobs take today, against another commit of planescope?

    git worktree add ../before COMMIT
    python tests/benchmarks/bench_before_after.py ../before                # 100 runs, as the app reads them
    python tests/benchmarks/bench_before_after.py ../before --rounds 7     # steadier

Both read the same loopback GitHub, each in a process of its own, in turns: first the one, then the other, and round again.
The ratio of the best rounds is what to look at; that of processor time hardly depends on what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench_github import server

READER = Path(__file__).with_name("read_once.py")
TREE = Path(__file__).resolve().parents[2]
DEPTHS = ("LOGS", "VERDICT", "DIAGNOSIS")


def read(tree: Path, url: str, depth: str, runs: int) -> dict[str, Any]:
    """What one reading by a tree's planescope told."""
    # Without the folder of this script on the path: each tree has its own modules, and no other.
    command = [sys.executable, "-P", str(READER), str(tree), url, depth, str(runs)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tree)
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["failed"] == runs, f"{told['failed']} of {runs} runs have a gate that failed"
    return told


def main() -> None:
    """Print a row for each depth: both times, the requests a run, and the ratios after / before."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path, help="a worktree of the commit to compare with")
    parser.add_argument("--runs", type=int, default=100, help="at most 100, a page")
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--log-kb", type=int, default=200)
    parser.add_argument("--latency", type=float, default=0.03, help="seconds before each answer")
    parser.add_argument("--commits", type=int, default=0, help="of how many commits the runs are; 0: each of its own")
    parser.add_argument("--rounds", type=int, default=3, help="the best of these counts")
    parser.add_argument("--depths", nargs="+", choices=DEPTHS, default=["DIAGNOSIS"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, server(options, Path(folder)) as served:
        for depth in options.depths:
            readings: dict[Path, list[dict[str, Any]]] = {options.before.resolve(): [], TREE: []}
            for _ in range(options.rounds):
                for tree, told in readings.items():
                    told.append(read(tree, served.url, depth, options.runs))
            before, after = readings.values()
            row = [f"{depth:10}"]
            for name, unit in (("seconds", " s"), ("processor", " s of processor")):
                early, late = (min(each[name] for each in told) for told in (before, after))
                row.append(f"{early:6.2f} -> {late:6.2f}{unit} ({late / early:4.2f} x)")
            row.append(f"{before[0]['requests']:.2f} -> {after[0]['requests']:.2f} requests a run")
            print("  ".join(row), flush=True)


if __name__ == "__main__":
    main()

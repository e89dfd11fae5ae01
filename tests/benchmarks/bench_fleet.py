"""How many requests does a repository of a fleet cost, and how many repositories are read a minute?

    python tests/benchmarks/bench_fleet.py                     # 400 repositories, 30 ms an answer, 4 side by side
    python tests/benchmarks/bench_fleet.py --count 100 --jobs 1

A loopback GitHub waits before each answer; the account is moto's, in this process, and takes processor time of it as AWS
would not. Of each four repositories three release by one role, and the fourth has no release. Requests are exact; a minute's
repositories depend on the machine, so compare the rows with each other.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "helpers"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "worlds"))

from fleet_world import FleetWorld, fleet_world, many

from diagnosis.documents.fleet import Fleet


def main() -> None:
    """Print a row for each pass."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--count", type=int, default=400, help="repositories, a multiple of four")
    words.add_argument("--jobs", type=int, default=4, help="repositories side by side")
    words.add_argument("--latency", type=float, default=0.03, help="seconds before an answer")
    asked = words.parse_args()
    repositories, roles = many(asked.count - asked.count % 4)
    print("pass                      requests a repository   repositories a minute   processor s")
    with tempfile.TemporaryDirectory() as folder, fleet_world(repositories, roles) as world:
        world.server.latency = asked.latency
        kept = Path(folder) / "fleet.jsonl"
        _row("first", world, lambda: world.read(kept, jobs=asked.jobs))
        _row("second, in one process", world, lambda: world.read(jobs=asked.jobs))
        _row("--resume of a whole file", world, lambda: world.read(kept, jobs=asked.jobs, resume=True))


def _row(name: str, world: FleetWorld, read: Callable[[], Fleet]) -> None:
    world.server.asked.clear()
    began, used = perf_counter(), process_time()
    fleet = read()
    seconds, processor = perf_counter() - began, process_time() - used
    count = len(fleet.repositories)
    requests = sum(world.server.asked.values()) / count
    print(f"{name:26}{requests:>21.2f}{count / seconds * 60:>24.0f}{processor:>14.1f}")


if __name__ == "__main__":
    main()

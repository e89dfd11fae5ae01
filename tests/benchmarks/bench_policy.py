"""How fast are IAM decisions? Parse cost, decision cost and the cost of the reason, each apart, on one core.

    python tests/benchmarks/bench_policy.py            # the rows of tests/data/iam, a thousand times over
    python tests/benchmarks/bench_policy.py --times 50 # the same, quicker and less steady

Rates depend on the machine; the ratios at the end are what to compare between two versions of the code.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from diagnosis.policy import Layers, Request, evaluate
from diagnosis.policy.evaluation.rows import Row, read_row

ROWS = Path(__file__).resolve().parents[1] / "data" / "iam"
AIM = 20_000
"""Decisions a second on one core, for parsed policies."""


def read_lines() -> list[str]:
    """The rows as text."""
    return [line for path in sorted(ROWS.glob("*.jsonl")) for line in path.read_text().splitlines()]


def parse(lines: list[str]) -> list[Row]:
    """The rows, read; an unreadable one ends the benchmark."""
    rows = [read_row(line) for line in lines]
    bad = [row for row in rows if not isinstance(row, Row)]
    if bad:
        sys.exit(f"unreadable rows: {bad}")
    return [row for row in rows if isinstance(row, Row)]


def seconds_each(work: Callable[[], int], times: int) -> float:
    """Seconds for one unit, over ``times`` calls of ``work``, which says how many units it did."""
    units, start = 0, perf_counter()
    for _ in range(times):
        units += work()
    return (perf_counter() - start) / units


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=1000, help="how often the rows are gone through (default 1000)")
    times = max(1, parser.parse_args().times)
    lines = read_lines()
    rows = parse(lines)
    asked: list[tuple[Request, Layers]] = [(row.request, row.layers) for row in rows]

    def decide() -> int:
        for request, layers in asked:
            evaluate(request, layers)
        return len(asked)

    def explain() -> int:
        for request, layers in asked:
            decision = evaluate(request, layers)
            _ = decision.because, decision.not_evaluated
        return len(asked)

    parsing = seconds_each(lambda: len(parse(lines)), max(1, times // 20))
    deciding = seconds_each(decide, times)
    explaining = seconds_each(explain, max(1, times // 20))
    print(f"rows                          {len(rows):>10,} x {times:,}")
    print(f"decisions a second            {1 / deciding:>10,.0f}   (aim: more than {AIM:,})")
    print(f"rows parsed a second          {1 / parsing:>10,.0f}   (request and all policies of a row)")
    print(f"decisions with reason a second{1 / explaining:>10,.0f}")
    print(f"ratio parse : decision        {parsing / deciding:>10.1f}")
    print(f"ratio with reason : decision  {explaining / deciding:>10.1f}")


if __name__ == "__main__":
    main()

"""Read a hundred runs once with the planescope of a given tree, and say how long it took; bench_before_after.py starts it.

python tests/benchmarks/read_once.py TREE URL DEPTH RUNS
"""

from __future__ import annotations

import json
import resource
import sys
from time import perf_counter


def main() -> None:
    """Print seconds, processor time, requests and verdicts as JSON; the tree's own modules are imported before the clock."""
    tree, url, depth, runs = sys.argv[1:]
    sys.path.insert(0, tree)
    from diagnosis.diagnose import replays_of
    from diagnosis.facts.case import Case
    from diagnosis.gates import Verdict
    from probes.github.http.credentials import GitHubAccess
    from probes.github.read.attempt_parts import Depth
    from probes.github.source import GitHubSource
    from probes.ledger import Ledger

    ledger = Ledger()
    before, began = resource.getrusage(resource.RUSAGE_SELF), perf_counter()
    with GitHubSource("example/widgets", GitHubAccess(url), ledger) as source:
        attempts = source.complete(source.list_runs().attempts[: int(runs)], Depth[depth])
        fetched = perf_counter()
        replays = replays_of(attempts, Case())
    ended, after = perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    told = {
        "seconds": ended - began,
        "reading": fetched - began,
        "processor": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "requests": len(ledger.entries()) / len(attempts),
        "failed": sum(any(gate.verdict is Verdict.FAIL for gate in replay.gates) for replay in replays),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()

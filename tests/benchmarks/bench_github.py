"""How fast do a hundred failed runs become verdicts, against the official command line fetching their failed logs?

    python tests/benchmarks/bench_github.py                # 100 runs, three jobs each, 200 KB a log, 30 ms a request
    python tests/benchmarks/bench_github.py --runs 30      # quicker and less steady
    python tests/benchmarks/bench_github.py --commits 10   # the runs are of ten commits, not of one each

A loopback GitHub in a process of its own serves made-up runs and waits before each answer. All clients meet the same
server in the same run, so compare the ratios; seconds depend on the machine and on what else it does.

``gh`` is pointed at it by its setting ``http_unix_socket``, which carries any host without TLS; it fetches
``gh run view RUN --log-failed`` for each run, from an empty cache. That call wants the run's log archive, which the
embedded GitHub does not serve: the server here adds it. Where gh is not installed, a plain client that makes planescope's
own calls one after another stands in for it, and the table says so.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import resource
import shutil
import socketserver
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter

import requests

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "helpers"))


from synthetic_recordings import Shape, synthetic_recording

from diagnosis.facts.case import Case
from diagnosis.gates import Verdict
from diagnosis.verdicts.replay import Replay
from probes.embedded.github.answers import Response
from probes.embedded.github.server import GitHubServer
from probes.embedded.github.wire import Handler
from probes.github.http.credentials import GitHubAccess
from probes.github.read.attempt_parts import Depth
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from probes.recording.format import RecordedLog, Recording
from probes.recording.view import RecordingView
from probes.store.attempts import AttemptStore
from tui.judging.judge import Judge
from tui.judging.processes import processes_for

NAME = "example/widgets"
APP, LOGS = "planescope, as the app reads", "planescope, logs that decide"
FIRST_START, SECOND_START = "the same, filling the store", "the same, a second start"
FIRST = 9_000_000_001


@dataclass(frozen=True)
class Served:
    """Where the loopback GitHub listens."""

    url: str
    socket: Path


@dataclass(frozen=True)
class Result:
    """One client's time."""

    name: str
    seconds: float
    requests: float
    """For each run."""
    note: str = ""
    processor: float = 0.0
    """Seconds of processor time, that of its child processes included: it hardly depends on what else the machine does."""


# -- the server


def archive(view: RecordingView, run_id: int) -> bytes:
    """A run's log archive as GitHub builds it: a file for each job, and one for each of its steps."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for place, job in enumerate(view.run_by_id[run_id].latest.jobs):
            text = job.log.read() if isinstance(job.log, RecordedLog) else b""
            name = job.job["name"]
            file.writestr(f"{place}_{name}.txt", text)
            for step in job.job["steps"]:
                part = text if step["conclusion"] == "failure" else text[:500]
                file.writestr(f"{name}/{step['number']}_{step['name']}.txt", part)
    return out.getvalue()


def serve(options: argparse.Namespace) -> None:
    """Serve until standard input is closed. The address goes to standard output as JSON."""
    made = synthetic_recording(Shape(runs=options.runs, jobs=options.jobs, log_bytes=options.log_kb * 1000))
    recording = of_few_commits(made, options.commits) if options.commits else made
    with GitHubServer(recording, latency_seconds=options.latency) as github:
        # Built once: on GitHub the archive is there already. Runs are alike in fours.
        archives = [archive(github.view, FIRST + number) for number in range(min(4, options.runs))]

        class WithArchives(Handler):
            disable_nagle_algorithm = False  # a Unix socket knows no such thing

            def _answer(self, path: str, query: str, *, enterprise: bool) -> Response:
                wanted = re.fullmatch(r".*/(?P<place>runs|archives)/(?P<run>\d+)(?:/logs)?", path)
                if wanted and wanted["place"] == "archives":
                    body = archives[(int(wanted["run"]) - FIRST) % 4]
                    return Response(200, body, (("Content-Type", "application/zip"),))
                if wanted and path.endswith("/logs"):
                    address = f"{github.storage_url}/storage/archives/{wanted['run']}"
                    return Response(302, b"", (("Location", address),))
                return super()._answer(path, query, enterprise=enterprise)

        class UnixListener(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True
            request_queue_size = 128

        listener = UnixListener(options.serve, WithArchives)
        listener.github = github  # type: ignore[attr-defined]  # what the handler looks for
        with ThreadPoolExecutor(1) as pool:
            pool.submit(listener.serve_forever)
            print(json.dumps({"url": github.url}), flush=True)
            sys.stdin.read()
            listener.shutdown()


def of_few_commits(made: Recording, commits: int) -> Recording:
    """The same runs, dispatched again and again on a few commits."""
    heads = [run.attempts[0].run["head_sha"] for run in made.runs[:commits]]
    runs = (
        replace(run, attempts=tuple(replace(a, run={**a.run, "head_sha": heads[n % commits]}) for a in run.attempts))
        for n, run in enumerate(made.runs)
    )
    return replace(made, runs=tuple(runs))


@contextmanager
def server(options: argparse.Namespace, folder: Path) -> Iterator[Served]:
    """The loopback GitHub in a process of its own: its work must not be counted as the client's."""
    place = folder / "github.sock"
    shape = ["--runs", options.runs, "--jobs", options.jobs, "--log-kb", options.log_kb, "--latency", options.latency]
    shape += ["--commits", options.commits]
    command = [sys.executable, __file__, "--serve", str(place), *map(str, shape)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Served(json.loads(process.stdout.readline())["url"], place)
    finally:
        process.communicate()


# -- the clients


def planescope(
    name: str,
    served: Served,
    options: argparse.Namespace,
    depth: Depth,
    store: Path | None = None,
    processes: Callable[[int], int] = processes_for,
) -> Result:
    """From the list of runs to a verdict for each, by the adapter and the judge that the app uses."""
    ledger = Ledger()
    began = perf_counter()
    kept = AttemptStore(store) if store else None
    with (
        GitHubSource(NAME, GitHubAccess(served.url), ledger, store=kept) as source,
        Judge(Case(), source.conclusions, processes=processes) as judge,
    ):
        attempts = source.complete(source.list_runs().attempts[: options.runs], depth, beside=judge)
        fetched = perf_counter()
        replays = judge.replays(attempts)
        taken = perf_counter() - began
    judged = sum(failed(replay) for replay in replays)
    assert judged == options.runs, f"{judged} of {options.runs} runs have a gate that failed"
    note = f"{judged} verdicts; all was read after {100 * (fetched - began) / taken:.0f} % of the time"
    return Result(name, taken, len(ledger.entries()) / options.runs, note)


def failed(replay: Replay) -> bool:
    """Whether a gate of the run is known to have failed."""
    return any(gate.verdict is Verdict.FAIL for gate in replay.gates)


def gh(served: Served, options: argparse.Namespace, folder: Path, parallel: int) -> Result:
    """The official command line, a process for each run."""
    home = Path(tempfile.mkdtemp(dir=folder))
    (home / "config.yml").write_text(f"http_unix_socket: {served.socket}\n")
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "GH_CONFIG_DIR": str(home),
        "GH_HOST": "github.localhost",
        "GH_TOKEN": "of-no-use-elsewhere",
        "GH_ENTERPRISE_TOKEN": "of-no-use-elsewhere",
        "GH_NO_UPDATE_NOTIFIER": "1",
    }

    def fetch(run_id: int) -> int:
        command = ["gh", "run", "view", str(run_id), "--log-failed", "-R", f"github.localhost/{NAME}"]
        done = subprocess.run(command, env=environ, capture_output=True, check=True)
        return len(done.stdout)

    began = perf_counter()
    with ThreadPoolExecutor(parallel) as pool:
        sizes = list(pool.map(fetch, range(FIRST, FIRST + options.runs)))
    taken = perf_counter() - began
    assert min(sizes) > 0, "gh printed no log"
    return Result(gh_name(parallel), taken, 5, "logs only")


def gh_name(parallel: int) -> str:
    """What a row of gh is called."""
    return f"gh, {parallel} at a time" if parallel > 1 else "gh, one after another"


def stand_in(served: Served, options: argparse.Namespace) -> Result:
    """Planescope's own calls, one after another, without a verdict."""
    base = f"{served.url}/repos/{NAME}/actions"
    asked = 1
    began = perf_counter()
    with requests.Session() as session:
        for run in session.get(f"{base}/runs?per_page=100").json()["workflow_runs"][: options.runs]:
            jobs = session.get(f"{base}/runs/{run['id']}/attempts/1/jobs?per_page=100").json()["jobs"]
            stopped = [job for job in jobs if job["conclusion"] == "failure"]
            asked += 1 + 2 * len(stopped)
            for job in stopped:
                session.get(f"{base}/jobs/{job['id']}/logs").raise_for_status()
    taken = perf_counter() - began
    return Result("plain client, one after another", taken, asked / options.runs, "stands in for gh; logs only")


def measured(options: argparse.Namespace, folder: Path) -> Iterator[Result]:
    """Every client in turn, as often as there are rounds, so that what else the machine does meets all of them."""
    with server(options, folder) as served:
        planescope("warming up", served, argparse.Namespace(**{**vars(options), "runs": 1}), Depth.LOGS)
        for number in range(options.rounds):
            for client in clients(served, options, folder, folder / f"store-{number}"):
                yield timed(client)


def clients(served: Served, options: argparse.Namespace, folder: Path, store: Path) -> list[Callable[[], Result]]:
    """What is measured in one round, the slow ones last."""
    alone = "the same, judged in this process"
    has_gh = shutil.which("gh") is not None
    found: list[Callable[[], Result]] = [
        lambda: planescope(APP, served, options, Depth.DIAGNOSIS),
        # Next to the row that it is compared with: a busy machine is as busy for both.
        *([lambda: gh(served, options, folder, options.parallel)] if has_gh else []),
        lambda: planescope(alone, served, options, Depth.DIAGNOSIS, processes=lambda _count: 0),
        lambda: planescope(FIRST_START, served, options, Depth.DIAGNOSIS, store),
        lambda: planescope(SECOND_START, served, options, Depth.DIAGNOSIS, store),
        lambda: planescope(LOGS, served, options, Depth.LOGS),
    ]
    if not options.side_by_side:
        found += [lambda: gh(served, options, folder, 1)] if has_gh else []
        found.append(lambda: stand_in(served, options))
    return found


def timed(client: Callable[[], Result]) -> Result:
    """A client's result with the processor time that it took."""
    before = processor_time()
    result = client()
    return replace(result, processor=processor_time() - before)


def processor_time() -> float:
    """Of this process and of those that ended; the server is another that has not."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def main() -> None:
    """Print a row for each client: seconds, how many times longer than the first it took, and requests a run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100, help="at most 100, a page")
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--log-kb", type=int, default=200)
    parser.add_argument("--latency", type=float, default=0.03, help="seconds before each answer")
    parser.add_argument("--commits", type=int, default=0, help="of how many commits the runs are; 0: each of its own")
    parser.add_argument("--parallel", type=int, default=16, help="processes of gh at once")
    parser.add_argument("--rounds", type=int, default=1, help="of which the best and the median count")
    parser.add_argument("--side-by-side", action="store_true", help="leave out the clients that ask one after another")
    parser.add_argument("--serve", metavar="SOCKET", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options)
        return
    results: dict[str, list[Result]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for result in measured(options, Path(folder)):
            results.setdefault(result.name, []).append(result)
    first = next(iter(results.values()))
    for rounds in results.values():
        print(row_of(rounds, first))
    for one, other in (
        (gh_name(options.parallel), APP),
        (gh_name(options.parallel), LOGS),
        (gh_name(1), APP),
        (SECOND_START, FIRST_START),
    ):
        if one in results:
            print(pairs_of(one, results[one], other, results[other]))


def pairs_of(name: str, ones: list[Result], other: str, others: list[Result]) -> str:
    """How many times as long one client took as another in the same round: the least, the median, the most."""
    ratios = sorted(one.seconds / other.seconds for one, other in zip(ones, others, strict=True))
    processor = min(each.processor for each in ones) / min(each.processor for each in others)
    told = f"{ratios[0]:.2f} to {ratios[-1]:.2f} times (median {median(ratios):.2f}) as long as {other}"
    return f"{name}: {told}, {processor:.2f} times its processor time"


def row_of(rounds: list[Result], first: list[Result]) -> str:
    """One client's best time and its ratio to the first client's best; the median of the ratios round by round beside it."""
    best = min(rounds, key=lambda result: result.seconds)
    ratio = best.seconds / min(result.seconds for result in first)
    paired = median(one.seconds / other.seconds for one, other in zip(rounds, first, strict=True))
    row = f"{best.name:34} {best.seconds:6.2f} s {ratio:5.2f} x (median {paired:5.2f} x)"
    row += f"  {best.requests:5.2f} requests a run  {min(each.processor for each in rounds):5.2f} s of processor"
    return f"{row}  {best.note}"


if __name__ == "__main__":
    main()

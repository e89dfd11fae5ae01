"""What lying servers cost the command with its real limits: seconds, memory, exit code; a few of each kind, or the whole table.

Each line is one command in a process of its own. With ``--all`` every lie is told, which takes hours on two cores.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent / "helpers")]

from hostile_aws import STATED, HostileAws, hostile_accounts  # noqa: E402 - found by the path above
from hostile_github import REPOSITORY, RUN, HostileGitHub, hostile_githubs  # noqa: E402

TOKEN = "ghp_" + "0123456789abcdefghijklmnopqrstuvwxyz"
SECONDS, MEGABYTES, CODES = 90.0, 400.0, frozenset({1, 2, 3, 4, 5})


@dataclass(frozen=True)
class Cost:
    """What one command took."""

    name: str
    seconds: float
    megabytes: float
    code: int
    fault: str

    @property
    def is_good(self) -> bool:
        return self.seconds < SECONDS and self.megabytes < MEGABYTES and self.code in CODES and not self.fault


def main() -> None:
    """Print a line for each command, the worst at the end."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--all", action="store_true", help="every lie instead of some of each kind")
    asked.add_argument("--at-once", type=int, default=8, help="commands side by side; most of them wait")
    asked.add_argument("--only", default="", help="lies whose name holds this pattern")
    asked.add_argument("--side", choices=("github", "aws"), default="", help="one side only")
    options = asked.parse_args()
    githubs = [] if options.side == "aws" else hostile_githubs()
    accounts = [] if options.side == "github" else hostile_accounts()
    tasks = [lambda lie=lie: _github(lie) for lie in githubs if _wanted(lie, options)]
    tasks += [lambda lie=lie: _aws(lie) for lie in accounts if _wanted(lie, options)]
    with ThreadPoolExecutor(options.at_once) as pool:
        costs = []
        for done in as_completed([pool.submit(task) for task in tasks]):
            costs.append(cost := done.result())
            mark = " " if cost.is_good else "!"
            print(
                f"{mark} {cost.seconds:6.1f} s {cost.megabytes:6.0f} MB  {cost.code:3d}  {cost.name[:110]} {cost.fault}",
                flush=True,
            )
    print(f"{len(costs)} lies, {sum(not cost.is_good for cost in costs)} beyond the bounds")
    print(f"slowest: {max(costs, key=lambda cost: cost.seconds)}")
    print(f"largest: {max(costs, key=lambda cost: cost.megabytes)}")


def _wanted(lie: object, options: argparse.Namespace) -> bool:
    name = str(lie.name)  # type: ignore[attr-defined] # of both tables
    if options.only:
        return re.search(options.only, name) is not None
    # What is wrong in one member of an answer costs what the truth costs; of these the tests look at all.
    return options.all or not re.search(r": \S+ is |every member twice", name)


def _github(lie: object) -> Cost:
    with HostileGitHub(lie) as github:  # type: ignore[arg-type] # from the table
        cost = _command(str(lie.name), {"GITHUB_API_URL": github.url}, "--no-live")  # type: ignore[attr-defined]
        leaked = github.leaked(TOKEN)
    return cost if not leaked else Cost(cost.name, cost.seconds, cost.megabytes, cost.code, "the token leaked")


def _aws(lie: object) -> Cost:
    with HostileGitHub(None) as github, HostileAws(lie) as account:  # type: ignore[arg-type] # from the table
        places = {
            "GITHUB_API_URL": github.url,
            "AWS_ENDPOINT_URL": account.url,
            "AWS_ACCESS_KEY_ID": "AKIA" + "A" * 16,
            "AWS_SECRET_ACCESS_KEY": "b" * 40,
        }
        return _command(str(lie.name), places, *STATED)  # type: ignore[attr-defined]


def _command(name: str, places: dict[str, str], *words: str) -> Cost:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "GH_", "GITHUB_"))}
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryFile() as written:
        environment |= {
            **places,
            "GH_TOKEN": TOKEN,
            "HOME": home,
            "PYTHONPATH": str(HERE.parents[1]),
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        command = [
            sys.executable,
            "-m",
            "tui",
            "diagnose",
            str(RUN),
            "--repo",
            REPOSITORY,
            "--no-cache",
            "--json",
            *words,
        ]
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            for stream in (1, 2):
                os.dup2(written.fileno(), stream)
            os.chdir(HERE.parents[1])
            os.execve(sys.executable, command, environment)  # noqa: S606 - this Python, fixed words
        largest = 0.0
        while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
            largest = max(largest, _megabytes(child))
            time.sleep(0.02)
        seconds = time.monotonic() - began
        written.seek(0)
        text = written.read().decode("utf-8", "replace")
    fault = "Traceback" if "Traceback" in text else "the token is shown" if TOKEN in text else ""
    return Cost(name, seconds, largest, os.waitstatus_to_exitcode(ended[1]), fault)


def _megabytes(child: int) -> float:
    """Return the most memory that a process has had, by Linux; its accounting at the end counts what the parent had, too."""
    try:
        status = Path(f"/proc/{child}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s*(\d+) kB", status)
    return int(found[1]) / 1_000 if found else 0.0


if __name__ == "__main__":
    main()

"""``planescope watch``: follow runs, and say what stopped one as soon as it has ended."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from diagnosis.documents.diagnosis import document
from diagnosis.documents.exit_code import ExitCode
from diagnosis.documents.headline import headline
from diagnosis.documents.judged_exit import exit_code
from tui.backend import BackendProblem, RunQuery, RunRow
from tui.bootstrap import live_backend
from tui.cli.commands.diagnose import runs_named
from tui.cli.console import ProgressLine, print_row, text_console
from tui.cli.credentials import code_for_credentials
from tui.cli.exit_codes import JUDGED, exit_codes
from tui.cli.options.repository import app_options, live_options, read_case_option
from tui.cli.options.seconds import INTERVAL
from tui.cli.output import say, send
from tui.cli.reports.watched import show_watched
from tui.watch.following import COMPLETED, Following
from tui.watch.notice import notice

if TYPE_CHECKING:
    from tui.backends.repository import RepositoryBackend

_USUAL = 20.0
"""Seconds between two looks, where none are named."""
_wait = time.sleep
_GOOD = ("success", "skipped", "neutral")


@click.command("watch", epilog=exit_codes(*JUDGED, ExitCode.ANOTHER_REASON))
@click.argument("run", required=False, metavar="[RUN]")
@app_options
@click.option("--once", is_flag=True, help="End with the first attempt that ends, by its exit code.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="The diagnosis (schema planescope.diagnosis/1) of each attempt that has ended, as one line of JSON.",
)
@click.option(
    "--interval",
    type=INTERVAL,
    default=_USUAL,
    show_default=True,
    metavar="SECONDS",
    help="How often GitHub is asked; while nothing changes that costs no part of the rate limit.",
)
@click.option("--quiet", is_flag=True, help="Neither a bell nor a desktop notification.")
@click.pass_context
def watch_command(
    ctx: click.Context, /, run: str | None, once: bool, as_json: bool, interval: float, quiet: bool, **options: Any
) -> None:
    """Follow the runs of a repository, of a workflow or a branch of it, or one RUN (an id or an address).

    When an attempt has ended it is diagnosed: what stopped it, what a rerun would meet, and the smallest change. A failure
    rings the terminal's bell and sends a desktop notification. Nothing is ever started by it.

    It goes on until Ctrl-C; with RUN or --once until an attempt has ended, and then with that one's exit code.
    """
    if options.get("recording") is not None:
        raise click.UsageError("A recording holds what has ended: `planescope diagnose --recording DIR` tells it.", ctx)
    repository, ids = runs_named((run,) if run else (), options)
    case = read_case_option(options)
    backend = live_backend(live_options(options, case, repository), case)
    progress = ProgressLine()
    try:
        watching = _Watching(backend, progress, as_json=as_json, quiet=quiet)
        following = Following(
            _Listed(backend, progress, ids),
            interval,
            lambda seconds: _wait(seconds),  # noqa: PLW0108 - looked up when it is called
            lambda sentence: say(f"planescope: {sentence}", err=True),
            wanted=(lambda row: row.key[0] in ids) if ids else lambda _row: True,
            ended_too=bool(ids),
        )
        rows = following.begin()
        progress.clear()
        if not as_json:
            say(_beginning(backend, rows, ids))
        ended = list(following.ended(rows))
        # Of one run the latest attempt counts; its chain shows the others.
        active = any(row.status != COMPLETED for row in rows)
        waiting = ([] if active else ended[-1:]) if ids else ended
        while True:
            while waiting:
                code = following.tried("diagnosis", partial(watching.tell, waiting[0]))
                if code is None:
                    break
                if once or ids:
                    ctx.exit(code)
                waiting.pop(0)
            waiting += following.next()
            progress.clear()
    finally:
        progress.clear()
        backend.close()


@dataclass
class _Listed:
    """The runs of a backend, as they are followed."""

    backend: RepositoryBackend
    progress: ProgressLine
    ids: Sequence[int]

    def runs_now(self) -> Sequence[RunRow] | None:
        """Return the runs as they are now; None where nothing has changed."""
        return self.backend.runs_now(RunQuery(), self.ids, progress=self.progress, cancelled=lambda: False)


@dataclass
class _Watching:
    """Diagnoses what has ended, and tells it."""

    backend: RepositoryBackend
    progress: ProgressLine
    as_json: bool
    quiet: bool

    def tell(self, row: RunRow) -> int:
        """Diagnose an attempt that has ended, tell it, and return its exit code. Raises BackendProblem for what may pass."""
        read = partial(self.backend.diagnose, row.key, subject=row.key, progress=self.progress, cancelled=lambda: False)
        try:
            diagnosis = read()
        except BackendProblem as problem:
            self.progress.clear()
            if problem.exit_code != ExitCode.USAGE:
                raise
            say(
                f"planescope: {row.url} has ended and could not be diagnosed: {problem.sentence} {problem.way_out}",
                err=True,
            )
            self._ring(row.conclusion or "ended", row)
            return problem.exit_code
        self.progress.clear()
        problem_of = diagnosis.live.account.credentials_problem if diagnosis.live else None
        code = code_for_credentials(exit_code(diagnosis), problem_of)
        if self.as_json:
            print_row(document(diagnosis))
        else:
            show_watched(diagnosis, row, text_console())
        self._ring(headline(diagnosis).line(), row)
        return code

    def _ring(self, words: str, row: RunRow) -> None:
        if self.quiet or row.conclusion in _GOOD or not sys.stderr.isatty():
            return
        send(notice(row.workflow, f"#{row.number}: {words}", os.environ), err=True)


def _beginning(backend: RepositoryBackend, rows: Sequence[RunRow], ids: Sequence[int]) -> str:
    active = sum(row.status != COMPLETED for row in rows)
    what = f"run {ids[0]} of {backend.title}" if ids else backend.title
    state = f"{active} active" if active else "none active"
    return f"Following {what}: {state}. Ctrl-C ends it."

"""``planescope diagnose RUN…``: replay, live verdicts, forecast, remediation and closure of runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from diagnosis.documents.diagnosis import document
from diagnosis.documents.exit_code import ExitCode
from diagnosis.documents.judged_exit import exit_code
from tui.backend import BackendProblem, ExportChoice
from tui.bootstrap import live_backend
from tui.cli.console import ProgressLine, print_json, text_console
from tui.cli.credentials import code_for_credentials
from tui.cli.exit_codes import JUDGED, exit_codes
from tui.cli.options.repository import app_options, live_options, read_case_option, require_host
from tui.cli.output import say
from tui.cli.reports.diagnosis import show
from tui.cli.reports.packet import say_written

_ADDRESS = re.compile(r"(https?://[^/\s]+/)([^/\s]+/[^/\s]+)/actions/runs/(\d{1,19})(?![0-9])", re.ASCII)
_LONGEST_NUMBER = 20


def runs_named(words: tuple[str, ...], options: Mapping[str, Any]) -> tuple[str | None, tuple[int, ...]]:
    """Return the repository that addresses name (None for bare ids), and the run ids, each once.

    Raises BackendProblem for a word that is neither, for addresses of several repositories, and for one of another host than
    the GitHub that the options name; a recording in GitHub's place asks nobody.
    """
    repositories: dict[str, None] = {}
    ids: dict[int, None] = {}
    for word in words:
        match = _ADDRESS.match(word)
        if match:
            _require_host(match, options)
            repositories[match.group(2)] = None
            ids[int(match.group(3))] = None
        elif word.isascii() and word.isdigit() and len(word) < _LONGEST_NUMBER:
            ids[int(word)] = None
        else:
            raise BackendProblem(
                f"{word[:80]!r} is neither a run id nor a run's address.",
                "Give the number in .../actions/runs/NUMBER, or the whole address.",
            )
    if len(repositories) > 1:
        raise BackendProblem("The runs belong to several repositories.", "Diagnose one repository at a time.")
    return next(iter(repositories), None), tuple(ids)


def _require_host(match: re.Match[str], options: Mapping[str, Any]) -> None:
    from probes.git_remotes import place_of

    if options.get("recording") is not None:
        return
    place = place_of(match.group(1) + match.group(2))
    if place is None:
        raise BackendProblem(
            "The address of a run names no host.", "Give it as https://HOST/OWNER/REPO/actions/runs/NUMBER."
        )
    require_host(place, options.get("github_url"), "The run " + match.group(3))


def tell_newest(options: Mapping[str, Any]) -> int:
    """Print the diagnosis of the newest chain, which the dashboard would show, and return the exit code."""
    case = read_case_option(options)
    backend, progress = live_backend(live_options(options, case), case), ProgressLine()
    try:
        diagnosis = backend.diagnose(None, subject=None, progress=progress, cancelled=lambda: False)
        progress.clear()
        show(diagnosis, text_console())
    finally:
        progress.clear()
        backend.close()
    problem = diagnosis.live.account.credentials_problem if diagnosis.live else None
    return code_for_credentials(exit_code(diagnosis), problem)


@click.command("diagnose", epilog=exit_codes(*JUDGED, ExitCode.ANOTHER_REASON, ExitCode.BROKEN))
@click.argument("runs", nargs=-1, metavar="RUN...")
@app_options
@click.option("--json", "as_json", is_flag=True, help="JSON (schema planescope.diagnosis/1) instead of text.")
@click.option(
    "--export",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the packet too.",
)
@click.option("--force", is_flag=True, help="Let --export replace an older packet in DIR.")
@click.pass_context
def diagnose_command(
    ctx: click.Context, /, runs: tuple[str, ...], as_json: bool, directory: Path | None, force: bool, **options: Any
) -> None:
    """Diagnose workflow runs, given as ids or addresses: every attempt of each, in order of time.

    The live side is judged for the latest attempt. With --recording, no RUN means all that were recorded.
    """
    if not runs and options.get("recording") is None:
        raise click.UsageError("Missing argument 'RUN...'.", ctx)
    repository, ids = runs_named(runs, options)
    case = read_case_option(options)
    progress = ProgressLine()
    backend = live_backend(live_options(options, case, repository), case)
    try:
        diagnosis = backend.diagnose_runs(ids, progress=progress, cancelled=lambda: False)
        progress.clear()
        if as_json:
            print_json(document(diagnosis))
        else:
            show(diagnosis, text_console())
        if directory is not None:
            say_written(backend.export_packet(diagnosis, directory, ExportChoice(force=force)), err=True)
    finally:
        progress.clear()
        backend.close()
    if backend.store_note:
        say(f"planescope: {backend.store_note}", err=True)
    problem = diagnosis.live.account.credentials_problem if diagnosis.live else None
    ctx.exit(code_for_credentials(exit_code(diagnosis), problem, said=not as_json))

"""``planescope record RUN…``: save what is read of workflow runs as a recording that replays offline."""

from __future__ import annotations

from pathlib import Path

import click

from diagnosis.documents.exit_code import ExitCode
from diagnosis.facts.case import Case
from tui.backend import BackendProblem
from tui.cli.commands.diagnose import runs_named
from tui.cli.console import ProgressLine, print_json, printable
from tui.cli.exit_codes import exit_codes
from tui.cli.options.repository import read_case_option, repository_here
from tui.cli.output import say

_MOST_GAPS = 20
UNKNOWN_REMAINS = ExitCode.UNKNOWN


@click.command(
    "record",
    epilog=exit_codes(
        ExitCode.CREDENTIALS, passed="recorded", unknown="something could not be read for a passing reason"
    ),
)
@click.argument("runs", nargs=-1, metavar="RUN...")
@click.option("--repo", metavar="OWNER/REPO", help="The GitHub repository; by default the one of this folder.")
@click.option(
    "--case", "case_file", type=click.Path(path_type=Path), metavar="FILE", help="A case file (TOML) to record too."
)
@click.option("--github-url", metavar="URL", help="An enterprise server, or a loopback API.")
@click.option(
    "-o",
    "--output",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="A new directory; by default planescope-recording-RUN in this one.",
)
@click.option("--json", "as_json", is_flag=True, help="Tell as JSON what was recorded and what could not be read.")
@click.pass_context
def record_command(
    ctx: click.Context,
    /,
    runs: tuple[str, ...],
    repo: str | None,
    case_file: Path | None,
    github_url: str | None,
    directory: Path | None,
    as_json: bool,
) -> None:
    """Record workflow runs, given as ids or addresses (or by the case file): every attempt, all logs, scrubbed.

    The recording replays offline, without a token: `planescope diagnose --recording DIR`. What could not be read is
    recorded as refused and stays unknown. Ends with 3 if something was unreadable for a passing reason, such as a rate
    limit: record again for that.
    """
    case = read_case_option({"case_file": case_file})
    repository, ids = runs_named(runs, {"github_url": github_url})
    wanted = ids or case.runs
    if not wanted:
        raise BackendProblem("No runs are named.", "Give run ids or addresses, or a case file with `runs`.")
    name = repository or repo or case.repository or repository_here(github_url)
    target = directory or Path.cwd() / f"planescope-recording-{wanted[0]}"
    ctx.exit(_record(name, wanted, target, case, github_url, as_json=as_json))


def _record(
    repository: str, runs: tuple[int, ...], target: Path, case: Case, github_url: str | None, *, as_json: bool
) -> int:
    from tui.backends.record_runs import record_runs

    progress = ProgressLine()
    try:
        kept = record_runs(repository, runs, target, case=case, github_url=github_url, progress=progress)
    finally:
        progress.clear()
    if as_json:
        gaps: list[object] = [
            {
                "what": gap.reading.what,
                "why": gap.reading.why,
                "how": gap.reading.how,
                "permission": gap.reading.permission,
                "passing": gap.passing,
            }
            for gap in kept.gaps
        ]
        counts = {"attempts": kept.attempts, "jobs": kept.jobs, "logs": kept.logs}
        print_json({"recording": str(kept.folder), "runs": list(kept.runs), **counts, "not_read": gaps})
    else:
        say(
            f"Recording: {kept.folder} (runs: {len(kept.runs)}, attempts: {kept.attempts}, jobs: {kept.jobs},"
            f" logs: {kept.logs})"
        )
        for gap in kept.gaps[:_MOST_GAPS]:
            say(printable(f"Not read: {gap.reading.what}: {gap.reading.why}"), err=True)
        if len(kept.gaps) > _MOST_GAPS:
            say(f"And {len(kept.gaps) - _MOST_GAPS} more; --json names them all.", err=True)
    return UNKNOWN_REMAINS if any(gap.passing for gap in kept.gaps) else ExitCode.PASSED

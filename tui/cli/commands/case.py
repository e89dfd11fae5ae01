"""``planescope case init`` and ``planescope case check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from diagnosis.documents.exit_code import ExitCode
from tui.backend import BackendProblem
from tui.bootstrap import embedded_backend, live_backend
from tui.cli.commands.diagnose import runs_named
from tui.cli.console import ProgressLine, printable
from tui.cli.exit_codes import exit_codes
from tui.cli.options.embedded import EVERY_STAGE, check_stage, incident_option
from tui.cli.options.repository import live_options, read_case_option
from tui.cli.output import say

if TYPE_CHECKING:
    from diagnosis.closure.case_draft import CaseDraft
    from tui.backends.repository import RepositoryBackend

_STANDARD_OUTPUT = "-"


@click.group("case")
def case_group() -> None:
    """Write a case file from what the runs tell, or check one."""


@case_group.command(
    "init", epilog=exit_codes(ExitCode.UNKNOWN, ExitCode.CREDENTIALS, ExitCode.BROKEN, passed="written")
)
@click.argument("runs", nargs=-1, metavar="[RUN...]")
@click.option("--repo", metavar="OWNER/REPO", help="The GitHub repository; by default the one of this folder.")
@click.option("--workflow", metavar="FILE", default="", help="Without a RUN: the newest chain of this workflow file.")
@click.option("--branch", metavar="NAME", default="", help="Without a RUN: the workflow that ran last on this branch.")
@click.option(
    "--recording",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A recording by `planescope record` instead of GitHub: offline, no token.",
)
@click.option("--github-url", metavar="URL", help="An enterprise server, or a loopback API.")
@click.option("--no-cache", is_flag=True, help="Neither use nor fill the local store of completed attempts.")
@click.option("--demo", "demo_stage", type=click.Choice(EVERY_STAGE), help="An embedded incident at a stage instead.")
@incident_option("Which incident --demo is of.")
@click.option(
    "-o",
    "--output",
    "file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="A new file; by default planescope-case-RUN.toml in this folder. - is standard output.",
)
@click.option(
    "--update",
    is_flag=True,
    help="FILE is there: add what it lacks. What it states stays, and is told where it differs.",
)
@click.option(
    "--force", is_flag=True, help="As --update, and put in what the runs tell where FILE states another value."
)
@click.pass_context
def init_command(
    ctx: click.Context,
    /,
    runs: tuple[str, ...],
    demo_stage: str | None,
    incident: str,
    file: Path | None,
    update: bool,
    force: bool,
    **options: Any,
) -> None:
    """Write the case file of these runs (ids or addresses), with the whole chain in which they lie.

    What the runs tell is filled in; the decision log, the evidence and what was changed after each failure stand there as
    comments to complete. An existing file is left alone without --update or --force; its comments, their order and keys
    that planescope does not know survive both.

    Example: planescope case init --demo 3 -o case.toml
    """
    check_stage(ctx, incident, demo_stage, "--demo")
    ids: tuple[int, ...]
    if demo_stage:
        backend: RepositoryBackend = embedded_backend(demo_stage, incident)
        ids = runs_named(runs, {"recording": True})[1]
    else:
        case = read_case_option({})
        repository, ids = runs_named(runs, options)
        backend = live_backend(live_options({**options, "no_live": True}, case, repository), case)
    draft = _draft(backend, ids)
    if file is not None and str(file) == _STANDARD_OUTPUT:
        from probes.case_draft_text import new_text

        say(new_text(draft).rstrip("\n"), lines=True)
        return
    target = file or Path.cwd() / f"planescope-case-{draft.runs[0].run_id}.toml"
    _write(target, draft, update=update or force, replace=force)


def _draft(backend: RepositoryBackend, runs: tuple[int, ...]) -> CaseDraft:
    from diagnosis.closure.case_draft import draft_of

    progress = ProgressLine()
    try:
        replays = backend.replays_around(runs, progress=progress, cancelled=lambda: False)
    finally:
        progress.clear()
        backend.close()
    if not replays:
        raise BackendProblem("There is no run to write a case of.", "Name a run, or another workflow or branch.")
    return draft_of(replays)


def _write(target: Path, draft: CaseDraft, *, update: bool, replace: bool) -> None:
    from probes.case_draft_text import new_text, updated_text
    from probes.case_file import CaseFileError, case_text, parse_case, read_case_bytes
    from probes.case_rewrite import replace_case, write_new_case

    shown = str(target)
    try:
        if not update or not target.exists():
            write_new_case(target, new_text(draft))
            say(f"Case file: {shown} (runs: {len(draft.runs)})")
            return
        body = read_case_bytes(target)
        text = case_text(body, shown)
        parse_case(text, shown, lambda sentence: say(f"planescope: {sentence}", err=True))
        written, told = updated_text(text, draft, shown, replace=replace)
        if written != text:
            replace_case(target, written, body)
    except CaseFileError as error:
        raise BackendProblem(str(error)) from None
    for sentence in told:
        say(printable(sentence), err=True)
    say(f"Case file: {shown} ({'as it was' if written == text else 'updated'})")


@case_group.command("check", epilog=exit_codes(passed="it can be used", usage="it cannot, or bad usage"))
@click.argument("file", type=click.Path(path_type=Path))
def check_command(file: Path) -> None:
    """Check a case file: that planescope can use it, and which of its keys it passes over."""
    case = read_case_option({"case_file": file})
    counts = {
        "runs": len(case.runs),
        "changes": len(case.changes),
        "exceptions": len(case.exceptions),
        "escalations": len(case.escalations),
        **({"widenings": len(case.widenings)} if case.widenings else {}),
    }
    incomplete = sum(not escalation.complete for escalation in case.escalations)
    said = f"; escalations without rationale or expiry, which account for nothing: {incomplete}" if incomplete else ""
    unnamed = sum(not widening.complete for widening in case.widenings)
    if unnamed:
        said += f"; widenings without rationale, expiry or what they name, which account for nothing: {unnamed}"
    say(f"{file} can be used ({', '.join(f'{name}: {count}' for name, count in counts.items())}){said}.")

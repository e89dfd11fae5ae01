"""``planescope packet export`` and ``planescope packet verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from diagnosis.documents.exit_code import ExitCode
from tui.backend import BackendProblem
from tui.bootstrap import embedded_backend, live_backend
from tui.cli.commands.diagnose import runs_named
from tui.cli.console import ProgressLine, printable
from tui.cli.exit_codes import exit_codes
from tui.cli.options.embedded import EVERY_STAGE, check_stage, incident_option
from tui.cli.options.repository import app_options, live_options, read_case_option
from tui.cli.output import say
from tui.packet.check import verify
from tui.packet.files import PacketProblem

AGREES = (
    "The packet agrees with itself: its files have the sums in SHA256SUMS, and packet.md is the page that packet.json makes. "
    "That does not say who made it: whoever can change the files can change the sums."
)


@click.group("packet")
def packet_group() -> None:
    """Write an evidence packet, or check one offline."""


@packet_group.command(
    "export", epilog=exit_codes(ExitCode.UNKNOWN, ExitCode.CREDENTIALS, ExitCode.BROKEN, passed="written")
)
@click.argument("runs", nargs=-1, metavar="[RUN...]")
@app_options
@click.option("--demo", "demo_stage", type=click.Choice(EVERY_STAGE), help="An embedded incident at a stage instead.")
@incident_option("Which incident --demo is of.")
@click.option(
    "-o",
    "--output",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder; a new one by default.",
)
@click.option("--account-ids", is_flag=True, help="Leave AWS account ids as they are; by default they are masked.")
@click.pass_context
def export_command(
    ctx: click.Context,
    /,
    runs: tuple[str, ...],
    demo_stage: str | None,
    incident: str,
    directory: Path | None,
    account_ids: bool,
    **options: Any,
) -> None:
    """Write the packet of these runs (ids or addresses), or of the case file's runs.

    No policy document and no whole log goes in; a finding of the scan stops the export.
    """
    check_stage(ctx, incident, demo_stage, "--demo")
    progress = ProgressLine()
    masked = not account_ids
    if demo_stage:
        embedded = embedded_backend(demo_stage, incident)
        try:
            diagnosis = embedded.diagnose(None, subject=None, progress=progress, cancelled=lambda: False)
            progress.clear()
            written = embedded.export_packet(diagnosis, directory, mask_accounts=masked)
        finally:
            progress.clear()
            embedded.close()
    else:
        case = read_case_option(options)
        repository, ids = runs_named(runs, options)
        if not ids and not case.runs and options.get("recording") is None:
            raise BackendProblem("No runs are named.", "Give run ids or addresses, or a case file with `runs`.")
        backend = live_backend(live_options(options, case, repository), case)
        try:
            diagnosis = backend.diagnose_runs(ids or case.runs, progress=progress, cancelled=lambda: False)
            progress.clear()
            written = backend.export_packet(diagnosis, directory, mask_accounts=masked)
        finally:
            progress.clear()
            backend.close()
        if backend.store_note:
            say(f"planescope: {backend.store_note}", err=True)
    said = "" if masked else "; AWS account ids are in it as they are"
    say(f"Evidence packet: {written.directory} ({', '.join(written.files)}){said}")


@packet_group.command(
    "verify",
    epilog=exit_codes(
        passed="its files agree with each other", usage="no such folder, or bad usage", broken="they do not agree"
    ),
)
@click.argument("directory", type=click.Path(path_type=Path))
@click.pass_context
def verify_command(ctx: click.Context, directory: Path) -> None:
    """Check a packet offline: that its files agree with each other, and that nothing in it should not have left.

    It holds its own files and no others, they have the sums in SHA256SUMS, packet.md is the page that packet.json makes, and no
    file holds a secret, a policy document or a whole log. That does not say who made it: whoever can change the files can
    change the sums.
    """
    try:
        wrong = verify(directory)
    except PacketProblem as problem:
        raise BackendProblem(str(problem), exit_code=problem.exit_code) from None
    for sentence in wrong:
        say(printable(sentence))
    say("The packet is not sound." if wrong else AGREES)
    ctx.exit(ExitCode.BROKEN if wrong else ExitCode.PASSED)

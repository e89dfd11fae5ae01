"""``planescope packet export`` and ``planescope packet verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from diagnosis.documents.audience import Audience
from diagnosis.documents.exit_code import ExitCode
from tui.backend import BackendProblem, ExportChoice
from tui.bootstrap import embedded_backend, live_backend
from tui.cli.commands.diagnose import runs_named
from tui.cli.console import ProgressLine, print_json
from tui.cli.exit_codes import exit_codes
from tui.cli.live_packet import ask_again
from tui.cli.options.embedded import EVERY_STAGE, check_stage, incident_option
from tui.cli.options.packet_key import PASSPHRASE_VARIABLE, SIGN_HELP, sign_with
from tui.cli.options.repository import app_options, live_options, read_case_option
from tui.cli.output import say
from tui.cli.reports.packet import say_verification, say_written, verification_document
from tui.packet.files import PacketProblem
from tui.packet.verify.report import Line, Question, Sign
from tui.packet.verify.verify import verify
from tui.packet.write import Form, require_free


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
    "--for",
    "reader",
    type=click.Choice([each.value for each in Audience]),
    default=Audience.AUDITOR.value,
    show_default=True,
    help="Who reads it: what stands first; for an interviewer also what may be said of it.",
)
@click.option(
    "-o",
    "--output",
    "place",
    type=click.Path(path_type=Path),
    help="Folder, or file for a name that ends in .zip; a new one here by default.",
)
@click.option("--zip", "zipped", is_flag=True, help="One zip file instead of a folder.")
@click.option("--force", is_flag=True, help="Put it in the place of an older packet; of nothing else.")
@click.option("--sign", "key_file", type=click.Path(path_type=Path), metavar="KEYFILE", help=SIGN_HELP)
@click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"The key's passphrase, as the first line of a file; else {PASSPHRASE_VARIABLE}, else it is asked for.",
)
@click.option("--account-ids", is_flag=True, help="Leave AWS account ids as they are; by default they are masked.")
@click.pass_context
def export_command(
    ctx: click.Context,
    /,
    runs: tuple[str, ...],
    demo_stage: str | None,
    incident: str,
    reader: str,
    place: Path | None,
    zipped: bool,
    force: bool,
    key_file: Path | None,
    passphrase_file: Path | None,
    account_ids: bool,
    **options: Any,
) -> None:
    """Write the packet of these runs (ids or addresses), or of the case file's runs.

    No policy document and no whole log goes in; a finding of the scan stops the export. It is written whole or not at all, and
    nothing that is there already is replaced without --force.
    """
    check_stage(ctx, incident, demo_stage, "--demo")
    progress = ProgressLine()
    zipped = zipped or (place is not None and place.suffix.lower() == ".zip")
    choice = ExportChoice(
        masked=not account_ids,
        audience=Audience(reader),
        zipped=zipped,
        force=force,
        sign=sign_with(key_file, passphrase_file),
    )
    if place is not None:
        _require_free(place, choice)
    if demo_stage:
        embedded = embedded_backend(demo_stage, incident)
        try:
            diagnosis = embedded.diagnose(None, subject=None, progress=progress, cancelled=lambda: False)
            progress.clear()
            written = embedded.export_packet(diagnosis, place, choice)
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
            written = backend.export_packet(diagnosis, place, choice)
        finally:
            progress.clear()
            backend.close()
        if backend.store_note:
            say(f"planescope: {backend.store_note}", err=True)
    say_written(written)


def _require_free(place: Path, choice: ExportChoice) -> None:
    try:
        require_free(place, Form(zipped=choice.zipped, force=choice.force))
    except (PacketProblem, OSError) as problem:
        raise BackendProblem(str(problem)) from None


@packet_group.command(
    "verify",
    epilog=exit_codes(
        passed="nothing is broken, and all could be checked",
        usage="no such packet, or bad usage",
        unknown="something could not be checked",
        credentials="with --live: credentials needed",
        broken="its files, or with --live the facts, do not agree",
    ),
)
@click.argument("place", type=click.Path(path_type=Path), metavar="PATH")
@click.option("--root", metavar="HASH", help="The root hash that the export printed, from another channel.")
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path),
    metavar="PUB",
    help="The public key (PEM) that must have signed it.",
)
@click.option("--live", "asks", is_flag=True, help="Also ask GitHub and AWS whether they still say the same.")
@click.option("--json", "as_json", is_flag=True, help="JSON (schema planescope.packet-verify/1) instead of text.")
@app_options
@click.pass_context
def verify_command(
    ctx: click.Context,
    /,
    place: Path,
    root: str | None,
    key_file: Path | None,
    asks: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Check a packet, a folder or a zip file, and say line by line what is known of it.

    Nothing is unpacked to the disk, and without --live nobody is asked. A packet whose files agree with each other was not
    thereby made by anybody in particular: whoever can change the files can change the sums. With --live its runs, its image
    and its evidence are read again, as the options below say whom to ask; they mean nothing without it.
    """
    try:
        found = verify(place, root=root, key=key_file)
    except PacketProblem as problem:
        raise BackendProblem(str(problem), exit_code=problem.exit_code) from None
    unasked: BackendProblem | None = None
    if asks:
        try:
            found = found.with_lines(ask_again(found.packet, options))
        except BackendProblem as problem:
            # What is known without asking anybody is told all the same.
            unasked = problem
            found = found.with_lines([Line(Question.RUNS, Sign.UNKNOWN, f"Nobody could be asked: {problem.sentence}")])
    if as_json:
        print_json(verification_document(found))
    else:
        say_verification(found)
    if unasked is not None and found.verdict != "broken":
        raise unasked
    ctx.exit(found.exit_code)

"""``planescope demo``: the embedded incident, in the app or as text, stage after stage."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from diagnosis.documents.diagnosis import document
from diagnosis.documents.exit_code import exit_code
from tui.bootstrap import embedded_backend
from tui.cli.console import ProgressLine, print_json, text_console
from tui.cli.reports.diagnosis import show

STAGES = ("1", "2", "3")


@click.command("demo")
@click.option(
    "--stage",
    type=click.Choice([*STAGES, "later"]),
    help="The moment to show; `later` is after a fourth run. The app starts at 1, text shows 1, 2 and 3.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text: one document, or an array of the stages.")
@click.option(
    "--export",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the evidence packet of the last stage shown into DIR.",
)
@click.option("--text", is_flag=True, help="Print text even in a terminal.")
@click.pass_context
def demo_command(ctx: click.Context, stage: str | None, as_json: bool, directory: Path | None, text: bool) -> None:
    """Replay a public incident: three runs and an AWS account, embedded. No credentials, nothing leaves the machine.

    In a terminal it opens the app. Otherwise, or with --text, --json or --export, it prints the diagnosis and ends with
    the exit code of the last stage shown.
    """
    if sys.stdout.isatty() and not (as_json or directory or text):
        from tui.cli.dashboard import open_demo

        open_demo(stage or "1")
        return
    ctx.exit(_print(stage, as_json, directory))


def _print(stage: str | None, as_json: bool, directory: Path | None) -> int:
    shown = (stage,) if stage else STAGES
    progress, console, code = ProgressLine(), text_console(), 0
    documents: list[object] = []
    backend = embedded_backend(shown[0])
    try:
        for name in shown:
            backend.move_to(next(i for i, moment in enumerate(backend.moments) if moment.name == name))
            diagnosis = backend.diagnose(None, subject=None, progress=progress, cancelled=lambda: False)
            progress.clear()
            code = exit_code(diagnosis)
            if as_json:
                documents.append(document(diagnosis))
            else:
                show(diagnosis, console)
                console.print()
            if name == shown[-1] and directory is not None:
                written = backend.export_packet(diagnosis, directory)
                click.echo(f"Evidence packet: {written.directory} ({', '.join(written.files)})", err=as_json)
    finally:
        backend.close()
    if as_json:
        first = documents[0]
        print_json(first if stage and isinstance(first, dict) else documents)
    return code

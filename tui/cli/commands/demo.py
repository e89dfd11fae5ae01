"""``planescope demo``: an embedded incident, in the app or as text, stage after stage."""

from __future__ import annotations

from pathlib import Path

import click

from diagnosis.documents.exit_code import ExitCode
from tui.cli.exit_codes import JUDGED, exit_codes
from tui.cli.options.embedded import EVERY_STAGE, TOLD, check_stage, incident_option
from tui.cli.options.handout import handout_option
from tui.cli.output import on_a_terminal


@click.command("demo", epilog=exit_codes(*JUDGED[:2], ExitCode.ANOTHER_REASON))
@incident_option(
    "`release`: a first push, from a missing provider to the image. `services`: the same repository later that day"
    " and week, at its Terraform state, its evidence bucket, and a second ECR repository."
)
@click.option(
    "--stage",
    type=click.Choice(EVERY_STAGE),
    help="The moment to show: 1 to 3 of `release`, where `later` is after a fourth run; 1 to 6 of `services`. The app"
    " starts at 1, text shows all that are numbered.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text: one document, or an array of the stages.")
@click.option(
    "--export",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the evidence packet of the last stage shown into DIR.",
)
@click.option("--force", is_flag=True, help="Let --export replace an older packet in DIR.")
@click.option("--text", is_flag=True, help="Print text even in a terminal.")
@click.option(
    "--walkthrough",
    is_flag=True,
    help="Tell the incident step by step, up to --stage: in a terminal for an audience, elsewhere as text.",
)
@handout_option
@click.pass_context
def demo_command(
    ctx: click.Context,
    incident: str,
    stage: str | None,
    as_json: bool,
    directory: Path | None,
    force: bool,
    text: bool,
    walkthrough: bool,
    handout: Path | None,
) -> None:
    """Replay a public incident: recorded runs and an AWS account, embedded. No credentials, nothing leaves the machine.

    In a terminal it opens the app. Otherwise, or with --text, --json or --export, it prints the diagnosis and ends with
    the exit code of the last stage shown.
    """
    check_stage(ctx, incident, stage, "--stage")
    if walkthrough or handout:
        if as_json or directory:
            raise click.UsageError("--walkthrough prints steps: leave out --json and --export.", ctx)
        moment = stage or TOLD[incident]
        if on_a_terminal() and not (text or handout):
            from tui.cli.dashboard import open_demo

            open_demo(moment, incident, walkthrough=True)
            return
        from tui.cli.walkthrough import tell_demo

        ctx.exit(tell_demo(moment, incident, handout))
    if on_a_terminal() and not (as_json or directory or text):
        from tui.cli.dashboard import open_demo

        open_demo(stage or "1", incident)
        return
    from tui.cli.demo_report import print_demo

    ctx.exit(print_demo(incident, stage, as_json, directory, force))

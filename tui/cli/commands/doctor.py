"""``planescope doctor``: what is set up here, what is missing, and the way to it."""

from __future__ import annotations

from typing import Any

import click

from tui.backend import Progress
from tui.cli.console import ProgressLine, print_json, text_console
from tui.cli.exit_codes import exit_codes
from tui.cli.options.repository import access_options, check_typed, read_case_option
from tui.cli.reports.readiness import document, show
from tui.readiness.check import What, exit_code


@click.command(
    "doctor",
    epilog=exit_codes(
        passed="all that is needed is there",
        usage="no repository is named, a setting is wrong, or bad usage",
        unknown="something could not be found out",
        credentials="credentials needed",
    ),
)
@access_options
@click.option("--json", "as_json", is_flag=True, help="JSON (schema planescope.readiness/1) instead of text.")
@click.pass_context
def doctor_command(ctx: click.Context, /, as_json: bool, **options: Any) -> None:
    """Say what is set up and what is missing: repository, token and its reach, AWS identity, and this machine.

    It reads only: at most five requests at GitHub and one call at AWS for each profile (sts:GetCallerIdentity), for at most
    twenty seconds.
    No token is printed. Each line that is not well says what to do.
    """
    from tui.backends.readiness.look import look
    from tui.cli.options.stated import require_no_secret
    from tui.cli.setup import wanted
    from tui.cli.terminal_check import terminal

    for name in _SHOWN:
        require_no_secret(f"--{name.replace('_', '-')}", str(options[name] or ""))
    # What is typed wrong ends every command before anything is asked.
    check_typed(options["repo"], options["github_url"])
    looked_at = wanted(options, options["repo"] or read_case_option(options).repository or "")
    found = {What.TERMINAL: terminal()}
    progress = ProgressLine()
    progress(Progress("Looking at this machine, GitHub and AWS"))
    try:
        look(looked_at, lambda check: found.update({check.what: check}), lambda: False)
    finally:
        progress.clear()
    checks = [found[what] for what in What if what in found]
    if as_json:
        print_json(document(checks))
    else:
        show(checks, text_console())
    ctx.exit(exit_code(checks))


_SHOWN = ("repo", "github_url", "profile", "registry_profile", "region")

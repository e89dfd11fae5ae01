"""``planescope settings``: where the user's settings lie, and all that they may hold."""

from __future__ import annotations

import click

from diagnosis.documents.exit_code import ExitCode
from tui.backend import BackendProblem
from tui.cli.exit_codes import exit_codes
from tui.cli.output import say
from tui.settings import read_settings, settings_path, template


@click.command("settings", epilog=exit_codes(passed="done", usage="the settings cannot be used, or bad usage"))
def settings_command() -> None:
    """Print a settings file with every setting and every key, commented out, to save and to change.

    Where it belongs, and whether one is there and can be read, is said beside it (on standard error).
    """
    say(template().removesuffix("\n"), lines=True)
    try:
        found = read_settings()
    except BackendProblem as problem:
        say(f"planescope: {problem.sentence}", err=True)
        raise click.exceptions.Exit(ExitCode.USAGE) from None
    state = "is in force" if found.exists else "does not exist yet"
    say(f"planescope: {settings_path()} {state}.", err=True)

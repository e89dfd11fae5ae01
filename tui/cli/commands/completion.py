"""``planescope completion``: the script by which a shell completes command lines of planescope."""

from __future__ import annotations

import click

from tui.cli.exit_codes import exit_codes
from tui.cli.output import say
from tui.cli.shell_completion import SHELLS, script


@click.command("completion", epilog=exit_codes(passed="done"))
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion_command(ctx: click.Context, shell: str) -> None:
    """Print the script by which a shell (bash from 4.4, zsh, fish) completes commands, options and their values.

    Save it where the shell looks for such scripts, as below, and start a new shell; in bash, `eval "$(planescope
    completion bash)"` in ~/.bashrc does as well. It asks planescope itself at each tab: no network, no account.
    """
    say(script(shell, ctx.find_root().command).removesuffix("\n"), lines=True)

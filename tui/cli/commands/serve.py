"""``planescope serve``: the app in a browser, from this machine."""

from __future__ import annotations

import webbrowser

import click
from click.shell_completion import CompletionItem

from diagnosis.documents.exit_code import ExitCode
from tui.backend import BackendProblem
from tui.cli.exit_codes import exit_codes
from tui.cli.output import say
from tui.cli.shell_completion import completions
from tui.serve.access import is_loopback

_LARGEST_PORT = 65_535
_OF_THE_APP = ("incident", "stage", "walkthrough")
"""Options of `demo` that the app takes; with any other it prints and ends."""

_PRINTS = "--text, --json, --export, --handout and their like print and end; a browser shows the app."


class _Serve(click.Command):
    """Its own options end where the command line begins that it hands on."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        own = [] if ctx.params.get("arguments") else super().shell_complete(ctx, incomplete)
        known = {item.value for item in own}
        return [*own, *(item for item in _handed_on(ctx, None, incomplete) if item.value not in known)]


def _handed_on(ctx: click.Context, _argument: click.Parameter | None, incomplete: str) -> list[CompletionItem]:
    """Complete what is handed on as planescope itself completes it, but for the commands that no browser shows."""
    root, words = ctx.find_root().command, list(ctx.params.get("arguments") or ())
    found = completions(root, words, incomplete)
    others = set(root.list_commands(ctx)) - {"demo"} if isinstance(root, click.Group) and "demo" not in words else set()
    return [item for item in found if item.value not in others]


@click.command(
    "serve",
    cls=_Serve,
    epilog=exit_codes(ExitCode.INTERRUPTED),
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.option(
    "--port", type=click.IntRange(1, _LARGEST_PORT), metavar="PORT", help="The port; by default one that is free."
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Listen on another address. Whoever reaches it and has the printed address uses your credentials.",
)
@click.option("--open", "open_page", is_flag=True, help="Open the page in your browser.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[demo] [OPTIONS]…", shell_complete=_handed_on)
@click.pass_context
def serve_command(ctx: click.Context, port: int | None, host: str, open_page: bool, arguments: tuple[str, ...]) -> None:
    """Show the app in a browser: the dashboard, or with `demo` the embedded incident.

    What follows is the command line of `planescope` itself: `planescope serve --repo OWNER/REPO`, `planescope serve demo
    --stage 3`. Every tab has an app of its own, which ends with the tab; Ctrl-C ends all. Exports arrive as downloads.

    It listens on this machine alone, and the address that it prints holds a random token, without which nothing is shown.
    It needs the extra `serve`.
    """
    _check(ctx, arguments)
    try:
        from tui.serve.running import run
    except ModuleNotFoundError as error:
        raise BackendProblem(
            f"The browser needs textual-serve, which is not installed ({error.name} is missing).",
            'Install the extra: pip install "planescope[serve]".',
        ) from None
    from tui.serve.access import Access

    def told(access: Access) -> None:
        if not is_loopback(host):
            say(_warning(access.host), err=True, lines=True)
        say(f"planescope in the browser: {access.address}")
        say("Whoever has this address uses the app as you do. Ctrl-C ends it, with every tab.")
        if open_page and not webbrowser.open(access.address_once):
            say("planescope: no browser could be opened here; open the address yourself.", err=True)

    run(arguments, "127.0.0.1" if host == "localhost" else host, port or 0, told)


def _warning(host: str) -> str:
    return (
        f"planescope: warning: {host} is not this machine alone. Whoever reaches it and has the address reads with your"
        " GitHub token and your AWS\nidentity what the app reads, and the connection is not encrypted: anybody on the way"
        " can read along, the token too."
    )


def _check(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Refuse at once, in the terminal, a command line whose app no tab could show. Raises UsageError."""
    root = ctx.find_root().command
    if not isinstance(root, click.Group):
        return
    with root.make_context("planescope", list(arguments)) as context:
        if context.params.get("handout"):
            raise click.UsageError(_PRINTS, ctx)
        rest = [*getattr(context, "_protected_args", ()), *context.args]
        if not rest:
            return
        name, command, left = root.resolve_command(context, rest)
        if name != "demo" or command is None:
            raise click.UsageError(f"A browser shows the dashboard or `demo`, not `{rest[0]}`.", ctx)
        with command.make_context("demo", left, parent=context) as inner:
            if any(value for name, value in inner.params.items() if name not in _OF_THE_APP):
                raise click.UsageError(_PRINTS, ctx)

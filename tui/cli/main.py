"""The command `planescope` and its table of commands."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import click

from diagnosis.documents.exit_code import ExitCode
from tui import __version__
from tui.cli import shell_completion
from tui.cli.examples import with_examples
from tui.cli.exit_codes import exit_codes
from tui.cli.lazy_group import LazyGroup
from tui.cli.options.handout import handout_option
from tui.cli.options.repository import app_options
from tui.cli.options.seconds import INTERVAL
from tui.cli.output import on_a_terminal, say
from tui.cli.plain import draws, plain_option, reset
from tui.interrupts import SENTENCE
from tui.problem import BackendProblem
from tui.settings import read_settings

_COMMANDS = {
    "demo": ("tui.cli.commands.demo", "demo_command", "Replay a public incident, without credentials."),
    "doctor": ("tui.cli.commands.doctor", "doctor_command", "What is set up here, what is missing, and the way to it."),
    "diagnose": (
        "tui.cli.commands.diagnose",
        "diagnose_command",
        "Diagnose runs: replay, today's gates, forecast, fix, closure.",
    ),
    "what-if": (
        "tui.cli.commands.what_if",
        "what_if_command",
        "Judge a proposed policy against past runs and today's state.",
    ),
    "migrate": (
        "tui.cli.commands.migrate",
        "migrate_command",
        "Plan immutable subjects, a rename or a transfer: what breaks, the patch.",
    ),
    "drift": (
        "tui.cli.commands.drift",
        "drift_command",
        "Review least privilege: live state against an accepted baseline.",
    ),
    "fleet": (
        "tui.cli.commands.fleet",
        "fleet_group",
        "Judge the release workflows of many repositories, one line each.",
    ),
    "preflight": (
        "tui.cli.commands.preflight",
        "preflight_command",
        "Inside a workflow run: judge this job's gates, fail closed.",
    ),
    "conform": (
        "tui.cli.commands.conform",
        "conform_command",
        "Judge a change of roles, policies and workflows before its merge.",
    ),
    "explain": ("tui.cli.commands.explain", "explain_command", "Say which gate a pasted log speaks of."),
    "policy": (
        "tui.cli.commands.policy",
        "policy_group",
        "Decide policies offline; who a trust policy admits; faults.",
    ),
    "packet": ("tui.cli.commands.packet", "packet_group", "Write an evidence packet, or check one offline."),
    "case": ("tui.cli.commands.case", "case_group", "Write a case file from what the runs tell, or check one."),
    "record": ("tui.cli.commands.record", "record_command", "Save runs as a recording that replays offline."),
    "cache": ("tui.cli.commands.cache", "cache_group", "See or clear what is kept of completed runs."),
    "permissions": (
        "tui.cli.commands.permissions",
        "permissions_command",
        "Print the IAM policy that planescope itself needs.",
    ),
    "settings": ("tui.cli.commands.settings", "settings_command", "Print a settings file with everything it may hold."),
    "schema": ("tui.cli.commands.schema", "schema_command", "Print the JSON Schema of --json."),
    "watch": ("tui.cli.commands.watch", "watch_command", "Follow runs; say what stopped one when it ends."),
    "mcp": ("tui.cli.commands.mcp", "mcp_command", "Serve the read-only tools to an agent."),
    "serve": ("tui.cli.commands.serve", "serve_command", "Show the app in a browser, from this machine."),
    "completion": (
        "tui.cli.commands.completion",
        "completion_command",
        "Print the completion script of bash, zsh or fish.",
    ),
}
"""Name of the command: module, attribute, and the line that the list of commands shows."""

_WITH_REPOSITORY = ("doctor", "diagnose", "watch", "what-if", "migrate", "drift", "fleet", "record", "mcp")
"""Commands whose defaults the user's settings give."""

_LOOK_AT_SETTINGS = ("settings", "doctor")
"""Commands that say themselves what is wrong with the settings."""


class _Planescope(LazyGroup):
    """The whole command: its defaults are the user's settings, and a problem becomes a sentence and an exit code."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if parent is None:
            reset()
        try:
            # A file that cannot be used is reported when a command begins, so that --help still answers.
            with contextlib.suppress(BackendProblem):
                options = dict(read_settings().options)
                of_a_command = {name: value for name, value in options.items() if name != "refresh"}
                commands = dict.fromkeys(_WITH_REPOSITORY, of_a_command)
                packets = {"packet": dict.fromkeys(("export", "verify"), of_a_command)}
                extra.setdefault("default_map", {**options, **commands, **packets, "case": {"init": of_a_command}})
            return super().make_context(info_name, args, parent, **extra)
        except KeyboardInterrupt:
            # Click would say an empty line first.
            raise click.Abort from None

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BackendProblem as problem:
            say(f"planescope: {problem.sentence} {problem.way_out}".rstrip(), err=True)
            ctx.exit(problem.exit_code)
        except KeyboardInterrupt:
            say(SENTENCE, err=True)
            ctx.exit(ExitCode.INTERRUPTED)
        except (BrokenPipeError, EOFError) as error:
            # Click takes these for a reader that went away; our own output has another exception for that.
            raise RuntimeError(f"{type(error).__name__}: {error}") from error

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command and leave by SystemExit; click's own errors too have the form and the codes of ours."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        if shell_completion.asked():
            raise SystemExit(shell_completion.answer(self, extra, shell_completion.asked()))
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except click.Abort:
            say(SENTENCE, err=True)
            code = ExitCode.INTERRUPTED
        except click.ClickException as wrong:
            _say_usage(wrong)
            code = ExitCode.USAGE
        raise SystemExit(code if isinstance(code, int) else ExitCode.PASSED)


def _say_usage(wrong: click.ClickException) -> None:
    """Say what is wrong with the command line, as click does it."""
    context = wrong.ctx if isinstance(wrong, click.UsageError) else None
    if isinstance(wrong, getattr(click.exceptions, "NoArgsIsHelpError", ())):  # since click 8.2
        say(wrong.format_message(), err=True, lines=True)
        return
    if context is not None:
        say(context.get_usage(), err=True, lines=True)
        names = context.command.get_help_option_names(context)
        if names:
            say(f"Try '{context.command_path} {max(names, key=len)}' for help.\n", err=True, lines=True)
    # A choice that is missing is listed line by line, by names of ours alone.
    say(f"Error: {wrong.format_message()}", err=True, lines=isinstance(wrong, click.MissingParameter))


@click.group(
    cls=_Planescope,
    table=_COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=exit_codes(),
)
@click.version_option(__version__, "-V", "--version", prog_name="planescope")
@app_options
@click.option(
    "--refresh",
    type=INTERVAL,
    metavar="SECONDS",
    help="Read runs and account again at this interval.",
)
@click.option(
    "--walkthrough",
    is_flag=True,
    help="Tell the newest chain, or the case file's, step by step: in a terminal for an audience, elsewhere as text.",
)
@handout_option
@click.pass_context
def planescope(ctx: click.Context, /, **options: object) -> None:
    """Which plane stopped the release, is it still broken now, and what is the smallest change that opens every gate?

    Without a command it opens the dashboard for a GitHub repository: the one given with --repo, or the one of the
    folder it stands in. It reads GitHub, IAM and ECR, and never writes to them.

    New here? `planescope demo` shows a real incident without any credentials, and `planescope doctor` says what is
    missing for your own.
    """
    if ctx.invoked_subcommand not in _LOOK_AT_SETTINGS:
        read_settings()
    if ctx.invoked_subcommand is not None:
        return
    if options.get("handout") or (options.get("walkthrough") and not on_a_terminal()):
        from tui.cli.walkthrough import tell_live

        ctx.exit(tell_live(options))
    if not on_a_terminal() and not draws():
        from tui.cli.commands.diagnose import tell_newest

        ctx.exit(tell_newest(options))
    if not on_a_terminal():
        raise BackendProblem(
            "The dashboard needs a terminal.",
            "Use `planescope diagnose RUN` for text or --json, `planescope doctor` for what is set up, or `planescope demo` for"
            " the embedded incident.",
        )
    from tui.cli.dashboard import open_dashboard

    open_dashboard(options)


with_examples(planescope, "")
planescope.params.append(plain_option())

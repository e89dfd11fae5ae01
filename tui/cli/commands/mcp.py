"""``planescope mcp``: the read-only tools for agents, over standard input and output."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.backend import BackendProblem, CancelHook, ProgressHook
from tui.cli.exit_codes import exit_codes
from tui.cli.options.repository import reading_options
from tui.cli.output import say

if TYPE_CHECKING:
    from diagnosis.facts.case import Case
    from diagnosis.migration.plan import Migration
    from diagnosis.verdicts.conformance import Conformance
    from tui.backends.repository import RepositoryBackend


@click.command("mcp", epilog=exit_codes(passed="the client ended it"))
@click.option(
    "--root",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=Path(),
    metavar="DIR",
    help="The folder whose files tools may be pointed to; by default this one. Links out of it are refused.",
)
@reading_options
@click.pass_context
def mcp_command(ctx: click.Context, /, root: Path, **options: Any) -> None:
    """Serve the read-only tools to an agent, by the Model Context Protocol over standard input and output.

    diagnose, what_if, migrate, conform, explain, policy_admits, policy_evaluate, policy_lint, causes: what the commands of the same
    names print, bounded and with everything that others wrote marked as foreign text. An agent's configuration starts it;
    see docs/agents.md. It needs the extra `mcp`.
    """
    try:
        import mcp.server  # noqa: F401 - only whether it is there
    except ModuleNotFoundError as error:
        raise BackendProblem(
            f"The server for agents needs the library mcp, which is not installed ({error.name} is missing).",
            'Install the extra: pip install "planescope[mcp]".',
        ) from None
    import asyncio

    from tui.mcp.pipes import standard_pipe
    from tui.mcp.server import serve

    if sys.stdin.isatty():
        say(
            "planescope: waiting for an agent's messages on standard input (docs/agents.md); Ctrl-C ends it.",
            err=True,
        )
    with standard_pipe() as pipe:
        asyncio.run(serve(CommandLineSources(root.resolve(), options), pipe))
    ctx.exit(0)


class CommandLineSources:
    """What the tools read, opened by the functions of the commands and with the options of this one."""

    def __init__(self, root: Path, options: Mapping[str, Any]) -> None:
        self._root = root
        self._options = options

    @property
    def root(self) -> Path:
        """The folder outside of which no file is read."""
        return self._root

    def demo(self, stage: str, incident: str) -> RepositoryBackend:
        """Return the backend of an embedded incident."""
        from tui.bootstrap import embedded_backend
        from tui.cli.options.embedded import INCIDENTS

        if stage not in INCIDENTS[incident]:
            raise BackendProblem(
                "The incident has no such stage.", "release has 1, 2, 3 and later; services has 1 to 6."
            )
        return embedded_backend(stage, incident)

    def runs_named(self, words: Sequence[str]) -> tuple[str | None, tuple[int, ...]]:
        """Return the repository that addresses name, and the ids of the runs."""
        from tui.cli.commands.diagnose import runs_named

        return runs_named(tuple(words), self._options)

    def case(self, file: Path | None) -> Case:
        """Return what a case file states; without one, what the option's does."""
        from tui.cli.options.repository import read_case_option

        return read_case_option({"case_file": file} if file is not None else self._options)

    def repository(self, name: str | None, workflow: str, branch: str, case: Case) -> RepositoryBackend:
        """Return the backend of a repository."""
        from tui.bootstrap import live_backend
        from tui.cli.options.repository import live_options

        return live_backend(live_options({**self._options, "workflow": workflow, "branch": branch}, case, name), case)

    def conformance(
        self, options: Mapping[str, Any], case: Path | None, progress: ProgressHook, cancelled: CancelHook
    ) -> Conformance:
        """Judge the change in the clone of this folder."""
        from tui.backends.conform import judge
        from tui.cli.commands.conform import what_is_judged

        if not (self._root / ".git").exists():
            raise BackendProblem(
                "The server's folder is not the top of a clone, so there is no change to judge.",
                "Start the server in the clone, or give it by --root.",
            )
        stated = self.case(case)
        try:
            asked = what_is_judged(
                {**options, "case_file": case, "repo": options.get("repo") or self._options.get("repo")},
                stated,
                self._root,
            )
        except click.BadParameter as wrong:
            raise BackendProblem(wrong.message) from None
        return judge(asked, progress, cancelled)

    def migration(
        self,
        repositories: Sequence[str],
        rename: str | None,
        owner: str | None,
        roles: Sequence[str],
        progress: ProgressHook,
        cancelled: CancelHook,
    ) -> Migration:
        """Return the plan of a move."""
        from tui.cli.commands.migrate import planned

        changes = [f"rename={rename}"] * bool(rename) + [f"transfer={owner}"] * bool(owner)
        try:
            return planned(repositories, changes, roles, self._options, progress, cancelled)
        except click.BadParameter as wrong:
            raise BackendProblem(wrong.message) from None

"""A group of commands that imports a command's module only when that command is called, so the others and ``--help`` are quick."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click
from click.shell_completion import CompletionItem

from tui.cli.examples import with_examples
from tui.cli.plain import taking_plain


class LazyGroup(click.Group):
    """Takes its commands from a table: name of the command to module, attribute, and the line that the list shows."""

    def __init__(self, *args: Any, table: Mapping[str, tuple[str, str, str]], **extra: Any) -> None:
        super().__init__(*args, **extra)
        self._table = table
        self.words = ""
        """The words by which the group is called, after the program's own name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._table:
            return None
        module, attribute, _ = self._table[cmd_name]
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}.{attribute} is no command")
        words = f"{self.words} {cmd_name}".strip()
        if isinstance(command, LazyGroup):
            command.words = words
        return taking_plain(with_examples(command, words))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        # From the table too: a shell waits for the answer at each tab.
        named = [CompletionItem(name, help=line) for name, (_, _, line) in self._table.items()]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [*(item for item in named if item.value.startswith(incomplete)), *options]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # From the table: asking each command for its help would import every one of them.
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in self._table.items()])

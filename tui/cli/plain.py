"""``--plain``: text for a screen reader, or for a terminal that draws nothing: one fact a line, no lines and no columns to be seen.

A table is told row by row: what the row is of, the column's head, the cell. There is no app, no colour and no line of progress.
"""

from __future__ import annotations

import os

import click

VARIABLE = "PLANESCOPE_PLAIN"
_DRAW_NOTHING = ("dumb", "unknown")
"""Values of ``TERM`` of a terminal that obeys no sequence."""

_asked = False


def is_plain() -> bool:
    """Return whether plain text was asked for."""
    return _asked


def draws() -> bool:
    """Return whether the terminal, if there is one, obeys sequences and the user wants them."""
    return not is_plain() and not obeys_nothing()


def facts(*told: str) -> str:
    """Return short facts side by side, or a line each where they are heard."""
    return ("\n" if is_plain() else "   ").join(told)


def obeys_nothing() -> bool:
    """Return whether ``TERM`` is that of a terminal that obeys no sequence."""
    return os.environ.get("TERM", "") in _DRAW_NOTHING


def _ask(_context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    global _asked  # noqa: PLW0603 - the whole process speaks so
    if value:
        _asked = True


def reset() -> None:
    """Forget what was asked: a new command line begins."""
    global _asked  # noqa: PLW0603 - as above
    _asked = False


def plain_option() -> click.Option:
    """Return the option, which every command takes."""
    return click.Option(
        ["--plain"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_ask,
        envvar=VARIABLE,
        help="For a screen reader: one fact a line, no tables, no colours, no app.",
    )


def taking_plain(command: click.Command) -> click.Command:
    """Let a command take the option, and the commands below it."""
    if not any(parameter.name == "plain" for parameter in command.params):
        command.params.append(plain_option())
    for below in (command.commands if isinstance(command, click.Group) else {}).values():
        taking_plain(below)
    return command

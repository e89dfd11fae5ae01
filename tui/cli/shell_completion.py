"""Complete command lines in bash, zsh and fish by click's own protocol, quickly and without a word on the side.

The script that a shell keeps asks planescope itself: it calls the command with :data:`VARIABLE` set. Nothing is asked of
anybody then, and whatever goes wrong completes to nothing: a message would stand in the middle of the line that is typed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem, ShellComplete, get_completion_class

from tui.cli.output import send

PROGRAM = "planescope"
VARIABLE = "_PLANESCOPE_COMPLETE"
"""Says which shell asks, and for what: ``bash_complete``."""


SHELLS = ("bash", "zsh", "fish")


def script(shell: str, command: click.Command) -> str:
    """Return the script for a shell."""
    made = _completer(shell, command, {})
    # Not by the class of bash itself: that one starts whatever is called bash, to ask for its version.
    return ShellComplete.source(made).strip("\n") + "\n"


def asked() -> str:
    """Return what a shell asks of this process; empty where none does."""
    return os.environ.get(VARIABLE, "")


def answer(command: click.Command, extra: Mapping[str, Any], instruction: str) -> int:
    """Write the completions that a shell asks for; return the exit code."""
    shell, _, wanted = instruction.partition("_")
    if shell not in SHELLS or wanted != "complete":
        return 1
    try:
        made = _completer(shell, command, extra)
        words, begun = made.get_completion_args()
        # bash hands on `--option=value` as three words.
        words = [word for before, word in zip(("", *words), words, strict=False) if word != "=" or before[:2] != "--"]
        found = made.get_completions(words, begun)
        lines = [made.format_completion(_on_one_line(item)) for item in found]
    except Exception:  # noqa: BLE001 - half a command line may be anything
        return 1
    send("".join(f"{line}\n" for line in lines))
    return 0


def completions(command: click.Command, words: Sequence[str], begun: str) -> list[CompletionItem[Any]]:
    """Return what completes the last word of a command line after the words before it."""
    return ShellComplete(command, {}, PROGRAM, VARIABLE).get_completions(list(words), begun)


def _completer(shell: str, command: click.Command, extra: Mapping[str, Any]) -> ShellComplete:
    made = get_completion_class(shell)
    if made is None:
        raise ValueError(f"click knows no shell {shell}")
    return made(command, dict(extra), PROGRAM, VARIABLE)


def _on_one_line(item: CompletionItem[Any]) -> CompletionItem[Any]:
    """Return the item with its help on one line, since each line is an answer."""
    return CompletionItem(item.value, item.type, " ".join((item.help or "").split()) or None)

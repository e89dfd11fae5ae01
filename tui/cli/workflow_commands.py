"""Text that GitHub's runner takes for no workflow command, and the commands that are ours.

The runner reads what a step prints, standard output and standard error alike. A line that begins with ``::``, blanks before it
left out, is a command, and so is ``##[`` anywhere: foreign text could set a value, hide a line or write an annotation by them.
Two fences stand before that. No line of ours that holds foreign text has one of these forms, wherever it is printed; and what
goes to a step's log lies between ``::stop-commands::TOKEN`` and ``::TOKEN::``, with a token that is made for the run.

Source: GitHub's "Workflow commands for GitHub Actions", and the parser of its runner.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import sys
from collections.abc import Iterable

TOKEN_VARIABLE = "PLANESCOPE_STOPPED_UNTIL"  # noqa: S105 - the name of a variable
"""Holds the token where commands are stopped already by who started this process, as the action of this repository does."""
_LINE_COMMAND = re.compile(r"(?:^|(?<=\r))((?:\x1b\[[0-9;]*+m|[^\r\n\x1b\x21-\x7e])*+)::", re.MULTILINE)
"""A carriage return ends a line for the runner too. What stands before the colons is no reason to trust that the runner sees it: a
colour of ours, or a character that a comparison by a language's rules, as the runner's is, takes for none."""
_TOKEN = re.compile(r"[0-9a-f]{32}")


def inside_actions() -> bool:
    """Return whether this process is a step of a workflow run."""
    return os.environ.get("GITHUB_ACTIONS", "").lower() == "true"


def no_commands(text: str) -> str:
    """Return the text with every line changed so that GitHub's runner takes none for a workflow command."""
    return _LINE_COMMAND.sub(r"\1: :", text.replace("##[", "## ["))


def no_commands_in_json(text: str) -> str:
    """Return JSON text that means the same and holds no workflow command; no line of it begins with a colon."""
    return text.replace("##[", "#\\u0023[")


def in_a_log() -> bool:
    """Return whether standard output is read by the runner: in a step, and not sent to a file."""
    if not inside_actions():
        return False
    try:
        return not stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError, AttributeError):
        return True


def stopped(text: str) -> str:
    """Return text for a step's log such that the runner obeys no line of it; where commands are stopped already, as it is."""
    if _token_of_caller():
        return text
    token = secrets.token_hex(16)
    end = "" if text.endswith("\n") or not text else "\n"
    return f"::stop-commands::{token}\n{text}{end}::{token}::\n"


def obeyed(lines: Iterable[str]) -> str:
    """Return commands of ours for a step's log, each a line: where commands are stopped, they are resumed for these."""
    own = "".join(f"{line}\n" for line in lines)
    token = _token_of_caller()
    return f"::{token}::\n{own}::stop-commands::{token}\n" if own and token else own


def _token_of_caller() -> str:
    token = os.environ.get(TOKEN_VARIABLE, "") if inside_actions() else ""
    return token if _TOKEN.fullmatch(token) else ""

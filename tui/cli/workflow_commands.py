"""Text that GitHub's runner takes for no workflow command.

The runner reads what a step prints. A line that begins with ``::``, blanks before it left out, is a command, and so is
``##[`` anywhere: foreign text could set a value, hide a line or write an annotation by them.
"""

from __future__ import annotations

import os
import re

_LINE_COMMAND = re.compile(r"^((?:\x1b\[[0-9;]*+m|[^\n\x1b\x21-\x7e])*+)::", re.MULTILINE)
"""What stands before it is no reason to trust that the runner sees it: a colour of ours, or a character that a comparison by a
language's rules, as the runner's is, takes for none."""


def inside_actions() -> bool:
    """Return whether this process is a step of a workflow run."""
    return os.environ.get("GITHUB_ACTIONS", "").lower() == "true"


def no_commands(text: str) -> str:
    """Return the text with every line changed so that GitHub's runner takes none for a workflow command."""
    return _LINE_COMMAND.sub(r"\1: :", text.replace("##[", "## ["))


def no_commands_in_json(text: str) -> str:
    """Return JSON text that means the same and holds no workflow command; no line of it begins with a colon."""
    return text.replace("##[", "#\\u0023[")

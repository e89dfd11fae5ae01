"""GitHub's runner, as far as it takes lines of a step's output for commands: a model with its stop token."""

from __future__ import annotations

import re
from dataclasses import dataclass

LINE_ENDS = re.compile(r"\r\n|[\n\r]")
NAMES = frozenset(
    {"add-mask", "add-matcher", "debug", "echo", "endgroup", "error", "group", "notice", "remove-matcher", "warning"}
    | {"add-path", "save-state", "set-env", "set-output", "stop-commands", "internal-set-repo-path"}
)


@dataclass(frozen=True)
class Command:
    name: str
    properties: dict[str, str]
    text: str


def _decoded(text: str, *, of_property: bool) -> str:
    pairs = [("%0D", "\r"), ("%0A", "\n")]
    pairs += [("%3A", ":"), ("%2C", ",")] if of_property else []
    for quoted, plain in (*pairs, ("%25", "%")):
        text = text.replace(quoted, plain)
    return text


def parsed(line: str) -> Command | None:
    """The command that a line is; None for plain output."""
    trimmed = line.lstrip().lstrip("\ufeff\u200b\u00ad")
    if trimmed.startswith("::"):
        end = trimmed.find("::", 2)
        if end >= 0:
            name, _, told = trimmed[2:end].strip().partition(" ")
            if name.lower() in NAMES:
                pairs = (pair.partition("=") for pair in told.strip().split(",") if "=" in pair)
                properties = {key.strip(): _decoded(value, of_property=True) for key, _, value in pairs}
                return Command(name.lower(), properties, _decoded(trimmed[end + 2 :], of_property=False))
    at = line.find("##[")
    if at >= 0 and (end := line.find("]", at)) >= 0:
        name = line[at + 3 : end].strip().partition(" ")[0]
        if name.lower() in NAMES:
            return Command(name.lower(), {}, line[end + 1 :])
    return None


def commands_in(output: str) -> list[Command]:
    """The commands that the runner would carry out, in order; none between a stop token and its return."""
    found, token = [], ""
    for line in LINE_ENDS.split(output):
        if token:
            if line.strip() == f"::{token}::":
                token = ""
            continue
        command = parsed(line)
        if command is not None and command.name == "stop-commands":
            token = command.text.strip()
        elif command is not None:
            found.append(command)
    return found

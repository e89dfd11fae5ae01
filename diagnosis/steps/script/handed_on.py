"""What a script hands on to later steps: by the runner's files (``$GITHUB_OUTPUT``, ``$GITHUB_ENV``), by ``::set-output``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.steps.script.state import State

_OUTPUTS = "outputs."
_WRITTEN = re.compile(r"([A-Za-z_][\w-]*)=(.*)", re.DOTALL)
_BLOCK = re.compile(r"([A-Za-z_][\w-]*)<<(\S+)")
_OLD_OUTPUT = re.compile(r"::set-output name=([\w-]+)::(.*)")


def hand_on(target: str, text: str, state: State) -> bool:
    """Note what is written for later steps; return whether the target is one of their files."""
    prefix = _prefix_of(target)
    if prefix is None:
        return False
    for name, value in _written(text):
        state.handed_on[prefix + name] = value
    return True


def hand_on_printed(text: str, state: State) -> None:
    """Note an output that is set by a line in the log."""
    found = _OLD_OUTPUT.match(text)
    if found:
        state.handed_on[_OUTPUTS + found[1]] = found[2]


def unsure(printed: str) -> str:
    """Return what is printed where nobody can tell whether it is: the names that it hands on, without their values."""
    return "\n".join(f"{name}=${name}" for name, _ in _written(printed))


def _prefix_of(target: str) -> str | None:
    """Return how the names begin that later steps see for what is written to this file; None for any other file."""
    if "GITHUB_OUTPUT" in target or "github.output" in target.lower():
        return _OUTPUTS
    return "" if "GITHUB_ENV" in target or "github.env" in target.lower() else None


def _written(text: str) -> Iterator[tuple[str, str]]:
    """Yield the pairs of ``NAME=value`` and ``NAME<<END … END``."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        block = _BLOCK.fullmatch(lines[at].strip())
        at += 1
        if block:
            end = next((place for place in range(at, len(lines)) if lines[place].strip() == block[2]), len(lines))
            yield block[1], "\n".join(lines[at:end])
            at = end + 1
        elif found := _WRITTEN.fullmatch(lines[at - 1]):
            yield found[1], found[2]

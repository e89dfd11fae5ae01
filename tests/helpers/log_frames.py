"""Logs in the frames in which they reach us, made from plain lines."""

from __future__ import annotations

from collections.abc import Iterable

STAMP = "2026-03-02T09:15:{second:02d}.{fraction:07d}Z"
CYAN, RESET = "\x1b[36;1m", "\x1b[0m"


def raw(lines: Iterable[str]) -> str:
    """A raw job file: byte order mark, a timestamp on every line, LF at the end."""
    stamped = [
        f"{STAMP.format(second=number % 60, fraction=number * 1031)} {line}" for number, line in enumerate(lines)
    ]
    return "\ufeff" + "\n".join(stamped) + "\n"


def gh(lines: Iterable[tuple[str, str]], job: str = "release") -> str:
    """What ``gh run view --log`` prints, from pairs of step and line."""
    return "".join(
        f"{job}\t{step}\t{STAMP.format(second=number % 60, fraction=number * 1031)} {line}\n"
        for number, (step, line) in enumerate(lines)
    )


def action(name: str, inputs: Iterable[str] = (), *output: str) -> list[str]:
    """The lines of a step that uses an action."""
    return [f"##[group]Run {name}", "with:", *(f"  {line}" for line in inputs), "##[endgroup]", *output]


def script(lines: Iterable[str], *output: str, error: int | None = None) -> list[str]:
    """The lines of a step that runs a script; ``error`` is its exit code."""
    text = list(lines)
    ended = [f"##[error]Process completed with exit code {error}."] if error else []
    return [
        f"##[group]Run {text[0]}",
        *(f"{CYAN}{line}{RESET}" for line in text),
        "shell: /usr/bin/bash -e {0}",
        "##[endgroup]",
        *output,
        *ended,
    ]


def web(title: str, head: Iterable[str], *output: str) -> str:
    """One step as it is copied from the web page: no timestamps, heads indented."""
    return "\n".join([f"Run {title}", *(f"  {line}" for line in head), *output]) + "\n"

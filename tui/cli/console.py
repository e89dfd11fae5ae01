"""Print results as text or JSON on standard output, and progress on standard error."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Mapping

import click
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from diagnosis.policy.language.strict_json import json_text
from probes.github.http.pace import WAITING
from tui.backend import Progress

_PLAIN_WIDTH = 110
"""Columns where standard output is no terminal: wide enough for a run's address."""


class ReportConsole(Console):
    """A console whose reports may hold foreign text: what could steer the terminal is shown, not sent."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable() or segment.text == "\n":
                yield segment
            else:
                yield Segment(printable_lines(segment.text), segment.style)


def text_console() -> Console:
    """Make a console for reports: colours only in a terminal, foreign text neither read as markup nor sent raw."""
    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size((_PLAIN_WIDTH, 24)).columns if terminal else _PLAIN_WIDTH
    return ReportConsole(markup=False, highlight=False, emoji=False, soft_wrap=False, width=width)


def print_json(value: Mapping[str, object] | list[object]) -> None:
    """Print one JSON document on standard output."""
    click.echo(json_text(value, indent=2))


class ProgressLine:
    """One line on standard error that says how far the work is. Outside a terminal it reports only waits for a rate limit."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown = False
        self._waits: set[str] = set()

    def __call__(self, progress: Progress) -> None:
        """Show how far the work is."""
        if not self._terminal:
            self._say_once(progress)
            return
        count = f" {progress.done}/{progress.total}" if progress.total else ""
        line = "".join(c for c in f"{progress.what}{count}" if c.isprintable())[:78]
        click.echo(f"\r\x1b[2K{line}", nl=False, err=True)
        self._shown = True

    def _say_once(self, progress: Progress) -> None:
        """Say once why the tool waits: minutes of silence in somebody's job log need a reason."""
        if progress.what.startswith(WAITING) and progress.what not in self._waits:
            self._waits.add(progress.what)
            click.echo(f"{progress.what}: {(progress.total or 0) - progress.done} seconds", err=True)

    def clear(self) -> None:
        """Remove the line."""
        if self._shown:
            click.echo("\r\x1b[2K", nl=False, err=True)
            self._shown = False


def printable(text: str) -> str:
    """Return foreign text without characters that could steer a terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def printable_lines(text: str) -> str:
    """Return the same of a text of several lines."""
    return "\n".join(map(printable, text.split("\n")))

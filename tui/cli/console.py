"""Print results as text or JSON on standard output, and progress on standard error.

Text goes into reports as :class:`Text` of this module, which makes visible what is not drawn before anything is measured or
wrapped; :class:`ReportConsole` looks at each piece once more. Colours come from styles of ours alone.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterable, Mapping
from typing import IO, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.style import StyleType
from rich.text import Text as RichText

from diagnosis.policy.language.strict_json import json_text
from diagnosis.visible_text import visible, visible_line
from probes.github.http.pace import WAITING
from tui.backend import Progress
from tui.cli.output import can_encode, say, send
from tui.cli.plain import draws, is_plain
from tui.cli.plain_report import told_plainly
from tui.cli.workflow_commands import inside_actions, no_commands, no_commands_in_json
from tui.terminal_size import terminal_size

_PLAIN_WIDTH = 110
"""Columns where standard output is no terminal: wide enough for a run's address."""
_NARROWEST = 20
"""Columns for which a report is laid out at least: a narrower terminal wraps it, so that nothing is lost."""
_ERASE_LINE = "\r\x1b[2K"
_LONGEST_PROGRESS = 78
"""Cells, as all that is drawn is measured: a sign of Chinese takes two."""


class Text(RichText):
    """One line of a report, foreign or not: shown letter by letter. (Rich's own drops some controls without a sign.)

    A line feed in it is a sign too: no text of others passes for a line of the report.
    """

    shown = staticmethod(visible_line)

    def __init__(self, text: str = "", *args: Any, **options: Any) -> None:
        super().__init__(self.shown(text), *args, **options)

    def append(self, text: RichText | str, style: StyleType | None = None) -> Text:
        """Add text at the end."""
        super().append(self.shown(text) if isinstance(text, str) else text, style)
        return self


class Lines(Text):
    """Lines of a report that are ours: what is foreign in it is :func:`printable`, or each line of it is marked as a quotation."""

    shown = staticmethod(visible)


class ReportConsole(Console):
    """A console whose reports may hold foreign text: what could steer the terminal is shown, not sent."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print a report, or what can be told of it without being seen."""
        if not is_plain():
            super().print(*objects, **options)
            return
        # No end of the line but the text's own: a reader reads a line as one fact.
        options = {**options, "soft_wrap": True}
        parts = [part for each in objects for part in told_plainly(each, self)]
        for part in parts or objects:
            super().print(part, **options)

    def render_str(self, text: str, **options: Any) -> RichText:
        """Return a text that was given as a plain string, as a table's heading may be."""
        return super().render_str(visible(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the pieces of a report: no control of a renderable, no hyperlink, no text but what is drawn."""
        for segment in super().render(renderable, options):
            if segment.control:
                continue
            style = segment.style
            if style is not None and style.link:
                style = style.update_link(None)
            yield Segment(visible(segment.text), style)


_BLANK_END = re.compile(r"(?<! ) +((?:\x1b\[[0-9;]*m)*)$", re.MULTILINE)
"""Blanks before the end of a line, and before the colours that end there."""


class _Standard(io.TextIOBase):
    """Standard output as a console writes to it: its colours pass."""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding below, by which rich chooses the signs of its tables."""
        below = getattr(sys.stdout, "below", sys.stdout)
        return getattr(below, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        return sys.stdout.isatty()

    def fileno(self) -> int:
        return sys.stdout.fileno()

    def write(self, text: str) -> int:
        # A table fills its cells up; at the end of a line nobody sees that, and whoever copies it has it all the same.
        text = _BLANK_END.sub(r"\1", text)
        send(no_commands(text) if inside_actions() else text)
        return len(text)

    def flush(self) -> None:
        send("")


def text_console() -> ReportConsole:
    """Make a console for reports: colours only in a terminal, foreign text neither read as markup nor sent raw."""
    terminal = sys.stdout.isatty()
    width = max(_NARROWEST, terminal_size((_PLAIN_WIDTH, 24))[0]) if terminal else _PLAIN_WIDTH
    file: IO[str] = _Standard()  # type: ignore[assignment]  # a text stream in all that rich asks of it
    # Plain text has no colours, and a terminal that obeys nothing gets none.
    colours: dict[str, Any] = {} if draws() else {"color_system": None, "no_color": True, "force_terminal": False}
    return ReportConsole(file=file, markup=False, highlight=False, emoji=False, soft_wrap=False, width=width, **colours)


def print_json(value: Mapping[str, object] | list[object]) -> None:
    """Print one JSON document on standard output."""
    print_json_text(json_text(value, indent=2))


def print_row(value: Mapping[str, object]) -> None:
    """Print one row of JSON Lines on standard output."""
    print_json_text(json_text(value))


def print_json_text(text: str) -> None:
    """Print JSON: what the output cannot encode stands as JSON's own escape, so that it stays JSON."""
    if not can_encode(text):
        text = "".join(c if c.isascii() or can_encode(c) else json.dumps(c)[1:-1] for c in text)
    say(no_commands_in_json(text.removesuffix("\n")), lines=True)


class ProgressLine:
    """One line on standard error that says how far the work is. Outside a terminal it reports only waits for a rate limit."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty() and draws()
        self._shown = False
        self._waits: set[str] = set()

    def __call__(self, progress: Progress) -> None:
        """Show how far the work is."""
        if not self._terminal:
            self._say_once(progress)
            return
        count = f" {progress.done}/{progress.total}" if progress.total else ""
        # One line, whatever it is wide: only the last of several would be removed.
        width = min(_LONGEST_PROGRESS, terminal_size((_LONGEST_PROGRESS + 1, 24))[0] - 1)
        line = RichText(printable(f"{progress.what}{count}"))
        line.truncate(max(0, width))
        send(f"{_ERASE_LINE}{line.plain}", err=True)
        self._shown = True

    def _say_once(self, progress: Progress) -> None:
        """Say once why the tool waits: minutes of silence in somebody's job log need a reason."""
        if progress.what.startswith(WAITING) and progress.what not in self._waits:
            self._waits.add(progress.what)
            say(f"{printable(progress.what)}: {(progress.total or 0) - progress.done} seconds", err=True)

    def clear(self) -> None:
        """Remove the line."""
        if self._shown:
            send(_ERASE_LINE, err=True)
            self._shown = False


def printable(text: str) -> str:
    """Return foreign text on one line, with a visible sign for each character that could steer a terminal."""
    return visible_line(text)

"""The summary of a step of a workflow run: Markdown in which foreign text is text, within the size that GitHub keeps."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tui.cli.console import printable

LARGEST = 1024 * 1024
"""Bytes of one step's summary; of a longer one GitHub shows nothing."""
LONGEST = 600
"""Characters of one piece of foreign text."""
_PLAIN = frozenset(" ,;/()=?!-'\"")
_BEGINS = re.compile(r"[-=]|[0-9]{1,9}\)")
"""What makes a list, a rule or a heading of the line that begins with it."""
_CUT = "\n\n*The summary is cut here: GitHub keeps no more of a step. The report has the rest.*\n"


def markdown(text: str, longest: int = LONGEST) -> str:
    """Return foreign text as one line of Markdown: letters, digits and a few signs as they are, all else as entities.

    A sign that begins a list or a rule is an entity too where the text begins with it.
    """
    cut = text if len(text) <= longest else text[:longest] + "…"
    line = printable(" ".join(cut.split()))
    begin = _BEGINS.match(line)
    marker = begin.end() - 1 if begin else -1
    return "".join(c if (c.isalnum() or c in _PLAIN) and at != marker else f"&#{ord(c)};" for at, c in enumerate(line))


def code(text: str, longest: int = LONGEST) -> str:
    """Return foreign text as Markdown code, inside which no mention and no reference is looked for."""
    return f"<code>{markdown(text, longest)}</code>"


def within(page: str, room: int) -> str:
    """Return a page that takes no more than ``room`` bytes: whole lines of it, and a line that says so where it is cut."""
    if len(page.encode("utf-8", "replace")) <= room:
        return page
    room -= len(_CUT.encode())
    kept: list[str] = []
    for line in page.splitlines(keepends=True):
        room -= len(line.encode("utf-8", "replace"))
        if room < 0:
            break
        kept.append(line)
    return "".join([*kept, _CUT]) if kept else ""


def add_to_summary(page: str) -> str:
    """Add a page to the step's summary, where there is one; return why it could not be written, else nothing.

    Every piece of foreign text in the page is :func:`markdown` or :func:`code`.
    """
    path = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if not path:
        return ""
    try:
        place = Path(path)
        written = place.stat().st_size if place.exists() else 0
        with place.open("a", encoding="utf-8", errors="replace") as file:
            file.write(within(page, LARGEST - written))
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return ""

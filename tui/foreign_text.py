"""The one way by which text from elsewhere reaches a widget: as data, never as markup.

Commit titles, refs, log lines, ARNs and error messages are written by others. :func:`foreign` turns them into
:class:`~textual.content.Content`, which no widget parses; what could move the cursor, reorder the line, hide or break the
terminal's encoding is made visible instead of obeyed, by the same signs as in the command line's text.
"""

from __future__ import annotations

import re

from textual.content import Content

from diagnosis.visible_text import visible

_COLOURS = re.compile(r"\x1b\[[0-9;:]*m")
"""Select Graphic Rendition: colours in a log say nothing that is lost with them."""

_LINE_ENDS = re.compile(r"\r\n?")


def defused(text: str) -> str:
    """Return the text with line ends as ``\\n``, colour sequences removed and every other control character made visible."""
    if "\x1b" in text:
        text = _COLOURS.sub("", text)
    if "\r" in text:
        text = _LINE_ENDS.sub("\n", text)
    return visible(text)


def defused_line(text: str) -> str:
    """Return the text as :func:`defused` does, on one line: a line feed becomes ``␊``."""
    return defused(text).replace("\n", "\u240a")


def foreign(text: str, style: str = "") -> Content:
    """Return foreign text for any widget, possibly of several lines; ``style`` is ours and may name theme variables."""
    return Content.styled(defused(text), style) if style else Content(defused(text))


def foreign_line(text: str, style: str = "", *, width: int | None = None) -> Content:
    """Return foreign text on one line, cut with an ellipsis where it is wider than ``width`` cells."""
    line = defused_line(text)
    content = Content.styled(line, style) if style else Content(line)
    return content if width is None else content.truncate(max(0, width), ellipsis=True)

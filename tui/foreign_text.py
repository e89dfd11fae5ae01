"""The one way by which text from elsewhere reaches a widget: as data, never as markup.

Commit titles, refs, log lines, ARNs and error messages are written by others. :func:`foreign` turns them into
:class:`~textual.content.Content`, which no widget parses; what could move the cursor, reorder the line or break the
terminal's encoding is made visible instead of obeyed.
"""

from __future__ import annotations

import re

from textual.content import Content

_COLOURS = re.compile(r"\x1b\[[0-9;:]*m")
"""Select Graphic Rendition: colours in a log say nothing that is lost with them."""

_UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Controls but the line feed, direction and zero-width marks, lone surrogates, and tag characters."""

_LINE_ENDS = re.compile(r"\r\n?")
TAB = "    "


def _visible(match: re.Match[str]) -> str:
    character = match.group()
    point = ord(character)
    if character == "\t":
        return TAB
    if point < 0x20:
        return chr(0x2400 + point)
    if point == 0x7F:
        return "\u2421"
    if 0xD800 <= point <= 0xDFFF:
        return "\ufffd"
    return f"⟨{point:04X}⟩"


def defused(text: str) -> str:
    """Return the text with line ends as ``\\n``, colour sequences removed and every other control character made visible."""
    if "\x1b" in text:
        text = _COLOURS.sub("", text)
    if "\r" in text:
        text = _LINE_ENDS.sub("\n", text)
    return _UNSAFE.sub(_visible, text)


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

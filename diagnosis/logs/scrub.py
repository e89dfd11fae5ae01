"""Replace secrets in foreign text before anything is kept or shown.

``scrub(text)`` for a text, :class:`Scrubber` for a stream of lines. What is replaced becomes ``[scrubbed:<kind>]``; the
rest stays byte for byte, and scrubbing twice changes nothing more. GitHub masks registered secrets only, so a log may
hold live keys that a script put into the environment. What is a secret, the package ``diagnosis.logs.secrets`` knows.

Identifiers are kept on purpose: account ids, ARNs, role and user ids say what is broken and open nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from diagnosis.logs.line_search import LineSearch
from diagnosis.logs.secrets import key_blocks, next_line
from diagnosis.logs.secrets.search import WORDS, findings

_LINES = LineSearch(WORDS)
_MARK = re.compile(r"(\[scrubbed:[a-z0-9-]{1,40}\])")
_PEM = "[scrubbed:pem]"
_MOST_PASSES = 6
"""What was replaced may uncover what stood behind it. A part of a line that still does after so many looks goes whole."""


class Scrubber:
    """Scrubs a stream line by line; remembers only what began on the lines before: a key block, or
    the name of a secret."""

    __slots__ = ("_block_lines", "_left_open")

    def __init__(self) -> None:
        self._block_lines = 0
        self._left_open = ""

    @property
    def inside(self) -> bool:
        """Whether the next line may hold a part of what began."""
        return self._block_lines > 0 or self._left_open != ""

    def line(self, text: str) -> str:
        """Replace every secret in a line without its line break."""
        if self._block_lines:
            self._block_lines -= 1
            ended = key_blocks.END.search(text)
            if ended:
                self._block_lines = 0
                return self._plain(text[: ended.start()]) + _PEM + self._plain(text[ended.end() :])
            body = key_blocks.BODY.search(text)
            if body:
                return self._plain(text[: body.start(1)]) + _PEM
            if text.strip() and not key_blocks.HEAD.search(text):
                self._block_lines = 0
        if self._left_open:
            value = None if "[scrubbed:" in text else next_line.value_of(self._left_open, text)
            if value:
                kind = next_line.kind_of(self._left_open)
                self._left_open = ""
                return f"{self._plain(text[: value[0]])}[scrubbed:{kind}]{self._plain(text[value[1] :])}"
        self._left_open = next_line.left_open(text)
        return self._plain(text)

    def _plain(self, text: str) -> str:
        if any(begin in text for begin in key_blocks.BEGINS):
            text = self._without_blocks(text)
        if "[scrubbed:" not in text:
            return _scrubbed(text)
        # What was replaced before is a border: nothing is found across it, so that a second time finds nothing more.
        return "".join(part if number % 2 else _scrubbed(part) for number, part in enumerate(_MARK.split(text)))

    def _without_blocks(self, text: str) -> str:
        parts: list[str] = []
        at = 0
        for start, end, ended in key_blocks.on_one_line(text):
            parts += (text[at:start], _PEM)
            at = end
            if not ended:
                self._block_lines = key_blocks.LONGEST
        return "".join((*parts, text[at:]))


def _scrubbed(text: str, passes: int = _MOST_PASSES) -> str:
    found = findings(text)
    if not found:
        return text
    if not passes:
        return "[scrubbed:credential]"
    parts: list[str] = []
    at = 0
    for start, end, kind in found:
        if start > at:
            parts.append(_scrubbed(text[at:start], passes - 1))
        parts.append(f"[scrubbed:{kind}]")
        at = end
    if at < len(text):
        parts.append(_scrubbed(text[at:], passes - 1))
    return "".join(parts)


def scrub(text: str) -> str:
    """Replace every secret in a text by ``[scrubbed:<kind>]``; line breaks stay as they are."""
    plain = text.lstrip("\ufeff")
    if len(plain) < len(text):
        # The byte order mark alone would make every character of an otherwise plain log twice as wide to search.
        return text[: len(text) - len(plain)] + scrub(plain)
    scrubber = Scrubber()
    if "\n" not in text:
        return scrubber.line(text)
    starts = _LINES.line_starts(text)
    parts: list[str] = []
    cursor = 0
    for start in starts:
        if start < cursor:
            continue  # scrubbed already, as part of a block that runs over lines
        parts.append(text[cursor:start])
        cursor = start
        while True:
            end = text.find("\n", cursor)
            end = len(text) if end < 0 else end
            parts.append(scrubber.line(text[cursor:end]))
            cursor = end
            if not scrubber.inside or end == len(text):
                break
            parts.append("\n")
            cursor = end + 1
    parts.append(text[cursor:])
    return "".join(parts)


def secrets_in(text: str) -> Iterator[tuple[int, str]]:
    """Yield where :func:`scrub` would change a text: the number of the line, from 1, and the kind of what it replaces.

    The line is the one where the secret is named, should its value stand on the next one.
    """
    before = ""
    for number, (was, now) in enumerate(zip(text.split("\n"), scrub(text).split("\n"), strict=True), 1):
        if was != now:
            name = next_line.left_open(before)
            named_before = number > 1 and name and next_line.value_of(name, was)
            for kind in (Counter(_MARK.findall(now)) - Counter(_MARK.findall(was))).elements():
                yield number - 1 if named_before else number, kind.removeprefix("[scrubbed:").removesuffix("]")
        before = was

"""Replace secrets in foreign text before anything is kept or shown.

``scrub(text)`` for a text, :class:`Scrubber` for a stream of lines. What is replaced becomes ``[scrubbed:<kind>]``; the
rest stays byte for byte, and scrubbing twice changes nothing more. GitHub masks registered secrets only, so a log may
hold live keys that a script put into the environment. What is a secret, the package ``diagnosis.logs.secrets`` knows.

Identifiers are kept on purpose: account ids, ARNs, role and user ids say what is broken and open nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from diagnosis.logs.secrets import key_blocks

if TYPE_CHECKING:
    from diagnosis.logs.secrets.search import About, Search

_MARK = re.compile(r"(\[scrubbed:[a-z0-9-]{1,40}\])")
_PEM = "[scrubbed:pem]"
_LONGEST_PIECE = 1 << 20
"""Characters of a line without an end that are kept until the next piece."""
_NEAR_THE_END = 1 << 16
_MOST_PASSES = 6
"""What was replaced may uncover what stood behind it. A part of a line that still does after so many looks goes whole."""


@cache
def _search() -> Search:
    # Imported when the first text is scrubbed: what shows the first screen has none.
    from diagnosis.logs.secrets.search import Search

    return Search()


class Scrubber:
    """Scrubs a stream line by line; remembers only what began on the lines before: a key block, the name of a secret."""

    __slots__ = ("_block_lines", "_left_open", "_search")

    def __init__(self) -> None:
        self._block_lines = 0
        self._left_open = ""
        self._search = _search()

    @property
    def inside(self) -> bool:
        """Whether the next line may hold a part of what began."""
        return self._block_lines > 0 or self._left_open != ""

    def line(self, text: str) -> str:
        """Replace every secret in a line without its line break."""
        return self.known_line(text, self._search.about(text))

    def known_line(self, text: str, about: About) -> str:
        """Do so where it is known which lists of the index have a word in the line."""
        if self.inside:
            started = self._goes_on(text)
            if started is not None:
                # Behind what ended here something else may begin.
                self._left_open = self._search.left_open(started) or self._left_open or self._search.cut_short(started)
                return started
        if self._search.names_secret(about):
            self._left_open = self._search.left_open(text) or self._left_open
        scrubbed = self._plain(text, about)
        if scrubbed is not text and not self._left_open:
            self._left_open = self._search.cut_short(scrubbed)
        return scrubbed

    def _goes_on(self, text: str) -> str | None:
        """Return a line that belongs to what began before it, scrubbed, and None for any other."""
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
        name, self._left_open = self._left_open, ""
        value = None if not name or "[scrubbed:" in text else self._search.value_of(name, text)
        if not value:
            self._left_open = self._search.still_open(name, text)
            return None
        start, end, kind = value
        self._left_open = self._search.goes_on(name)
        return f"{self._plain(text[:start])}[scrubbed:{kind}]{self._plain(text[end:])}"

    def _plain(self, text: str, about: About | None = None) -> str:
        if about is None:
            about = self._search.about(text)
        if self._search.begins_block(about):
            text = self._without_blocks(text)
            about = None
        if "[scrubbed:" not in text:
            return _scrubbed(text, about)
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


def _scrubbed(text: str, about: About | None = None, passes: int = _MOST_PASSES) -> str:
    found = _search().findings(text, about)
    if not found:
        return text
    if not passes:
        return "[scrubbed:credential]"
    parts: list[str] = []
    at = 0
    for start, end, kind in found:
        if start > at:
            parts.append(_scrubbed(text[at:start], None, passes - 1))
        parts.append(f"[scrubbed:{kind}]")
        at = end
    if at < len(text):
        parts.append(_scrubbed(text[at:], None, passes - 1))
    return "".join(parts)


def scrub(text: str, check: Callable[[], None] = lambda: None) -> str:
    """Replace every secret in a text by ``[scrubbed:<kind>]``; line breaks stay as they are.

    ``check`` is called before each line that is looked at closely, and may raise to end the work.
    """
    plain = text.lstrip("\ufeff")
    if len(plain) < len(text):
        # The byte order mark alone would make every character of an otherwise plain log twice as wide to search.
        return text[: len(text) - len(plain)] + scrub(plain, check)
    return _with(Scrubber(), text, check)


def _with(scrubber: Scrubber, text: str, check: Callable[[], None]) -> str:
    """Scrub a text behind what the scrubber has seen before."""
    if "\n" not in text:
        return scrubber.line(text)
    parts: list[str] = []
    cursor = 0
    while scrubber.inside and cursor < len(text):
        end = _end_of_line(text, cursor)
        parts.append(scrubber.line(text[cursor:end]))
        parts.append(text[end : end + 1])
        cursor = end + 1
    for start, about in _search().lines(text):
        if start < cursor:
            continue  # scrubbed already, as part of what runs over lines
        check()
        parts.append(text[cursor:start])
        end = _end_of_line(text, start)
        parts.append(scrubber.known_line(text[start:end], about))
        while scrubber.inside and end < len(text):
            following = end + 1
            end = _end_of_line(text, following)
            parts += ("\n", scrubber.line(text[following:end]))
        cursor = end
    parts.append(text[cursor:])
    return "".join(parts)


def scrub_pieces(pieces: Iterable[str]) -> Iterator[str]:
    """Scrub a text that comes in pieces, as :func:`scrub` does the whole; what began in one piece goes on in the next.

    Pieces are handed on at the ends of lines; a line that is longer than any piece may be is cut between words.
    """
    scrubber = Scrubber()
    rest = ""
    for piece in pieces:
        text = rest + piece
        lines, ended, rest = text.rpartition("\n")
        if not ended and len(text) > _LONGEST_PIECE:
            end = _place_to_cut(text)
            lines, rest = text[:end], text[end:]
        if ended or lines:
            # Without its last line break, behind which the scrubber would see one more line, and an empty one.
            yield _with(scrubber, lines, lambda: None) + ended
    if rest:
        yield _with(scrubber, rest, lambda: None)


def _place_to_cut(text: str) -> int:
    """Return where to cut a line that is too long: behind a blank, or a comma, near its end, so that no secret is in two parts."""
    after = len(text) - _NEAR_THE_END
    return next((end for sign in (" ", ",") if (end := text.rfind(sign, after) + 1)), len(text))


def _end_of_line(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def secrets_in(text: str) -> Iterator[tuple[int, str]]:
    """Yield where :func:`scrub` would change a text: the number of the line, from 1, and the kind of what it replaces.

    The line is the one where the secret is named, should its value stand on the next one.
    """
    before = ""
    for number, (was, now) in enumerate(zip(text.split("\n"), scrub(text).split("\n"), strict=True), 1):
        if was != now:
            name = _search().left_open(before)
            named_before = name != "" and _search().value_of(name, was) is not None
            for kind in (Counter(_MARK.findall(now)) - Counter(_MARK.findall(was))).elements():
                yield number - 1 if named_before else number, kind.removeprefix("[scrubbed:").removesuffix("]")
        before = was

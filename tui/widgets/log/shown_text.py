"""The words of a log's lines as they are shown, which are also the words that are searched."""

from __future__ import annotations

import re
import string

from tui.foreign_text import defused

STAMP = re.compile(r"\ufeff?(?:\d{4}-\d\d-\d\dT(\d\d:\d\d:\d\d)(?:\.\d{1,9})?Z(?: |$))?")
"""What may stand before the words of a line: a byte order mark and the runner's time."""

_STAMPS = re.compile(r"^\ufeff?(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z(?: |$))?", re.MULTILINE)


def clean(text: str) -> str:
    """Return whole lines of a log as they are shown: without times and colours, with signs for what must not be obeyed."""
    if "\r" in text:
        text = "\n".join(line.rstrip("\r") for line in text.split("\n")).replace("\r", "\u240a")
    return defused(_STAMPS.sub("", text))


def time_and_words(raw: str) -> tuple[str, str]:
    """Return the time of day of a line, where it has one, and its words as they are shown."""
    stamp = STAMP.match(raw)
    return (stamp.group(1) or "" if stamp else ""), clean(raw)


_ASCII_LOWER = {ord(letter): letter.lower() for letter in string.ascii_uppercase}
_TIMES_PART = re.compile(r"[0-9:. -]|t(?:\d|$)|z(?: |$)", re.IGNORECASE)
"""What a time can hold from some place on; what is found in one begins so."""


class Wanted:
    """Words to find: without regard to case, unless one of their letters is a capital.

    Of words in ASCII the letters of ASCII alone have two cases, so that a Kelvin sign is no ``k``.
    """

    def __init__(self, words: str) -> None:
        self.words = words
        self.exact = any(letter.isupper() for letter in words)
        self.ascii = words.isascii()
        self.needle = words if self.exact else words.casefold()
        self.may_be_time = _TIMES_PART.match(words) is not None
        """Whether the words could stand in the time of a line, which is not searched."""

    def prepared(self, shown: str) -> str:
        """Return a text in which the needle is to be looked for."""
        if self.exact:
            return shown
        if not self.ascii:
            return shown.casefold()
        return shown.lower() if shown.isascii() else shown.translate(_ASCII_LOWER)

    def places(self, shown: str) -> list[tuple[int, int]]:
        """Return where the words stand in a line as it is shown: first and last character, one after the other."""
        if not self.needle:
            return []
        prepared = self.prepared(shown)
        found, at = [], prepared.find(self.needle)
        while at >= 0:
            found.append((at, at + len(self.needle)))
            at = prepared.find(self.needle, at + len(self.needle))
        if found and len(prepared) != len(shown):
            # Some letters become two where case does not count.
            back = [place for place, letter in enumerate(shown) for _ in letter.casefold()]
            found = [(back[first], back[end - 1] + 1) for first, end in found]
        return found

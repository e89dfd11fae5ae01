"""Find the lines of a large text that hold one of many words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

_PIECE = 1 << 18
"""Characters searched in one go: the automaton takes eight bytes for each of them while it searches."""
_SURROGATES = re.compile("[\ud800-\udfff]")

Positions = Callable[[str], Iterable[int]]
"""From a text to the offsets in it, in order, where one of the words begins; at least one in each line that holds any."""


class LineSearch:
    """A search for lines that hold at least one of some words, case and all.

    All words are searched at once. They must not be empty and must not hold a line break. What the search needs is made
    when it is used first.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(dict.fromkeys(words))

    def line_starts(self, text: str) -> list[int]:
        """Return the offsets, in order, at which the lines begin that hold one of the words."""
        starts: list[int] = []
        for begin, piece in _pieces(text):
            end = -1
            for at in self._positions(piece):
                if at < end:
                    continue  # another word of the line that was found already
                starts.append(begin + piece.rfind("\n", 0, at) + 1)
                end = piece.find("\n", at)
                if end < 0:
                    break
        return starts

    def is_in(self, line: str) -> bool:
        """Return whether one of the words is in a line."""
        return any(True for _ in self._positions(line))

    @cached_property
    def _positions(self) -> Positions:
        return automaton(self.words) or patterns(self.words)


def automaton(words: tuple[str, ...]) -> Positions | None:
    """Return a search by one Aho-Corasick automaton, or None where ``ahocorasick-rs`` is not installed.

    It has no wheel for every Python and platform that planescope runs on; :func:`patterns` takes its place there.
    """
    try:
        # Imported when the first text is searched: what shows the first screen searches none.
        from ahocorasick_rs import AhoCorasick, Implementation
    except ImportError:
        return None
    # Matches that overlap are found once. That is enough: a word that is passed over shares characters, and so its
    # line, with one that was found.
    find = AhoCorasick(words, implementation=Implementation.DFA, store_patterns=False).find_matches_as_indexes

    def positions(text: str) -> list[int]:
        try:
            found = find(text)
        except UnicodeEncodeError:
            # Bytes that were no text and came through as surrogates; a stand-in of one character keeps the offsets.
            found = find(_SURROGATES.sub("\ufffd", text))
        return [at for _word, at, _end in found]

    return positions


def patterns(words: tuple[str, ...]) -> Positions:
    """Return a search by regular expressions alone: one for all words with the same first character.

    Each runs at the speed at which that character is found, which outruns one pattern with as many alternatives by far.
    """
    rests: dict[str, list[str]] = {}
    for word in words:
        if any(other in word for other in words if other != word):
            continue  # the shorter word finds the line
        rests.setdefault(word[:1], []).append(re.escape(word[1:]))
    compiled = [re.compile(f"{re.escape(first)}(?:{'|'.join(found)})") for first, found in rests.items()]
    return lambda text: sorted(found.start() for pattern in compiled for found in pattern.finditer(text))


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Cut a text into whole lines of some 256 thousand characters together; each piece comes with its offset."""
    begin = 0
    while begin < len(text):
        end = text.find("\n", begin + _PIECE) + 1 or len(text)
        yield begin, text[begin:end] if end - begin < len(text) else text
        begin = end

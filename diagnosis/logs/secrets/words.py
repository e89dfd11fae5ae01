"""Tell which lines of a text hold words of which of many lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from diagnosis.logs.line_search import patterns

_PIECE = 1 << 17
"""Characters searched in one go: what is found takes some hundred bytes a word."""
_LINE = 1 << 15
"""Likewise, within one line."""

_Find = Callable[[str], list[tuple[int, int, int]]]
"""From a text to each word in it: its number, where it begins, where it ends; in the order of the ends."""


class WordIndex:
    """Lists of words, searched at once. What the search needs is made when it is used first."""

    def __init__(self, lists: Sequence[Sequence[str]]) -> None:
        owners: dict[str, list[int]] = {}
        for number, words in enumerate(lists):
            for word in words:
                owners.setdefault(word, []).append(number)
        self.words = tuple(owners)
        self._owners = tuple(frozenset(numbers) for numbers in owners.values())
        self._longest = max(map(len, self.words))

    def lists_in(self, line: str) -> frozenset[int]:
        """Return the numbers of the lists of which a word is in the line."""
        found: frozenset[int] = frozenset()
        find = self._find
        if find is None:
            for word, owners in zip(self.words, self._owners, strict=True):
                if not owners <= found and word in line:
                    found |= owners
            return found
        if len(line) <= _LINE:
            hits = find(line)
            return self._owned({hit[0] for hit in hits}) if hits else found
        for begin in range(0, len(line), _LINE):
            found |= self._owned({hit[0] for hit in find(line[begin : begin + _LINE + self._longest])})
        return found

    def lines(self, text: str) -> Iterator[tuple[int, frozenset[int]]]:
        """Yield where each line begins that holds a word, and the numbers of the lists."""
        begin = 0
        while begin < len(text):
            end = text.find("\n", begin + _PIECE) + 1 or len(text)
            if self._find is None or end - begin > 2 * _PIECE:
                yield from self._one_by_one(text, begin, end)
            else:
                yield from self._together(self._find, text[begin:end], begin)
            begin = end

    def _together(self, find: _Find, piece: str, begin: int) -> Iterator[tuple[int, frozenset[int]]]:
        start = end = -1
        words: set[int] = set()
        for word, at, _ in find(piece):
            if at >= end:
                if words:
                    yield begin + start, self._owned(words)
                words = set()
                start = piece.rfind("\n", 0, at) + 1
                end = piece.find("\n", at)
                end = len(piece) if end < 0 else end
            words.add(word)
        if words:
            yield begin + start, self._owned(words)

    def _one_by_one(self, text: str, begin: int, end: int) -> Iterator[tuple[int, frozenset[int]]]:
        """Read lines one after the other: where one alone is longer than a piece, and where there is no automaton."""
        places = self._places(text[begin:end]) if self._find is None else None
        done = begin
        while done < end:
            if places is not None:
                found = next((place for place in places if begin + place >= done), None)
                if found is None:
                    return
                done = text.rfind("\n", begin, begin + found) + 1 or begin
            stop = text.find("\n", done, end)
            stop = end if stop < 0 else stop
            owned = self.lists_in(text[done:stop])
            if owned:
                yield done, owned
            done = stop + 1

    def _owned(self, words: set[int]) -> frozenset[int]:
        if len(words) == 1:
            return self._owners[next(iter(words))]
        return frozenset().union(*(self._owners[word] for word in words))

    @cached_property
    def _places(self) -> Callable[[str], Iterator[int]]:
        search = patterns(self.words)
        return lambda text: iter(search(text))

    @cached_property
    def _find(self) -> _Find | None:
        try:
            # Imported when the first text is searched: what shows the first screen searches none.
            from ahocorasick_rs import AhoCorasick, Implementation
        except ImportError:
            return None
        find = AhoCorasick(self.words, implementation=Implementation.DFA, store_patterns=False).find_matches_as_indexes

        def found(text: str) -> list[tuple[int, int, int]]:
            try:
                return find(text, overlapping=True)
            except UnicodeEncodeError:
                # Bytes that were no text and came through as surrogates; a stand-in of one character keeps the offsets.
                return find(text.encode(errors="replace").decode(), overlapping=True)

        return found

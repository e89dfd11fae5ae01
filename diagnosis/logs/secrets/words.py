"""Tell which of many lists of words have one in a line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

_PIECE = 1 << 15


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

    def lists_in(self, line: str) -> list[int]:
        """Return the numbers of the lists of which a word is in the line, in order."""
        found: set[int] = set()
        if self._find is None:
            for word, owners in zip(self.words, self._owners, strict=True):
                if not owners <= found and word in line:
                    found |= owners
            return sorted(found)
        hit_words: set[int] = set()
        for begin in range(0, max(len(line), 1), _PIECE):
            piece = line[begin : begin + _PIECE + self._longest] if len(line) > _PIECE else line
            try:
                hits = self._find(piece, overlapping=True)
            except UnicodeEncodeError:
                hits = self._find(piece.encode(errors="replace").decode(), overlapping=True)
            hit_words.update(hit[0] for hit in hits)
        for number in hit_words:
            found |= self._owners[number]
        return sorted(found)

    @cached_property
    def _find(self):  # type: ignore[no-untyped-def]
        try:
            from ahocorasick_rs import AhoCorasick, Implementation
        except ImportError:
            return None
        return AhoCorasick(self.words, implementation=Implementation.DFA, store_patterns=False).find_matches_as_indexes

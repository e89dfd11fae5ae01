"""Run many patterns of the policy language over a text at once: one whole number is the state of all of them.

A pattern with ``*`` and ``?`` is an automaton whose states stand between its characters. All patterns of a set lie side by
side in one number, a bit for each state, so one shift moves every pattern by one character (the bit-parallel way to run
such automata). States that cannot matter any more are dropped, so that equal futures are equal numbers and a search over
texts ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from diagnosis.policy.language.variables import Piece, Wildcard


class TooManyStates(Exception):  # noqa: N818 - it says what was met, and is turned into a value by its callers
    """The patterns are too entangled to be searched whole."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern, compiled: the characters to be met in order, and where any number of others may stand between them."""

    tokens: tuple[str | None, ...]
    """A character each; None stands for any one character (``?``)."""
    stars: frozenset[int]
    """Before which token a ``*`` stands; ``len(tokens)`` is the end."""
    fold: bool = False
    """Whether letter case does not matter."""
    stays_within: str = ""
    """Characters that no wildcard of this pattern takes, as ``:`` inside a segment of an ARN."""

    @property
    def spelled(self) -> frozenset[str]:
        """The characters that the pattern spells, in both cases where case does not matter."""
        named = {token for token in self.tokens if token is not None}
        if self.fold:
            named |= {sign for token in named for sign in (token.lower(), token.upper()) if len(sign) == 1}
        return frozenset(named | set(self.stays_within))


def pattern_of(pieces: Iterable[Piece], *, fold: bool = False, stays_within: str = "") -> Pattern:
    """Compile pieces without variables (see :func:`diagnosis.policy.language.variables.read_pieces`)."""
    tokens: list[str | None] = []
    stars: set[int] = set()
    for piece in pieces:
        if piece is Wildcard.ANY:
            stars.add(len(tokens))
        elif piece is Wildcard.ONE:
            tokens.append(None)
        elif isinstance(piece, str):
            tokens.extend(piece)
        else:
            raise TypeError("a pattern has no variables")
    return Pattern(tuple(tokens), frozenset(stars), fold, stays_within)


class PatternSet:
    """Many patterns run side by side. A state is a whole number; pattern ``i`` has its own bits, see :meth:`bits_of`."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self.patterns = tuple(patterns)
        self._offsets: list[int] = []
        self._ends: list[int] = []
        self._bits: list[int] = []
        self._plain_stars = self._any_one = 0
        self._wary: list[tuple[str, int, int]] = []
        self._spelled: dict[str, int] = {}
        self._covers: list[tuple[int, int]] = []
        self.start = 0
        offset = 0
        for pattern in self.patterns:
            self._lay_out(pattern, offset)
            offset += len(pattern.tokens) + 1
        self.size = offset
        """How many states all patterns have together."""
        # The highest star first: what it covers need not be looked at again.
        self._covers.sort(reverse=True)
        self.characters = frozenset(sign for pattern in self.patterns for sign in pattern.spelled)
        """Every character that some pattern spells; all others are alike to the whole set."""
        self._steps: dict[tuple[int, str], int] = {}
        self._signs: dict[int, frozenset[str]] = {}

    def _lay_out(self, pattern: Pattern, offset: int) -> None:
        self._offsets.append(offset)
        length = len(pattern.tokens)
        self._ends.append(1 << (offset + length))
        self._bits.append(((1 << (length + 1)) - 1) << offset)
        self.start |= 1 << offset
        stars = sum(1 << (offset + place) for place in pattern.stars)
        ones = sum(1 << (offset + place) for place, token in enumerate(pattern.tokens) if token is None)
        if pattern.stays_within:
            self._wary.append((pattern.stays_within, stars, ones))
        else:
            self._plain_stars |= stars
            self._any_one |= ones
            for place in pattern.stars:
                # Whatever an earlier state of this pattern accepts, the later state with a star before it accepts too.
                self._covers.append((1 << (offset + place), ((1 << place) - 1) << offset))
        for place, token in enumerate(pattern.tokens):
            if token is not None:
                signs = {token.lower(), token.upper(), token} if pattern.fold else {token}
                for sign in signs:
                    self._spelled[sign] = self._spelled.get(sign, 0) | 1 << (offset + place)

    def bits_of(self, index: int) -> int:
        """Return the bits of one pattern's states."""
        return self._bits[index]

    def end_of(self, index: int) -> int:
        """Return the bit that is set when one pattern has matched the whole text so far."""
        return self._ends[index]

    def step(self, state: int, character: str) -> int:
        """Return the state after one more character."""
        key = (state, character)
        known = self._steps.get(key)
        if known is None:
            known = self._steps[key] = self._step(state, character)
        return known

    def _step(self, state: int, character: str) -> int:
        stays, moves = self._plain_stars, self._any_one | self._spelled.get(character, 0)
        for within, stars, ones in self._wary:
            if character not in within:
                stays |= stars
                moves |= ones
        after = ((state & moves) << 1) | (state & stays)
        for star, covered in self._covers:
            if after & star:
                after &= ~covered
        return after

    def signs(self, state: int) -> frozenset[str]:
        """Return the characters that some pattern spells next; all others lead to one and the same state."""
        known = self._signs.get(state)
        if known is None:
            wary = frozenset(sign for within, _, _ in self._wary for sign in within)
            known = wary | {sign for sign, places in self._spelled.items() if places & state}
            self._signs[state] = known
        return known

    def run(self, state: int, text: str) -> int:
        """Return the state after a whole text."""
        for character in text:
            state = self.step(state, character)
        return state

    def matched(self, state: int) -> tuple[int, ...]:
        """Return the indexes of the patterns that match the text so far."""
        return tuple(index for index, end in enumerate(self._ends) if state & end)


def text_on_the_way(parents: Mapping[int, tuple[int, str] | None], state: int) -> str:
    """Return the characters on the way from the start of a search to a state; ``parents`` holds each state's step before."""
    signs: list[str] = []
    step = parents[state]
    while step is not None:
        signs.append(step[1])
        step = parents[step[0]]
    return "".join(reversed(signs))


_PREFERRED = "xzqjkvwyXZQJKVWY0729"


def unspelled(spelled: Iterable[str], preferred: str = "") -> str:
    """Return a character that is not spelled: a letter where one is left, so that texts stay readable."""
    taken = set(spelled)
    for sign in preferred + _PREFERRED:
        if sign not in taken:
            return sign
    code = ord("à")
    while (sign := chr(code)) in taken:
        code += 1
    return sign


_LETTERS = "xzqjkvwyabcdefghilmnoprstuXZQJKVWYABCDEFGHILMNOPRSTU"
_DIGITS = "7296358140"
_SIGNS = "-_.+=, "


def unspelled_signs(spelled: Iterable[str]) -> frozenset[str]:
    """Return characters that stand for all that no pattern spells: a letter and a digit, and more where all letters are spelled.

    A letter may stand wherever any character of a name may, and every digit but ``0`` wherever a digit may.
    """
    taken = frozenset(spelled)
    kinds = (_LETTERS, _DIGITS) if not taken.issuperset(_LETTERS) else (_DIGITS, *_SIGNS)
    found = {next((sign for sign in kind if sign not in taken), "") for kind in kinds} | {unspelled(taken)}
    return frozenset(found - {""})

"""Decide on sets of resources: is there an ARN that these Resource elements hold and those do not? With an example.

Each pattern is an automaton as AWS reads it (see :func:`diagnosis.policy.language.matching.resource_matcher`): before the
fifth colon a wildcard stays inside its segment and letter case does not matter, unless a ``*`` that ends a segment takes
further segments with it. All patterns of a question run side by side over one text, a bit of a whole number for each state.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

from diagnosis.policy.language.matching import cut_at_colons, matches_everything, names_no_resource, resource_matcher
from diagnosis.policy.language.variables import Piece, Variable, Wildcard, read_pieces
from diagnosis.sets.patterns import TooManyStates, text_on_the_way, unspelled

MOST_STATES = 10_000
"""A search that meets more states than these gives up."""
_SEGMENTS = 6
_OTHER = "x"
_PRIVATE_USE = 0xE000
"""Code points that stand for a policy variable's value: no text of a policy holds them."""


@dataclass(frozen=True, slots=True)
class Element:
    """A Resource or NotResource element as a set of resources."""

    patterns: tuple[str, ...]
    negated: bool = False
    grants: bool = True
    """Whether it stands in an Allow, where a pattern that is no ARN matches nothing."""
    complete: bool = True
    """Whether a short ARN is completed with ``*``, as in identity-based policies."""
    variables: bool = True
    """Whether the document's Version has policy variables."""

    @property
    def names_everything(self) -> bool:
        """Whether a pattern is ``*``: the only one that holds an action without resource level."""
        return any(matches_everything(pattern) for pattern in self.patterns)

    def holds_without_resource(self) -> bool:
        """Return whether the element holds for an action without resource level."""
        return self.names_everything is not self.negated

    def holds(self, resource: str) -> bool:
        """Return whether the element holds for one resource; a variable has no value here."""
        return self.names(resource) is not self.negated

    def names(self, resource: str) -> bool:
        """Return whether a pattern matches the resource, negation aside."""
        return any(_matcher(pattern, self.variables, self.complete)(resource, {}) for pattern in self._counted())

    def _counted(self) -> Iterable[str]:
        return (pattern for pattern in self.patterns if not self._is_void(pattern))

    def _is_void(self, pattern: str) -> bool:
        return self.grants and not self.negated and names_no_resource(pattern, complete=self.complete)

    def chains(self) -> list[_Chain]:
        """Return the automata of the patterns; any one that accepts a text names the resource."""
        return [chain for pattern in self._counted() for chain in _chains(pattern, self.variables, self.complete)]


_matcher = lru_cache(maxsize=1024)(
    lambda pattern, variables, complete: resource_matcher(pattern, variables=variables, complete=complete)
)


@dataclass(frozen=True, slots=True)
class _Chain:
    """A pattern as characters to be met in order, with places between them where any others may stand."""

    tokens: tuple[tuple[str | None, bool, bool], ...]
    """``(character or None for any one, letter case is ignored, a wildcard stays inside the segment)``."""
    stars: tuple[tuple[int, bool], ...]
    """``(before which token, stays inside the segment)``."""


@lru_cache(maxsize=1024)
def _chains(pattern: str, variables: bool, complete: bool) -> tuple[_Chain, ...]:
    """Return the automata of one pattern: by segment, and one in which stars reach across colons."""
    if matches_everything(pattern):
        return (_Chain((), ((0, False),)),)
    pieces = tuple(_with_symbols(read_pieces(pattern, variables=variables, wildcards=True)))
    segments = cut_at_colons(pieces, _SEGMENTS)
    if complete and pattern.lower().startswith("arn:") and len(segments) < _SEGMENTS:
        segments += [(Wildcard.ANY,)] * (_SEGMENTS - len(segments))
    if len(segments) < _SEGMENTS:
        return (_joined([(segment, False, False) for segment in segments]),)
    if any(_is_symbol(piece) for segment in segments[:-1] for piece in segment):
        return ()  # before the fifth colon AWS replaces no variable
    head = [(segment, True, True) for segment in segments[:-1]]
    by_segment = _joined([*head, (segments[-1], False, False)])
    every = [*segments[:-1], *cut_at_colons(segments[-1])]
    if not any(segment[-1:] == (Wildcard.ANY,) for segment in every[: _SEGMENTS - 1]):
        return (by_segment,)
    reaching = [
        (segment, place < _SEGMENTS - 1, segment[-1:] != (Wildcard.ANY,)) for place, segment in enumerate(every)
    ]
    return (by_segment, _joined(reaching))


def _with_symbols(pieces: Iterable[Piece]) -> Iterable[Piece]:
    """Put a character that no policy holds in the place of each variable: the same one for the same variable."""
    for piece in pieces:
        yield _symbol(piece.key) if isinstance(piece, Variable) else piece


@lru_cache(maxsize=1024)
def _symbol(key: str) -> str:
    return chr(_PRIVATE_USE + sum(ord(character) * (place + 1) for place, character in enumerate(key)) % 6000)


def _is_symbol(piece: Piece) -> bool:
    return isinstance(piece, str) and any(_PRIVATE_USE <= ord(character) < _PRIVATE_USE + 6000 for character in piece)


def _joined(segments: Sequence[tuple[Sequence[Piece], bool, bool]]) -> _Chain:
    """Join segments by colons; each is ``(pieces, letter case is ignored, wildcards stay inside)``."""
    tokens: list[tuple[str | None, bool, bool]] = []
    stars: list[tuple[int, bool]] = []
    for place, (pieces, fold, within) in enumerate(segments):
        if place:
            tokens.append((":", False, False))
        for piece in pieces:
            if piece is Wildcard.ANY:
                stars.append((len(tokens), within))
            elif piece is Wildcard.ONE:
                tokens.append((None, False, within))
            elif isinstance(piece, str):
                tokens += [(character, fold, False) for character in piece]
    return _Chain(tuple(tokens), tuple(stars))


class _Automaton:
    """Chains side by side: a state is one whole number."""

    def __init__(self, groups: Sequence[Sequence[_Chain]]) -> None:
        self.start = 0
        self.ends: list[int] = []
        self.alive: list[int] = []
        self._spelled: dict[str, int] = {}
        self._any = self._any_within = self._stars = self._stars_within = 0
        self._covers: list[tuple[int, int]] = []
        offset = 0
        for chains in groups:
            ends = alive = 0
            for chain in chains:
                length = len(chain.tokens)
                self.start |= 1 << offset
                ends |= 1 << (offset + length)
                alive |= ((1 << (length + 1)) - 1) << offset
                self._lay_out(chain, offset)
                offset += length + 1
            self.ends.append(ends)
            self.alive.append(alive)
        self._covers.sort(reverse=True)
        self.characters = frozenset(self._spelled) | {":"}
        self._steps: dict[tuple[int, str], int] = {}

    def _lay_out(self, chain: _Chain, offset: int) -> None:
        for place, (character, fold, within) in enumerate(chain.tokens):
            bit = 1 << (offset + place)
            if character is None:
                self._any |= bit if not within else 0
                self._any_within |= bit if within else 0
                continue
            for sign in {character, character.lower(), character.upper()} if fold else {character}:
                self._spelled[sign] = self._spelled.get(sign, 0) | bit
        for place, within in chain.stars:
            bit = 1 << (offset + place)
            if within:
                self._stars_within |= bit
            else:
                self._stars |= bit
                # Whatever an earlier state accepts, the later state with such a star before it accepts too.
                self._covers.append((bit, ((1 << place) - 1) << offset))

    def step(self, state: int, character: str) -> int:
        """Return the state after one more character."""
        key = (state, character)
        known = self._steps.get(key)
        if known is not None:
            return known
        moves, stays = self._any | self._spelled.get(character, 0), self._stars
        if character != ":":
            moves |= self._any_within
            stays |= self._stars_within
        after = ((state & moves) << 1) | (state & stays)
        for star, covered in self._covers:
            if after & star:
                after &= ~covered
        self._steps[key] = after
        return after


_ARN = Element(("arn:*:*:*:*:*",))
"""Every resource that a request can name."""


@lru_cache(maxsize=4096)
def example(inside: frozenset[Element], outside: frozenset[Element], like: tuple[str, ...] = ()) -> str | None:
    """Return an ARN that every element of ``inside`` holds and none of ``outside``; None where there is none.

    ``like`` are ARNs to look at first, so that examples read well; else it is a shortest one. Raises TooManyStates.
    """
    for resource in (*like, *_spelled_out(inside, outside)):
        if all(item.holds(resource) for item in (_ARN, *inside)) and not any(item.holds(resource) for item in outside):
            return resource
    found = (_shortest(frozenset(single), outside) for single in product(*(_by_pattern(item) for item in inside)))
    return min((text for text in found if text is not None), key=lambda text: (len(text), text), default=None)


def _by_pattern(item: Element) -> list[Element]:
    """Return elements of one pattern each that together hold what this one does: many small searches cost less than one."""
    if item.negated:
        return [item]
    return [replace(item, patterns=(pattern,)) for pattern in dict.fromkeys(item.patterns)]


def _spelled_out(inside: frozenset[Element], outside: frozenset[Element]) -> list[str]:
    """Return the patterns with their wildcards replaced, the longest first: by a letter, and by a sign that no pattern spells."""
    patterns = {pattern for item in inside if not item.negated for pattern in item.patterns if "${" not in pattern}
    spelled = frozenset(sign for item in (*inside, *outside) for pattern in item.patterns for sign in pattern)
    return [
        pattern.replace("*", filler).replace("?", filler)
        for filler in dict.fromkeys((_OTHER, unspelled(spelled, _OTHER)))
        for pattern in sorted(patterns, key=lambda text: (-len(text), text))
    ]


def _shortest(inside: frozenset[Element], outside: frozenset[Element]) -> str | None:
    listed = (_ARN, *sorted(inside, key=repr), *sorted(outside, key=repr))
    wanted = [position <= len(inside) for position in range(len(listed))]
    automaton = _Automaton([item.chains() for item in listed])
    musts = [
        alive for item, alive, want in zip(listed, automaton.alive, wanted, strict=True) if want is not item.negated
    ]
    alphabet = sorted(
        automaton.characters | {unspelled(automaton.characters, _OTHER)}, key=lambda sign: (sign.isupper(), sign)
    )

    def is_wanted(state: int) -> bool:
        return all(
            (bool(state & ends) is not item.negated) is want
            for item, ends, want in zip(listed, automaton.ends, wanted, strict=True)
        )

    parents: dict[int, tuple[int, str] | None] = {automaton.start: None}
    queue = deque([automaton.start])
    while queue:
        state = queue.popleft()
        if is_wanted(state):
            return text_on_the_way(parents, state)
        for character in alphabet:
            after = automaton.step(state, character)
            if after in parents or not all(after & alive for alive in musts):
                continue
            parents[after] = (state, character)
            queue.append(after)
        if len(parents) > MOST_STATES:
            raise TooManyStates
    return None

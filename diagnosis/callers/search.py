"""Search the tokens that GitHub can mint for one that policies judge in a wanted way: the smallest, or none at all.

A token is read as one text: its parts stand in a fixed order, and each part goes to every claim that carries it (a branch
to ``sub``, ``ref`` and ``job_workflow_ref``). So the claims of a token always belong together, and a breadth-first search over
the state of all patterns is exact: it ends with a smallest token, or with the proof that there is none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from diagnosis.callers.constraints import Constraint, Rules
from diagnosis.sets.patterns import TooManyStates, unspelled_signs
from diagnosis.sets.words import State, Words


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a token."""

    words: Words | str
    """A fixed text, or every text that may stand here."""
    claims: tuple[str, ...]
    """The claims in which it stands."""
    escaped: tuple[str, ...] = ()
    """Those of them that write ``:`` as ``%3A``."""
    optional: bool = False
    """Whether a token may lack it, with the claims that it begins."""


@dataclass(frozen=True, slots=True)
class TokenShape:
    """Tokens of one shape: their parts in order. A claim that no part carries is absent."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """One token that was found."""

    claims: tuple[tuple[str, str], ...]
    """By name, sorted."""
    rules: int
    """The statements that apply to it, a bit for each rule."""

    @property
    def length(self) -> tuple[int, str]:
        """How it is ordered among others: the shorter subject first."""
        subject = dict(self.claims).get("sub", "")
        return (len(subject), subject)


MOST_PLACES = 80_000
"""What all searches of one policy, or of one pair, may meet together: a hostile policy is said to be too much in seconds."""

MOST_MOVES = 400_000
"""What they may cost together: each character that is tried at a place, and as many again for each 64 bytes of its state."""


@dataclass(slots=True)
class Budget:
    """What searches have spent, that share what they may spend."""

    share: int = 1
    """The part of the whole that they may spend: one of so many."""
    places: int = 0
    moves: int = 0

    def spend(self, moves: int, places: int = 0) -> None:
        """Count what a search meets. Raises TooManyStates where all together have met too much."""
        self.moves += moves
        self.places += places
        if self.places * self.share > MOST_PLACES or self.moves * self.share > MOST_MOVES:
            raise TooManyStates


Wanted: TypeAlias = Callable[[int], bool]
"""Whether a token is wanted, by the rules that apply to it (a bit each)."""


class Search:
    """Searches tokens of several shapes under the same rules."""

    def __init__(self, rules: Rules, budget: Budget | None = None) -> None:
        self._rules = rules
        self._budget = budget or Budget()
        self._cost = 1 + rules.patterns.size // 512
        self._patterns = rules.patterns
        self._every = (1 << len(rules.rules)) - 1
        self._by_claim: dict[str, list[tuple[int, Constraint, int, int]]] = {}
        self._bits_of_rule = [0] * len(rules.rules)
        self._bits_of_claim: dict[str, int] = {}
        self._count = len(rules.rules)
        self._steps: dict[tuple[tuple[str, ...], int, int, str], tuple[int, int]] = {}
        self._masks: dict[tuple[str, ...], int] = {}
        self._kept: dict[int, int] = {}
        for number, rule in enumerate(rules.rules):
            for item in rule.constraints:
                bits = ends = 0
                for index in item.patterns:
                    bits |= self._patterns.bits_of(index)
                    ends |= self._patterns.end_of(index)
                self._by_claim.setdefault(item.claim, []).append((1 << number, item, bits, ends))
                self._bits_of_rule[number] |= bits
                self._bits_of_claim[item.claim] = self._bits_of_claim.get(item.claim, 0) | bits

    def met(self, *, anew: bool) -> None:
        """Count one more move of a search, to a new place or not. Raises TooManyStates where that is too many."""
        self._budget.spend(self._cost, anew)

    def smallest(self, shape: TokenShape, wanted: Wanted, hopeful: Wanted) -> Token | None:
        """Return a smallest token of the shape that is wanted; None where there is none.

        ``hopeful`` says of the rules that may still apply whether a wanted token can come of them. Raises TooManyStates.
        """
        return _Run(self, shape, wanted, hopeful).found()

    # What a run asks of the rules, in numbers.

    def begun(self, shape: TokenShape) -> tuple[int, int]:
        """Return the patterns' state and the rules that may apply, before anything of the token is read."""
        carried = {claim for part in shape.parts for claim in part.claims}
        alive = self._every
        for claim in self._by_claim:
            if claim not in carried:
                alive = self.absent(claim, alive)
        return self.reduced(self._patterns.start, alive), alive

    def absent(self, claim: str, alive: int) -> int:
        """Return the rules that may still apply when a claim is absent."""
        for bit, item, _, _ in self._by_claim.get(claim, ()):
            if not item.when_absent:
                alive &= ~bit
        return alive

    def completed(self, claim: str, state: int, alive: int) -> tuple[int, int]:
        """Return state and rules once a claim has been read whole."""
        for bit, item, bits, ends in self._by_claim.get(claim, ()):
            if alive & bit:
                holds = item.when_present if item.when_present is not None else bool(state & ends) is not item.negated
                if not holds:
                    alive &= ~bit
            state &= ~bits
        return self.reduced(state, alive), alive

    def stepped(self, claims: tuple[str, ...], state: int, alive: int, text: str) -> tuple[int, int]:
        """Return state and rules after a text that goes into these claims."""
        key = (claims, state, alive, text)
        known = self._steps.get(key)
        if known is None:
            known = self._steps[key] = self._stepped(claims, state, alive, text)
        return known

    def _stepped(self, claims: tuple[str, ...], state: int, alive: int, text: str) -> tuple[int, int]:
        mask = self.bits_of(claims)
        moving, resting = state & mask, state & ~mask
        if not moving:
            return state, alive
        for character in text:
            moving = self._patterns.step(moving, character)
        for claim in claims:
            for bit, item, bits, _ in self._by_claim.get(claim, ()):
                # A condition that nothing can meet any more ends its statement at once.
                if alive & bit and item.when_present is None and not item.negated and not moving & bits:
                    alive &= ~bit
        return self.reduced(moving | resting, alive), alive

    def bits_of(self, claims: tuple[str, ...]) -> int:
        """Return the bits of all patterns of these claims."""
        mask = self._masks.get(claims)
        if mask is None:
            mask = 0
            for claim in claims:
                mask |= self._bits_of_claim.get(claim, 0)
            self._masks[claims] = mask
        return mask

    def signs(self, claims: tuple[str, ...], state: int) -> frozenset[str]:
        """Return the characters that the patterns of these claims tell apart next."""
        return self._patterns.signs(state & self.bits_of(claims))

    def reduced(self, state: int, alive: int) -> int:
        """Return the state without the patterns of statements that cannot apply."""
        kept = self._kept.get(alive)
        if kept is None:
            kept = ~sum(self._bits_of_rule[at] for at in range(self._count) if not alive >> at & 1)
            self._kept[alive] = kept
        return state & kept


_Place: TypeAlias = tuple[int, State, int, int, frozenset[str]]
"""Part, the part's own state, the patterns' state, the rules that may apply, the claims that were left out."""


class _Run:
    """One breadth-first search."""

    def __init__(self, search: Search, shape: TokenShape, wanted: Wanted, hopeful: Wanted) -> None:
        self._search, self._parts = search, shape.parts
        self._wanted, self._hopeful = wanted, hopeful
        self._last = {claim: at for at, part in enumerate(shape.parts) for claim in part.claims}
        self._parents: dict[_Place, tuple[_Place, str] | None] = {}
        self._queue: deque[_Place] = deque()

    def found(self) -> Token | None:
        state, alive = self._search.begun(TokenShape(self._parts))
        self._enter(0, state, alive, frozenset(), None, "")
        while self._queue:
            place = self._queue.popleft()
            at, inner, state, alive, gone = place
            if at == len(self._parts):
                if self._wanted(alive):
                    return Token(self._claims(place), alive)
                continue
            part = self._parts[at]
            words = part.words
            if isinstance(words, str):
                continue
            if words.ends(inner):
                self._leave(place)
            for character in self._characters(part, words, inner, state):
                after = words.step(inner, character)
                if after is None:
                    continue
                moved, left = self._moved(part, gone, state, alive, character)
                if self._hopeful(left):
                    self._meet((at, after, moved, left, gone), place, character, soon=False)
        return None

    def _characters(self, part: Part, words: Words, inner: State, state: int) -> tuple[str, ...]:
        """Return the characters to be tried: those that make a difference, and one that stands for all others."""
        told_apart = self._search.signs(part.claims, state) | words.signs(inner)
        if part.escaped:
            told_apart |= {":"}
        return _alphabet(told_apart)

    def _moved(self, part: Part, gone: frozenset[str], state: int, alive: int, text: str) -> tuple[int, int]:
        claims = tuple(claim for claim in part.claims if claim not in gone) if gone else part.claims
        if part.escaped and ":" in text:
            plain = tuple(claim for claim in claims if claim not in part.escaped)
            state, alive = self._search.stepped(plain, state, alive, text)
            return self._search.stepped(part.escaped, state, alive, text.replace(":", "%3A"))
        return self._search.stepped(claims, state, alive, text)

    def _leave(self, place: _Place) -> None:
        """End a part, complete the claims that end with it, and go on to the next."""
        at, _, state, alive, gone = place
        for claim in self._parts[at].claims:
            if self._last[claim] == at and claim not in gone:
                state, alive = self._search.completed(claim, state, alive)
        if self._hopeful(alive):
            self._enter(at + 1, state, alive, gone, place, "")

    def _enter(self, at: int, state: int, alive: int, gone: frozenset[str], before: _Place | None, text: str) -> None:
        """Go into a part. A fixed text is read at once; an optional part is also left out."""
        if at == len(self._parts):
            self._meet((at, None, state, alive, gone), before, text, soon=True)
            return
        part = self._parts[at]
        if part.optional:
            without, left = state, alive
            for claim in part.claims:
                left = self._search.absent(claim, left)
            without = self._search.reduced(state, left)
            if self._hopeful(left):
                self._enter(at + 1, without, left, gone | frozenset(part.claims), before, text)
        if isinstance(part.words, str):
            moved, left = self._moved(part, gone, state, alive, part.words)
            for claim in part.claims:
                if self._last[claim] == at and claim not in gone:
                    moved, left = self._search.completed(claim, moved, left)
            if self._hopeful(left):
                self._enter(at + 1, moved, left, gone, before, text)
            return
        self._meet((at, part.words.begin(), state, alive, gone), before, text, soon=True)

    def _meet(self, place: _Place, before: _Place | None, text: str, *, soon: bool) -> None:
        known = place in self._parents
        self._search.met(anew=not known)
        if known:
            return
        self._parents[place] = None if before is None else (before, text)
        if soon:
            self._queue.appendleft(place)
        else:
            self._queue.append(place)

    def _claims(self, place: _Place) -> tuple[tuple[str, str], ...]:
        """Return the claims of the token that was read on the way to a place."""
        texts: dict[int, str] = {}
        gone = place[4]
        step = self._parents[place]
        while step is not None:
            before, text = step
            texts[before[0]] = text + texts.get(before[0], "")
            step = self._parents[before]
        found: dict[str, str] = {}
        for at, part in enumerate(self._parts):
            text = part.words if isinstance(part.words, str) else texts.get(at, "")
            for claim in part.claims:
                if claim not in gone:
                    shown = text.replace(":", "%3A") if claim in part.escaped else text
                    found[claim] = found.get(claim, "") + shown
        return tuple(sorted(found.items()))


@lru_cache(maxsize=4096)
def _alphabet(told_apart: frozenset[str]) -> tuple[str, ...]:
    """Return these characters and those that stand for all others."""
    return tuple(sorted(told_apart | unspelled_signs(told_apart), key=_order))


def _order(sign: str) -> tuple[bool, bool, str]:
    """Try small letters and digits first, so that the smallest token is one that people can read."""
    return (not sign.isalnum(), not sign.islower(), sign)

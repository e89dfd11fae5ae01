"""Which texts a name may be: languages that are read character by character, with few states.

Each language says of every character whether it may come next, so that a search over texts meets only texts that can exist:
a GitHub login has no colon, a branch has no space, and a repository of the same name in other letters cannot exist.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

State: TypeAlias = Hashable

Legal: TypeAlias = Callable[[str], bool]
"""Whether a character may stand in a name."""


class Words(Protocol):
    """A language of words."""

    def begin(self) -> State:
        """Return the state before the first character."""
        ...

    def step(self, state: State, character: str) -> State | None:
        """Return the state after one more character; None where no word of the language goes on like this."""
        ...

    def ends(self, state: State) -> bool:
        """Return whether the characters so far are a word."""
        ...

    def signs(self, state: State) -> frozenset[str]:
        """Return the next characters that matter to the language itself, whatever any pattern spells."""
        ...


@dataclass(frozen=True, slots=True)
class Exactly:
    """One word."""

    word: str

    def begin(self) -> State:
        """Return the number of characters read."""
        return 0

    def step(self, state: State, character: str) -> State | None:
        """Return the next number while the word goes on with this character."""
        at = state if isinstance(state, int) else 0
        return at + 1 if self.word[at : at + 1] == character else None

    def ends(self, state: State) -> bool:
        """Return whether the whole word was read."""
        return state == len(self.word)

    def signs(self, state: State) -> frozenset[str]:
        """Return the next character of the word."""
        at = state if isinstance(state, int) else 0
        return frozenset(self.word[at : at + 1])


@dataclass(frozen=True, slots=True)
class Name:
    """Every non-empty word of legal characters, but for some; letter case does not make another name.

    A state is how the word so far begins (None once it is none of the names that matter), whether anything was read, and
    how much of ``ends_not`` was read last.
    """

    legal: Legal
    legal_first: Legal | None = None
    apart_from: frozenset[str] = frozenset()
    """Folded names that are left out."""
    begins: str = ""
    """Folded: every word goes on from this, and is longer."""
    begins_not: str = ""
    """Folded: no word begins like this."""
    ends_not: str = ""
    """Folded: no word ends like this. Its first character stands in it once."""
    also: frozenset[str] = frozenset()
    """Characters to be tried beside those that patterns spell."""
    _matter: frozenset[str] = field(init=False, repr=False, compare=False)
    """The names, and beginnings of names, that matter: computed once, since every step asks for them."""

    def __post_init__(self) -> None:
        """Gather the names that matter."""
        matter = self.apart_from | frozenset(word for word in (self.begins, self.begins_not) if word)
        object.__setattr__(self, "_matter", matter)

    def begin(self) -> State:
        """Return the state before the first character."""
        return ("", False, 0)

    def step(self, state: State, character: str) -> State | None:
        """Keep the name so far while it may still become one of the names that matter."""
        so_far, begun, ending = _of_name(state)
        if not (self.legal if begun or self.legal_first is None else self.legal_first)(character):
            return None
        sign = character.lower()
        ending = self._ending(ending, sign)
        if so_far is None:
            return (None, True, ending)
        now = so_far + sign
        if self.begins and len(now) <= len(self.begins) and not self.begins.startswith(now):
            return None
        if self.begins_not and now.startswith(self.begins_not):
            return None
        return (now if any(word.startswith(now) for word in self._matter) else None, True, ending)

    def _ending(self, read: int, sign: str) -> int:
        """Return how much of ``ends_not`` the word ends with."""
        if self.ends_not[read : read + 1] == sign:
            return read + 1
        return 1 if self.ends_not[:1] == sign else 0

    def ends(self, state: State) -> bool:
        """Return whether the name may end here."""
        so_far, begun, ending = _of_name(state)
        if not begun or (self.ends_not and ending == len(self.ends_not)):
            return False
        if so_far is None:
            return True
        return so_far not in self.apart_from and not (self.begins and len(so_far) <= len(self.begins))

    def signs(self, state: State) -> frozenset[str]:
        """Return how the names that matter go on, in small letters, and what is to be tried anyway."""
        so_far, _, ending = _of_name(state)
        tried = self.also | frozenset(self.ends_not[ending : ending + 1]) | frozenset(self.ends_not[:1])
        if so_far is None:
            return tried
        at = len(so_far)
        return tried | {word[at] for word in self._matter if len(word) > at and word.startswith(so_far)}


def _of_name(state: State) -> tuple[str | None, bool, int]:
    """Return a state of Name in its three parts."""
    return state if isinstance(state, tuple) else ("", False, 0)


@dataclass(frozen=True, slots=True)
class Unspelled:
    """Every non-empty word that is made of one character which no pattern spells: a name that no policy means."""

    sign: str

    def begin(self) -> State:
        """Return whether a character was read."""
        return False

    def step(self, _state: State, character: str) -> State | None:
        """Go on with that character alone."""
        return True if character == self.sign else None

    def ends(self, state: State) -> bool:
        """Return whether a character was read."""
        return state is True

    def signs(self, _state: State) -> frozenset[str]:
        """Return that character."""
        return frozenset(self.sign)


@dataclass(frozen=True, slots=True)
class Within:
    """The words of another language between two fixed texts: ``refs/heads/`` and nothing, ``refs/pull/`` and ``/merge``."""

    before: str
    words: Words
    after: str = ""

    def begin(self) -> State:
        """Return the place: in the text before, in the word, or in the text after."""
        return ("before", 0) if self.before else ("word", self.words.begin())

    def step(self, state: State, character: str) -> State | None:
        """Go through the three parts in order."""
        part, inner = state if isinstance(state, tuple) else ("before", 0)
        if part == "before":
            if self.before[inner] != character:
                return None
            return ("word", self.words.begin()) if inner + 1 == len(self.before) else ("before", inner + 1)
        if part == "word":
            # What follows begins with a character that no word of the inner language holds.
            if self.after and self.words.ends(inner) and character == self.after[0]:
                return ("after", 1)
            stepped = self.words.step(inner, character)
            return None if stepped is None else ("word", stepped)
        return ("after", inner + 1) if self.after[inner : inner + 1] == character else None

    def ends(self, state: State) -> bool:
        """Return whether all parts were read."""
        part, inner = state if isinstance(state, tuple) else ("before", 0)
        if part == "word":
            return not self.after and self.words.ends(inner)
        return bool(part == "after" and inner == len(self.after))

    def signs(self, state: State) -> frozenset[str]:
        """Return the next character of a fixed text, or what matters to the word, and how the text after it begins."""
        part, inner = state if isinstance(state, tuple) else ("before", 0)
        if part == "word":
            return self.words.signs(inner) | frozenset(self.after[:1])
        fixed = self.before if part == "before" else self.after
        return frozenset(fixed[inner : inner + 1])


@dataclass(frozen=True, slots=True)
class OneOf:
    """The words of several languages, of which each word belongs to one alone or is the same in all."""

    choices: tuple[Words, ...]

    def begin(self) -> State:
        """Return the state of each."""
        return tuple(choice.begin() for choice in self.choices)

    def step(self, state: State, character: str) -> State | None:
        """Step in each that has not failed yet."""
        states = state if isinstance(state, tuple) else ()
        after = tuple(
            None if inner is None else choice.step(inner, character)
            for choice, inner in zip(self.choices, states, strict=True)
        )
        return None if all(inner is None for inner in after) else after

    def ends(self, state: State) -> bool:
        """Return whether it is a word of any."""
        states = state if isinstance(state, tuple) else ()
        return any(inner is not None and choice.ends(inner) for choice, inner in zip(self.choices, states, strict=True))

    def signs(self, state: State) -> frozenset[str]:
        """Return what matters to any that has not failed."""
        states = state if isinstance(state, tuple) else ()
        found: frozenset[str] = frozenset()
        for choice, inner in zip(self.choices, states, strict=True):
            if inner is not None:
                found |= choice.signs(inner)
        return found

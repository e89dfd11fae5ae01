"""Which texts are names on GitHub: logins, repositories, refs, environments, workflow files.

Source: GitHub's rules for names, and ``git check-ref-format``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from diagnosis.sets.words import Exactly, Name, OneOf, State, Unspelled, Within, Words

HEADS, TAGS = "refs/heads/", "refs/tags/"


def _is_login(sign: str) -> bool:
    return sign.isascii() and (sign.isalnum() or sign in "-_")


def _is_login_start(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()


def _is_repository(sign: str) -> bool:
    return sign.isascii() and (sign.isalnum() or sign in "-_.")


def _is_printable(sign: str) -> bool:
    return unicodedata.category(sign)[0] != "C"


def _is_digit(sign: str) -> bool:
    return sign in "0123456789"


def _is_digit_but_zero(sign: str) -> bool:
    return sign in "123456789"


def _is_session(sign: str) -> bool:
    return sign.isascii() and (sign.isalnum() or sign in "_+=,.@-")


def _is_any_login(sign: str) -> bool:
    return _is_login(sign) or sign in "[]"


_REF_SIGNS = frozenset("/.@{a")
_OF_REFS = frozenset(" ~^:?*[\\\x7f")


@dataclass(frozen=True, slots=True)
class RefName:
    """Names of branches and tags, by the rules of ``git check-ref-format``, but for some; letter case matters."""

    apart_from: frozenset[str] = frozenset()

    def begin(self) -> State:
        """Return the state before the first character."""
        return ("", "/")

    def step(self, state: State, character: str) -> State | None:
        """Go on unless git refuses the name; the last character decides what may follow."""
        so_far, last = state if isinstance(state, tuple) else (None, "/")
        if character in _OF_REFS or not _is_printable(character):
            return None
        if (character in ("/", ".") and last in ("/", ".")) or (character == "{" and last == "@"):
            return None
        now = None if so_far is None else so_far + character
        kept = now if now is not None and any(word.startswith(now) for word in self.apart_from) else None
        return (kept, character if character in ("/", ".", "@") else "")

    def ends(self, state: State) -> bool:
        """Return whether the name may end here."""
        so_far, last = state if isinstance(state, tuple) else (None, "/")
        return last not in ("/", ".") and so_far not in self.apart_from

    def signs(self, state: State) -> frozenset[str]:
        """Return how the names that are left out go on, and the characters of which git forbids some places."""
        so_far = state[0] if isinstance(state, tuple) else None
        if so_far is None:
            return _REF_SIGNS
        at = len(so_far)
        return _REF_SIGNS | {word[at] for word in self.apart_from if len(word) > at and word.startswith(so_far)}


@dataclass(frozen=True, slots=True)
class WorkflowFile:
    """Names of workflow files: ``.yml`` or ``.yaml``, without a slash."""

    _ENDINGS = (".yml", ".yaml")

    def begin(self) -> State:
        """Return the part of an ending that was read, and whether anything stands before it."""
        return ("", False)

    def step(self, state: State, character: str) -> State | None:
        """Keep the longest part of an ending that was read."""
        read, named = state if isinstance(state, tuple) else ("", False)
        if character in "/@:" or not _is_printable(character):
            return None
        now = read + character
        while now and not any(ending.startswith(now) for ending in self._ENDINGS):
            now = now[1:]
        return (now, named or not now)

    def ends(self, state: State) -> bool:
        """Return whether an ending was read whole, after a name."""
        return isinstance(state, tuple) and state[0] in self._ENDINGS and state[1]

    def signs(self, _state: State) -> frozenset[str]:
        """Return the characters of the endings."""
        return frozenset("".join(self._ENDINGS))


ANY_OWNER = Name(_is_login, _is_login_start, also=frozenset("a"))
_NO_REPOSITORY = frozenset({".", ".."})
_GIT = ".git"
"""GitHub takes no repository of a name that ends like this: it is how the address of a clone ends."""
ANY_REPOSITORY = Name(_is_repository, apart_from=_NO_REPOSITORY, ends_not=_GIT, also=frozenset("a"))
ANY_ID = Name(_is_digit, _is_digit_but_zero, also=frozenset("1"))
ANY_TEXT = Name(_is_printable, also=frozenset("a"))
ANY_ENVIRONMENT = ANY_TEXT
ANY_BRANCH = Within(HEADS, RefName())
ANY_TAG = Within(TAGS, RefName())
PULL_REF = Within("refs/pull/", ANY_ID, "/merge")
ANY_REF = OneOf((ANY_BRANCH, ANY_TAG, PULL_REF))
ANY_REF_OF_PULL = OneOf((PULL_REF, ANY_BRANCH))
"""A pull request runs on its merge ref, or on its base branch: when it is closed, and for ``pull_request_target``."""


def audiences_of(audiences: Iterable[str] | None) -> Words:
    """Return what a caller may request: the audiences that the provider in IAM admits, anything where they are not known."""
    return ANY_TEXT if audiences is None else OneOf(tuple(Exactly(audience) for audience in audiences))


def is_repository_name(name: str) -> bool:
    """Return whether GitHub would take a repository of this name."""
    state: State | None = ANY_REPOSITORY.begin()
    for sign in name:
        state = None if state is None else ANY_REPOSITORY.step(state, sign)
    return state is not None and ANY_REPOSITORY.ends(state)


def owner_apart_from(names: frozenset[str] = frozenset(), *, begins: str = "", begins_not: str = "") -> Words:
    """Return every owner but those of these names, in whatever letter case."""
    return Name(_is_login, _is_login_start, _folded(names), begins.lower(), begins_not.lower(), also=frozenset("a"))


def repository_apart_from(names: frozenset[str] = frozenset(), *, begins: str = "", begins_not: str = "") -> Words:
    """Return every name of a repository but these, in whatever letter case."""
    left_out = _folded(names) | _NO_REPOSITORY
    return Name(_is_repository, None, left_out, begins.lower(), begins_not.lower(), _GIT, frozenset("a"))


def id_apart_from(number: str) -> Words:
    """Return every id but this."""
    return Name(_is_digit, _is_digit_but_zero, frozenset((number,)), also=frozenset("1"))


def environment_apart_from(names: frozenset[str]) -> Words:
    """Return every environment but these. GitHub does not tell letter case apart in their names."""
    return Name(_is_printable, None, _folded(names), also=frozenset("a"))


def branch_apart_from(names: frozenset[str]) -> Words:
    """Return every full ref of a branch but these names."""
    return Within(HEADS, RefName(names))


def tag_apart_from(names: frozenset[str]) -> Words:
    """Return every full ref of a tag but these names."""
    return Within(TAGS, RefName(names))


def unspelled_branch(sign: str) -> Words:
    """Return branches whose name no policy means."""
    return Within(HEADS, Unspelled(sign))


def unspelled_tag(sign: str) -> Words:
    """Return tags whose name no policy means."""
    return Within(TAGS, Unspelled(sign))


def _folded(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


ANY_ACTOR = Name(_is_any_login, _is_login_start, also=frozenset("a"))
"""Who triggered the run; an app's name ends with ``[bot]``."""
ANY_SESSION_NAME = Name(_is_session, also=frozenset("a"))

"""What a detector says, and how it is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import NamedTuple


class Finding(NamedTuple):
    """A secret: from ``start`` up to ``end`` (characters of the text that was searched), and its kind."""

    start: int
    end: int
    kind: str


class Detector(NamedTuple):
    """One way to find secrets in a line."""

    fragments: tuple[str, ...]
    """One of them stands in every line in which it can find anything."""
    find: Callable[[str], Iterable[Finding]]


def valued(
    fragments: tuple[str, ...], pattern: re.Pattern[str], counts: Callable[[str], bool], kind: str = "credential"
) -> Detector:
    """Return what finds the part of a pattern that is called ``value``, where that counts."""

    def find(text: str) -> Iterator[Finding]:
        for found in pattern.finditer(text):
            if counts(found["value"][:301]):
                yield Finding(*found.span("value"), kind)

    return Detector(fragments, find)


def any_case(*words: str) -> tuple[str, ...]:
    """Return the words in every mixture of cases; they must be short."""
    return tuple(
        "".join(letters)
        for word in words
        for letters in product(*(dict.fromkeys((letter.lower(), letter.upper())) for letter in word))
    )


_WRITINGS: tuple[dict[str, str], ...] = (
    {"=": "%3D", ":": "%3A", "@": "%40", '"': "%22", "'": "%27", "/": "%2F", " ": "%20", "+": "%2B", "~": "%7E"},
    {"=": "%3d", ":": "%3a", "/": "%2f"},
    {"=": "%253D", ":": "%253A", "@": "%2540", '"': "%2522", "'": "%2527", "/": "%252F", " ": "%2520"},
    {"=": "%253d", ":": "%253a", "/": "%252f"},
    {"=": "%25253D", ":": "%25253A", "@": "%252540"},
    {'"': '\\"', "'": "\\'", "/": "\\/"},
    {"=": "\\u003d", ":": "\\u003a", "@": "\\u0040", '"': "\\u0022", "'": "\\u0027"},
    {'"': "&quot;", "'": "&#39;", "=": "&#61;", "@": "&#64;", ":": "&#58;"},
    {"'": "&apos;", '"': "&#34;"},
    {" ": "+"},
)


def in_writings(fragment: str) -> tuple[str, ...]:
    """Return a fragment as it stands in texts that write signs in another way: in addresses, JSON, XML."""
    written = ("".join(signs.get(letter, letter) for letter in fragment) for signs in _WRITINGS)
    return tuple(dict.fromkeys((fragment, *written)))


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())

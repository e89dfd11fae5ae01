"""Tokens that their maker gave a mark of their own, as the makers document it. They are replaced wherever they stand.

Every pattern is a mark, and then characters without an end that must follow: it cannot be tried in more than one way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import NamedTuple

from diagnosis.logs.secrets.finding import Detector, Finding

WORD = "[A-Za-z0-9_-]"
ALNUM = "[A-Za-z0-9]"
HEX = "[0-9a-f]"
UUID = rf"{HEX}{{8}}-{HEX}{{4}}-{HEX}{{4}}-{HEX}{{4}}-{HEX}{{12}}"
ALONE = r"(?<![A-Za-z0-9_])"
"""For marks with which words may end."""


class Shape(NamedTuple):
    """How the tokens of one maker look."""

    kind: str
    fragments: tuple[str, ...]
    """One of them stands in every line that one of the patterns can match."""
    patterns: tuple[str, ...]

    def detector(self) -> Detector:
        """Return what finds them."""
        find: Callable[[str], Iterator[Finding]] = partial(_all, "|".join(self.patterns), self.kind)
        return Detector(self.fragments, find)


def _all(pattern: str, kind: str, text: str) -> Iterator[Finding]:
    return (Finding(found.start(), found.end(), kind) for found in compiled(pattern).finditer(text))


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern that is made when the first text needs it: all of them together take a tenth of a second."""
    return re.compile(pattern)

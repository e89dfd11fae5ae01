"""Compare patterns of ``*`` and ``?`` with each other: do they have a text in common, does one hold all of the other?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from diagnosis.policy.language.variables import Piece, Wildcard, read_pieces

Cells: TypeAlias = "tuple[str | Wildcard, ...]"
"""A pattern character by character, wildcards as such."""


def cells_of(pieces: Sequence[Piece]) -> Cells:
    """Return resolved pieces character by character; a variable is left out."""
    cells: list[str | Wildcard] = []
    for piece in pieces:
        if isinstance(piece, Wildcard):
            cells.append(piece)
        elif isinstance(piece, str):
            cells.extend(piece)
    return tuple(cells)


@lru_cache(maxsize=1024)
def pattern_cells(text: str) -> Cells:
    """Return the cells of a pattern without variables."""
    return cells_of(read_pieces(text, variables=False, wildcards=True))


def meet(left: Cells, right: Cells) -> bool:
    """Return whether some text matches both patterns.

    Every place in the right pattern that may be reached with a place of the left one is a bit of one number, so that two
    patterns of a whole document's length need no more memory than they take themselves.
    """
    left, row = _single_stars(left), _Row(_single_stars(right))
    reached = 1
    for one in left:
        if one is Wildcard.ANY:
            # It takes what the other side has from here on, as much of it as it likes.
            reached = row.whole & ~((reached & -reached) - 1) if reached else 0
            continue
        reached |= (reached & row.stars) << 1
        fits = ~row.stars if one is Wildcard.ONE else row.ones | row.spelled.get(one, 0)
        # A star of the other side stays where it is while it takes this character.
        reached = (reached & row.stars) | ((reached & fits) << 1 & row.whole)
    reached |= (reached & row.stars) << 1
    return bool(reached >> row.length & 1)


def covers(wide: Cells, narrow: Cells) -> bool:
    """Return whether the wide pattern matches every text of the narrow one, as far as their signs tell.

    A star of the narrow pattern is taken by a star of the wide one alone, so the answer may be False where it is true.
    """
    row = _Row(_single_stars(wide))
    reached = 1 | (row.stars & 1) << 1
    for sign in narrow:
        fits = 0 if sign is Wildcard.ANY else row.ones
        if isinstance(sign, str):
            fits |= row.spelled.get(sign, 0)
        reached = (reached & row.stars) | (reached & fits) << 1
        reached |= (reached & row.stars) << 1
    return bool(reached >> row.length & 1)


class _Row:
    """The places of a pattern as the bits of numbers: where it has a star, where one character, where which."""

    def __init__(self, cells: Cells) -> None:
        self.length = len(cells)
        self.whole = (1 << self.length + 1) - 1
        self.stars = self.ones = 0
        self.spelled: dict[str, int] = {}
        for place, cell in enumerate(cells):
            if cell is Wildcard.ANY:
                self.stars |= 1 << place
            elif cell is Wildcard.ONE:
                self.ones |= 1 << place
            elif isinstance(cell, str):
                self.spelled[cell] = self.spelled.get(cell, 0) | 1 << place


def _single_stars(cells: Cells) -> Cells:
    """Return the pattern with one star where it has several in a row."""
    before = (None, *cells)
    return tuple(cell for cell, last in zip(cells, before, strict=False) if not (cell is last is Wildcard.ANY))

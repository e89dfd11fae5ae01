"""Compare patterns of ``*`` and ``?`` with each other: do they have a text in common, does one hold all of the other?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    """Return whether some text matches both patterns."""
    reached = {(0, 0)}
    waiting = [(0, 0)]
    while waiting:
        at, beside = waiting.pop()
        if at == len(left) and beside == len(right):
            return True
        for step in _steps(left, right, at, beside):
            if step not in reached:
                reached.add(step)
                waiting.append(step)
    return False


def _steps(left: Cells, right: Cells, at: int, beside: int) -> Iterator[tuple[int, int]]:
    one = left[at] if at < len(left) else None
    other = right[beside] if beside < len(right) else None
    if one is Wildcard.ANY:
        yield at + 1, beside
    if other is Wildcard.ANY:
        yield at, beside + 1
    if one is None or other is None:
        return
    if isinstance(one, Wildcard) or isinstance(other, Wildcard) or one == other:
        # A star stays where it is while it takes a character of the other side.
        yield at + (one is not Wildcard.ANY), beside + (other is not Wildcard.ANY)


def covers(wide: Cells, narrow: Cells) -> bool:
    """Return whether the wide pattern matches every text of the narrow one, as far as their signs tell.

    A star of the narrow pattern is taken by a star of the wide one alone, so the answer may be False where it is true.
    """
    reached = _past_stars(wide, {0})
    for sign in narrow:
        following = set()
        for at in reached:
            if at == len(wide):
                continue
            here = wide[at]
            if here is Wildcard.ANY:
                following.add(at)
            elif here == sign or (here is Wildcard.ONE and sign is not Wildcard.ANY):
                following.add(at + 1)
        reached = _past_stars(wide, following)
    return len(wide) in reached


def _past_stars(wide: Cells, reached: set[int]) -> set[int]:
    found = set(reached)
    for at in reached:
        end = at
        while end < len(wide) and wide[end] is Wildcard.ANY:
            end += 1
            found.add(end)
    return found

"""The runs around one run in the list of its workflow, page by page: in a long history they may lie on any page.

A chain must have no gap, so the runs that are handed back are neighbours: whole pages side by side, or the run alone
where its page cannot be found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from diagnosis.closure.chain import LONGEST_CHAIN
from diagnosis.facts.runs import Attempt
from probes.github.http.client import PER_PAGE
from probes.github.read.runs import RunPage

ListPage: TypeAlias = Callable[[int], RunPage]
"""One page of the runs of one workflow, newest first, pages counted from 1."""

_MOST_GUESSES = 4
_MOST_PAGES = 4


def runs_around(list_page: ListPage, anchor: Attempt | None) -> tuple[Attempt, ...]:
    """Return the neighbouring runs with the anchor among them (None: the newest run), as far as its chain reaches.

    Usually one request; two for a run further back, since its number tells on which page it lies.
    """
    first = list_page(1)
    if anchor is None:
        anchor = first.attempts[0] if first.attempts else None
    if anchor is None:
        return ()
    place, page = _page_of(list_page, first, anchor)
    if page is None:
        return (anchor,)
    pages = {place: page}
    while len(pages) < _MOST_PAGES and page.next_page and not _ended(_older(pages, anchor)):
        place += 1
        page = pages[place] = list_page(place)
    place = min(pages)
    while len(pages) < _MOST_PAGES and place > 1 and not _ended(_newer(pages, anchor)):
        place -= 1
        pages[place] = first if place == 1 else list_page(place)
    return tuple(attempt for number in sorted(pages) for attempt in pages[number].attempts)


def _page_of(list_page: ListPage, first: RunPage, anchor: Attempt) -> tuple[int, RunPage | None]:
    """Find the page that holds the anchor. Runs are numbered by workflow; deleted ones make the guess too large a number."""
    if _holds(first, anchor):
        return 1, first
    if not first.attempts:
        return 1, None
    last = -(-first.total // PER_PAGE)
    place = (first.attempts[0].run_number - anchor.run_number) // PER_PAGE + 1
    asked: set[int] = {1}
    while len(asked) <= _MOST_GUESSES:
        place = max(2, min(place, last))
        if place in asked or not anchor.run_number:
            break
        asked.add(place)
        page = list_page(place)
        if _holds(page, anchor):
            return place, page
        numbers = [attempt.run_number for attempt in page.attempts]
        if not numbers:
            break
        if min(numbers) > anchor.run_number:
            place += max(1, (min(numbers) - anchor.run_number) // PER_PAGE)
        else:
            place -= max(1, (anchor.run_number - max(numbers)) // PER_PAGE)
    return 1, None


def _holds(page: RunPage, anchor: Attempt) -> bool:
    return any(attempt.run_id == anchor.run_id for attempt in page.attempts)


def _older(pages: dict[int, RunPage], anchor: Attempt) -> list[Attempt]:
    """Return the runs before the anchor, the nearest first."""
    runs = _in_order(pages)
    return runs[_index(runs, anchor) + 1 :]


def _newer(pages: dict[int, RunPage], anchor: Attempt) -> list[Attempt]:
    """Return the anchor and the runs after it, the nearest first."""
    runs = _in_order(pages)
    return runs[: _index(runs, anchor) + 1][::-1]


def _in_order(pages: dict[int, RunPage]) -> list[Attempt]:
    return [attempt for number in sorted(pages) for attempt in pages[number].attempts]


def _index(runs: Sequence[Attempt], anchor: Attempt) -> int:
    return next(place for place, attempt in enumerate(runs) if attempt.run_id == anchor.run_id)


def _ended(runs: Sequence[Attempt]) -> bool:
    """Return whether the chain is known to end among these runs, or is longer than is shown."""
    return len(runs) >= LONGEST_CHAIN or any(attempt.conclusion == "success" for attempt in runs)

"""The runs loaded so far, page by page."""

from __future__ import annotations

from collections.abc import Iterable

from tui.backend import RunKey, RunPage, RunRow
from tui.widgets.runs.run_filter import RunFilter, text_of


class RunPages:
    """Collect pages of runs; each attempt is kept once, even where rows moved between two reads."""

    def __init__(self) -> None:
        self.rows: dict[RunKey, RunRow] = {}
        self._texts: dict[RunKey, tuple[RunRow, str]] = {}
        self.total = 0
        self.next_page: int | None = None

    def add(self, page: RunPage, number: int) -> None:
        """Take a page in; page 1 replaces all earlier rows."""
        if number == 1:
            self.rows = {}
            self._texts = {}
        self.rows.update((row.key, row) for row in page.rows)
        self.total = page.total
        self.next_page = page.next_page

    def poll(self, first: RunPage | None, further: Iterable[RunRow]) -> None:
        """Take in the first page as it is now, and rows of later pages that have changed; the other rows stay.

        Where the first page no longer meets what was read before it, so many runs have come that reading begins anew.
        """
        if first is not None:
            older = self._older_than(first)
            if older is None:
                self.add(first, 1)
            else:
                fresh = {row.key[0] for row in first.rows}
                kept = [row for row in older if row.key[0] not in fresh]
                self.rows = {row.key: row for row in (*first.rows, *kept)}
                self.total = first.total
                self.next_page = self.next_page if kept else first.next_page
        now = {row.key[0]: row for row in further}
        found = [now.pop(row.key[0], row) if row.key[0] in now else row for row in self.rows.values()]
        self.rows = {row.key: row for row in found}

    def _older_than(self, first: RunPage) -> list[RunRow] | None:
        """Return the rows that were read behind the last of a first page; None where that was not read."""
        rows = list(self.rows.values())
        last = first.rows[-1].key[0] if first.rows else None
        place = next((place for place, row in enumerate(rows) if row.key[0] == last), None)
        return None if place is None else rows[place + 1 :]

    def shown(self, filter_: RunFilter) -> tuple[RunRow, ...]:
        """Return the rows that contain the filter's words."""
        if not filter_.words:
            return tuple(self.rows.values())
        return tuple(row for row in self.rows.values() if filter_.admits(row, self._text_of(row)))

    def _text_of(self, row: RunRow) -> str:
        # Made once for a row: ten thousand of them would take longer than the time between two keys that are typed.
        known = self._texts.get(row.key)
        if known is None or known[0] is not row:
            known = self._texts[row.key] = (row, text_of(row))
        return known[1]

    @property
    def active(self) -> bool:
        """Whether a run among them is not completed yet."""
        return any(row.status != "completed" for row in self.rows.values())

    def count_words(self, shown: int) -> str:
        """Return the count: ``1 run``, ``100 of 10,000 read``, or ``12/300 of 10,000 runs`` where 12 of 300 read ones are shown."""
        loaded, total = len(self.rows), max(self.total, len(self.rows))
        if shown != loaded:
            return f"{shown:,}/{loaded:,} of {total:,} runs" if total > loaded else f"{shown:,}/{loaded:,} runs"
        return f"{loaded:,} of {total:,} read" if total > loaded else f"{loaded:,} run{'s' * (loaded != 1)}"

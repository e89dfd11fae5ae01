"""The runs loaded so far: pages as they arrive, and the rows that pass the filter."""

from __future__ import annotations

from tui.backend import RunKey, RunPage, RunRow
from tui.widgets.runs.run_filter import RunFilter


class RunPages:
    """Grows page by page; one row an attempt, whatever moved between two reads."""

    def __init__(self) -> None:
        self.rows: dict[RunKey, RunRow] = {}
        self.total = 0
        self.next_page: int | None = None

    def add(self, page: RunPage, number: int) -> None:
        """Take a page in; the first one begins anew."""
        if number == 1:
            self.rows = {}
        self.rows.update((row.key, row) for row in page.rows)
        self.total = page.total
        self.next_page = page.next_page

    def shown(self, filter_: RunFilter) -> tuple[RunRow, ...]:
        """The rows that the filter's words admit."""
        return tuple(row for row in self.rows.values() if filter_.admits(row))

    @property
    def active(self) -> bool:
        """Whether a run among them is not completed yet."""
        return any(row.status != "completed" for row in self.rows.values())

    def count_words(self, shown: int) -> str:
        """``1 run``; ``100 of 10,000 read``; ``12/300 of 10,000 runs`` where a filter shows 12 of the 300 read."""
        loaded, total = len(self.rows), max(self.total, len(self.rows))
        if shown != loaded:
            return f"{shown:,}/{loaded:,} of {total:,} runs" if total > loaded else f"{shown:,}/{loaded:,} runs"
        return f"{loaded:,} of {total:,} read" if total > loaded else f"{loaded:,} run{'s' * (loaded != 1)}"

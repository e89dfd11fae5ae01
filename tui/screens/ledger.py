"""The ledger: every call made, with its result and duration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from tui import keymap
from tui.desk import CallRow
from tui.foreign_text import foreign_line
from tui.widgets import signs
from tui.widgets.virtual_list import VirtualList

_GOOD = ("ok", "200", "201", "204", "206", "301", "302", "304", "hit", "cached")


class CallList(VirtualList[CallRow]):
    """One line a call."""

    empty_text = "No call was made yet."

    @staticmethod
    def columns(width: int) -> tuple[int, int, int, int]:
        """Widths of service, operation, target, result."""
        rest = max(40, width - 11 - 9)
        return (
            9,
            max(14, rest * 38 // 100),
            max(8, rest * 32 // 100),
            max(8, rest - 9 - rest * 38 // 100 - rest * 32 // 100),
        )

    @classmethod
    def line(cls, cells: Sequence[Content], at: str, seconds: str, width: int) -> Content:
        """One line of cells."""
        parts = [Content.styled(f" {at:<9} ", "$text-muted")]
        for content, room in zip(cells, cls.columns(width), strict=True):
            parts.append(content.truncate(room - 1, ellipsis=True, pad=True) + Content(" "))
        return Content("").join([*parts, Content.styled(f"{seconds:>8}", "$text-muted")])

    def lines_of(self, item: CallRow, width: int, *, chosen: bool) -> Sequence[Content]:
        """Time, service, operation, target, result, duration."""
        good = item.result.strip().lower().split(" ")[0] in _GOOD
        result = f"{'✔' if good else '!'} {item.result}"
        cells = [
            foreign_line(item.service, "$text-muted"),
            foreign_line(item.operation, "bold $text"),
            foreign_line(item.target, "$text-muted"),
            foreign_line(result, "$text-success" if good else "$text-warning"),
        ]
        return (self.line(cells, signs.utc(item.at, "%H:%M:%S"), signs.seconds_text(item.seconds), width),)


class LedgerScreen(Screen[None]):
    """Grows while calls are being made."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("", "dialog.close")
    AUTO_FOCUS = "CallList"

    def __init__(self, calls: Callable[[], tuple[CallRow, ...]]) -> None:
        super().__init__()
        self._calls = calls
        self._known = -1

    def compose(self) -> ComposeResult:
        """A head, the list, the sums."""
        with Vertical(classes="panel") as panel:
            panel.border_title = "Ledger: every call, all of them read-only"
            yield Static(id="ledger-head", markup=False)
            yield CallList()
        yield Footer()

    def on_mount(self) -> None:
        """Look for new calls each second."""
        self._look()
        self.set_interval(1.0, self._look)

    def on_resize(self) -> None:
        """The head has the list's columns."""
        self.call_after_refresh(self._head)

    def _head(self) -> None:
        width = self.query_one(CallList).scrollable_content_region.width
        names = [Content.styled(name, "$text-muted") for name in ("Service", "Operation", "Target", "Result")]
        self.query_one("#ledger-head", Static).update(CallList.line(names, "Time, UTC", "Took", width))

    def _look(self) -> None:
        calls = self._calls()
        if len(calls) == self._known:
            return
        self._known = len(calls)
        self.query_one(CallList).show(calls)
        counts = Counter(call.service for call in calls)
        words = "  ".join(f"{service} {count}" for service, count in counts.most_common(6))
        total = sum(call.seconds for call in calls)
        sums = f"{len(calls)} calls in {signs.seconds_text(total)}" + (f" · {words}" if words else "")
        self.query_one(Vertical).border_subtitle = foreign_line(sums)

    def action_close(self) -> None:
        """Back."""
        self.dismiss(None)

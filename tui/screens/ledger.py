"""The ledger: every call made, with its result and duration."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui import keymap
from tui.backend import CallRow
from tui.foreign_text import foreign_line
from tui.screens.dialogs.saving import Saving, ask_and_save
from tui.screens.present_size import PresentSize
from tui.widgets.base import times
from tui.widgets.base.blocks import field
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.virtual_list import VirtualList

_GOOD = ("ok", "200", "201", "204", "206", "301", "302", "304", "hit", "cached")


class CallList(VirtualList[CallRow]):
    """A list with one line for each call."""

    empty_text = "No call was made yet."

    @staticmethod
    def columns(width: int) -> tuple[int, int, int, int]:
        """Return the widths of service, operation, target and result."""
        service = 15 if width >= 100 else 9
        rest = max(40, width - 11 - 9 - service)
        operation, target = max(14, rest * 38 // 100), max(10, rest * 38 // 100)
        return service, operation, target, max(8, rest - operation - target)

    @classmethod
    def line(cls, cells: Sequence[Content], at: str, seconds: str, width: int) -> Content:
        """Lay out one line of cells."""
        parts = [Content.styled(f" {at:<9} ", "$text-muted")]
        for content, room in zip(cells, cls.columns(width), strict=True):
            parts.append(content.truncate(room - 1, ellipsis=True, pad=True) + Content(" "))
        return Content("").join([*parts, Content.styled(f"{seconds:>8}", "$text-muted")])

    def lines_of(self, item: CallRow, width: int, *, chosen: bool) -> Sequence[Content]:
        """Return the line of a call: time, service, operation, target, result, duration."""
        sign, style = result_look(item.result)
        cells = [
            foreign_line(item.service, "$text-muted"),
            foreign_line(item.operation, "bold $text"),
            end_of(item.target, self.columns(width)[2] - 1),
            foreign_line(f"{sign} {item.result}", style),
        ]
        return (self.line(cells, times.utc(item.at, "%H:%M:%S"), times.seconds_text(item.seconds), width),)


def result_look(result: str) -> tuple[str, str]:
    """Return sign and style of a result: answered, answered that there is nothing, or not answered."""
    word = result.strip().partition(" ")[0].lower()
    if word in _GOOD:
        return "✔", "$text-success"
    absent = any(part in word for part in ("notfound", "nosuch", "notinuse", "404"))
    return ("○", "$text-muted") if absent else ("!", "$text-warning")


def end_of(text: str, width: int) -> Content:
    """Cut a path or an ARN to its end, which tells it from others."""
    line = foreign_line(text, "$text-muted")
    over = line.cell_length - width
    return line if over <= 0 else Content.styled("…", "$text-muted") + line[over + 1 :]


class LedgerScreen(PresentSize, Screen[None]):
    """List the calls made so far, and go on while more are made."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("", "ledger.save", "dialog.close")
    AUTO_FOCUS = "CallList"

    def __init__(self, calls: Callable[[], tuple[CallRow, ...]]) -> None:
        super().__init__()
        self._calls = calls
        self._known = -1

    def compose(self) -> ComposeResult:
        """Lay out the head, the list and the sums."""
        with Vertical(classes="panel") as panel:
            panel.border_title = "Ledger: every call, all of them read-only"
            yield Static(id="ledger-head", markup=False)
            yield CallList()
            yield Static(id="ledger-chosen", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        """Look for new calls each second."""
        self.watch(self.query_one(CallList), "cursor", self._chosen, init=False)
        self._look()
        self.set_interval(1.0, self._look)

    def on_resize(self) -> None:
        """Give the head the list's columns."""
        self.call_after_refresh(self._head)

    def _chosen(self) -> None:
        """Show the whole words of the chosen call, which the columns may cut."""
        call = self.query_one(CallList).chosen
        words = f" {call.service} {call.operation}  {call.target}  {call.result}" if call is not None else ""
        self.query_one("#ledger-chosen", Static).update(foreign_line(words))

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
        self._chosen()
        counts = Counter(call.service for call in calls)
        words = "  ".join(f"{service} {count}" for service, count in counts.most_common(6))
        total = sum(call.seconds for call in calls)
        sums = f"{len(calls)} calls in {times.seconds_text(total)}" + (f" · {words}" if words else "")
        self.query_one(Vertical).border_subtitle = foreign_line(sums)

    def action_save(self) -> None:
        """Ask for a file and save the ledger to it, or give it to a browser as a download."""
        calls = self._calls()
        lines = (json.dumps({**asdict(call), "at": times.utc(call.at, "%Y-%m-%dT%H:%M:%S.%fZ")}) for call in calls)
        newest = times.utc(calls[-1].at, "%Y%m%dT%H%M%SZ") if calls else "empty"
        words = [field("Calls", f"{len(calls):,}, one a line of JSON")]
        name, text = f"planescope-ledger-{newest}.jsonl", "\n".join(lines) + "\n"
        ask_and_save(self, Saving("Save the ledger", words, name, text))

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)

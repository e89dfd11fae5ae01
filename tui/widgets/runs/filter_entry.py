"""The line in which the filter is typed: it completes keys and values, and a pasted address opens its run."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.suggester import Suggester
from textual.widgets import Input

from tui import keymap, messages
from tui.foreign_text import defused_line
from tui.widgets.runs.filter_help import Completions
from tui.widgets.runs.run_address import addresses_within


class FilterEntry(Input):
    """Type words, ``branch:`` and the like, or the address of a run."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("filter")

    def __init__(self, completions: Completions) -> None:
        super().__init__(
            id="filter",
            placeholder="words  branch:  status:  actor:  event:  created:  or a run's address",
            suggester=_Suggester(completions),
            compact=True,
        )
        self._completions = completions

    def action_complete(self) -> None:
        """Take the completion that is shown; without one go to the next part of the screen."""
        completed = self._completions.complete(self.value) if self.cursor_at_end else None
        if completed is None:
            self.screen.focus_next()
            return
        self.value = completed
        self.cursor_position = len(completed)

    async def action_clear(self) -> None:
        """Clear the filter, as esc does everywhere on the main screen."""
        await self.run_action("screen.cancel")

    def _on_paste(self, event: events.Paste) -> None:
        """Open the run whose address is pasted; any other text is typed, on one line and defused."""
        event.stop()
        event.prevent_default()
        if addresses_within(event.text):
            self.post_message(messages.PlaceNamed(event.text))
            return
        line = " ".join(event.text[:1000].split())
        self.replace(
            defused_line(line), *self.selection
        ) if not self.selection.is_empty else self.insert_text_at_cursor(defused_line(line))


class _Suggester(Suggester):
    """Show how the filter may go on."""

    def __init__(self, completions: Completions) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._completions = completions

    async def get_suggestion(self, value: str) -> str | None:
        """Return the filter with its last part completed."""
        return self._completions.complete(value)

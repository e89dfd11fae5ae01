"""The footer: the keys that work here, as many as the line holds; the way to help and the way out always among them."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Footer
from textual.widgets._footer import FooterKey  # Textual exports the footer, not its keys

ALWAYS = ("close", "help", "quit")
"""Actions that are shown whatever else is."""
FIRST_TO_GO = ("command_palette", "copy_text", "toggle_runs", "filter", "refresh_live")
"""Actions that are left out before others."""


class KeyLine(Footer):
    """Textual's footer, which cuts what does not fit, even the last key, which quits."""

    def compose(self) -> ComposeResult:
        """Leave out keys from the middle until the rest fits; the help has them all."""
        children = list(super().compose())
        keys = [child for child in children if isinstance(child, FooterKey)]
        left_out: set[Widget] = set()
        optional = sorted((key for key in keys if not _wanted(key)), key=_dispensable)
        while optional and self._width(keys, left_out) > self.app.size.width:
            left_out.add(optional.pop())
        yield from (child for child in children if child not in left_out)

    def _width(self, keys: list[FooterKey], left_out: set[Widget]) -> int:
        between = 1 if self.compact else 2
        return sum(_cells(key) + between for key in keys if key not in left_out) - between


def _cells(key: FooterKey) -> int:
    return Content(f"{key.key_display} {key.description}").cell_length


def _dispensable(key: FooterKey) -> int:
    """The larger, the sooner it goes; equals keep their order and go from the end."""
    action = key.action.rpartition(".")[2]
    return len(FIRST_TO_GO) - FIRST_TO_GO.index(action) if action in FIRST_TO_GO else 0


def _wanted(key: FooterKey) -> bool:
    return key.action in ALWAYS

"""The footer: the keys that work here, as many as the line holds; the way to help and the way out always among them.

One widget that draws a line. Textual's own footer is a widget a key, made anew whenever a key comes or goes.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.keys import key_to_character
from textual.screen import Screen
from textual.widget import Widget

ALWAYS = ("close", "help", "quit")
"""Actions that are shown whatever else is."""
FIRST_TO_GO = ("command_palette", "copy_remediation", "refresh_live", "filter", "compare", "toggle_runs")
"""Actions that are left out before others."""

_CHARACTERS = {"slash": "/", "backslash": "\\", "plus": "+", "minus": "-", "at": "@", "underscore": "_"}
"""Those that Textual cannot tell of its own names of keys."""


@dataclass(frozen=True, slots=True)
class ShownKey:
    """One key of the line."""

    key: str
    """By Textual's name."""
    display: str
    label: str
    action: str
    enabled: bool = True

    @property
    def content(self) -> Content:
        """The key and its label: ``r Refresh``."""
        look = "" if self.enabled else " 50%"
        return Content.assemble(
            (self.display, f"bold $footer-key-foreground{look}"),
            " ",
            (self.label, f"$footer-description-foreground{look}"),
        )

    @property
    def dispensable(self) -> int:
        """How soon the key is left out: the larger, the sooner; below zero never."""
        if self.action in ALWAYS:
            return -1
        return len(FIRST_TO_GO) - FIRST_TO_GO.index(self.action) if self.action in FIRST_TO_GO else 0


def fitting(keys: list[ShownKey], width: int, gap: int) -> list[ShownKey]:
    """Return the keys that fit on the line; the most dispensable are left out first."""
    kept = list(keys)
    going = sorted((key for key in keys if key.dispensable >= 0), key=lambda key: key.dispensable)
    while going and sum(key.content.cell_length + gap for key in kept) - gap > width:
        kept.remove(going.pop())
    return kept


class KeyLine(Widget):
    """Show the keys in force; a click on one does what the key does."""

    DEFAULT_CSS = "KeyLine { dock: bottom; height: 1; width: 1fr; background: $footer-background; }"

    def __init__(self, *, compact: bool = False) -> None:
        super().__init__()
        self.compact = compact
        self.show_command_palette = True
        self._places: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        """Draw again whenever the keys in force change."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, _screen: Screen[object]) -> None:
        self.refresh()

    @property
    def keys(self) -> list[ShownKey]:
        """The keys to show, one for each action; the command palette last."""
        found: dict[str, ShownKey] = {}
        palette: ShownKey | None = None
        focused = self.screen.focused
        for node, binding, enabled, _ in self.screen.active_bindings.values():
            if focused is not None and node is not focused and _is_typed(focused, binding.key):
                continue
            shown = ShownKey(
                binding.key, self.app.get_key_display(binding), binding.description,
                binding.action.rpartition(".")[2], enabled,
            )  # fmt: skip
            if shown.action == "command_palette":
                palette = shown if self.show_command_palette else None
            elif binding.show:
                found.setdefault(shown.action if shown.action in ALWAYS else binding.action, shown)
        return [*found.values(), *([palette] if palette else [])]

    def render(self) -> RenderResult:
        """Draw the keys from the left and the palette at the right end."""
        width, gap = self.content_size.width, 1 if self.compact else 2
        keys = fitting(self.keys, width, gap)
        line, self._places = Content(""), []
        for key in keys:
            if key.action == "command_palette":
                line = line.truncate(max(0, width - key.content.cell_length), pad=True)
            elif line.cell_length:
                line += Content(" " * gap)
            left = line.cell_length
            line += key.content
            self._places.append((left, line.cell_length, key.key))
        return line

    def on_click(self, event: events.Click) -> None:
        """Act as if the key had been pressed."""
        offset = event.get_content_offset(self)
        if offset is not None:
            for left, right, key in self._places:
                if left <= offset.x < right:
                    self.app.simulate_key(key)


def _is_typed(line: Widget, key: str) -> bool:
    """Return whether a key is a character that is typed into the line where the cursor stands."""
    return line.check_consume_key(key, key_to_character(key) or _CHARACTERS.get(key))

"""The command palette: the actions of the app and of the main screen, and the loaded runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tui import keymap, messages
from tui.foreign_text import defused_line, foreign_line
from tui.screens.present_size import PresentSize
from tui.screens.timeline.screen import TimelineScreen

RUN_HITS = 20
"""Runs offered for one search."""


class Palette(PresentSize, CommandPalette):
    """Textual's palette, of the present size as every screen of ours."""


class PlanescopeCommands(Provider):
    """Offer actions and, for a loaded run, ``Go to run``."""

    def _actions(self) -> list[tuple[keymap.Key, Callable[[], object]]]:
        screen = self.screen
        found: list[tuple[keymap.Key, Callable[[], object]]] = []
        for key in keymap.KEYS:
            owner = "app" if key.scope == "app" else "screen"
            if key.palette and (key.scope == "app" or isinstance(screen, TimelineScreen)):
                found.append((key, partial(screen.run_action, f"{owner}.{key.action}")))
        return found

    async def discover(self) -> Hits:
        """Offer all actions before anything is typed."""
        for key, run in self._actions():
            yield DiscoveryHit(Content(self._name(key)), run, text=self._name(key), help=self._help(key))

    async def search(self, query: str) -> Hits:
        """Offer the actions and runs that match the words."""
        matcher = self.matcher(query)
        for key, run in self._actions():
            if (score := max(matcher.match(self._name(key)), matcher.match(key.tooltip))) > 0:
                yield Hit(score, Content(self._name(key)), run, text=self._name(key), help=self._help(key))
        screen = self.screen
        if not isinstance(screen, TimelineScreen):
            return
        offered = 0
        for row in screen.runs.pages.rows.values():
            name = f"Go to run #{row.number} {defused_line(row.ref)}  {defused_line(row.title)}"
            score = matcher.match(name)
            if score > 0 and offered < RUN_HITS:
                offered += 1
                yield Hit(
                    score / 2, foreign_line(name), partial(screen.post_message, messages.RunChosen(row.key)), text=name
                )

    @staticmethod
    def _help(key: keymap.Key) -> str:
        """Return the sentence, with the key that does the same."""
        return f"{key.shown_as or keymap.shown_keys(key)}   {key.tooltip}"

    @staticmethod
    def _name(key: keymap.Key) -> str:
        if key.id == "timeline.earlier":
            return "Earlier stage"
        return "Later stage" if key.id == "timeline.later" else key.label

"""The command palette: every action of the screen below it, with its key, and the loaded runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tui import messages
from tui.actions import Action, actions_of
from tui.foreign_text import defused_line, foreign_line
from tui.keymap import shown_keys
from tui.screens.present_size import PresentSize
from tui.screens.timeline.screen import TimelineScreen

RUN_HITS = 20
"""Runs offered for one search."""


class Palette(PresentSize, CommandPalette):
    """Textual's palette, of the present size as every screen of ours; what is chosen in it is done once."""

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Go; a second enter that came before that finds nothing to do."""
        if self._is_dismissed:
            self._selected_command = Hit(0, "", _nothing)
        return super().dismiss(result)


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One line of the palette."""

    name: str
    help: str
    run: Callable[[], Any]


def offers_of(actions: list[Action], remapped: Mapping[str, str]) -> list[Offer]:
    """Return a line for each action; where two have one label, the sentence tells them apart. The usual ones come first."""
    # Lists and pages move by the same keys and words: one line stands for those of the part that has the cursor.
    told = {(action.key.keys, action.key.tooltip): action for action in reversed(actions)}
    actions = [action for action in actions if told[action.key.keys, action.key.tooltip] is action]
    labels = Counter(action.key.label for action in actions)
    ordered = sorted(
        actions, key=lambda action: (not action.possible, action.key.scope == "app", not action.key.palette)
    )
    return [_offer(action, remapped, alone=labels[action.key.label] == 1) for action in ordered]


def _offer(action: Action, remapped: Mapping[str, str], *, alone: bool) -> Offer:
    key, node = action.key, action.node
    what = key.tooltip if action.possible or not key.otherwise else f"Not now: {key.otherwise}"
    return Offer(
        key.label.capitalize() if alone else key.tooltip.rstrip("."),
        f"{shown_keys(key, remapped)}   {what}",
        partial(node.app.run_action, key.action, node),
    )


class PlanescopeCommands(Provider):
    """Offer actions and, for a loaded run, ``Go to run``."""

    def _offers(self) -> list[Offer]:
        here = [action for action in actions_of(self.screen) if action.key.id != "app.palette"]
        return offers_of(here, getattr(self.app, "keys_in_force", {}))

    async def discover(self) -> Hits:
        """Offer all actions before anything is typed."""
        for offer in self._offers():
            yield DiscoveryHit(Content(offer.name), offer.run, text=offer.name, help=offer.help)

    async def search(self, query: str) -> Hits:
        """Offer the actions and runs that match the words."""
        matcher = self.matcher(query)
        for offer in self._offers():
            if (score := max(matcher.match(offer.name), matcher.match(offer.help))) > 0:
                yield Hit(score, Content(offer.name), offer.run, text=offer.name, help=offer.help)
        screen = self.screen
        if not isinstance(screen, TimelineScreen):
            return
        for saved in screen.saved_filters:
            name = f"Filter the runs: {defused_line(saved)}"
            if (score := matcher.match(name)) > 0:
                yield Hit(score, foreign_line(name), partial(screen.use_filter, saved), text=name)
        offered = 0
        for row in screen.runs.pages.rows.values():
            name = f"Go to run #{row.number} {defused_line(row.ref)}  {defused_line(row.title)}"
            score = matcher.match(name)
            if score > 0 and offered < RUN_HITS:
                offered += 1
                yield Hit(
                    score / 2, foreign_line(name), partial(screen.post_message, messages.RunChosen(row.key)), text=name
                )

"""What can be done on a screen right now: the rows of :mod:`tui.keymap` that the screen, its parts and the app bind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from textual.actions import parse
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from tui import keymap


@dataclass(frozen=True, slots=True)
class Action:
    """One row of the table, and who carries it out."""

    key: keymap.Key
    node: DOMNode
    """The screen, one of its parts, or the app."""

    @property
    def possible(self) -> bool:
        """Whether it could do something now."""
        _, name, parameters = parse(self.key.action)
        return bool(self.node.check_action(name, parameters))


def bound_by(kind: type[DOMNode]) -> tuple[keymap.Key, ...]:
    """Return the rows that a class binds, those of its bases last."""
    found: dict[str, keymap.Key] = {}
    for base in kind.__mro__:
        for binding in base.__dict__.get("BINDINGS", ()):
            key = keymap.BY_ID.get(binding.id or "") if isinstance(binding, Binding) else None
            if key is not None:
                found.setdefault(key.id, key)
    return tuple(found.values())


def actions_of(screen: Screen[object]) -> list[Action]:
    """Return all actions of a screen, each once: its own, then those of its parts (the focused one first), then the app's."""
    parts = [*([screen.focused] if screen.focused else []), *screen.focus_chain]
    found: dict[str, Action] = {}
    for node in (screen, *_with_parents(parts, screen), screen.app):
        for key in bound_by(type(node)):
            # A box binds the app's keys too, since no key passes it; the app carries them out.
            found.setdefault(key.id, Action(key, screen.app if key.scope == "app" else node))
    return sorted(found.values(), key=lambda action: action.key.scope == "app")


def why_not(node: DOMNode, action: str) -> str:
    """Return why an action can do nothing now; empty where it can, or where nobody bound it."""
    owner, _, name = action.rpartition(".") if action.startswith("app.") else ("", "", action)
    node = node.app if owner else node
    for key in bound_by(type(node)):
        if key.action == name and key.otherwise and not Action(key, node).possible:
            return key.otherwise
    return ""


def _with_parents(parts: Iterable[DOMNode], screen: DOMNode) -> Iterator[DOMNode]:
    for part in parts:
        yield from (node for node in part.ancestors_with_self if node is not screen and node is not screen.app)

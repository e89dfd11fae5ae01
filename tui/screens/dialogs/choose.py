"""Choose one of several things, found by typing a part of its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui import keymap
from tui.foreign_text import defused_line, foreign, foreign_line
from tui.screens.present_size import PresentSize
from tui.widgets.base.elide import Differences, elide
from tui.widgets.base.key_line import KeyLine
from tui.widgets.base.virtual_list import VirtualList

_MOST_LINES = 12
_USUAL_WIDTH = 60
"""Of a dialog, until it is laid out."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose. All texts may be foreign."""

    value: str
    label: str
    aside: str = ""
    """What stands beside the label."""
    detail: str = ""
    """What is said below the list while the cursor is on it."""


class ChoiceList(VirtualList[Choice]):
    """The choices that contain what was typed."""

    click_chooses = True
    can_focus = False

    class Moved(Message):
        """Another choice is under the cursor."""

    class Taken(Message):
        """A choice was clicked."""

    def lines_of(self, item: Choice, width: int, *, chosen: bool) -> Sequence[Content]:
        """Return one line: the label, and what stands beside it."""
        mark = "▸" if chosen else " "
        label, aside = defused_line(item.label), defused_line(item.aside)
        if not aside:
            return (Content(f"{mark}{elide(label, width - 2, self._differ.at(label))}"),)
        right = elide(aside, max(0, min(len(aside), width // 2)))
        room = max(4, width - len(right) - 4)
        left = Content(f"{mark}{elide(label, room, self._differ.at(label))}").truncate(room + 1, pad=True)
        return (left + Content("  ") + Content.styled(right, "$text-muted"),)

    def show(self, items: Sequence[Choice]) -> None:
        """Replace the choices."""
        self._differ = Differences(defused_line(item.label) for item in items)
        super().show(items)
        self._fit()
        self.post_message(self.Moved())

    def on_resize(self) -> None:
        """Make room for all that is said where there is nothing to choose."""
        self._fit()

    def _fit(self) -> None:
        lines = len(self.items) or len(Content(self.empty_text).wrap(self.content_size.width or _USUAL_WIDTH))
        self.styles.height = max(1, min(lines, _MOST_LINES))

    def watch_cursor(self) -> None:
        """Keep the cursor in view, and tell of it."""
        super().watch_cursor()
        self.post_message(self.Moved())

    def choose(self, item: Choice) -> None:
        """Tell that a choice was clicked."""
        self.post_message(self.Taken())


class ChooseScreen(PresentSize, ModalScreen[str | None]):
    """Return the value that was chosen, or None where the user went back.

    ``remove`` deletes a choice by its value, where choices can be deleted; ``waiting`` is said while there are none yet.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *keymap.bindings("choose"),
        *keymap.bindings("", "dialog.close"),
        *keymap.everywhere(),
    ]
    AUTO_FOCUS = "#choice"

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice] = (),
        *,
        what: str = "",
        waiting: str = "",
        remove: Callable[[str], None] | None = None,
        enter: str = "enter takes it",
    ) -> None:
        super().__init__()
        self._title, self._what, self._waiting, self._remove = title, what, waiting, remove
        self._enter = enter
        self.choices = tuple(choices)
        self._list = ChoiceList(id="choices")
        self._detail = Static(id="choice-detail", markup=False)
        self._entry = Input(id="choice", placeholder=what or "type a part of the name", compact=True)

    def compose(self) -> ComposeResult:
        """Lay out the line to search in, the list, and what is said of the choice under the cursor."""
        with Vertical(classes="dialog") as box:
            box.border_title = foreign_line(self._title)
            box.border_subtitle = f"{self._enter} · esc goes back"
            yield self._entry
            yield self._list
            yield self._detail
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the choices."""
        self._list.empty_text = self._waiting
        self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to delete only where that can be done."""
        return self._remove is not None and bool(self.choices) if action == "remove" else True

    def fill(self, choices: Sequence[Choice]) -> None:
        """Show the choices that have been read meanwhile."""
        self.choices = tuple(choices)
        self._waiting = ""
        self._show()

    def say(self, sentence: str) -> None:
        """Say in the empty list why there is nothing to choose."""
        self._waiting = defused_line(sentence)
        self._show()

    def _show(self) -> None:
        words = self._entry.value.casefold().split()
        fitting = [each for each in self.choices if all(word in _text_of(each) for word in words)]
        self._list.empty_text = self._waiting or "Nothing here has these words."
        self._list.show(fitting)
        self._list.cursor = 0
        self.refresh_bindings()

    @on(Input.Changed)
    def _typed(self) -> None:
        self._show()

    @on(ChoiceList.Moved)
    def _moved(self) -> None:
        chosen = self._list.chosen
        self._detail.update(foreign(chosen.detail) if chosen is not None else "")
        self._detail.display = chosen is not None and bool(chosen.detail)

    @on(Input.Submitted)
    @on(ChoiceList.Taken)
    def _taken(self) -> None:
        if self._list.chosen is not None:
            self.dismiss(self._list.chosen.value)

    def action_move(self, down: int) -> None:
        """Move the cursor of the list while the line keeps the keys."""
        self._list.cursor += down

    def action_page(self, down: int) -> None:
        """Move it by a page."""
        self._list.action_page(down)

    def action_remove(self) -> None:
        """Delete the choice under the cursor."""
        chosen = self._list.chosen
        if self._remove is None or chosen is None or not chosen.value:
            return
        self._remove(chosen.value)
        self.fill([each for each in self.choices if each is not chosen])

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)


def _text_of(choice: Choice) -> str:
    return f"{choice.label} {choice.aside}".casefold()

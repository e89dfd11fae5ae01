"""What every screen does as one: it is laid out for the size that the terminal has now, it goes once, and its notices with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.await_complete import AwaitComplete
from textual.geometry import Size


class PresentSize:
    """Stands before the other bases of every screen.

    A screen of Textual tells itself each size for which it was laid out. Where two sizes are under way, as when the terminal is
    resized while the app starts or is busy, it goes from one to the other and back without end, and takes no key any more.
    """

    def _screen_resized(self, size: Size) -> None:
        super()._screen_resized(self.app.size)  # type: ignore[misc, attr-defined]  # a screen stands behind it

    _is_dismissed = False

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Go, with a result: once. Keys come faster than a screen goes, and Textual would take the one below for the second."""
        if self._is_dismissed:
            nothing: AwaitComplete = AwaitComplete.nothing()  # type: ignore[no-untyped-call]  # Textual left it untyped
            return nothing
        self._is_dismissed = True
        gone: AwaitComplete = super().dismiss(result)  # type: ignore[misc]  # likewise
        return gone

    def on_screen_suspend(self) -> None:
        """Take the notices away that were given on this screen: they speak of its keys, and would lie over the next one."""
        self.app.end_notices_of(self)  # type: ignore[attr-defined]  # a screen of ours stands in our app

    def call_after_refresh(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        """Call it then, unless the screen is being taken apart: its parts may be gone already."""

        def unless_gone() -> Any:
            here: bool = self.is_attached and bool(self.children) and not self._pruning  # type: ignore[attr-defined]  # likewise
            return callback(*args, **kwargs) if here else None

        called: bool = super().call_after_refresh(unless_gone)  # type: ignore[misc]  # likewise
        return called

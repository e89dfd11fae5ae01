"""Screens that are laid out for the size that the terminal has now, whatever size an event tells."""

from __future__ import annotations

from textual.geometry import Size


class PresentSize:
    """Stands before the other bases of every screen.

    A screen of Textual tells itself each size for which it was laid out. Where two sizes are under way, as when the terminal is
    resized while the app starts or is busy, it goes from one to the other and back without end, and takes no key any more.
    """

    def _screen_resized(self, size: Size) -> None:
        super()._screen_resized(self.app.size)  # type: ignore[misc, attr-defined]  # a screen stands behind it

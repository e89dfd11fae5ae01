"""Gives a screen what was typed before it was there: each key when the one before has been carried out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

Typed = events.Key | events.Paste


class HandOver:
    """Deliver the events of a list, also those that are added meanwhile; then call ``done``.

    ``deliver`` is the app's own way with an event. A key goes from the part that has the cursor up to the app, which carries
    out what it is bound to; so the next one waits until all of these have had it, and until the cursor stands where it led.
    """

    def __init__(
        self,
        app: App[Any],
        kept: list[Typed],
        deliver: Callable[[events.Event], Awaitable[None]],
        done: Callable[[], None],
    ) -> None:
        self._app, self._kept, self._deliver, self._done = app, kept, deliver, done

    async def next(self) -> None:
        """Deliver the next event."""
        if not self._kept:
            self._done()
            return
        way: list[MessagePump] = [*(self._app.focused or self._app.screen).ancestors_with_self]
        await self._deliver(self._kept.pop(0))
        self._follow(way)

    def _follow(self, way: list[MessagePump]) -> None:
        if way:
            way[0].call_later(self._follow, way[1:])
        else:
            self._app.screen.call_after_refresh(self._app.call_later, self.next)

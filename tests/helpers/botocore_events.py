"""What botocore works out anew for each of a thousand clients: the names of its events, and whether a handler takes them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from botocore import hooks


@cache
def work_out_events_once() -> None:
    """Let every client of this process take what another has worked out; within one client botocore shares it likewise."""
    begin = hooks.EventAliaser.__init__
    names: dict[str, str] = {}

    def begin_with_known(aliaser: Any, event_emitter: Any, event_aliases: dict[str, str] | None = None) -> None:
        begin(aliaser, event_emitter, event_aliases)
        if aliaser._event_aliases == hooks.EVENT_ALIASES:
            aliaser._alias_name_cache = names

    hooks.EventAliaser.__init__ = begin_with_known
    of_function = lru_cache(4096)(hooks.accepts_kwargs)

    def accepts_kwargs(handler: Callable[..., object]) -> object:
        return of_function(getattr(handler, "__func__", handler))

    hooks.accepts_kwargs = accepts_kwargs

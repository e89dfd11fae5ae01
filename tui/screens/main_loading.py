"""Loads the main screen with all that it shows: a quarter of a second of imports, which come after the first paint."""

from __future__ import annotations

_loaded = False


def is_done() -> bool:
    """Return whether the main screen can be shown without waiting."""
    return _loaded


def load() -> Exception | None:
    """Import it, on whatever thread; return what went wrong."""
    global _loaded  # noqa: PLW0603 - once in a process, as the modules themselves
    try:
        from tui.screens.timeline import screen  # noqa: F401 - only to have it
    except Exception as error:  # noqa: BLE001 - told by the app, in its own thread
        return error
    _loaded = True
    return None

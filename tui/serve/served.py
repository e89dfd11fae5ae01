"""Whether this process is one that ``planescope serve`` started for a tab.

No variable of the environment says it: the server starts such a process by a line of Python that calls :func:`begin`, so a
``TEXTUAL_DRIVER`` that happens to be set changes nothing.
"""

from __future__ import annotations

_served = False


def begin() -> None:
    """Make this process one whose app is drawn in a browser."""
    global _served  # noqa: PLW0603 - a process is one or the other for as long as it lives
    _served = True


def is_served() -> bool:
    """Return whether the app of this process is drawn in a browser."""
    return _served
